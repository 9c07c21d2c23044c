//! HTTP routes from outside the cluster to a service.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{
    labels::annotation_key,
    ports::{KnownPort, number},
};
use crate::{
    api::{IngressRule, Protocol, Reason, Service},
    text::{port::PortNumber, validation::is_dns_subdomain},
    translate::{
        Privilege,
        findings::{FieldPath, Findings, Grants},
    },
};

/// A route to a service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::translate) struct Route<'a> {
    pub rule: &'a IngressRule,
    pub path: &'a str,
    /// The port of the container.
    pub port: PortNumber,
}

/// Returns the routes of a service.
pub(super) fn routes<'a>(
    service: &'a Service,
    own_ports: &BTreeSet<KnownPort>,
    only_internal: bool,
    at: &FieldPath<'_>,
) -> Vec<Route<'a>> {
    let mut routes = Vec::new();
    for (index, rule) in service.ingress.iter().enumerate() {
        let at = at.index("ingress", index);
        check(rule, &at);
        if only_internal {
            let message = "the service has only internal networks, which are not reachable from outside: add another \
                           network, or remove the route";
            at.invalid(message);
        }
        let port = match rule.port {
            Some(port) => number(port, &at.child("port")),
            None => only_port(service, own_ports),
        };
        if port.is_none() && rule.port.is_none() {
            let message = "the port of the route is ambiguous or unknown: set 'port'";
            at.child("port").invalid(message);
        }
        let path = rule.path.as_deref().unwrap_or("/");
        routes.extend(port.map(|port| Route { rule, path, port }));
    }
    routes
}

/// Returns the only port of a service in `ports` and `expose`, else in its health check. Addresses in the settings of other
/// services do not count, because a change of another service must not make a route ambiguous.
fn only_port(service: &Service, own_ports: &BTreeSet<KnownPort>) -> Option<PortNumber> {
    let tcp = |known: KnownPort| (known.protocol == Protocol::Tcp).then_some(known.port);
    let named: BTreeSet<_> = KnownPort::listed(service).filter_map(tcp).collect();
    let known = || own_ports.iter().copied().filter_map(tcp);
    let all = if named.is_empty() { known().collect() } else { named };
    all.first().copied().filter(|_| all.len() == 1)
}

fn check(rule: &IngressRule, at: &FieldPath<'_>) {
    let is_host = |host: &str| is_dns_subdomain(host.strip_prefix("*.").unwrap_or(host));
    if rule.host.as_deref().is_some_and(|host| !is_host(host)) {
        let message = "the value is not a host name: write one in lower case without a port, such as api.example.com or \
             *.example.com";
        at.child("host").invalid(message);
    }
    let names = [("className", &rule.class_name), ("tlsSecretName", &rule.tls_secret_name)];
    for (field, name) in names {
        if name.as_deref().is_some_and(|name| !is_dns_subdomain(name)) {
            let message = "the value is not a valid name of an object: write lower-case letters, digits, hyphens and \
                           dots";
            at.child(field).invalid(message);
        }
    }
    let path = rule.path.as_deref().unwrap_or("/");
    if !path.starts_with('/') || path.contains("//") || path.split('/').any(|part| matches!(part, "." | ".."))
    {
        at.child("path").invalid(
            "the path is not supported: write a path that starts with '/' and has no '//', '.' and '..'",
        );
    }
    for key in rule.annotations.keys() {
        annotation_key(key, &at.key("annotations", key));
    }
}

/// The format of the value of an annotation.
#[derive(Clone, Copy)]
enum Form {
    /// `true` or `false`.
    Switch,
    /// Digits.
    Number,
    /// Digits and a letter for the unit.
    Size,
    /// The name of an object.
    Name,
}

