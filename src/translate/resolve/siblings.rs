//! What the services say of each other: in their settings, and in what they depend on.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    api::{DependencyCondition, Service, StackSpec},
    translate::addresses::addresses,
};

/// What is said of the services.
#[derive(Debug, Default)]
pub(super) struct Siblings<'a> {
    /// The ports that texts give for a service's name, alias or container name.
    pub dialled: BTreeMap<&'a str, BTreeSet<i32>>,
    /// The services that a sibling names as a host, or depends on while they run.
    pub named: BTreeSet<&'a str>,
    /// The services that someone waits for to end well.
    pub completion_targets: BTreeSet<&'a str>,
}

impl<'a> Siblings<'a> {
    /// Reads every service, also inactive ones: a profile that is switched on later should find
    /// the Service objects in the shape that it needs.
    pub fn of(spec: &'a StackSpec) -> Self {
        let hosts = hosts(spec);
        let mut found = Self::default();
        for (speaker, service) in &spec.services {
            for address in texts(service).flat_map(addresses) {
                for &name in hosts.get(&address.host.to_lowercase()).into_iter().flatten() {
                    // What a service says of itself, such as an address that it advertises, tells
                    // a port as well.
                    found.dialled.entry(name).or_default().extend(address.port.map(i32::from));
                    if name != speaker {
                        found.named.insert(name);
                    }
                }
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
        found
    }
}

/// The services behind each name that a program may dial, in lower case as DNS compares them.
fn hosts(spec: &StackSpec) -> BTreeMap<String, BTreeSet<&str>> {
    let mut hosts: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (name, service) in &spec.services {
        let aliases = service.networks.values().flat_map(|network| &network.aliases);
        for host in aliases.chain(&service.container_name).chain(&service.hostname).chain([name]) {
            hosts.entry(host.to_lowercase()).or_default().insert(name);
        }
    }
    hosts
}

/// The texts in which a service names others.
fn texts(service: &Service) -> impl Iterator<Item = &str> {
    let values = service.environment.values().map(|value| value.0.as_str());
    let words = service.entrypoint.iter().chain(&service.command).flatten().map(String::as_str);
    values.chain(words)
}
