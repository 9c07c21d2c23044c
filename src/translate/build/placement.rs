//! Builder of affinities and topology spread constraints.

use k8s_openapi::api::core::v1::{
    Affinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, PodSpec,
    TopologySpreadConstraint,
};

use super::metadata::{Labels, selector};
use crate::translate::resolve::{HOST_NAME, Placement};

/// Adds the requirements of a service on nodes to its Pods. `pods` are the labels that select the Pods.
pub(super) fn place(spec: &mut PodSpec, placement: &Placement, pods: Labels) {
    if !placement.labels.is_empty() || !placement.fields.is_empty() {
        affinity(spec)
            .node_affinity
            .get_or_insert_default()
            .required_during_scheduling_ignored_during_execution = Some(all_of(placement));
    }
    if placement.per_node == Some(1) {
        let beside_another = PodAffinityTerm {
            label_selector: Some(selector(pods.clone())),
            topology_key: HOST_NAME.to_owned(),
            ..PodAffinityTerm::default()
        };
        let apart = affinity(spec).pod_anti_affinity.get_or_insert_default();
        apart
            .required_during_scheduling_ignored_during_execution
            .get_or_insert_default()
            .push(beside_another);
    }
    let spread = |key: &str, skew: i32, otherwise: &str| TopologySpreadConstraint {
        label_selector: Some(selector(pods.clone())),
        max_skew: skew,
        topology_key: key.to_owned(),
        when_unsatisfiable: otherwise.to_owned(),
        ..TopologySpreadConstraint::default()
    };
    let bound =
        placement.per_node.filter(|&most| most > 1).map(|most| spread(HOST_NAME, most, "DoNotSchedule"));
    let wishes = placement.spread.iter().map(|label| spread(label, 1, "ScheduleAnyway"));
    let all: Vec<_> = bound.into_iter().chain(wishes).collect();
    if !all.is_empty() {
        spec.topology_spread_constraints.get_or_insert_default().extend(all);
    }
}

/// Returns a term. A node must meet all of its requirements.
fn all_of(placement: &Placement) -> NodeSelector {
    let some = |all: &[NodeSelectorRequirement]| (!all.is_empty()).then(|| all.to_vec());
    NodeSelector {
        node_selector_terms: vec![NodeSelectorTerm {
            match_expressions: some(&placement.labels),
            match_fields: some(&placement.fields),
        }],
    }
}

fn affinity(spec: &mut PodSpec) -> &mut Affinity {
    spec.affinity.get_or_insert_default()
}
