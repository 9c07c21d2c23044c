//! Builder of StatefulSets for services that write a volume. A StatefulSet never has two Pods with one name.

use k8s_openapi::{
    api::{
        apps::v1::{StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{
    deployment::{HISTORY, settling},
    metadata::selector,
};
use crate::translate::resolve::{Resolved, ResolvedService};

/// Builds the StatefulSet of a service.
pub(super) fn stateful_set(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    metadata: ObjectMeta,
    replicas: i32,
    template: PodTemplateSpec,
) -> StatefulSet {
    StatefulSet {
        metadata,
        spec: Some(StatefulSetSpec {
            replicas: Some(replicas),
            selector: selector(resolved.pods_of(service)),
            // With OrderedReady, a broken Pod blocks the update to a corrected template for ever.
            pod_management_policy: Some("Parallel".to_owned()),
            update_strategy: Some(StatefulSetUpdateStrategy {
                type_: Some("RollingUpdate".to_owned()),
                // The API has `maxUnavailable`, but it is disabled by default up to Kubernetes 1.36.
                rolling_update: None,
            }),
            min_ready_seconds: settling(service),
            revision_history_limit: Some(HISTORY),
            template,
            ..StatefulSetSpec::default()
        }),
        status: None,
    }
}
