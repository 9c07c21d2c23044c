//! The order in which the containers of a Pod start and end.

use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};

use super::{lifecycle::grace, metadata::annotations};
use crate::translate::resolve::{ResolvedService, Stage};

/// The annotation with the default container of `kubectl logs` and `kubectl exec`.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Reports whether services of a Pod start one after the other.
pub(super) fn is_ordered(services: &[&ResolvedService<'_>]) -> bool {
    services
        .iter()
        .enumerate()
        .any(|(place, service)| service.start.stage != Stage::Last || service.start.position != place)
}

/// Orders the containers. `services` are in the order in which their templates were joined, each with the number of its init
/// containers.
pub(super) fn arrange(template: &mut PodTemplateSpec, services: &[(&ResolvedService<'_>, usize)]) {
    if let Some((lead, _)) =
        services.first().filter(|(lead, _)| matches!(lead.start.stage, Stage::Sidecar { .. }))
    {
        // The Pod has the name of this service.
        annotations(template).entry(DEFAULT_CONTAINER.to_owned()).or_insert_with(|| lead.own.name.to_owned());
    }
    let spec = template.spec.get_or_insert_default();
    let mut first = spec.init_containers.take().unwrap_or_default().into_iter();
    let own = std::mem::take(&mut spec.containers);
    let mut parts: Vec<(&ResolvedService<'_>, Vec<Container>, Container)> = services
        .iter()
        .zip(own)
        .map(|((service, count), container)| (*service, first.by_ref().take(*count).collect(), container))
        .collect();
    parts.sort_by_key(|(service, ..)| (service.start.stage == Stage::Last, service.start.position));
    let mut init = Vec::new();
    for (service, before, container) in parts {
        init.extend(before);
        match service.start.stage {
            Stage::Last => spec.containers.push(container),
            Stage::Sidecar { until_healthy } => init.push(sidecar(service, container, until_healthy)),
            Stage::First => init.push(one_shot(container)),
        }
    }
    keep_node_ports(&mut init, &mut spec.containers);
    spec.init_containers = (!init.is_empty()).then_some(init);
    spec.termination_grace_period_seconds = Some(time_to_end(services));
}

/// Moves host ports from init containers to another container. Host ports belong to the whole Pod, and the kubelet maps only
/// those of `spec.containers`.
fn keep_node_ports(init: &mut [Container], containers: &mut [Container]) {
    let Some(last) = containers.first_mut() else { return };
    for ports in init.iter_mut().filter_map(|container| container.ports.as_mut()) {
        let (mapped, others) = std::mem::take(ports).into_iter().partition(|port| port.host_port.is_some());
        *ports = others;
        last.ports.get_or_insert_default().extend::<Vec<_>>(mapped);
    }
}

/// Returns a container as a sidecar, which starts before its dependents and ends after them.
fn sidecar(service: &ResolvedService<'_>, container: Container, until_healthy: bool) -> Container {
    let mut sidecar = Container { restart_policy: Some("Always".to_owned()), ..container };
    if !until_healthy && sidecar.startup_probe.take().is_some() {
        // The next container would wait for the startup probe. Without it, the liveness probe must allow the time to
        // start.
        if let (Some(liveness), Some(health)) = (&mut sidecar.liveness_probe, &service.own.health) {
            liveness.initial_delay_seconds = Some(i32::try_from(health.start_period).unwrap_or(i32::MAX));
        }
    }
    sidecar
}

/// Returns a container as an init container. Kubernetes supports neither probes nor hooks for it.
fn one_shot(container: Container) -> Container {
    Container {
        startup_probe: None,
        readiness_probe: None,
        liveness_probe: None,
        lifecycle: None,
        ..container
    }
}

/// Returns the termination grace period of the Pod. Sidecars end one after the other, after all other containers.
fn time_to_end(services: &[(&ResolvedService<'_>, usize)]) -> i64 {
    let (mut at_once, mut after) = (0, 0_i64);
    for (service, _) in services {
        match service.start.stage {
            Stage::Sidecar { .. } => after = after.saturating_add(grace(service)),
            Stage::Last | Stage::First => at_once = grace(service).max(at_once),
        }
    }
    after.saturating_add(at_once)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ContainerPort;

    use super::*;

    #[test]
    fn a_port_of_the_node_is_declared_where_the_kubelet_maps_it() {
        let port =
            |container_port, host_port| ContainerPort { container_port, host_port, ..Default::default() };
        let container =
            |ports: &[ContainerPort]| Container { ports: Some(ports.to_vec()), ..Default::default() };
        let mut init = [container(&[port(80, Some(8080)), port(81, None)])];
        let mut last = [container(&[port(90, None)]), container(&[])];
        keep_node_ports(&mut init, &mut last);
        assert_eq!(init[0].ports, Some(vec![port(81, None)]));
        assert_eq!(last[0].ports, Some(vec![port(90, None), port(80, Some(8080))]));
        assert_eq!(last[1].ports, Some(vec![]));
    }
}
