//! A service that writes a volume -> a StatefulSet, which never has two pods of one name.

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

/// The StatefulSet of a service.
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
            // In order, a broken pod would hold up the mended template for ever.
            pod_management_policy: Some("Parallel".to_owned()),
            update_strategy: Some(StatefulSetUpdateStrategy {
                type_: Some("RollingUpdate".to_owned()),
                // How many at once (maxUnavailable) stands in the API, but is off by default up to 1.36.
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
