//! Checks of names: whether they are valid names of objects, and whether two entries need the same name.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt::Display,
};

use super::{
    service::{DEFAULT_NETWORK, ResolvedService},
    volumes::{DeclaredVolume, Origin},
};
use crate::{
    api::{Reason, Service, StackSpec},
    text::{
        clip::start,
        names::{dns_label, internal_name, object_name, published_name},
        validation::{is_dns_label, is_host_name, is_service_name},
    },
    translate::{
        Activity, Kind,
        findings::{FieldPath, Findings},
    },
};

/// The maximum length of a host name in Linux, in bytes.
const LONGEST_HOST: usize = 64;

/// Checks the names in the spec.
pub(super) fn check_names(stack: &str, spec: &StackSpec, findings: &Findings) {
    if !is_dns_label(stack) {
        let message = "a Stack's name is a prefix of the names of its objects: write at most 63 lower-case letters, \
                       digits and hyphens";
        findings.root("metadata.name").problem(Reason::InvalidName, message);
    }
    for (name, service) in &spec.services {
        let at = &findings.service(name);
        service_name(name, at);
        for further in further_names(service).filter(|further| !is_service_name(further.name)) {
            service_name(further.name, &findings.root(&further.path(at)));
        }
        for link in service.external_links.keys() {
            service_name(link, &at.key("externalLinks", link));
        }
        if let Some(hostname) = &service.hostname
            && !is_dns_label(hostname)
        {
            let message = format!(
                "'{hostname}' is not a valid host name: write at most 63 lower-case letters, digits and hyphens, \
                 such as '{}'",
                suggestion(hostname)
            );
            at.child("hostname").problem(Reason::InvalidName, message);
        }
        if let Some(domain) = &service.domainname {
            let host = service.hostname.as_ref().unwrap_or(name);
            if !is_host_name(domain) || host.len() + 1 + domain.len() > LONGEST_HOST {
                let message = format!(
                    "'{domain}' is not a valid domain of a host name: write lower-case letters, digits, hyphens and \
                     dots, with the host name '{host}' at most {LONGEST_HOST} characters"
                );
                at.child("domainname").problem(Reason::InvalidName, message);
            }
        }
    }
    let spec_at = findings.root("spec");
    for (index, secret) in spec.image_pull_secrets.iter().enumerate().filter(|(_, it)| !is_host_name(it)) {
        let message = format!(
            "'{secret}' is not a valid name of a Secret: write the name of a Secret of the namespace"
        );
        spec_at.index("imagePullSecrets", index).problem(Reason::InvalidName, message);
    }
    let declared = [
        ("networks", spec.networks.keys().collect::<Vec<_>>()),
        ("volumes", spec.volumes.keys().collect()),
        ("configs", spec.configs.keys().collect()),
    ];
    for (field, names) in declared {
        for name in names.into_iter().filter(|name| !is_dns_label(&dns_label(name))) {
            let message = format!(
                "'{name}' cannot be a part of an object's name: write at most 63 letters, digits, '-', '_' and '.' \
                 that start and end with a letter or digit, such as '{}'",
                suggestion(name)
            );
            spec_at.key(field, name).problem(Reason::InvalidName, message);
        }
    }
}

/// Refuses two entries that need objects of the same kind and name.
pub(super) fn check_clashes(
    stack: &str,
    spec: &StackSpec,
    volumes: &BTreeMap<&str, DeclaredVolume<'_>>,
    services: &BTreeMap<&str, ResolvedService<'_>>,
    findings: &Findings,
) {
    let mut taken = Taken { by: BTreeMap::new(), findings };
    let spec_at = findings.root("spec");
    for name in spec.configs.iter().filter(|(_, config)| config.content.is_some()).map(|(name, _)| name) {
        taken.take(Kind::ConfigMap, object_name(stack, &dns_label(name)), spec_at.key("configs", name));
    }
    for (name, volume) in volumes {
        if let Origin::Claim(claim) = &volume.origin {
            taken.take(Kind::PersistentVolumeClaim, claim.clone(), spec_at.key("volumes", name));
        }
    }
    for claim in services.values().flat_map(|service| &service.own.mounts.anonymous_claims) {
        taken.take(Kind::PersistentVolumeClaim, claim.name.clone(), &claim.path);
    }
    let networks: BTreeSet<_> = spec.networks.keys().map(String::as_str).chain([DEFAULT_NETWORK]).collect();
    for name in networks {
        taken.take(Kind::NetworkPolicy, object_name(stack, &dns_label(name)), spec_at.key("networks", name));
    }
    let is_service = |service: &&ResolvedService<'_>| {
        service.own.activity != Activity::Inactive && service.own.spec.triggers.is_none()
    };
    let services = || services.values().filter(is_service);
    for service in services() {
        taken.take(Kind::Service, service.own.name.to_owned(), findings.service(service.own.name));
    }
    for service in services() {
        let at = findings.service(service.own.name);
        if service.balanced_ports().next().is_some() {
            taken.take(Kind::Service, published_name(service.own.name), at.child("ports"));
        }
        if service.opened_ports().next().is_some() {
            let policy = object_name(stack, &published_name(service.own.name));
            taken.take(Kind::NetworkPolicy, policy, at.child("ports"));
        }
        if service.pod.only_internal {
            let policy = object_name(stack, &internal_name(service.own.name));
            taken.take(Kind::NetworkPolicy, policy, at.child("networks"));
        }
    }
    let mut links = BTreeSet::new();
    for service in services() {
        for link in service.own.spec.external_links.keys().filter(|link| links.insert(link.as_str())) {
            taken.take(
                Kind::Service,
                link.clone(),
                findings.service(service.own.name).key("externalLinks", link),
            );
        }
    }
    let mut aliases = BTreeSet::new();
    let mut containers: BTreeMap<&str, String> = BTreeMap::new();
    for service in services() {
        for further in further_names(service.own.spec).filter(|further| further.name != service.own.name) {
            let path = further.path(&findings.service(service.own.name));
            // Services can share an alias. A container name is unique.
            if aliases.insert(further.name) {
                taken.take(Kind::Service, further.name.to_owned(), &path);
            }
            if further.source == NameSource::ContainerName
                && let Some(other) = containers.insert(further.name, path.clone())
            {
                taken.clash(Kind::Service, further.name, &path, &other);
            }
        }
    }
}

