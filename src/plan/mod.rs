//! Planning: from the desired and the observed state to the objects that are applied now, replaced or pruned, and the
//! gates of units. Planning is pure, so after a crash at any point the next reconciliation plans the rest.

mod digest;
mod gate;
mod observed;
mod owner;
mod steps;
mod succession;
#[cfg(test)]
mod tests;

pub use digest::{differing_fields, fields_of, owned_fields, suspended, with_live_template, without_owner};
pub use gate::{Gate, LastStatus, Wait, WaitOf, rolled_out, wanted};
pub use observed::{
    Child, ChildState, ClaimState, Container, CronJobState, Digest, Eviction, Exit, JobState, MadeWith,
    Notice, Observed, Pod, Progress, Refused, Run, RunOutcome, ServiceState, Settled, Unbound, WorkloadState,
};
pub use owner::{Holder, Identity, Owner};
pub use steps::{Apply, Conflict, Delete, Plan};

use crate::translate::{Desired, JobUnit, Kind, Object, Unit};
use gate::Snapshot;

/// Plans one reconciliation.
///
/// ```
/// use serde_json::json;
/// use stackwright::{
///     plan::{Gate, LastStatus, Observed, plan},
///     translate::{Facts, translate},
/// };
///
/// let services = json!({
///     "db": {"image": "postgres:16"},
///     "web": {"image": "nginx:1.29", "dependsOn": {"db": {"condition": "service_started"}}},
/// });
/// let stack = json!({"metadata": {"name": "shop"}, "spec": {"services": services}});
/// let desired = translate(&serde_json::from_value(stack)?, &Facts::default())?;
///
/// // Nothing exists yet, so the service web waits for the service db.
/// let plan = plan(&desired, &Observed::default(), &LastStatus::new());
/// assert_eq!(plan.gates["db"], Gate::Open);
/// assert!(matches!(&plan.gates["web"], Gate::Waits(waits) if waits[0].what == "db"));
/// assert!(plan.pruned.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan(desired: &Desired, observed: &Observed, memory: &LastStatus) -> Plan {
    let snapshot = Snapshot { desired, observed, memory };
    let mut plan = Plan::default();
    for object in &desired.shared {
        plan.place(observed, object.clone(), false);
    }
    for unit in desired.units.values() {
        for frontend in &unit.frontends {
            plan.place(observed, frontend.clone(), false);
        }
        let gate = plan.place_workload(&snapshot, unit);
        plan.gates.insert(unit.name().to_owned(), gate);
    }
    for job in desired.jobs.values() {
        let gate = plan.place_job(observed, job);
        plan.gates.insert(job.name.clone(), gate);
    }
    plan.applies.sort_by_key(|apply| apply.object.kind);
    plan.pruned = succession::unwanted(desired, observed);
    plan.keep_cron_jobs(desired, observed);
    if plan.holds_back_a_live_template(&snapshot) {
        // Pods of the live template can be recreated, and mount the ConfigMap.
        plan.pruned.retain(|delete| delete.kind != Kind::ConfigMap);
    }
    if desired.retains_claims {
        plan.released = succession::owned_claims(desired, observed);
    }
    plan
}

impl Plan {
    /// Plans an object: nothing if it is as desired, an apply if it is a child or absent, a conflict if it has another
    /// owner.
    fn place(&mut self, observed: &Observed, object: Object, keeps_template: bool) {
        let key = (object.kind, object.name.clone());
        match observed.name_holders.get(&key) {
            Some(Holder::Predecessor) => return self.leaving.push(key),
            Some(Holder::Stack(name)) => return self.conflict(key, Some(name.clone())),
            Some(Holder::Other) => return self.conflict(key, None),
            None => {}
        }
        if let Some(refused) = observed.refused.get(&key)
            && refused.desired == Digest::of(&object.body)
        {
            return self.refused.push(refused.message.clone());
        }
        let Some(child) = observed.children.get(&key) else {
            return self.applies.push(Apply { object, uid: None, keeps_template });
        };
        if child.deleting {
            // Its successor is created when it is gone.
        } else if succession::changes_address(child, &object) {
            self.replaced.push(child.delete(&key));
        } else if !is_as_desired(child, observed.settled.get(&key), &object, keeps_template) {
            self.applies.push(Apply { object, uid: Some(child.uid.clone()), keeps_template });
        }
    }

