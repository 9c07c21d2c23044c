//! A service that is kept running -> a Deployment.

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use super::metadata::selector;
use crate::translate::resolve::{Resolved, ResolvedService};

/// How many old versions the cluster keeps for `kubectl rollout undo`.
pub(super) const HISTORY: i32 = 2;

/// How long a new container without a health check must run before the old one is ended, in
/// seconds: long enough to see one that fails at once.
const SETTLING: i32 = 5;

/// The Deployment of a service.
pub(super) fn deployment(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    metadata: ObjectMeta,
    replicas: i32,
    template: PodTemplateSpec,
) -> Deployment {
    Deployment {
        metadata,
        spec: Some(DeploymentSpec {
            replicas: Some(replicas),
            selector: selector(resolved.pods_of(service)),
            strategy: Some(strategy(service.start_first)),
            min_ready_seconds: (service.start_first && service.health.is_none()).then_some(SETTLING),
            revision_history_limit: Some(HISTORY),
            template,
            ..DeploymentSpec::default()
        }),
        status: None,
    }
}

fn strategy(start_first: bool) -> DeploymentStrategy {
    if start_first {
        let one_more = RollingUpdateDeployment {
            max_surge: Some(IntOrString::Int(1)),
            max_unavailable: Some(IntOrString::Int(0)),
        };
        DeploymentStrategy { type_: Some("RollingUpdate".to_owned()), rolling_update: Some(one_more) }
    } else {
        // A rolling update without surge would start the successor while the predecessor is still
        // ending; only Recreate waits for its end.
        DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None }
    }
}
