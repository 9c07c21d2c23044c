//! Desired + observed -> what may be applied now, what waits for what, what is replaced or pruned.
//! Pure: crash at any point, and the next pass plans the rest.

mod digest;
mod gate;
mod observed;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use digest::{differing_fields, owned_fields, with_live_template};
pub use gate::{Gate, Memory, Wait, rolled_out};
pub use observed::{
    Child, ChildState, Digest, JobState, Observed, Owner, Pod, ServiceState, Settled, WorkloadState,
};

use crate::translate::{Desired, Kind, Object, Unit};
use gate::Level;

/// The Stack that a plan is made for.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// Its UID.
    pub uid: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// What one pass does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What is applied, in this order.
    pub applies: Vec<Apply>,
    /// What a successor waits to see gone. It is deleted whatever else fails.
    pub replaced: Vec<Delete>,
    /// What the Stack no longer wants. It is deleted only when everything was applied.
    pub pruned: Vec<Delete>,
    /// Wanted names that belong to someone else; nothing is sent for them.
    pub conflicts: Vec<Conflict>,
    /// Each unit's gate.
    pub gates: BTreeMap<String, Gate>,
}

/// An object to apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Apply {
    /// The object.
    pub object: Object,
    /// The UID of the object that is ours already; none for one that no watch holds.
    pub uid: Option<String>,
    /// Whether the live pod template stays, since the desired one is not let through.
    pub keeps_template: bool,
}

/// An object to delete, if it is still the one with this UID.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delete {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The precondition.
    pub uid: String,
}

/// A wanted name that belongs to someone else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// The Stack that holds it, when it is one.
    pub holder: Option<String>,
}

/// Plans one pass.
pub fn plan(stack: Identity<'_>, desired: &Desired, observed: &Observed, memory: &Memory) -> Plan {
    let level = Level { desired, observed, memory };
    let mut plan = Plan::default();
    for object in &desired.shared {
        plan.place(stack, observed, object.clone(), false);
    }
    for unit in desired.units.values() {
        for face in &unit.faces {
            plan.place(stack, observed, face.clone(), false);
        }
        let gate = plan.place_workload(stack, &level, unit);
        plan.gates.insert(unit.name().to_owned(), gate);
    }
    plan.applies.sort_by_key(|apply| apply.object.kind);
    plan.pruned = unwanted(stack, desired, observed);
    if plan.gates.values().any(|gate| matches!(gate, Gate::Waits(_) | Gate::Replaces)) {
        // A pod of a template that is still held may have to be made again, and would miss it.
        plan.pruned.retain(|delete| delete.kind != Kind::ConfigMap);
    }
    plan
}

impl Plan {
    /// Plans an object: nothing when it is as desired, an apply when it is ours or absent, a
    /// conflict when it is someone else's.
    fn place(&mut self, stack: Identity<'_>, observed: &Observed, object: Object, keeps_template: bool) {
        let key = (object.kind, object.name.clone());
        let Some(child) = observed.children.get(&key) else {
            self.applies.push(Apply { object, uid: None, keeps_template });
            return;
        };
        if !child.belongs_to(stack, object.kind) {
            let holder = match &child.owner {
                Owner::Stack { name, .. } | Owner::Claim { stack: name } => Some(name.clone()),
                Owner::Other => None,
            };
            self.conflicts.push(Conflict { kind: object.kind, name: object.name, holder });
        } else if child.deleting {
            // What follows it comes when it is gone.
        } else if changes_address(child, &object) {
            self.replaced.push(child.delete(&key));
        } else if !is_as_desired(child, observed.settled.get(&key), &object, keeps_template) {
            self.applies.push(Apply { object, uid: Some(child.uid.clone()), keeps_template });
        }
    }

    fn place_workload(&mut self, stack: Identity<'_>, level: &Level<'_>, unit: &Unit) -> Gate {
        let Some(workload) = &unit.workload else { return Gate::Nothing };
        let object = workload.object();
        let live = level.observed.children.get(&(object.kind, object.name.clone()));
        if object.kind == Kind::Job && live.is_none() && level.has_ended(unit) {
            return Gate::Done;
        }
        if !level.was_let_through(unit) {
            let waits = level.waits(unit);
            if !waits.is_empty() {
                if live.is_some_and(|child| unit.replicas == 0 || !level.rests(unit, child)) {
                    self.place(stack, level.observed, object, true);
                }
                return Gate::Waits(waits);
            }
        }
        let predecessors: Vec<_> = predecessors(stack, level.observed, unit, &object).collect();
        let waits_for_the_last = live.map_or_else(
            || !predecessors.is_empty() || leaves_pods(level.observed, unit, &object),
            |child| child.deleting && child.belongs_to(stack, object.kind),
        );
        self.replaced.extend(
            predecessors
                .into_iter()
                .filter(|(_, child)| !child.deleting)
                .map(|(key, child)| child.delete(key)),
        );
        if waits_for_the_last {
            return Gate::Replaces;
        }
        self.place(stack, level.observed, object, false);
        Gate::Open
    }
}

