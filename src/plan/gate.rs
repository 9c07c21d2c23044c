//! What a unit waits for before its new pod template is let through.

use std::collections::BTreeMap;

use super::observed::{Child, ChildState, Observed, Pod, WorkloadState};
use crate::{
    api::{DependencyCondition, ServiceState, ServiceStatus},
    translate::{Desired, Kind, Missing, Need, Unit, Unread, WaitFor},
};

/// Whether a unit's desired pod template may be on the cluster now.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate {
    /// It may.
    Open,
    /// It waits, and everything but the template is kept as desired.
    Waits(Vec<Wait>),
    /// It may, but what it replaces is not gone yet.
    Replaces,
    /// The one-shot has run at this template and is gone; it does not run again.
    Done,
    /// There is nothing to run: inactive, or a stopped one-shot.
    Nothing,
}

/// One thing that a unit waits for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wait {
    /// A service's name, an object such as `Secret db`, or an image such as `image db:1`.
    pub what: String,
    /// Why it is not met yet and, where the user must act, what to do.
    pub why: String,
    /// Which of them it is.
    pub of: WaitOf,
}

/// What a unit waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WaitOf {
    /// A dependency.
    Service,
    /// An object that is missing.
    Object,
    /// What an image says of itself.
    Image,
}

/// What the status remembers of each service.
pub type LastStatus = BTreeMap<String, ServiceStatus>;

/// What is known when gates are judged.
pub(super) struct Snapshot<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) memory: &'a LastStatus,
}

