//! The host name that a program sees.

use k8s_openapi::api::core::v1::PodSpec;

use crate::translate::{
    Approximation, Kind, ServerVersion,
    resolve::{ResolvedService, is_on_host},
};

/// Gives the pod its host name. A single container has the one that it was given, or its service's name. Of
/// several, each has its pod's.
///
/// A StatefulSet overwrites the plain field, and no other field takes a domain; the one that does is not
/// for pods on the node's network, whose host name is the node's.
pub(super) fn name(spec: &mut PodSpec, service: &ResolvedService<'_>, version: ServerVersion) {
    if !service.is_single() || is_on_host(service.spec) {
        return;
    }
    let host = service.spec.hostname.as_deref().unwrap_or(service.name);
    let domain = service.spec.domainname.as_ref().filter(|_| version.has_hostname_override());
    match (service.kind, domain) {
        (_, Some(domain)) => spec.hostname_override = Some(format!("{host}.{domain}")),
        (Kind::StatefulSet, None) if version.has_hostname_override() => {
            spec.hostname_override = Some(host.to_owned());
        }
        (Kind::StatefulSet, None) => {}
        (_, None) => spec.hostname = Some(host.to_owned()),
    }
}

/// What of the host name differs.
pub(super) fn approximations(
    service: &ResolvedService<'_>,
    version: ServerVersion,
) -> impl Iterator<Item = Approximation> + use<> {
    let (spec, path) = (service.spec, format!("spec.services.{}", service.name));
    let hostname = match spec.hostname {
        None => None,
        Some(_) if is_on_host(spec) => {
            Some("left out: what is on the node's network has the node's host name")
        }
        Some(_) if !service.is_single() => None,
        Some(_) if service.kind == Kind::StatefulSet && !version.has_hostname_override() => Some(
            "a service that writes a volume has its pod's name as host name before Kubernetes 1.35: the name is \
             stable, but not the one that was given",
        ),
        Some(_) => None,
    };
    let domain = match spec.domainname {
        None => None,
        Some(_) if is_on_host(spec) => {
            Some("left out: what is on the node's network has the node's host name")
        }
        Some(_) if !service.is_single() => {
            Some("left out: each of several containers has its pod's own name as host name")
        }
        Some(_) if !version.has_hostname_override() => {
            Some("left out: a host name has a domain of one's own choice from Kubernetes 1.35 on")
        }
        Some(_) => Some("'hostname' prints the whole name, with the domain, as 'hostname -f' does"),
    };
    [("hostname", hostname), ("domainname", domain)].into_iter().filter_map(move |(field, message)| {
        Some(Approximation { path: format!("{path}.{field}"), message: message?.to_owned() })
    })
}