/// Annotations that require no privilege. They select objects of the administrator or set a limit of the route. No text of
/// the author gets into the configuration of a controller, which namespaces share.
const HARMLESS: [(&str, Form); 9] = [
    ("cert-manager.io/cluster-issuer", Form::Name),
    ("cert-manager.io/issuer", Form::Name),
    ("kubernetes.io/tls-acme", Form::Switch),
    ("nginx.ingress.kubernetes.io/force-ssl-redirect", Form::Switch),
    ("nginx.ingress.kubernetes.io/proxy-body-size", Form::Size),
    ("nginx.ingress.kubernetes.io/proxy-connect-timeout", Form::Number),
    ("nginx.ingress.kubernetes.io/proxy-read-timeout", Form::Number),
    ("nginx.ingress.kubernetes.io/proxy-send-timeout", Form::Number),
    ("nginx.ingress.kubernetes.io/ssl-redirect", Form::Switch),
];

fn is_harmless(key: &str, value: &str) -> bool {
    let is_number = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    HARMLESS.iter().any(|(harmless, form)| {
        *harmless == key
            && match form {
                Form::Switch => matches!(value, "true" | "false"),
                Form::Number => is_number(value),
                Form::Size => is_number(value.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G']).unwrap_or(value)),
                Form::Name => is_dns_subdomain(value),
            }
    })
}

/// Refuses annotations that require a privilege which the namespace does not grant.
pub(super) fn check_annotations(service: &Service, grants: Grants<'_>, at: &FieldPath<'_>) {
    for (index, rule) in service.ingress.iter().enumerate() {
        let at = at.index("ingress", index);
        for (key, _) in rule.annotations.iter().filter(|(key, value)| !is_harmless(key, value)) {
            let what = "annotations that configure the Ingress controller";
            grants.require(Privilege::IngressAnnotations, what, &at.key("annotations", key));
        }
    }
}

/// Refuses two routes with the same host and path. Controllers differ in which of them they use.
pub(super) fn check_routes<'a>(active: impl Iterator<Item = (&'a str, &'a Service)>, findings: &Findings) {
    let mut taken = BTreeMap::new();
    for (name, service) in active {
        let at = findings.service(name);
        for (index, rule) in service.ingress.iter().enumerate() {
            let at = at.index("ingress", index);
            let route = (&rule.host, rule.path.as_deref().unwrap_or("/"), &rule.class_name);
            match taken.entry(route) {
                Entry::Vacant(free) => {
                    free.insert(at.to_string());
                }
                Entry::Occupied(other) => {
                    let message =
                        format!("{} has the same host and path: change one of the two routes", other.get());
                    at.problem(Reason::RouteClash, message);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_is_harmless_by_its_key_and_by_the_form_of_its_value() {
        for (key, value, expected) in [
            ("cert-manager.io/cluster-issuer", "letsencrypt", true),
            ("cert-manager.io/cluster-issuer", "a b", false),
            ("kubernetes.io/tls-acme", "true", true),
            ("nginx.ingress.kubernetes.io/ssl-redirect", "false", true),
            ("nginx.ingress.kubernetes.io/ssl-redirect", "False;", false),
            ("nginx.ingress.kubernetes.io/proxy-body-size", "8m", true),
            ("nginx.ingress.kubernetes.io/proxy-body-size", "0", true),
            ("nginx.ingress.kubernetes.io/proxy-body-size", "8m;\nreturn 200", false),
            ("nginx.ingress.kubernetes.io/proxy-body-size", "m", false),
            ("nginx.ingress.kubernetes.io/proxy-read-timeout", "3600", true),
            ("nginx.ingress.kubernetes.io/proxy-read-timeout", "60s", false),
            ("nginx.ingress.kubernetes.io/configuration-snippet", "return 200;", false),
            ("nginx.ingress.kubernetes.io/auth-url", "http://a", false),
            ("external-dns.alpha.kubernetes.io/hostname", "a.example.com", false),
            ("team", "a", false),
        ] {
            assert_eq!(is_harmless(key, value), expected, "{key}: {value}");
        }
    }
}
