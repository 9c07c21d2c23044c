//! The gates of units: the conditions under which a new Pod template is released.

use std::collections::BTreeMap;

use super::observed::{Child, ChildState, Observed, Pod, WorkloadState};
use crate::{
    api::{DependencyCondition, ServiceState, ServiceStatus, TemplateHash},
    translate::{Desired, JobUnit, Kind, Missing, Need, Unit, Unread, WaitFor},
};

/// The gate of a unit: whether its desired Pod template can be applied now.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate {
    /// The template can be applied.
    Open,
    /// The template waits. All other fields are applied.
    Waits(Vec<Wait>),
    /// The template can be applied when the workloads and Pods that it replaces are gone.
    Replaces,
    /// The one-shot has run with this template, and its object is gone. It does not run again.
    Done,
    /// The unit has no workload: it is inactive, or a stopped one-shot or DaemonSet.
    Nothing,
}

/// A service, object or image for which a unit waits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wait {
    /// The name of a service, an object, such as `Secret db`, or an image, such as `image db:1`.
    pub what: String,
    /// The cause, and the remedy if the user must act.
    pub why: String,
    /// The kind.
    pub of: WaitOf,
}

/// The kind of a [`Wait`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WaitOf {
    /// A dependency.
    Service,
    /// A missing object.
    Object,
    /// Image metadata.
    Image,
}

/// The last status of each service, by name.
pub type LastStatus = BTreeMap<String, ServiceStatus>;

/// The input of all gates.
pub(super) struct Snapshot<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) memory: &'a LastStatus,
}

impl Snapshot<'_> {
    /// Returns the template of the unit's live workload of the desired kind and name. A workload that is scaled to zero has
    /// none, because a stopped unit starts like a new one.
    fn running_template(&self, unit: &Unit) -> Option<&TemplateHash> {
        let child = self.observed.children.get(&unit.workload.as_ref()?.key())?;
        if child.state.is_at_zero() { None } else { child.state.template() }
    }

    /// Reports whether the desired template was released before. The status stores that, and the live object shows it if
    /// the operator stopped between the apply and the update of the status.
    pub(super) fn was_released(&self, unit: &Unit) -> bool {
        self.remembered(unit) == Some(&unit.template) || self.running_template(unit) == Some(&unit.template)
    }

    /// Reports whether the unit is a one-shot that has ended with the desired template.
    pub(super) fn has_ended(&self, unit: &Unit) -> bool {
        self.remembered(unit) == Some(&unit.template)
            && matches!(self.remembered_state(unit), Some(ServiceState::Completed | ServiceState::Failed))
    }

    /// Reports whether the workload is at zero replicas because it was stopped, which clears its status, or because it has
    /// completed. Such a unit waits for its dependencies again. A workload that another client has scaled does not.
    pub(super) fn rests(&self, unit: &Unit, child: &Child) -> bool {
        let completed = matches!(&child.state, ChildState::Workload(state) if state.completed.is_some());
        child.state.is_at_zero() && (completed || self.remembered(unit).is_none())
    }

    /// Returns what the unit's template waits for.
    pub(super) fn waits(&self, unit: &Unit) -> Vec<Wait> {
        let objects = unit.missing.iter().map(missing_object);
        let dependencies = unit.waits_for.iter().filter_map(|wait_for| {
            let why = self.unmet(wait_for)?;
            Some(Wait { what: wait_for.service.clone(), why, of: WaitOf::Service })
        });
        objects.chain(unit.unread.iter().map(unread)).chain(dependencies).collect()
    }

    fn remembered(&self, unit: &Unit) -> Option<&TemplateHash> {
        self.memory.get(unit.name())?.template.as_ref()
    }

    fn remembered_state(&self, unit: &Unit) -> Option<ServiceState> {
        self.memory.get(unit.name()).map(|status| status.state)
    }

    /// Returns why a dependency is not met, or `None` if it is met.
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
        if child.deleting || child.state.template() != Some(&unit.template) {
            return Some("is about to be updated".to_owned());
        }
        match &child.state {
            ChildState::Job(job) if job.complete => None,
            ChildState::Job(job) if job.failed.is_some() => self.unless_optional(wait_for, "has failed"),
            ChildState::Job(_) => match wait_for.condition {
                DependencyCondition::ServiceCompletedSuccessfully => Some("has not completed yet".to_owned()),
                _ if self.count(unit, wait_for, |pod| pod.progress.is_running()) > 0 => None,
                _ => Some("is starting".to_owned()),
            },
            ChildState::Workload(state) => self.unmet_running(unit, state, wait_for),
            _ => None,
        }
    }

    fn unmet_running(&self, unit: &Unit, state: &WorkloadState, wait_for: &WaitFor) -> Option<String> {
        let condition = wait_for.condition;
        if state.completed.as_ref() == Some(&unit.template) {
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
            DependencyCondition::ServiceStarted if count(|pod| pod.progress.is_running()) >= wanted => None,
            DependencyCondition::ServiceStarted => Some("is starting".to_owned()),
            DependencyCondition::ServiceHealthy if count(|pod| pod.progress.is_ready()) >= wanted => None,
            DependencyCondition::ServiceHealthy => Some("is not healthy yet".to_owned()),
            DependencyCondition::ServiceCompletedSuccessfully => Some("has not completed yet".to_owned()),
        }
    }

    /// Returns the cause if the dependency is required. A failed optional dependency counts as met (Compose Specification, `depends_on.required`).
    fn unless_optional(&self, wait_for: &WaitFor, why: &str) -> Option<String> {
        wait_for.required.then(|| why.to_owned())
    }

    /// Counts the Pods of the desired template that satisfy `is` for the service of the dependency.
    fn count(&self, unit: &Unit, wait_for: &WaitFor, is: impl Fn(&Pod) -> bool) -> usize {
        let new = |pod: &&Pod| pod.template.as_ref() == Some(&unit.template);
        let pods = self.observed.live_pods(unit.name()).filter(new);
        pods.filter(|pod| is(&pod.seen_by(&wait_for.service))).count()
    }
}

/// Returns the desired number of Pods. For a DaemonSet, its controller counts the nodes.
pub fn wanted(unit: &Unit, state: &WorkloadState) -> i32 {
    let on_nodes = unit.workload.as_ref().is_some_and(|workload| workload.kind() == Kind::DaemonSet);
    if on_nodes { state.wanted } else { unit.replicas }
}

/// Reports whether all Pods of a workload have the newest template and no other Pod is left.
pub fn rolled_out(state: &WorkloadState, replicas: i32) -> bool {
    state.observed && state.wanted == replicas && state.updated >= replicas && state.total <= state.updated
}

/// Returns what the template of a job waits for.
pub(super) fn waits_of_job(job: &JobUnit) -> Vec<Wait> {
    job.missing.iter().map(missing_object).chain(job.unread.iter().map(unread)).collect()
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
        "could not be read yet ({cause}), and it can declare a VOLUME. The operator tries again. Set 'volumes' or \
         'imageMetadata: Ignore' to start without the image metadata"
    );
    Wait { what: format!("image {image}"), why, of: WaitOf::Image }
}
