//! Checks of names: whether they are valid names of objects, and whether two entries need the same name.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{DEFAULT_NETWORK, DeclaredVolume, Origin, Problems, ResolvedService, resolver::is_host_name};
use crate::{
    api::{Reason, Service, StackSpec},
    text::names::{dns_label, internal_name, is_dns_label, is_service_name, object_name, published_name},
    translate::{Activity, Kind},
};

/// The maximum length of a host name in Linux, in bytes.
const LONGEST_HOST: usize = 64;

/// Checks the names in the spec.
pub(super) fn check_names(stack: &str, spec: &StackSpec, problems: &mut Problems) {
    if !is_dns_label(stack) {
        let message = "a Stack's name is a prefix of the names of its objects: write at most 63 lower-case letters, \
                       digits and hyphens";
        problems.add(Reason::InvalidName, "metadata.name", message);
    }
    for (name, service) in &spec.services {
        let path = format!("spec.services.{name}");
        service_name(name, &path, problems);
        for (path, alias) in further_names(service, &path) {
            service_name(alias, &path, problems);
        }
        for link in service.external_links.keys() {
            service_name(link, &format!("{path}.externalLinks.{link}"), problems);
        }
        if let Some(hostname) = &service.hostname
            && !is_dns_label(hostname)
        {
            let message = format!(
                "'{hostname}' is not a valid host name: write at most 63 lower-case letters, digits and hyphens, \
                 such as '{}'",
                suggestion(hostname)
            );
            problems.add(Reason::InvalidName, format!("{path}.hostname"), message);
        }
        if let Some(domain) = &service.domainname {
            let host = service.hostname.as_ref().unwrap_or(name);
            if !is_host_name(domain) || host.len() + 1 + domain.len() > LONGEST_HOST {
                let message = format!(
                    "'{domain}' is not a valid domain of a host name: write lower-case letters, digits, hyphens and \
                     dots, with the host name '{host}' at most {LONGEST_HOST} characters"
                );
                problems.add(Reason::InvalidName, format!("{path}.domainname"), message);
            }
        }
    }
    for (index, secret) in spec.image_pull_secrets.iter().enumerate().filter(|(_, it)| !is_host_name(it)) {
        let message = format!(
            "'{secret}' is not a valid name of a Secret: write the name of a Secret of the namespace"
        );
        problems.add(Reason::InvalidName, format!("spec.imagePullSecrets[{index}]"), message);
    }
    let declared = [
        ("networks", spec.networks.keys().collect::<Vec<_>>()),
        ("volumes", spec.volumes.keys().collect()),
        ("configs", spec.configs.keys().collect()),
    ];
    for (place, names) in declared {
        for name in names.into_iter().filter(|name| !is_dns_label(&dns_label(name))) {
            let message = format!(
                "'{name}' cannot be a part of an object's name: write at most 63 letters, digits, '-', '_' and '.' \
                 that start and end with a letter or digit, such as '{}'",
                suggestion(name)
            );
            problems.add(Reason::InvalidName, format!("spec.{place}.{name}"), message);
        }
    }
}

