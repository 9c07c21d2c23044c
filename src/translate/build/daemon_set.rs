//! Builder of DaemonSets for global services.

use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, RollingUpdateDaemonSet},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use super::{
    deployment::{HISTORY, settling},
    metadata::selector,
};
use crate::translate::resolve::{AtOnce, Resolved, ResolvedService};

/// Builds the DaemonSet of a service. On each node, `stop-first` waits for the end of the old Pod.
pub(super) fn daemon_set(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    metadata: ObjectMeta,
    template: PodTemplateSpec,
) -> DaemonSet {
    let nodes = service.own.update.at_once.unwrap_or(AtOnce::Some(1)).amount();
    let none = IntOrString::Int(0);
    let (surge, unavailable) = if service.pod.start_first { (nodes, none) } else { (none, nodes) };
    DaemonSet {
        metadata,
        spec: Some(DaemonSetSpec {
            selector: selector(resolved.pods_of(service)),
            update_strategy: Some(DaemonSetUpdateStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDaemonSet {
                    max_surge: Some(surge),
                    max_unavailable: Some(unavailable),
                }),
            }),
            min_ready_seconds: settling(service),
            revision_history_limit: Some(HISTORY),
            template,
        }),
        status: None,
    }
}
