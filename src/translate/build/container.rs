//! A service -> the container in its pods.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, ContainerPort, ResourceRequirements, SecurityContext};

use super::{
    lifecycle::lifecycle,
    probes::{Probes, probes},
};
use crate::{
    api::{Protocol, PullPolicy, Service},
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
        image_pull_policy: Some(pull_policy(service.spec)),
        command,
        args,
        env: Some(service.environment.clone()),
        working_dir: service.spec.working_dir.clone(),
        ports: Some(ports(service.spec)),
        resources: resources(&service.resources),
        volume_mounts: Some(service.mounts.mounts.values().cloned().collect()),
        startup_probe: startup,
        readiness_probe: readiness,
        liveness_probe: liveness,
        lifecycle: lifecycle(service),
        stdin: service.spec.stdin_open.filter(|&yes| yes),
        tty: service.spec.tty.filter(|&yes| yes),
        security_context: security(&service.settings.security.container, service.user),
        ..Container::default()
    }
}

/// Always written: Kubernetes would pull `:latest` at every start, which Compose's `missing` does not.
pub(super) fn pull_policy(service: &Service) -> String {
    let policy = match service.pull_policy.unwrap_or_default() {
        PullPolicy::Missing => "IfNotPresent",
        PullPolicy::Always => "Always",
        PullPolicy::Never => "Never",
    };
    policy.to_owned()
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
fn ports(service: &Service) -> Vec<ContainerPort> {
    let ports = service.ports.iter().map(|port| (port.target, port.protocol));
    let exposed = service.expose.iter().map(|expose| (expose.port, expose.protocol));
    let all: BTreeSet<_> =
        ports.chain(exposed).map(|(port, protocol)| (port, protocol.unwrap_or_default())).collect();
    let port = |(port, protocol): (i32, Protocol)| ContainerPort {
        container_port: port,
        protocol: Some(protocol.as_str().to_owned()),
        ..ContainerPort::default()
    };
    all.into_iter().map(port).collect()
}

pub(super) fn resources(resources: &Resources) -> Option<ResourceRequirements> {
    let some = |amounts: &BTreeMap<_, _>| (!amounts.is_empty()).then(|| amounts.clone());
    let (limits, requests) = (some(&resources.limits), some(&resources.requests));
    (limits.is_some() || requests.is_some()).then_some(ResourceRequirements {
        limits,
        requests,
        claims: None,
    })
}

/// What a container may do, and as whom.
pub(super) fn security(
    context: &SecurityContext,
    user: Option<(i64, Option<i64>)>,
) -> Option<SecurityContext> {
    let context = SecurityContext {
        run_as_user: user.map(|(user, _)| user),
        run_as_group: user.and_then(|(_, group)| group),
        ..context.clone()
    };
    (context != SecurityContext::default()).then_some(context)
}
