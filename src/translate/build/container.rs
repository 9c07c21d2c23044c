//! A service -> the container in its pods.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, Lifecycle, LifecycleHandler, ResourceRequirements, SecurityContext, SleepAction,
};

use super::probes::{Probes, probes};
use crate::{
    api::{Protocol, Service},
    translate::resolve::{ResolvedService, Resources},
};

/// How long an ending container keeps answering, in seconds, so that those who still have its
/// address lose nothing.
const DRAIN: i64 = 5;

/// The drain pause of a service: where nothing runs beside the ending container, or nobody dials
/// it, a pause would only be a longer outage.
pub(super) fn drain(service: &ResolvedService<'_>) -> Option<i64> {
    (service.start_first && !service.own_ports.is_empty()).then_some(DRAIN)
}

/// The container of a service.
pub(super) fn container(service: &ResolvedService<'_>) -> Container {
    let (command, args) = command(service.spec);
    let Probes { startup, readiness, liveness } = service.health.as_ref().map(probes).unwrap_or_default();
    Container {
        name: service.name.to_owned(),
        image: Some(service.spec.image.clone()),
        // Compose's `missing`. Kubernetes would pull `:latest` at every start.
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command,
        args,
        env: Some(service.environment.clone()),
        working_dir: service.spec.working_dir.clone(),
        ports: Some(ports(service)),
        resources: resources(&service.resources),
        volume_mounts: Some(service.mounts.mounts.values().cloned().collect()),
        startup_probe: startup,
        readiness_probe: readiness,
        liveness_probe: liveness,
        lifecycle: drain(service).map(|seconds| Lifecycle {
            pre_stop: Some(LifecycleHandler {
                sleep: Some(SleepAction { seconds }),
                ..LifecycleHandler::default()
            }),
            ..Lifecycle::default()
        }),
        security_context: security(service),
        ..Container::default()
    }
}

/// ENTRYPOINT and CMD. Kubernetes drops the image's CMD by itself when there is an entrypoint. An
/// empty entrypoint lets the command run without one; an empty command changes nothing, as in
/// Docker.
fn command(service: &Service) -> (Option<Vec<String>>, Option<Vec<String>>) {
    match (&service.entrypoint, &service.command) {
        (Some(entrypoint), command) if entrypoint.is_empty() => (command.clone(), None),
        (entrypoint, command) => (entrypoint.clone(), command.clone()),
    }
}

/// The ports that are declared on the container: those in `ports` and `expose`.
fn ports(service: &ResolvedService<'_>) -> Vec<ContainerPort> {
    let ports = service.spec.ports.iter().map(|port| (port.target, port.protocol));
    let exposed = service.spec.expose.iter().map(|expose| (expose.port, expose.protocol));
    let all: BTreeSet<_> =
        ports.chain(exposed).map(|(port, protocol)| (port, protocol.unwrap_or_default())).collect();
    let port = |(port, protocol): (i32, Protocol)| {
        let on_node = service.node_ports().find(|on| (on.target, on.protocol) == (port, protocol));
        ContainerPort {
            container_port: port,
            protocol: Some(protocol.as_str().to_owned()),
            host_port: on_node.map(|on| on.published),
            host_ip: on_node.and_then(|on| on.address.ip()),
            ..ContainerPort::default()
        }
    };
    all.into_iter().map(port).collect()
}

fn resources(resources: &Resources) -> Option<ResourceRequirements> {
    let some = |amounts: &BTreeMap<_, _>| (!amounts.is_empty()).then(|| amounts.clone());
    let (limits, requests) = (some(&resources.limits), some(&resources.requests));
    (limits.is_some() || requests.is_some()).then_some(ResourceRequirements {
        limits,
        requests,
        claims: None,
    })
}

fn security(service: &ResolvedService<'_>) -> Option<SecurityContext> {
    let read_only = service.spec.read_only.filter(|&yes| yes);
    (read_only.is_some() || service.user.is_some()).then(|| SecurityContext {
        read_only_root_filesystem: read_only,
        run_as_user: service.user.map(|(user, _)| user),
        run_as_group: service.user.and_then(|(_, group)| group),
        ..SecurityContext::default()
    })
}