/// Refuses two entries that need objects of the same kind and name.
pub(super) fn check_clashes(
    stack: &str,
    spec: &StackSpec,
    volumes: &BTreeMap<&str, DeclaredVolume<'_>>,
    services: &BTreeMap<&str, ResolvedService<'_>>,
    problems: &mut Problems,
) {
    let mut taken = Taken { by: BTreeMap::new(), problems };
    for name in spec.configs.iter().filter(|(_, config)| config.content.is_some()).map(|(name, _)| name) {
        taken.take(Kind::ConfigMap, object_name(stack, &dns_label(name)), format!("spec.configs.{name}"));
    }
    for (name, volume) in volumes {
        if let Origin::Claim(claim) = &volume.origin {
            taken.take(Kind::PersistentVolumeClaim, claim.clone(), format!("spec.volumes.{name}"));
        }
    }
    for claim in services.values().flat_map(|service| &service.mounts.anonymous_claims) {
        taken.take(Kind::PersistentVolumeClaim, claim.name.clone(), claim.path.clone());
    }
    let networks: BTreeSet<_> = spec.networks.keys().map(String::as_str).chain([DEFAULT_NETWORK]).collect();
    for name in networks {
        taken.take(
            Kind::NetworkPolicy,
            object_name(stack, &dns_label(name)),
            format!("spec.networks.{name}"),
        );
    }
    let services = || services.values().filter(|service| service.activity != Activity::Inactive);
    for service in services() {
        taken.take(Kind::Service, service.name.to_owned(), format!("spec.services.{}", service.name));
    }
    for service in services() {
        let path = format!("spec.services.{}", service.name);
        if service.balanced_ports().next().is_some() {
            taken.take(Kind::Service, published_name(service.name), format!("{path}.ports"));
        }
        if service.opened_ports().next().is_some() {
            let policy = object_name(stack, &published_name(service.name));
            taken.take(Kind::NetworkPolicy, policy, format!("{path}.ports"));
        }
        if service.only_internal {
            let policy = object_name(stack, &internal_name(service.name));
            taken.take(Kind::NetworkPolicy, policy, format!("{path}.networks"));
        }
    }
    let mut links = BTreeSet::new();
    for service in services() {
        for link in service.spec.external_links.keys().filter(|link| links.insert(link.as_str())) {
            let path = format!("spec.services.{}.externalLinks.{link}", service.name);
            taken.take(Kind::Service, link.clone(), path);
        }
    }
    let mut aliases = BTreeSet::new();
    let mut containers: BTreeMap<&str, String> = BTreeMap::new();
    for service in services() {
        for (path, alias) in further_names(service.spec, &format!("spec.services.{}", service.name)) {
            if alias == service.name {
                continue;
            }
            // Services can share an alias. A container name is unique.
            if aliases.insert(alias) {
                taken.take(Kind::Service, alias.to_owned(), path.clone());
            }
            if path.ends_with("containerName")
                && let Some(other) = containers.insert(alias, path.clone())
            {
                taken.clash(Kind::Service, alias, &path, &other);
            }
        }
    }
}

/// Returns the additional DNS names of a service, with their paths.
pub(super) fn further_names<'a>(service: &'a Service, path: &str) -> Vec<(String, &'a str)> {
    let aliases = service.networks.iter().flat_map(|(network, place)| {
        place.aliases.iter().enumerate().map(move |(index, alias)| {
            (format!("{path}.networks.{network}.aliases[{index}]"), alias.as_str())
        })
    });
    let container =
        service.container_name.iter().map(|name| (format!("{path}.containerName"), name.as_str()));
    aliases.chain(container).collect()
}

/// Returns the host names that are also DNS names of services. Docker's DNS resolves the host name of a container (observed
/// with engine 20.10; the Compose Specification does not define it). A host name never takes a name that another entry
/// of the Stack needs.
pub(super) fn host_names<'a>(services: &BTreeMap<&'a str, ResolvedService<'a>>) -> Vec<(&'a str, &'a str)> {
    let active = || services.values().filter(|service| service.activity != Activity::Inactive);
    let mut taken: BTreeSet<String> = active().map(|service| service.name.to_owned()).collect();
    taken.extend(active().map(|service| published_name(service.name)));
    taken.extend(active().flat_map(|service| service.spec.external_links.keys().cloned()));
    let named = active().filter(|service| service.replicas <= 1 && service.spec.network_mode.is_none());
    let named = named.filter_map(|service| Some((service.name, service.spec.hostname.as_deref()?)));
    named.filter(|(_, host)| is_service_name(host) && !taken.contains(*host)).collect()
}

struct Taken<'p> {
    by: BTreeMap<(Kind, String), String>,
    problems: &'p mut Problems,
}

impl Taken<'_> {
    fn take(&mut self, kind: Kind, name: String, path: String) {
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
        self.problems.add(Reason::NameClash, path, message);
    }
}

fn service_name(name: &str, path: &str, problems: &mut Problems) {
    if !is_service_name(name) {
        let message = format!(
            "'{name}' is not a valid DNS name of a Service: write at most 63 lower-case letters, digits and hyphens \
             that start with a letter, such as '{}'",
            suggestion(name)
        );
        problems.add(Reason::InvalidName, path, message);
    }
}

/// Returns a valid name that is similar to an invalid one.
fn suggestion(name: &str) -> String {
    let label: String =
        dns_label(name).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect();
    let label = label.trim_matches('-');
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