    /// Plans a job. While its template waits, nothing changes, so that no run starts with a part of its settings.
    fn place_job(&mut self, observed: &Observed, job: &JobUnit) -> Gate {
        let Some(cron_job) = &job.cron_job else { return Gate::Nothing };
        for policy in &job.policies {
            self.place(observed, policy.clone(), false);
        }
        let waits = gate::waits_of_job(job);
        if !waits.is_empty() {
            return Gate::Waits(waits);
        }
        self.place(observed, Object::from(cron_job.as_ref()), false);
        Gate::Open
    }

    /// Keeps the CronJobs that must not be deleted yet: those of a job whose template waits, and those with a run in progress,
    /// which are suspended meanwhile. The status of a CronJob does not list a run that was started by hand.
    fn keep_cron_jobs(&mut self, desired: &Desired, observed: &Observed) {
        let waits = |name: &String| {
            desired.jobs.contains_key(name) && matches!(self.gates.get(name), Some(Gate::Waits(_)))
        };
        let cron_jobs = self.pruned.extract_if(.., |delete| delete.kind == Kind::CronJob).collect::<Vec<_>>();
        for delete in cron_jobs {
            let Some(child) = observed.children.get(&(delete.kind, delete.name.clone())) else { continue };
            let ChildState::CronJob(state) = &child.state else { continue };
            if child.service.as_ref().is_some_and(waits) {
                continue;
            }
            let is_of_job = |run: &&Run| Some(&run.job) == child.service.as_ref();
            let mut runs = observed.runs.values().filter(is_of_job);
            let active = state.active || runs.any(|run| run.outcome == RunOutcome::Running);
            match (active, state.suspended) {
                (false, _) => self.pruned.push(delete),
                (true, false) => self.retired.push(delete),
                (true, true) => {}
            }
        }
    }

    fn holds_back_a_live_template(&self, snapshot: &Snapshot<'_>) -> bool {
        snapshot.desired.units.values().any(|unit| {
            let waits = matches!(self.gates.get(unit.name()), Some(Gate::Waits(_) | Gate::Replaces));
            waits
                && unit
                    .workload
                    .as_ref()
                    .is_some_and(|live| snapshot.observed.children.contains_key(&live.key()))
        })
    }

    fn conflict(&mut self, (kind, name): (Kind, String), holder: Option<String>) {
        self.conflicts.push(Conflict { kind, name, holder });
    }

    fn place_workload(&mut self, snapshot: &Snapshot<'_>, unit: &Unit) -> Gate {
        let Some(workload) = &unit.workload else { return Gate::Nothing };
        let key = workload.key();
        let live = snapshot.observed.children.get(&key);
        if key.0 == Kind::Job && live.is_none() && snapshot.has_ended(unit) {
            return Gate::Done;
        }
        // A unit without containers waits for nothing.
        if unit.replicas > 0 && !snapshot.was_released(unit) {
            let waits = snapshot.waits(unit);
            if !waits.is_empty() {
                if live.is_some_and(|child| !snapshot.rests(unit, child)) {
                    self.place(snapshot.observed, workload.object(), true);
                }
                return Gate::Waits(waits);
            }
        }
        let predecessors: Vec<_> = succession::predecessors(snapshot.observed, unit, &key).collect();
        let waits_for_the_last = live.map_or_else(
            || !predecessors.is_empty() || succession::leaves_pods(snapshot, unit, workload),
            // A service joins the unit when its own Pods are gone.
            |child| child.deleting || succession::takes_over(snapshot.observed, unit, child),
        );
        let to_delete = predecessors.into_iter().filter(|(_, child)| !child.deleting);
        self.replaced.extend(to_delete.map(|(predecessor, child)| Delete {
            successor: Some(key.clone()),
            ..child.delete(predecessor)
        }));
        if waits_for_the_last {
            return Gate::Replaces;
        }
        // The template of a Job is immutable: a new template has a new Job.
        let keeps_template = key.0 == Kind::Job && live.is_some();
        self.place(snapshot.observed, workload.object(), keeps_template);
        Gate::Open
    }
}

fn is_as_desired(child: &Child, settled: Option<&Settled>, object: &Object, keeps_template: bool) -> bool {
    let desired = Digest::of(&object.body);
    let snapshot = match settled {
        Some(settled) if settled.speaks_of(child, &desired, keeps_template) => &settled.returned,
        _ => &desired,
    };
    child.digest.rest == snapshot.rest && (keeps_template || child.digest.template == snapshot.template)
}

impl Settled {
    /// Reports whether the recorded field conflict applies if `desired` is applied to `child`. A conflict that was
    /// recorded with the live template does not apply to the desired template.
    fn speaks_of(&self, child: &Child, desired: &Digest, keeps_template: bool) -> bool {
        self.uid == child.uid
            && self.desired.rest == desired.rest
            && (keeps_template || self.desired.template == desired.template)
    }
}
