//! Succession of workloads: predecessors whose end a successor awaits, Pods that must not run beside it, and children that
//! are no longer desired.

use std::collections::BTreeSet;

use super::{
    gate::Snapshot,
    observed::{Child, ChildState, Observed, Pod},
    owner::Owner,
    steps::Delete,
};
use crate::translate::{Desired, Kind, Object, Unit, Workload};

/// Returns the workloads of the unit's services other than the desired one: of another kind, another Job, or of a service
/// that had its own Pod.
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

/// Reports whether a service that is new in the unit still runs in its own Pods.
pub(super) fn takes_over(observed: &Observed, unit: &Unit, live: &Child) -> bool {
    live.state.template() != Some(&unit.template)
        && observed
            .pods
            .iter()
            .any(|pod| !pod.ended && pod.service != unit.name() && unit.services.contains(&pod.service))
}

/// Reports whether Pods are left that must be gone before the workload is created.
pub(super) fn leaves_pods(snapshot: &Snapshot<'_>, unit: &Unit, wanted: &Workload) -> bool {
    let key = wanted.key();
    let claims = wanted.claims();
    snapshot.observed.pods.iter().any(|pod| {
        if unit.services.contains(&pod.service) {
            blocks(pod, unit, &key)
        } else {
            // The volume belonged to another service before, whose container can still write it.
            key.0 == Kind::StatefulSet
                && !pod.ended
                && !is_of_a_desired_template(snapshot.desired, pod)
                && pod.claims.iter().any(|claim| claims.contains(claim.as_str()))
        }
    })
}

/// Reports whether a Pod of the same service must be gone first. Pods of the desired kind belong to a workload that was
/// deleted. The Pods of a StatefulSet have fixed names, so a terminating Pod blocks its successor. A Deployment can adopt
/// the Pods, which matters only if old and new Pods must not overlap. A Job never adopts Pods.
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
    let unit = desired.units.get(&pod.service).filter(|unit| unit.workload.is_some());
    let job = desired.jobs.get(&pod.service).filter(|job| job.cron_job.is_some());
    let template = unit.map(|unit| &unit.template).or_else(|| job.map(|job| &job.template));
    template.is_some() && pod.template.as_ref() == template
}

/// Reports whether a Service gains or loses its cluster IP, which an update cannot do. A Service without ports is
/// headless.
pub(super) fn changes_address(child: &Child, object: &Object) -> bool {
    match &child.state {
        ChildState::Service(service) => service.headless != (object.body["spec"]["clusterIP"] == "None"),
        _ => false,
    }
}

/// Returns the children that are no longer desired. Claims are never pruned. The workload of a unit that still has one is
/// replaced, not pruned. ConfigMaps and NetworkPolicies stay until the last Pod of an earlier template is gone: the Pod
/// mounts the ConfigMap, and without the NetworkPolicy every client could connect to the Pod.
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

/// Returns the claims of named volumes that were removed from the spec while the Stack owned them. Claims of anonymous
/// volumes, which belong to a service, are always deleted with the Stack.
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
