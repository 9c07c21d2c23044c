//! Assessment of one service: its state, and the message that names the cause.

use jiff::{SignedDuration, Timestamp};

use super::{
    assessment::{Assessment, Recheck, View},
    blocker::{exit, first_line, mount_error},
    bounds::MOST_WAITS,
};
use crate::{
    api::{DependencyCondition, ServiceState, ServiceStatus, TemplateHash, labels::SERVICE},
    plan::{
        ChildState, Gate, JobState, Notice, Observed, Plan, Pod, Wait, WaitOf, WorkloadState, rolled_out,
        wanted,
    },
    translate::{Activity, Object, Unit, WaitFor},
};

/// The message of a service whose containers run, before the first success of its health check.
pub(super) const CHECK_PENDING: &str = "health check has not succeeded yet";
/// The message of a service during a rollout.
pub(super) const ROLLING_OUT: &str = "new version is replacing the old one";
/// The message of a service whose new workload waits for the one that it replaces.
pub(super) const REPLACING: &str = "waiting for the replaced containers to stop";
/// The message of a service that is being scaled to zero.
pub(super) const STOPPING: &str = "containers are being stopped";
/// The message of a one-shot that has completed.
const COMPLETED: &str = "exited with code 0";

/// Causes of waiting that a service's message has.
const MOST_CAUSES: usize = 3;

pub(super) fn status(
    (unit, service): (&Unit, &str),
    plan: &Plan,
    observed: &Observed,
    before: Option<&ServiceStatus>,
    now: Timestamp,
) -> (ServiceStatus, Option<Recheck>) {
    let view = View { unit, service, observed, before, now };
    let gate = plan.gates.get(unit.name()).unwrap_or(&Gate::Nothing);
    let assessment = view.assess(gate);
    let waits_for = match gate {
        Gate::Waits(waits) if assessment.state != ServiceState::Stopped => names(waits),
        Gate::Open if assessment.state == ServiceState::Waiting => names(&view.waits_within()),
        _ => Vec::new(),
    };
    let message = assessment.message.or_else(|| view.pending_address(assessment.state));
    let status = ServiceStatus {
        name: service.to_owned(),
        state: assessment.state,
        ready: view.ready(assessment.state),
        waits_for,
        message,
        template: view.template(gate),
    };
    (status, assessment.recheck)
}

fn names(waits: &[Wait]) -> Vec<String> {
    waits.iter().take(MOST_WAITS).map(|wait| wait.what.clone()).collect()
}

