//! The HTTP routes from outside to a service.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{
    Problems, ResolvedService,
    labels::{annotation_key, is_domain},
};
use crate::{
    api::{IngressRule, Protocol},
    translate::{Activity, Reason},
};

/// A route to a service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::translate) struct Route<'a> {
    pub rule: &'a IngressRule,
    pub path: &'a str,
    /// The port of the container.
    pub port: i32,
}

/// The routes of a service.
pub(super) fn routes<'a>(service: &ResolvedService<'a>, problems: &mut Problems) -> Vec<Route<'a>> {
    let mut routes = Vec::new();
    for (index, rule) in service.spec.ingress.iter().enumerate() {
        let place = format!("spec.services.{}.ingress[{index}]", service.name);
        check(rule, &place, problems);
        if service.only_internal {
            let message = "the service is only on internal networks, where nobody from outside comes: put it on another \
                           network too, or take this out";
            problems.value(&place, message);
        }
        let port = rule.port.or_else(|| only_port(service));
        if port.is_none() {
            let message = "which port of the service answers HTTP is not known: set 'port'";
            problems.value(format!("{place}.port"), message);
        }
        let path = rule.path.as_deref().unwrap_or("/");
        routes.extend(port.map(|port| Route { rule, path, port }));
    }
    routes
}

/// The port of a service of which one only is known: by its `ports` and `expose`, else by its health
/// check. What siblings dial does not count: one more of them must not make the route ambiguous.
fn only_port(service: &ResolvedService<'_>) -> Option<i32> {
    let ports = service.spec.ports.iter().map(|port| (port.target, port.protocol));
    let exposed = service.spec.expose.iter().map(|expose| (expose.port, expose.protocol));
    let tcp = |(port, protocol): (i32, Option<Protocol>)| {
        (protocol.unwrap_or_default() == Protocol::Tcp).then_some(port)
    };
    let named: BTreeSet<_> = ports.chain(exposed).filter_map(tcp).collect();
    let known = || service.own_ports.iter().filter_map(|known| tcp((known.port, Some(known.protocol))));
    let all = if named.is_empty() { known().collect() } else { named };
    all.first().copied().filter(|_| all.len() == 1)
}

fn check(rule: &IngressRule, place: &str, problems: &mut Problems) {
    let is_host = |host: &str| is_domain(host.strip_prefix("*.").unwrap_or(host));
    if rule.host.as_deref().is_some_and(|host| !is_host(host)) {
        let message =
            "write a host name in lower case, such as api.example.com or *.example.com, without a port";
        problems.value(format!("{place}.host"), message);
    }
    let names = [("className", &rule.class_name), ("tlsSecretName", &rule.tls_secret_name)];
    for (field, name) in names {
        if name.as_deref().is_some_and(|name| !is_domain(name)) {
            let message = "write an object's name: lower-case letters, digits, hyphens and dots";
            problems.value(format!("{place}.{field}"), message);
        }
    }
    let path = rule.path.as_deref().unwrap_or("/");
    if !path.starts_with('/') || path.contains("//") || path.split('/').any(|part| matches!(part, "." | ".."))
    {
        problems.value(
            format!("{place}.path"),
            "write a path that begins with '/', without '//', '.' and '..' in it",
        );
    }
    for key in rule.annotations.keys() {
        annotation_key(key, &format!("{place}.annotations.{key}"), problems);
    }
}

/// Refuses two routes of one host and path: controllers do not agree on which of them counts.
pub(super) fn check_routes(services: &BTreeMap<&str, ResolvedService<'_>>, problems: &mut Problems) {
    let mut taken = BTreeMap::new();
    for service in services.values().filter(|service| service.activity != Activity::Inactive) {
        for (index, rule) in service.spec.ingress.iter().enumerate() {
            let place = format!("spec.services.{}.ingress[{index}]", service.name);
            let route = (&rule.host, rule.path.as_deref().unwrap_or("/"), &rule.class_name);
            match taken.entry(route) {
                Entry::Vacant(free) => {
                    free.insert(place);
                }
                Entry::Occupied(other) => {
                    let message =
                        format!("{} has the same host and path: change one of the two", other.get());
                    problems.add(Reason::RouteClash, place, message);
                }
            }
        }
    }
}
