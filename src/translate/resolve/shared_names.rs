//! Additional names that several services share. One Service selects the Pods of all of them, so it can resolve to more
//! Pods than in Docker, which resolves a name for each network.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    naming::{NameSource, further_names, host_names},
    service::ResolvedService,
};
use crate::{
    api::{Reason, StackSpec},
    dns::{Difference, NamedPod, difference},
    translate::{Activity, findings::Findings},
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

/// The additional DNS names of the services of a Stack.
pub(in crate::translate) struct DnsNames<'a> {
    /// The names that the Pods of each service have as labels.
    labels: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The services of each name, without inactive ones.
    pub services: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> DnsNames<'a> {
    /// Returns the names that the Pods of a service have as labels.
    pub fn of_service(&self, service: &str) -> impl Iterator<Item = &&'a str> {
        self.labels.get(service).into_iter().flatten()
    }
}

/// The host names that are DNS names.
#[derive(Default)]
struct HostNames<'a> {
    /// The services and host names whose Pods have the label of the host name. Services that the Service of an alias must
    /// not select are omitted.
    labels: Vec<(&'a str, &'a str)>,
    /// The host names without a Service. Their label has no effect, and stays because its removal would replace running
    /// Pods.
    without_service: BTreeSet<&'a str>,
}

impl<'a> SharedNames<'a> {
    /// Returns the uses of names by aliases and container names.
    pub fn of(
        spec: &'a StackSpec,
        services: &BTreeMap<&'a str, ResolvedService<'a>>,
        findings: &Findings,
    ) -> Self {
        let mut made = Self { spec, claims: BTreeMap::new(), clients: Vec::new() };
        for service in services.values().filter(|service| service.own.activity != Activity::Inactive) {
            let at = findings.service(service.own.name);
            let networks = service.pod.networks.iter().copied();
            for further in further_names(service.own.spec) {
                let path = further.path(&at);
                match further.source {
                    NameSource::Alias { network, .. } => made.claim(further.name, path, service, [network]),
                    NameSource::ContainerName => made.claim(further.name, path, service, networks.clone()),
                }
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
        let pod = NamedPod { pod: service.own.lead, networks };
        self.claims.entry(name).or_default().push(Claim { path, service: service.own.name, pod });
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
    pub fn check(&self, findings: &Findings) {
        for (name, claims) in &self.claims {
            match self.difference(claims) {
                Difference::None => {}
                Difference::MorePods(networks) => {
                    if let Some(first) = claims.first() {
                        findings.root(&first.path).approximate(more_pods(name, claims, &networks));
                    }
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
                    findings.root(&other.path).problem(Reason::NameClash, message);
                }
            }
        }
    }

    /// Returns the names of aliases, container names and host names.
    pub fn into_names(
        mut self,
        services: &BTreeMap<&'a str, ResolvedService<'a>>,
        findings: &Findings,
    ) -> DnsNames<'a> {
        let hosts = self.host_names(services, findings);
        let further = |service: &ResolvedService<'a>| {
            let names = further_names(service.own.spec).map(|further| further.name);
            (service.own.name, names.filter(|name| *name != service.own.name).collect())
        };
        let mut labels: BTreeMap<&str, BTreeSet<&str>> = services.values().map(further).collect();
        for (service, host) in hosts.labels {
            labels.entry(service).or_default().insert(host);
        }
        let mut of_names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for service in services.values().filter(|service| service.own.activity != Activity::Inactive) {
            let names = labels.get(service.own.name).into_iter().flatten();
            for name in names.filter(|name| !hosts.without_service.contains(*name)) {
                of_names.entry(name).or_default().push(service.own.name);
            }
        }
        DnsNames { labels, services: of_names }
    }

    /// Returns the host names that are DNS names. A host name that would resolve to wrong Pods gets no Service.
    fn host_names(
        &mut self,
        services: &BTreeMap<&'a str, ResolvedService<'a>>,
        findings: &Findings,
    ) -> HostNames<'a> {
        let mut hosts: BTreeMap<&str, Vec<&ResolvedService<'a>>> = BTreeMap::new();
        for (service, host) in host_names(services) {
            hosts.entry(host).or_default().extend(services.get(service));
        }
        let mut found = HostNames::default();
        for (host, named) in hosts {
            let is_alias = self.claims.contains_key(host);
            for service in &named {
                let path = findings.service(service.own.name).child("hostname").to_string();
                self.claim(host, path, service, service.pod.networks.iter().copied());
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
                found.labels.extend(named.iter().map(|service| (service.own.name, host)));
            }
            if !answers && !is_alias {
                found.without_service.insert(host);
            }
            for service in &named {
                if let Some(message) = &message {
                    findings.service(service.own.name).child("hostname").approximate(message);
                }
            }
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
