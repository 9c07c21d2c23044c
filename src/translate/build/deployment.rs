//! Builder of Deployments for services that run until they are stopped.

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use super::metadata::selector;
use crate::translate::resolve::{AtOnce, Resolved, ResolvedService};

/// The number of old versions that the cluster keeps for `kubectl rollout undo`.
pub(super) const HISTORY: i32 = 2;

/// The time that a new container without a health check must run before the old one is stopped, in seconds. It is long
/// enough to detect a program that fails at its start.
const SETTLING: i32 = 5;

/// Builds the Deployment of a service.
pub(super) fn deployment(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    metadata: ObjectMeta,
    replicas: i32,
    template: PodTemplateSpec,
) -> Deployment {
    let strategy = strategy(service);
    let pause = strategy.rolling_update.is_some().then(|| settling(service)).flatten();
    Deployment {
        metadata,
        spec: Some(DeploymentSpec {
            replicas: Some(replicas),
            selector: selector(resolved.pods_of(service)),
            strategy: Some(strategy),
            min_ready_seconds: pause,
            // The API server requires a progress deadline that is longer than the delay.
            progress_deadline_seconds: service
                .own
                .update
                .monitor
                .map(|monitor| monitor.max(pause.unwrap_or_default().saturating_add(1))),
            revision_history_limit: Some(HISTORY),
            template,
            ..DeploymentSpec::default()
        }),
        status: None,
    }
}

/// Returns the time that a new container must be up before the next one is replaced, if it is not zero.
pub(super) fn settling(service: &ResolvedService<'_>) -> Option<i32> {
    let usual = if service.pod.start_first && service.own.health.is_none() { SETTLING } else { 0 };
    Some(service.own.update.delay.unwrap_or(usual)).filter(|&seconds| seconds > 0)
}

fn strategy(service: &ResolvedService<'_>) -> DeploymentStrategy {
    let rolling = |surge: IntOrString, unavailable: IntOrString| DeploymentStrategy {
        type_: Some("RollingUpdate".to_owned()),
        rolling_update: Some(RollingUpdateDeployment {
            max_surge: Some(surge),
            max_unavailable: Some(unavailable),
        }),
    };
    let none = IntOrString::Int(0);
    match service.own.update.at_once {
        at_once if service.pod.start_first => rolling(at_once.unwrap_or(AtOnce::Some(1)).amount(), none),
        // Several containers run at the same time anyway, so one that still terminates does no harm.
        Some(some) if some.is_some_of(service.own.replicas) => rolling(none, some.amount()),
        // A rolling update without surge starts the new Pod while the old one terminates. Only Recreate waits for its end.
        _ => DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None },
    }
}
