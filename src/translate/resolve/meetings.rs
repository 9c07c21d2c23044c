//! Further names that several services share: whether one Service over all of their pods leads everyone to
//! the pods that Docker would give.

use std::collections::{BTreeMap, BTreeSet};

use super::{Problems, ResolvedService, naming};
use crate::{
    api::StackSpec,
    translate::{
        Activity, Approximation, Reason,
        bearers::{Bearer, Meeting, meeting},
    },
};

/// A service's claim to a name.
struct Claim<'a> {
    /// Where the spec says so.
    path: String,
    service: &'a str,
    bearer: Bearer<&'a str, &'a str>,
}

/// The claims to each further name, of the services that are not inactive.
pub(super) struct Meetings<'a> {
    spec: &'a StackSpec,
    claims: BTreeMap<&'a str, Vec<Claim<'a>>>,
    /// The networks of each service.
    askers: Vec<BTreeSet<&'a str>>,
}

/// What becomes of the host names of services.
#[derive(Default)]
pub(super) struct HostNames<'a> {
    /// The services whose pods bear the label of a host name: all but those that the Service of an alias would
    /// lead to astray.
    pub labels: Vec<(&'a str, &'a str)>,
    /// The host names without a Service. The label stays without effect: to take it away would make running pods
    /// anew.
    pub unanswered: BTreeSet<&'a str>,
}

impl<'a> Meetings<'a> {
    /// The claims by aliases and names of containers.
    pub fn of(spec: &'a StackSpec, services: &BTreeMap<&'a str, ResolvedService<'a>>) -> Self {
        let mut made = Self { spec, claims: BTreeMap::new(), askers: Vec::new() };
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
            made.askers.push(networks.map(|network| network_of(spec, network)).collect());
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
        let bearer = Bearer { pod: service.lead, networks };
        self.claims.entry(name).or_default().push(Claim { path, service: service.name, bearer });
    }

    fn meeting(&self, claims: &[Claim<'a>]) -> Meeting<&'a str, &'a str> {
        if claims.len() < 2 {
            return Meeting::Same;
        }
        let bearers: Vec<_> = claims.iter().map(|claim| claim.bearer.clone()).collect();
        let is_shared = |name: &str| {
            self.spec.networks.values().any(|network| network.shared_name.as_deref() == Some(name))
        };
        meeting(&bearers, self.askers.iter(), is_shared)
    }

    /// Refuses each name that would lead someone astray.
    pub fn check(&self, problems: &mut Problems, approximations: &mut Vec<Approximation>) {
        for (name, claims) in &self.claims {
            match self.meeting(claims) {
                Meeting::Same => {}
                Meeting::Fewer(networks) => {
                    let message = fewer(name, claims, &networks);
                    let path = claims.first().map(|claim| claim.path.clone()).unwrap_or_default();
                    approximations.push(Approximation { path, message });
                }
                Meeting::Astray { network, meant, other } => {
                    let of = |pod: &str| claims.iter().find(|claim| claim.bearer.pod == pod);
                    let (Some(meant), Some(other)) = (of(meant), of(other)) else { continue };
                    let message = format!(
                        "'{name}' is a name of '{}' too ({}), and the cluster's DNS has one answer for both: who asks on \
                         '{network}' means '{}' and would be led to '{}' as well: give one of the two another name, or \
                         both the name on the same networks",
                        meant.service, meant.path, meant.service, other.service
                    );
                    problems.add(Reason::NameClash, other.path.clone(), message);
                }
            }
        }
    }

    /// The host names by which services answer. One that would lead someone astray is no name at all, since
    /// nobody who writes a host name means to take a name away.
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
            let (answers, message) = match self.meeting(claims) {
                Meeting::Same => (true, None),
                Meeting::Fewer(networks) => (true, Some(fewer(host, claims, &networks))),
                Meeting::Astray { network, .. } => {
                    let message = format!(
                        "it does not answer to its host name: '{host}' stands for {}, and who asks on '{network}' means \
                         only some of them",
                        bearers(claims)
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

/// The name of a network; one that several Stacks share may be declared under several names.
fn network_of<'a>(spec: &'a StackSpec, network: &'a str) -> &'a str {
    spec.networks.get(network).and_then(|declared| declared.shared_name.as_deref()).unwrap_or(network)
}

fn fewer(name: &str, claims: &[Claim<'_>], networks: &BTreeSet<&str>) -> String {
    let networks = networks.iter().copied().collect::<Vec<_>>().join("', '");
    format!(
        "'{name}' leads to {} on every network; on '{networks}' Docker answers with fewer of them",
        bearers(claims)
    )
}

/// The services of claims, for a message.
fn bearers(claims: &[Claim<'_>]) -> String {
    let services: BTreeSet<_> = claims.iter().map(|claim| claim.service).collect();
    format!("'{}'", services.into_iter().collect::<Vec<_>>().join("', '"))
}