impl Child {
    /// Whether it is this Stack's to change: it bears our owner reference, or is a claim with our
    /// label and this Stack's name.
    pub fn belongs_to(&self, stack: Identity<'_>, kind: Kind) -> bool {
        match &self.owner {
            Owner::Stack { uid, .. } => uid == stack.uid,
            Owner::Claim { stack: name } => kind == Kind::PersistentVolumeClaim && name == stack.name,
            Owner::Other => false,
        }
    }

    fn delete(&self, (kind, name): &(Kind, String)) -> Delete {
        Delete { kind: *kind, name: name.clone(), uid: self.uid.clone() }
    }
}

/// Whether a Service gains or loses its cluster address, which no update can do: one without a
/// port has none, also when it had ports before.
fn changes_address(child: &Child, object: &Object) -> bool {
    match &child.state {
        ChildState::Service(service) => service.headless != (object.body["spec"]["clusterIP"] == "None"),
        _ => false,
    }
}

fn is_as_desired(child: &Child, settled: Option<&Settled>, object: &Object, keeps_template: bool) -> bool {
    let desired = Digest::of(&object.body);
    let level = match settled {
        Some(settled) if settled.speaks_of(child, &desired, keeps_template) => &settled.returned,
        _ => &desired,
    };
    child.digest.rest == level.rest && (keeps_template || child.digest.template == level.template)
}

impl Settled {
    /// Whether it tells what an apply of `desired` to `child` would return. What was sent with the
    /// live template in place of the desired one says nothing of the desired one.
    fn speaks_of(&self, child: &Child, desired: &Digest, keeps_template: bool) -> bool {
        self.uid == child.uid
            && self.desired.rest == desired.rest
            && (keeps_template || self.desired.template == desired.template)
    }
}

/// Workloads of the unit's service other than the wanted one: another kind, another Job.
fn predecessors<'a>(
    stack: Identity<'a>,
    observed: &'a Observed,
    unit: &'a Unit,
    wanted: &'a Object,
) -> impl Iterator<Item = (&'a (Kind, String), &'a Child)> {
    observed.children.iter().filter(move |((kind, name), child)| {
        kind.is_workload()
            && child.service.as_deref() == Some(unit.name())
            && child.belongs_to(stack, *kind)
            && (*kind, name.as_str()) != (wanted.kind, wanted.name.as_str())
    })
}

/// Whether pods are left that a workload which does not exist yet must not run beside: those of
/// another workload, and those on their way out where old and new may not overlap. Pods of a
/// Deployment that was deleted with its pods orphaned are taken up again, so they do not count.
fn leaves_pods(observed: &Observed, unit: &Unit, wanted: &Object) -> bool {
    observed.pods.iter().filter(|pod| pod.service == unit.name()).any(|pod| {
        let of_the_wanted = pod.controller.as_ref().is_none_or(|(kind, name)| match wanted.kind {
            Kind::Deployment => kind == "ReplicaSet",
            other => kind == other.as_str() && *name == wanted.name,
        });
        !of_the_wanted || (pod.deleting && !unit.may_overlap)
    })
}

/// Children of the Stack that nothing wants. Claims are never among them, and neither is the
/// workload of a unit that still runs one: it is replaced, not pruned.
fn unwanted(stack: Identity<'_>, desired: &Desired, observed: &Observed) -> Vec<Delete> {
    let mut wanted: BTreeSet<(Kind, &str)> = BTreeSet::new();
    let mut running: BTreeSet<&str> = BTreeSet::new();
    wanted.extend(desired.shared.iter().map(|object| (object.kind, object.name.as_str())));
    for unit in desired.units.values() {
        wanted.extend(unit.faces.iter().map(|object| (object.kind, object.name.as_str())));
        if unit.workload.is_some() {
            running.insert(unit.name());
        }
    }
    observed
        .children
        .iter()
        .filter(|((kind, name), child)| {
            *kind != Kind::PersistentVolumeClaim
                && child.belongs_to(stack, *kind)
                && !child.deleting
                && !wanted.contains(&(*kind, name.as_str()))
                && !(kind.is_workload()
                    && child.service.as_deref().is_some_and(|name| running.contains(name)))
        })
        .map(|(key, child)| child.delete(key))
        .collect()
}