impl View<'_> {
    fn assess(&self, gate: &Gate) -> Assessment {
        if self.unit.activity == Activity::Stopped {
            return if self.observed.pods.iter().any(|pod| pod.service == self.unit.name() && !pod.ended) {
                Assessment::because(ServiceState::Updating, STOPPING)
            } else {
                Assessment::new(ServiceState::Stopped)
            };
        }
        match gate {
            Gate::Waits(waits) => self.waiting(waits),
            Gate::Replaces => Assessment::because(ServiceState::Updating, REPLACING),
            Gate::Done => Assessment {
                state: self.before.map_or(ServiceState::Completed, |before| before.state),
                message: self.before.and_then(|before| before.message.clone()),
                recheck: None,
            },
            Gate::Nothing => Assessment::new(ServiceState::Stopped),
            Gate::Open => match self.child() {
                Some(ChildState::Workload(workload)) => self.workload(workload),
                Some(ChildState::Job(job)) => self.job(job),
                _ => Assessment::being_created(),
            },
        }
    }

    fn child(&self) -> Option<&ChildState> {
        Some(&self.observed.children.get(&self.unit.workload.as_ref()?.key())?.state)
    }

    /// Returns a message while a load balancer has no address yet. The service still counts as up.
    fn pending_address(&self, state: ServiceState) -> Option<String> {
        let own = |frontend: &&Object| frontend.body["metadata"]["labels"][SERVICE] == *self.service;
        let pending = self.unit.frontends.iter().filter(own).any(|frontend| {
            let child = self.observed.children.get(&(frontend.kind, frontend.name.clone()));
            matches!(child.map(|child| &child.state), Some(ChildState::Service(service)) if service.pending_address)
        });
        (pending && state.is_up()).then(|| "published ports have no address yet".to_owned())
    }

    /// Returns the template that was released last: the desired one, as soon as the workload has it.
    fn template(&self, gate: &Gate) -> Option<TemplateHash> {
        let desired = Some(&self.unit.template);
        match gate {
            _ if self.unit.activity == Activity::Stopped => None,
            Gate::Nothing => None,
            // The template was released. The end of the replaced workload does not gate it again.
            Gate::Done | Gate::Replaces => desired.cloned(),
            Gate::Open if self.child().and_then(ChildState::template) == desired => desired.cloned(),
            _ => self.before.and_then(|before| before.template.clone()),
        }
    }

    /// Returns the ready and the desired number of containers. A service that has ended has no number.
    fn ready(&self, state: ServiceState) -> Option<String> {
        if matches!(state, ServiceState::Completed | ServiceState::Stopped) {
            return None;
        }
        let ready = self.observed.live_pods(self.unit.name()).filter(|pod| self.counts_as_ready(pod)).count();
        let wanted = match self.child() {
            Some(ChildState::Workload(workload)) => wanted(self.unit, workload),
            _ => self.unit.replicas,
        };
        Some(format!("{ready}/{wanted}"))
    }

    fn startup_deadline(&self) -> Option<i64> {
        self.unit.startup_deadline.get(self.service).copied()
    }

    /// Reports whether a failing health check restarts the service's container.
    pub(super) fn is_restarted_when_unhealthy(&self) -> bool {
        self.unit.restarted_when_unhealthy.contains(self.service)
    }

    fn counts_as_ready(&self, pod: &Pod) -> bool {
        if self.startup_deadline().is_some() { pod.progress.is_ready() } else { pod.progress.is_running() }
    }

    fn waiting(&self, waits: &[Wait]) -> Assessment {
        let causes = causes(waits);
        if self.observed.live_pods(self.unit.name()).next().is_some() {
            return Assessment::because(
                ServiceState::Updating,
                format!("update pending, old version still running: {causes}"),
            );
        }
        Assessment::because(ServiceState::Waiting, causes)
    }

    fn workload(&self, workload: &WorkloadState) -> Assessment {
        if workload.completed.as_ref() == Some(&self.unit.template) {
            return Assessment::because(ServiceState::Completed, COMPLETED);
        }
        if let Some(why) = &workload.failure {
            return Assessment::because(ServiceState::Blocked, why);
        }
        let wanted = wanted(self.unit, workload);
        let rolled_out = rolled_out(workload, wanted);
        if rolled_out && self.unit.replicas == 0 {
            return Assessment::because(ServiceState::Stopped, "scaled to 0 replicas");
        }
        if rolled_out && wanted == 0 {
            return Assessment::because(ServiceState::Blocked, "no node matches deploy.placement");
        }
        if let Some(blocked) = self.new_pods().find_map(|pod| self.blocker(pod)) {
            return blocked;
        }
        if let Some(waiting) = self.waiting_within() {
            return waiting;
        }
        if !rolled_out && workload.overdue {
            return Assessment::because(
                ServiceState::Failed,
                "update made no progress within deploy.updateConfig.monitor; see the container logs",
            );
        }
        if !rolled_out {
            return if self.old_pods().next().is_some() {
                Assessment::because(ServiceState::Updating, ROLLING_OUT)
            } else {
                self.starting()
            };
        }
        self.running(wanted)
    }

    /// Returns the assessment when every Pod has the desired template and no Pod is blocked.
    fn running(&self, wanted: i32) -> Assessment {
        let wanted = usize::try_from(wanted).unwrap_or_default();
        let running = self.new_pods().filter(|pod| pod.progress.is_running()).count();
        let Some(startup_deadline) = self.startup_deadline() else {
            return if running >= wanted { Assessment::new(ServiceState::Running) } else { self.starting() };
        };
        if self.new_pods().filter(|pod| pod.progress.is_ready()).count() >= wanted {
            return Assessment::new(ServiceState::Healthy);
        }
        let mut recheck: Option<Recheck> = None;
        for pod in self.new_pods().filter(|pod| pod.progress.is_running() && !pod.progress.is_ready()) {
            match self.unhealthy_from(pod, startup_deadline) {
                Some(moment) if moment > self.now => {
                    recheck = [recheck, Some(moment)].into_iter().flatten().min()
                }
                Some(_) => return self.unhealthy(pod),
                None => {}
            }
        }
        Assessment { recheck, ..self.starting() }
    }

    /// Returns the assessment of an unhealthy Pod. The output of a check can differ each time it runs. The first
    /// output stays in the message, so that the status is not written after each check.
    fn unhealthy(&self, pod: &Pod) -> Assessment {
        const FAILS: &str = "health check fails";
        let before = self.before.filter(|before| before.state == ServiceState::Unhealthy);
        if let Some(message) =
            before.and_then(|before| before.message.as_ref()).filter(|text| text.len() > FAILS.len())
        {
            return Assessment::because(ServiceState::Unhealthy, message);
        }
        let output = match &pod.warning {
            Some(Notice { reason, message }) if reason == "Unhealthy" => {
                first_line(message.split_once(": ").map_or("", |(_, output)| output))
            }
            _ => "",
        };
        let message = if output.is_empty() { FAILS.to_owned() } else { format!("{FAILS}: {output}") };
        Assessment::because(ServiceState::Unhealthy, message)
    }

    fn starting(&self) -> Assessment {
        let message = if let Some(eviction) = self.eviction() {
            format!("{eviction}, containers are being created again")
        } else if self.new_pods().any(|pod| pod.progress.is_running()) && self.startup_deadline().is_some() {
            CHECK_PENDING.to_owned()
        } else if let Some(mount_error) = self.new_pods().find_map(mount_error) {
            format!("cannot create the containers yet: {mount_error}")
        } else {
            return Assessment::being_created();
        };
        Assessment::because(ServiceState::Starting, message)
    }

    /// Returns when a Pod that is not ready counts as unhealthy: now if its check has succeeded before, otherwise at
    /// the startup deadline.
    fn unhealthy_from(&self, pod: &Pod, startup_deadline: i64) -> Option<Timestamp> {
        let was_healthy = self.before.is_some_and(|before| {
            before.template.as_ref() == Some(&self.unit.template)
                && matches!(before.state, ServiceState::Healthy | ServiceState::Unhealthy)
        });
        if was_healthy && pod.progress.is_started() {
            return Some(self.now);
        }
        pod.started_at?.checked_add(SignedDuration::from_secs(startup_deadline)).ok()
    }

    fn job(&self, job: &JobState) -> Assessment {
        if job.complete {
            return Assessment::because(ServiceState::Completed, COMPLETED);
        }
        if let Some(why) = &job.failed {
            let exit = self.pods().find_map(exit).unwrap_or_else(|| why.clone());
            return Assessment::because(
                ServiceState::Failed,
                format!("{exit}; the service runs again when its settings change"),
            );
        }
        if let Some(blocked) = self.new_pods().find_map(|pod| self.blocker(pod)) {
            return blocked;
        }
        if let Some(waiting) = self.waiting_within() {
            return waiting;
        }
        // A Pod ends before its Job reports so, and a container can end before the others of its Pod. The service must
        // not fall back to Starting meanwhile.
        let has_ended = |pod: &Pod| pod.ended || !pod.containers.is_empty();
        let ended_well = |pod: &Pod| has_ended(pod) && pod.succeeded();
        if self.pods().any(|pod| ended_well(pod) || pod.progress.is_running() && !pod.deleting) {
            Assessment::new(ServiceState::Running)
        } else {
            self.starting()
        }
    }

    /// Returns the assessment of a service that waits for another one of its Pod.
    fn waiting_within(&self) -> Option<Assessment> {
        let waits = self.waits_within();
        (!waits.is_empty()).then(|| Assessment::because(ServiceState::Waiting, causes(&waits)))
    }

    /// Returns the services of the same Pod that keep the service's container from its first start.
    fn waits_within(&self) -> Vec<Wait> {
        let waits_for = self.unit.waits_within.get(self.service).into_iter().flatten();
        // The kubelet reports containers only once the Pod is bound to a node.
        let begins =
            |pod: &&Pod| !pod.progress.is_running() && pod.last_exit.is_none() && !pod.containers.is_empty();
        let Some(pod) = self.new_pods().find(begins) else { return Vec::new() };
        let wait = |wait: &WaitFor| {
            let why = unmet_within(&pod.seen_by(&wait.service), wait.condition)?;
            Some(Wait { what: wait.service.clone(), why: why.to_owned(), of: WaitOf::Service })
        };
        waits_for.filter_map(wait).collect()
    }

    fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.observed.pods.iter().filter(|pod| pod.service == self.unit.name() && self.is_new(pod))
    }

    fn new_pods(&self) -> impl Iterator<Item = &Pod> {
        self.observed.live_pods(self.unit.name()).filter(|pod| self.is_new(pod))
    }

    fn old_pods(&self) -> impl Iterator<Item = &Pod> {
        self.observed
            .pods
            .iter()
            .filter(|pod| pod.service == self.unit.name() && !pod.ended && !self.is_new(pod))
    }

    fn is_new(&self, pod: &Pod) -> bool {
        pod.template.as_ref() == Some(&self.unit.template)
    }
}