impl Snapshot<'_> {
    /// The template of the unit's live workload of the desired kind and name, unless it is held
    /// at zero: what was stopped starts like what is new.
    fn running_template(&self, unit: &Unit) -> Option<&str> {
        let child = self.observed.children.get(&unit.workload.as_ref()?.key())?;
        if child.state.is_at_zero() { None } else { child.state.template() }
    }

    /// Whether the desired template has been let through before: as the status remembers, or as
    /// the live object shows when the operator ended between the apply and the status.
    pub(super) fn was_let_through(&self, unit: &Unit) -> bool {
        self.remembered(unit) == Some(unit.template.as_str())
            || self.running_template(unit) == Some(unit.template.as_str())
    }

    /// Whether the unit is a one-shot that has ended at the desired template.
    pub(super) fn has_ended(&self, unit: &Unit) -> bool {
        self.remembered(unit) == Some(unit.template.as_str())
            && matches!(self.remembered_state(unit), Some(ServiceState::Completed | ServiceState::Failed))
    }

    /// Whether its workload is at zero replicas because it was stopped (which clears the memory)
    /// or has completed, and not because someone else has scaled it: it is not started again
    /// before what it waits for.
    pub(super) fn rests(&self, unit: &Unit, child: &Child) -> bool {
        let completed = matches!(&child.state, ChildState::Workload(state) if state.completed.is_some());
        child.state.is_at_zero() && (completed || self.remembered(unit).is_none())
    }

    /// What holds the unit's template back; empty when nothing does.
    pub(super) fn waits(&self, unit: &Unit) -> Vec<Wait> {
        let objects = unit.missing.iter().map(missing_object);
        let dependencies = unit.waits_for.iter().filter_map(|wait_for| {
            let why = self.unmet(wait_for)?;
            Some(Wait { what: wait_for.service.clone(), why, of: WaitOf::Service })
        });
        objects.chain(unit.unread.iter().map(unread)).chain(dependencies).collect()
    }

    fn remembered(&self, unit: &Unit) -> Option<&str> {
        self.memory.get(unit.name())?.template.as_deref()
    }

    fn remembered_state(&self, unit: &Unit) -> Option<ServiceState> {
        self.memory.get(unit.name()).map(|status| status.state)
    }

    /// Why a dependency is not met, or `None` when it is.
    fn unmet(&self, wait_for: &WaitFor) -> Option<String> {
        let unit = self.desired.units.get(&wait_for.unit)?;
        let ended = self.has_ended(unit);
        let Some(child) = self.observed.children.get(&unit.workload.as_ref()?.key()) else {
            return match (ended, self.remembered_state(unit)) {
                (true, Some(ServiceState::Failed)) => self.unless_optional(wait_for, "has failed"),
                (true, _) => None,
                _ => Some("has not been started yet".to_owned()),
            };
        };
        if child.deleting || child.state.template() != Some(unit.template.as_str()) {
            return Some("is about to be replaced by its new version".to_owned());
        }
        match &child.state {
            ChildState::Job(job) if job.complete => None,
            ChildState::Job(job) if job.failed.is_some() => self.unless_optional(wait_for, "has failed"),
            ChildState::Job(_) => match wait_for.condition {
                DependencyCondition::ServiceCompletedSuccessfully => Some("has not completed yet".to_owned()),
                _ if self.count(unit, wait_for, |pod| pod.running) > 0 => None,
                _ => Some("is starting".to_owned()),
            },
            ChildState::Workload(state) => self.unmet_running(unit, state, wait_for),
            _ => None,
        }
    }

    fn unmet_running(&self, unit: &Unit, state: &WorkloadState, wait_for: &WaitFor) -> Option<String> {
        let condition = wait_for.condition;
        if state.completed.as_deref() == Some(unit.template.as_str()) {
            return match condition {
                DependencyCondition::ServiceHealthy => Some("has ended, so it is not healthy".to_owned()),
                _ => None,
            };
        }
        let replicas = wanted(unit, state);
        if !rolled_out(state, replicas) {
            return Some("is starting".to_owned());
        }
        let wanted = usize::try_from(replicas).unwrap_or_default();
        let count = |is: fn(&Pod) -> bool| self.count(unit, wait_for, is);
        match condition {
            DependencyCondition::ServiceStarted if count(|pod| pod.running) >= wanted => None,
            DependencyCondition::ServiceStarted => Some("is starting".to_owned()),
            DependencyCondition::ServiceHealthy if count(|pod| pod.ready) >= wanted => None,
            DependencyCondition::ServiceHealthy => Some("is not healthy yet".to_owned()),
            DependencyCondition::ServiceCompletedSuccessfully => Some("has not completed yet".to_owned()),
        }
    }

    /// A failed optional dependency holds nothing back (Compose Specification, `depends_on.required`).
    fn unless_optional(&self, wait_for: &WaitFor, why: &str) -> Option<String> {
        wait_for.required.then(|| why.to_owned())
    }

    /// How many pods of the desired template are so, for the service that is waited for.
    fn count(&self, unit: &Unit, wait_for: &WaitFor, is: impl Fn(&Pod) -> bool) -> usize {
        let new = |pod: &&Pod| pod.template.as_deref() == Some(unit.template.as_str());
        let pods = self.observed.live_pods(unit.name()).filter(new);
        pods.filter(|pod| is(&pod.seen_by(&wait_for.service))).count()
    }
}

/// How many pods a unit should have: of a DaemonSet, as many as its controller counts nodes.
pub fn wanted(unit: &Unit, state: &WorkloadState) -> i32 {
    let on_nodes = unit.workload.as_ref().is_some_and(|workload| workload.kind() == Kind::DaemonSet);
    if on_nodes { state.wanted } else { unit.replicas }
}

/// Whether a workload's controller has brought every pod to the newest template and no other is left.
pub fn rolled_out(state: &WorkloadState, replicas: i32) -> bool {
    state.observed && state.wanted == replicas && state.updated >= replicas && state.total <= state.updated
}

fn missing_object(missing: &Missing) -> Wait {
    let object = format!("{} {}", missing.kind.as_str(), missing.name);
    let why = match &missing.need {
        Need::Object => "does not exist: create it".to_owned(),
        Need::Key(key) => format!("has no key '{key}': add it"),
    };
    Wait { what: object, why, of: WaitOf::Object }
}

fn unread(unread: &Unread) -> Wait {
    let Unread { image, cause } = unread;
    let why = format!(
        "could not be read yet ({cause}), and it may have a VOLUME: it is asked for again; say 'volumes' here, or \
         'imageMetadata: Ignore', to start without what it says"
    );
    Wait { what: format!("image {image}"), why, of: WaitOf::Image }
}
