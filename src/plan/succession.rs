//! What comes after what: predecessors that a successor waits to see gone, pods that may not run
//! beside it, and what nothing wants any more.

use std::collections::BTreeSet;

use super::{Child, ChildState, Delete, Observed, Owner, Pod, gate::Snapshot};
use crate::translate::{Desired, Kind, Object, Unit, Workload};

/// Workloads of the unit's services other than the wanted one: another kind, another Job, one of a
/// service that had a pod of its own.
pub(super) fn predecessors<'a>(
    observed: &'a Observed,
    unit: &'a Unit,
    wanted: &'a (Kind, String),
) -> impl Iterator<Item = (&'a (Kind, String), &'a Child)> {
    observed.children.iter().filter(move |(key, child)| {
        key.0.is_workload()
            && child.service.as_ref().is_some_and(|of| unit.services.contains(of))
            && *key != wanted
    })
}

/// Whether a service that is new in the unit still runs in pods of its own.
pub(super) fn takes_over(observed: &Observed, unit: &Unit, live: &Child) -> bool {
    live.state.template() != Some(unit.template.as_str())
        && observed
            .pods
            .iter()
            .any(|pod| !pod.ended && pod.service != unit.name() && unit.services.contains(&pod.service))
}

/// Whether pods are left that a workload which does not exist yet must not run beside.
pub(super) fn leaves_pods(snapshot: &Snapshot<'_>, unit: &Unit, wanted: &Workload) -> bool {
    let key = wanted.key();
    let claims = wanted.claims();
    snapshot.observed.pods.iter().any(|pod| {
        if unit.services.contains(&pod.service) {
            blocks(pod, unit, &key)
        } else {
            // A volume that came over from another service, whose container may still write it.
            key.0 == Kind::StatefulSet
                && !pod.ended
                && !is_of_a_desired_template(snapshot.desired, pod)
                && pod.claims.iter().any(|claim| claims.contains(claim.as_str()))
        }
    })
}

/// Whether a pod of the same service must be gone first. Pods of the wanted workload's own kind
/// were left by one that was deleted: a StatefulSet gives its pods names that only one can bear,
/// and a service that may overlap takes them up again or not. A Job never takes them up.
fn blocks(pod: &Pod, unit: &Unit, (kind, name): &(Kind, String)) -> bool {
    let of_the_wanted = pod.controller.as_ref().is_none_or(|(controller, of)| match kind {
        Kind::Deployment => controller == "ReplicaSet",
        other => controller == other.as_str() && of == name,
    });
    match kind {
        _ if !of_the_wanted => true,
        Kind::StatefulSet => pod.deleting,
        Kind::Job => !pod.ended,
        _ => !pod.ended && !unit.may_overlap,
    }
}

fn is_of_a_desired_template(desired: &Desired, pod: &Pod) -> bool {
    let unit = desired.units.get(&pod.service);
    unit.is_some_and(|unit| {
        unit.workload.is_some() && pod.template.as_deref() == Some(unit.template.as_str())
    })
}

/// Whether a Service gains or loses its cluster address, which no update can do: one without a
/// port has none, also when it had ports before.
pub(super) fn changes_address(child: &Child, object: &Object) -> bool {
    match &child.state {
        ChildState::Service(service) => service.headless != (object.body["spec"]["clusterIP"] == "None"),
        _ => false,
    }
}

/// Children that nothing wants. Claims are never among them, and neither is the workload of a unit
/// that still runs one: it is replaced, not pruned. What the pods of an earlier template mount and
/// obey stays until the last of them is gone: without their policy, everyone could reach them.
pub(super) fn unwanted(desired: &Desired, observed: &Observed) -> Vec<Delete> {
    let wanted = desired.names();
    let with_workload: BTreeSet<&String> = desired
        .units
        .values()
        .filter(|unit| unit.workload.is_some())
        .flat_map(|unit| &unit.services)
        .collect();
    let is_replaced = |child: &Child| child.service.as_ref().is_some_and(|name| with_workload.contains(name));
    let has_earlier_pods =
        observed.pods.iter().any(|pod| !pod.ended && !is_of_a_desired_template(desired, pod));
    observed
        .children
        .iter()
        .filter(|(key, child)| {
            let kept = match key.0 {
                Kind::PersistentVolumeClaim => true,
                Kind::ConfigMap | Kind::NetworkPolicy => has_earlier_pods,
                kind => kind.is_workload() && is_replaced(child),
            };
            !kept && !child.deleting && !wanted.contains(*key)
        })
        .map(|(key, child)| child.delete(key))
        .collect()
}

/// Named claims that have left the spec while they had the Stack as their owner. Those of anonymous volumes,
/// which belong to a service, always go with the Stack.
pub(super) fn owned_claims(desired: &Desired, observed: &Observed) -> Vec<Delete> {
    let wanted = desired.names();
    observed
        .children
        .iter()
        .filter(|(key, child)| {
            key.0 == Kind::PersistentVolumeClaim
                && matches!(child.owner, Owner::Stack { .. })
                && child.service.is_none()
                && !child.deleting
                && !wanted.contains(*key)
        })
        .map(|(key, child)| child.delete(key))
        .collect()
}
