//! Builder of Services for DNS names and published ports.

use std::collections::BTreeSet;

use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use super::metadata::Labels;
use crate::{
    api::{EndpointMode, Publish, ServiceMode},
    text::{names::published_name, port::PortNumber},
    translate::{
        Facts,
        resolve::{Health, KnownPort, Published, Resolved, ResolvedService, has_too_many_for_nodes},
    },
};

/// Builds the Services of a service: for its name, for additional names that no other service has, and for published ports.
pub(super) fn services(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    facts: &Facts,
) -> Vec<Service> {
    let metadata = |name: &str| resolved.metadata_of(service, name.to_owned());
    let own = || name(metadata(service.own.name), resolved.pods_of(service), &[service], facts);
    let mut services: Vec<_> = service.own.has_name().then(own).into_iter().collect();
    let is_own = |alias: &&&str| resolved.names.services.get(**alias).is_some_and(|names| names.len() == 1);
    for alias in resolved.names.of_service(service.own.name).filter(is_own) {
        services.push(name(metadata(alias), resolved.pods_with_alias(alias), &[service], facts));
    }
    services.extend(published(resolved, service));
    services
}

/// Builds a Service for each alias of several services, which selects the Pods of all of them.
pub(super) fn shared_aliases(resolved: &Resolved<'_>, facts: &Facts) -> Vec<Service> {
    let shared = resolved.names.services.iter().filter(|(_, names)| names.len() > 1);
    let service = |(alias, names): (&&str, &Vec<&str>)| {
        let services: Vec<_> = names.iter().map(|name| &resolved.services[name]).collect();
        name(resolved.metadata((*alias).to_owned()), resolved.pods_with_alias(alias), &services, facts)
    };
    shared.map(service).collect()
}

/// Builds a Service for each external link.
pub(super) fn external(resolved: &Resolved<'_>) -> Vec<Service> {
    let service = |(name, target): (&&str, &&str)| Service {
        metadata: resolved.metadata((*name).to_owned()),
        spec: Some(ServiceSpec {
            type_: Some("ExternalName".to_owned()),
            external_name: Some((*target).to_owned()),
            ..ServiceSpec::default()
        }),
        status: None,
    };
    resolved.external_links.iter().map(service).collect()
}

/// Builds a Service that resolves a name to the Pods of `services`.
fn name(metadata: ObjectMeta, pods: Labels, services: &[&ResolvedService<'_>], facts: &Facts) -> Service {
    let ports: BTreeSet<KnownPort> =
        services.iter().flat_map(|service| &service.own.known_ports).copied().collect();
    let named = |known: &KnownPort| ServicePort {
        app_protocol: services.iter().find_map(|service| service.own.app_protocol(*known)),
        ..port(*known, known.port)
    };
    let live = metadata.name.as_ref().and_then(|name| facts.live_services.get(name));
    // The cluster IP is immutable, so an existing Service keeps its kind. A Service without ports has no cluster IP.
    let chosen = services.iter().find_map(|service| service.own.spec.service_mode);
    let headless = ports.is_empty()
        || match (chosen, live) {
            // A change of the mode replaces the Service.
            (Some(mode), _) => mode == ServiceMode::Headless,
            (None, Some(live)) => live.headless,
            (None, None) => services.iter().any(|service| wants_no_address(service)),
        };
    // In Compose, unhealthy containers are reachable, and services can require each other to become healthy. The live
    // Service stores the fact that the service was healthy.
    let not_healthy_yet = live.is_none_or(|live| live.publishes_not_ready)
        && !services.iter().any(|service| facts.healthy.contains(service.own.lead));
    let always =
        services.iter().any(|service| service.is_single() && !service.pod.start_first || !gates(service));
    let spec = ServiceSpec {
        type_: Some("ClusterIP".to_owned()),
        cluster_ip: headless.then(|| "None".to_owned()),
        selector: Some(pods),
        ports: Some(ports.iter().map(named).collect()),
        publish_not_ready_addresses: (always || not_healthy_yet).then_some(true),
        ..ServiceSpec::default()
    };
    Service { metadata, spec: Some(spec), status: None }
}

/// Reports whether the service is unreachable while it is unhealthy.
fn gates(service: &ResolvedService<'_>) -> bool {
    service.own.health.as_ref().is_none_or(Health::gates)
}

fn wants_no_address(service: &ResolvedService<'_>) -> bool {
    service.own.known_ports.is_empty()
        || service.own.spec.deploy.as_ref().and_then(|deploy| deploy.endpoint_mode)
            == Some(EndpointMode::Dnsrr)
}

/// Builds the Service for published ports, if there are any.
fn published(resolved: &Resolved<'_>, service: &ResolvedService<'_>) -> Option<Service> {
    let port = |p: &Published| ServicePort {
        app_protocol: service.own.spec.ports[p.index].app_protocol.clone(),
        ..port(p.published_port(), p.target.port)
    };
    let ports: Vec<_> = service.balanced_ports().map(port).collect();
    let has_node_ports = !has_too_many_for_nodes(ports.len());
    let publish = match resolved.stack.spec.publish.unwrap_or_default() {
        Publish::LoadBalancer => "LoadBalancer",
        Publish::NodePort => "NodePort",
        // Host ports have no Service.
        Publish::HostPort | Publish::ClusterIp => "ClusterIP",
    };
    (!ports.is_empty()).then(|| Service {
        metadata: resolved.metadata_of(service, published_name(service.own.name)),
        spec: Some(ServiceSpec {
            type_: Some(publish.to_owned()),
            selector: Some(resolved.pods_of(service)),
            ports: Some(ports),
            publish_not_ready_addresses: (!gates(service)).then_some(true),
            allocate_load_balancer_node_ports: (publish == "LoadBalancer" && !has_node_ports)
                .then_some(false),
            ..ServiceSpec::default()
        }),
        status: None,
    })
}

fn port(known: KnownPort, target: PortNumber) -> ServicePort {
    let KnownPort { port, protocol } = known;
    ServicePort {
        name: Some(format!("{}-{port}", protocol.as_str().to_lowercase())),
        port: port.into(),
        target_port: Some(IntOrString::Int(target.into())),
        protocol: Some(protocol.as_str().to_owned()),
        ..ServicePort::default()
    }
}
