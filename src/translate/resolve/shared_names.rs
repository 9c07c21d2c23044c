//! Additional names that several services share. One Service selects the Pods of all of them, so it can resolve to more
//! Pods than in Docker, which resolves a name for each network.

use std::collections::{BTreeMap, BTreeSet};

use super::{Problems, ResolvedService, naming};
use crate::{
    api::{Reason, StackSpec},
    dns::{Difference, NamedPod, difference},
    translate::{Activity, Approximation},
};

/// A use of a name by a service.
struct Claim<'a> {
    /// The path in the spec.
    path: String,
    service: &'a str,
    pod: NamedPod<&'a str, &'a str>,
}

/// The uses of additional names by services that are not inactive.
pub(super) struct SharedNames<'a> {
    spec: &'a StackSpec,
    claims: BTreeMap<&'a str, Vec<Claim<'a>>>,
    /// The networks of each service.
    clients: Vec<BTreeSet<&'a str>>,
}

/// The host names that are DNS names.
#[derive(Default)]
pub(super) struct HostNames<'a> {
    /// The services and host names whose Pods have the label of the host name. Services that the Service of an alias must
    /// not select are omitted.
    pub labels: Vec<(&'a str, &'a str)>,
    /// The host names without a Service. Their label has no effect, and stays because its removal would replace running
    /// Pods.
    pub unanswered: BTreeSet<&'a str>,
}

impl<'a> SharedNames<'a> {
    /// Returns the uses of names by aliases and container names.
    pub fn of(spec: &'a StackSpec, services: &BTreeMap<&'a str, ResolvedService<'a>>) -> Self {
        let mut made = Self { spec, claims: BTreeMap::new(), clients: Vec::new() };
        for service in services.values().filter(|service| service.activity != Activity::Inactive) {
            let path = format!("spec.services.{}", service.name);
            for (network, place) in &service.spec.networks {
                for (index, alias) in place.aliases.iter().enumerate() {
                    let path = format!("{path}.networks.{network}.aliases[{index}]");
                    made.claim(alias, path, service, [network.as_str()]);
                }
            }
            let networks = service.networks.iter().copied();
            if let Some(name) = &service.spec.container_name {
                made.claim(name, format!("{path}.containerName"), service, networks.clone());
            }
            made.clients.push(networks.map(|network| network_of(spec, network)).collect());
        }
        made
    }

    fn claim(
        &mut self,
        name: &'a str,
        path: String,
        service: &ResolvedService<'a>,
        networks: impl IntoIterator<Item = &'a str>,
    ) {
        let networks = networks.into_iter().map(|network| network_of(self.spec, network)).collect();
        let pod = NamedPod { pod: service.lead, networks };
        self.claims.entry(name).or_default().push(Claim { path, service: service.name, pod });
    }

    fn difference(&self, claims: &[Claim<'a>]) -> Difference<&'a str, &'a str> {
        if claims.len() < 2 {
            return Difference::None;
        }
        let pods: Vec<_> = claims.iter().map(|claim| claim.pod.clone()).collect();
        let is_shared = |name: &str| {
            self.spec.networks.values().any(|network| network.shared_name.as_deref() == Some(name))
        };
        difference(&pods, self.clients.iter(), is_shared)
    }

    /// Refuses each name that would resolve to wrong Pods.
    pub fn check(&self, problems: &mut Problems, approximations: &mut Vec<Approximation>) {
        for (name, claims) in &self.claims {
            match self.difference(claims) {
                Difference::None => {}
                Difference::MorePods(networks) => {
                    let message = more_pods(name, claims, &networks);
                    let path = claims.iter().take(1).map(|claim| claim.path.clone());
                    approximations.extend(path.map(|path| Approximation { path, message: message.clone() }));
                }
                Difference::WrongPod { network, meant, other } => {
                    let of = |pod: &str| claims.iter().find(|claim| claim.pod.pod == pod);
                    let (Some(meant), Some(other)) = (of(meant), of(other)) else { continue };
                    let message = format!(
                        "'{name}' is also a name of '{}' ({}), and the cluster DNS gives one answer on all networks: \
                         on '{network}', the name must resolve only to '{}', but it would also resolve to '{}'. \
                         Rename one of the two, or set the name of both on the same networks",
                        meant.service, meant.path, meant.service, other.service
                    );
                    problems.add(Reason::NameClash, other.path.clone(), message);
                }
            }
        }
    }

    /// Returns the host names that are DNS names. A host name that would resolve to wrong Pods gets no Service.
    pub fn host_names(
        &mut self,
        services: &BTreeMap<&'a str, ResolvedService<'a>>,
        approximations: &mut Vec<Approximation>,
    ) -> HostNames<'a> {
        let mut hosts: BTreeMap<&str, Vec<&ResolvedService<'a>>> = BTreeMap::new();
        for (service, host) in naming::host_names(services) {
            hosts.entry(host).or_default().extend(services.get(service));
        }
        let mut found = HostNames::default();
        for (host, named) in hosts {
            let is_alias = self.claims.contains_key(host);
            for service in &named {
                let path = format!("spec.services.{}.hostname", service.name);
                self.claim(host, path, service, service.networks.iter().copied());
            }
            let claims = self.claims.get(host).map_or(&[][..], Vec::as_slice);
            let (answers, message) = match self.difference(claims) {
                Difference::None => (true, None),
                Difference::MorePods(networks) => (true, Some(more_pods(host, claims, &networks))),
                Difference::WrongPod { network, .. } => {
                    let message = format!(
                        "the host name does not resolve: '{host}' is a name of {}, and on '{network}' it must \
                         resolve to only some of them",
                        quoted_services(claims)
                    );
                    (false, Some(message))
                }
            };
            if answers || !is_alias {
                found.labels.extend(named.iter().map(|service| (service.name, host)));
            }
            if !answers && !is_alias {
                found.unanswered.insert(host);
            }
            approximations.extend(message.into_iter().flat_map(|message| {
                named.iter().map(move |service| Approximation {
                    path: format!("spec.services.{}.hostname", service.name),
                    message: message.clone(),
                })
            }));
        }
        found
    }
}

/// Returns the identity of a network. Several networks of a Stack can have the same shared name.
fn network_of<'a>(spec: &'a StackSpec, network: &'a str) -> &'a str {
    spec.networks.get(network).and_then(|declared| declared.shared_name.as_deref()).unwrap_or(network)
}

fn more_pods(name: &str, claims: &[Claim<'_>], networks: &BTreeSet<&str>) -> String {
    let networks = networks.iter().copied().collect::<Vec<_>>().join("', '");
    format!(
        "'{name}' resolves to {} on every network. On '{networks}', Docker resolves it to only some of them",
        quoted_services(claims)
    )
}

/// Returns the names of services for a message.
fn quoted_services(claims: &[Claim<'_>]) -> String {
    let services: BTreeSet<_> = claims.iter().map(|claim| claim.service).collect();
    format!("'{}'", services.into_iter().collect::<Vec<_>>().join("', '"))
}
