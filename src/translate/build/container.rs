//! Builder of the container of a service.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, ContainerPort};

use super::{
    edition::Form,
    lifecycle::lifecycle,
    probes::{Probes, probes},
    settings::{pull_policy, resources, security},
};
use crate::translate::resolve::{KnownPort, ResolvedService};

/// Builds the container of a service.
pub(super) fn container(service: &ResolvedService<'_>, form: Form) -> Container {
    let (command, args) = command(service);
    let Probes { startup, readiness, liveness } = service.own.health.as_ref().map(probes).unwrap_or_default();
    Container {
        name: service.own.name.to_owned(),
        image: Some(service.own.spec.image.clone()),
        image_pull_policy: Some(pull_policy(service.own.spec.pull_policy).to_owned()),
        command,
        args,
        env: Some(service.own.environment.clone()),
        working_dir: service.own.spec.working_dir.clone(),
        ports: Some(ports(service)),
        resources: resources(&service.own.resources),
        volume_mounts: Some(service.own.mounts.mounts.values().cloned().collect()),
        startup_probe: startup,
        readiness_probe: readiness,
        liveness_probe: liveness,
        lifecycle: lifecycle(service, form),
        tty: service.own.spec.tty.filter(|&yes| yes),
        stdin: service.own.spec.stdin_open.filter(|&yes| yes),
        security_context: security(service.own.security.container.clone(), service.own.user),
        ..Container::default()
    }
}

/// Returns the replacements of ENTRYPOINT and CMD. Kubernetes ignores CMD of the image if there is an entrypoint. As in
/// Docker, an empty entrypoint runs the command, or CMD of the image, without an entrypoint. An empty command has no effect.
fn command(service: &ResolvedService<'_>) -> (Option<Vec<String>>, Option<Vec<String>>) {
    match (&service.own.spec.entrypoint, &service.own.spec.command) {
        (Some(entrypoint), command) if entrypoint.is_empty() => {
            let given = command.as_ref().filter(|command| !command.is_empty());
            let of_image = service.own.image.map(|image| &image.config.command).filter(|it| !it.is_empty());
            (given.or(of_image).or(command.as_ref()).cloned(), None)
        }
        (entrypoint, command) => (entrypoint.clone(), command.clone()),
    }
}

/// Returns the ports of the container: those in `ports` and `expose`.
fn ports(service: &ResolvedService<'_>) -> Vec<ContainerPort> {
    let all: BTreeSet<_> = KnownPort::listed(service.own.spec).collect();
    let port = |known: KnownPort| {
        let on_node = service.node_ports().find(|on| on.target == known);
        // On the network of the node, the host port is the port. The API server sets that default.
        let host_port = on_node.map(|on| on.published).or(service.host.network.then_some(known.port));
        ContainerPort {
            container_port: known.port.into(),
            protocol: Some(known.protocol.as_str().to_owned()),
            host_port: host_port.map(i32::from),
            host_ip: on_node.and_then(|on| on.address.ip()),
            ..ContainerPort::default()
        }
    };
    all.into_iter().map(port).collect()
}
