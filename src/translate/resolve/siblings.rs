//! References between services: in their settings and in their dependencies.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    api::{DependencyCondition, Service, StackSpec},
    text::{addresses::addresses, port::PortNumber},
};

/// The references to services.
#[derive(Debug, Default)]
pub(super) struct Siblings<'a> {
    /// The ports in texts for each host, by index.
    ports: Vec<BTreeSet<PortNumber>>,
    /// The indices of the hosts of each service: its name, aliases, container name and host name.
    hosts: BTreeMap<&'a str, Vec<usize>>,
    /// The services that another service names as a host, or depends on while they run.
    pub named: BTreeSet<&'a str>,
    /// The services for whose successful end another service waits.
    pub completion_targets: BTreeSet<&'a str>,
}

/// A host name to which programs can connect.
#[derive(Default)]
struct Host<'a> {
    /// The services of the name.
    services: BTreeSet<&'a str>,
    /// The ports in texts.
    ports: BTreeSet<PortNumber>,
    /// The first service whose texts have the name.
    speaker: Option<&'a str>,
    /// Whether the texts of another service have the name too.
    has_more_speakers: bool,
}

impl<'a> Siblings<'a> {
    /// Reads all services. Inactive ones count too, so that activating a profile does not change existing Services.
    ///
    /// A long text can name many hosts, and a host can belong to many services, so references are stored by host.
    pub fn of(spec: &'a StackSpec) -> Self {
        let mut hosts = hosts(spec);
        let mut found = Self::default();
        for (speaker, service) in &spec.services {
            for address in texts(service).flat_map(addresses) {
                let Some(host) = hosts.get_mut(&lower_case(address.host)) else { continue };
                // An address of the service itself, such as one that it advertises, also has a port.
                host.ports.extend(address.port);
                host.has_more_speakers |= host.speaker.is_some_and(|other| other != speaker);
                host.speaker = host.speaker.or(Some(speaker));
            }
            found.named.extend(super::sharing::targets(service).map(|(_, name)| name));
            for (name, dependency) in &service.depends_on {
                match dependency.condition.unwrap_or_default() {
                    DependencyCondition::ServiceCompletedSuccessfully => {
                        found.completion_targets.insert(name)
                    }
                    _ => found.named.insert(name),
                };
            }
        }
        for (place, host) in hosts.into_values().enumerate() {
            let is_named =
                |name: &str| host.has_more_speakers || host.speaker.is_some_and(|speaker| speaker != name);
            for &name in &host.services {
                found.hosts.entry(name).or_default().push(place);
                if is_named(name) {
                    found.named.insert(name);
                }
            }
            found.ports.push(host.ports);
        }
        found
    }

    /// Returns the ports in texts for a service.
    pub fn dialled(&self, service: &str) -> BTreeSet<PortNumber> {
        match self.sets(service)[..] {
            [] => BTreeSet::new(),
            [ports] => ports.clone(),
            ref sets => {
                let all = (0usize..).zip(union(sets)).filter(|(_, is_in)| *is_in);
                all.filter_map(|(port, _)| PortNumber::new(port)).collect()
            }
        }
    }

    /// Returns a lower bound of the number of ports in texts for a service: that of one of its hosts.
    pub fn least_dialled(&self, service: &str) -> usize {
        self.sets(service).into_iter().map(BTreeSet::len).max().unwrap_or_default()
    }

    /// Returns the number of ports in texts for a service.
    pub fn count_dialled(&self, service: &str) -> usize {
        match self.sets(service)[..] {
            [] => 0,
            [ports] => ports.len(),
            ref sets => union(sets).into_iter().filter(|is_in| *is_in).count(),
        }
    }

    /// Returns the ports of each host of a service.
    fn sets(&self, service: &str) -> Vec<&BTreeSet<PortNumber>> {
        let hosts = self.hosts.get(service).into_iter().flatten();
        hosts.filter_map(|&place| self.ports.get(place)).filter(|ports| !ports.is_empty()).collect()
    }
}

/// The union of sets of ports. Many names can have many ports each, and mostly the same ones.
fn union(sets: &[&BTreeSet<PortNumber>]) -> Vec<bool> {
    let mut is_in = vec![false; 1 << 16];
    for ports in sets {
        ports.iter().for_each(|&port| is_in[usize::from(port)] = true);
    }
    is_in
}

/// Returns the services of each host name, in lower case because DNS is case-insensitive.
fn hosts(spec: &StackSpec) -> BTreeMap<Cow<'_, str>, Host<'_>> {
    let mut hosts: BTreeMap<_, Host<'_>> = BTreeMap::new();
    for (name, service) in &spec.services {
        let aliases = service.networks.values().flat_map(|network| &network.aliases);
        for host in aliases.chain(&service.container_name).chain(&service.hostname).chain([name]) {
            hosts.entry(lower_case(host)).or_default().services.insert(name);
        }
    }
    hosts
}

fn lower_case(host: &str) -> Cow<'_, str> {
    let is_lower = host.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
    if is_lower { host.into() } else { host.to_lowercase().into() }
}

/// Returns the texts in which a service can name others.
fn texts(service: &Service) -> impl Iterator<Item = &str> {
    let values = service.environment.values().map(|value| value.0.as_str());
    let words = service.entrypoint.iter().chain(&service.command).flatten().map(String::as_str);
    values.chain(words)
}
