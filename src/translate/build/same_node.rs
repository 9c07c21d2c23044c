//! Builder of the affinity of Pods that share volumes which only one node can mount.

use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec};

use super::metadata::{labels, selector};
use crate::{
    api::labels::{STACK, VOLUMES},
    translate::resolve::{HOST_NAME, Resolved, ResolvedService},
};

/// Keeps the Pods of a service on the node of the Pods that share its volumes. The scheduler accepts the first Pod although no
/// other Pod matches, because the term matches the Pod itself.
pub(super) fn stay(spec: &mut PodSpec, resolved: &Resolved<'_>, service: &ResolvedService<'_>) {
    let Some(node_group) = &service.own.node_group else { return };
    let term = PodAffinityTerm {
        label_selector: Some(selector(labels([(STACK, resolved.name), (VOLUMES, node_group)]))),
        topology_key: HOST_NAME.to_owned(),
        ..PodAffinityTerm::default()
    };
    let affinity = spec.affinity.get_or_insert_default().pod_affinity.get_or_insert_default();
    affinity.required_during_scheduling_ignored_during_execution.get_or_insert_default().push(term);
}