/// An additional DNS name of a service.
pub(super) struct FurtherName<'a> {
    pub name: &'a str,
    pub source: NameSource<'a>,
}

/// The field that gives a service an additional DNS name.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum NameSource<'a> {
    /// An alias on a network.
    Alias {
        network: &'a str,
        index: usize,
    },
    ContainerName,
}

impl FurtherName<'_> {
    /// Returns the path of the field, from the path of the service.
    pub fn path(&self, at: &FieldPath<'_>) -> String {
        match self.source {
            NameSource::Alias { network, index } => {
                at.key("networks", network).index("aliases", index).to_string()
            }
            NameSource::ContainerName => at.child("containerName").to_string(),
        }
    }
}

/// Returns the additional DNS names of a service.
pub(super) fn further_names(service: &Service) -> impl Iterator<Item = FurtherName<'_>> {
    let aliases = service.networks.iter().flat_map(|(network, endpoint)| {
        endpoint.aliases.iter().enumerate().map(move |(index, alias)| FurtherName {
            name: alias,
            source: NameSource::Alias { network, index },
        })
    });
    let container_name = service.container_name.iter();
    let container_name = container_name.map(|name| FurtherName { name, source: NameSource::ContainerName });
    aliases.chain(container_name)
}

/// Returns the host names that are also DNS names of services. Docker's DNS resolves the host name of a container (observed
/// with engine 20.10; the Compose Specification does not define it). A host name never takes a name that another entry
/// of the Stack needs.
pub(super) fn host_names<'a>(services: &BTreeMap<&'a str, ResolvedService<'a>>) -> Vec<(&'a str, &'a str)> {
    let active = || services.values().filter(|service| service.own.activity != Activity::Inactive);
    let mut taken: BTreeSet<String> = active().map(|service| service.own.name.to_owned()).collect();
    taken.extend(active().map(|service| published_name(service.own.name)));
    taken.extend(active().flat_map(|service| service.own.spec.external_links.keys().cloned()));
    let named = active().filter(|service| {
        let own = &service.own;
        own.replicas <= 1 && own.spec.network_mode.is_none() && own.spec.triggers.is_none()
    });
    let named = named.filter_map(|service| Some((service.own.name, service.own.spec.hostname.as_deref()?)));
    named.filter(|(_, host)| is_service_name(host) && !taken.contains(*host)).collect()
}

struct Taken<'p> {
    by: BTreeMap<(Kind, String), String>,
    findings: &'p Findings,
}

impl Taken<'_> {
    fn take(&mut self, kind: Kind, name: String, path: impl Display) {
        let path = path.to_string();
        match self.by.entry((kind, name)) {
            Entry::Vacant(free) => {
                free.insert(path);
            }
            Entry::Occupied(taken) => {
                let (name, other) = (taken.key().1.clone(), taken.get().clone());
                self.clash(kind, &name, &path, &other);
            }
        }
    }

    fn clash(&mut self, kind: Kind, name: &str, path: &str, other: &str) {
        let message =
            format!("the {} '{name}' is also required by {other}: rename one of the two", kind.as_str());
        self.findings.root(path).problem(Reason::NameClash, message);
    }
}

fn service_name(name: &str, at: &FieldPath<'_>) {
    if !is_service_name(name) {
        let message = format!(
            "'{name}' is not a valid DNS name of a Service: write at most 63 lower-case letters, digits and hyphens \
             that start with a letter, such as '{}'",
            suggestion(name)
        );
        at.problem(Reason::InvalidName, message);
    }
}

/// Returns a valid name that is similar to an invalid one.
fn suggestion(name: &str) -> String {
    let label: String = dns_label(name).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let label = start(&label, 60).trim_matches('-');
    match label.chars().next() {
        None => "app".to_owned(),
        Some(digit) if digit.is_ascii_digit() => format!("s-{label}").trim_end_matches('-').to_owned(),
        Some(_) => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_invalid_name_has_a_valid_suggestion() {
        for (name, good) in
            [("Web_App", "web-app"), ("my.db", "my-db"), ("1st", "s-1st"), ("-x-", "x"), ("é", "app")]
        {
            assert_eq!(suggestion(name), good, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_suggestion_is_a_valid_name_of_a_service(name in ".{0,80}") {
            prop_assert!(is_service_name(&suggestion(&name)));
        }
    }
}