/// Returns why a dependency in the same Pod is not met, or `None` when it is.
fn unmet_within(other: &Pod, condition: DependencyCondition) -> Option<&'static str> {
    match (condition, &other.last_exit) {
        (DependencyCondition::ServiceStarted, _) => (!other.progress.is_running()).then_some("is starting"),
        // `started` in a container status is true once the startup probe has succeeded (Kubernetes API).
        (DependencyCondition::ServiceHealthy, _) => {
            (!other.progress.is_started()).then_some("is not healthy yet")
        }
        (DependencyCondition::ServiceCompletedSuccessfully, Some(exit)) if exit.is_success() => None,
        (DependencyCondition::ServiceCompletedSuccessfully, Some(_)) => Some("has failed"),
        (DependencyCondition::ServiceCompletedSuccessfully, None) => Some("has not completed yet"),
    }
}

/// Returns the causes of the first waits, and the number of the others. `waitsFor` names them all.
fn causes(waits: &[Wait]) -> String {
    let causes = waits.iter().take(MOST_CAUSES).map(cause);
    let more = waits.len().saturating_sub(MOST_CAUSES);
    let more = (more > 0).then(|| format!("and {more} more"));
    causes.chain(more).collect::<Vec<_>>().join("; ")
}

/// Returns the object of a wait with its cause.
pub(super) fn cause(wait: &Wait) -> String {
    format!("{} {}", wait.what, wait.why)
}
