//! The state of one service, and the sentence that names its cause.

use jiff::{SignedDuration, Timestamp};

use super::{
    blocker::{exit, first_line, mount_error},
    bounds::MOST_WAITS,
};
use crate::{
    api::{DependencyCondition, ServiceState, ServiceStatus, labels::SERVICE},
    plan::{
        ChildState, Gate, JobState, Observed, Plan, Pod, Wait, WaitOf, WorkloadState, rolled_out, wanted,
    },
    translate::{Activity, Object, Unit, WaitFor},
};

/// A moment at which a service's state may change although nothing happens: when the time that
/// its health check allows for starting is over.
pub type Recheck = Timestamp;

/// A state with its cause.
pub(super) struct Assessment {
    pub(super) state: ServiceState,
    pub(super) message: Option<String>,
    pub(super) recheck: Option<Recheck>,
}

impl Assessment {
    fn new(state: ServiceState) -> Self {
        Self { state, message: None, recheck: None }
    }

    pub(super) fn because(state: ServiceState, message: impl Into<String>) -> Self {
        Self { state, message: Some(message.into()), recheck: None }
    }

    pub(super) fn being_created() -> Self {
        Self::because(ServiceState::Starting, "its containers are being created")
    }
}

/// What is known of a unit when its state is told.
pub(super) struct View<'a> {
    pub(super) unit: &'a Unit,
    /// The service of it whose state is told.
    service: &'a str,
    pub(super) observed: &'a Observed,
    before: Option<&'a ServiceStatus>,
    pub(super) now: Timestamp,
}

pub(super) fn status(
    (unit, service): (&Unit, &str),
    plan: &Plan,
    observed: &Observed,
    before: Option<&ServiceStatus>,
    now: Timestamp,
) -> (ServiceStatus, Option<Recheck>) {
    let view = View { unit, service, observed, before, now };
    let gate = plan.gates.get(unit.name()).unwrap_or(&Gate::Nothing);
    let told = view.told(gate);
    let waits_for = match gate {
        Gate::Waits(waits) if told.state != ServiceState::Stopped => names(waits),
        Gate::Open if told.state == ServiceState::Waiting => names(&view.waits_within()),
        _ => Vec::new(),
    };
    let message = told.message.or_else(|| view.pending_address(told.state));
    let status = ServiceStatus {
        name: service.to_owned(),
        state: told.state,
        ready: view.ready(told.state),
        waits_for,
        message,
        template: view.template(gate),
    };
    (status, told.recheck)
}

fn names(waits: &[Wait]) -> Vec<String> {
    waits.iter().take(MOST_WAITS).map(|wait| wait.what.clone()).collect()
}

impl View<'_> {
    fn told(&self, gate: &Gate) -> Assessment {
        if self.unit.activity == Activity::Stopped {
            return if self.observed.pods.iter().any(|pod| pod.service == self.unit.name() && !pod.ended) {
                Assessment::because(ServiceState::Updating, "its containers are being stopped")
            } else {
                Assessment::new(ServiceState::Stopped)
            };
        }
        match gate {
            Gate::Waits(waits) => self.waiting(waits),
            Gate::Replaces => Assessment::because(
                ServiceState::Updating,
                "the containers that it replaces are not gone yet",
            ),
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

    /// An address that is still to come is told, but nothing waits for it.
    fn pending_address(&self, state: ServiceState) -> Option<String> {
        let own = |frontend: &&Object| frontend.body["metadata"]["labels"][SERVICE] == *self.service;
        let pending = self.unit.frontends.iter().filter(own).any(|frontend| {
            let child = self.observed.children.get(&(frontend.kind, frontend.name.clone()));
            matches!(child.map(|child| &child.state), Some(ChildState::Service(service)) if service.pending_address)
        });
        (pending && state.is_up()).then(|| "its published ports have no address yet".to_owned())
    }

    /// The template last let through: the desired one once an object bears it.
    fn template(&self, gate: &Gate) -> Option<String> {
        let desired = Some(self.unit.template.as_str());
        match gate {
            _ if self.unit.activity == Activity::Stopped => None,
            Gate::Nothing => None,
            // It was let through; its predecessor's time to end does not gate it again.
            Gate::Done | Gate::Replaces => desired.map(str::to_owned),
            Gate::Open if self.child().and_then(ChildState::template) == desired => {
                desired.map(str::to_owned)
            }
            _ => self.before.and_then(|before| before.template.clone()),
        }
    }

    /// Ready containers of those wanted; nothing to count once a one-shot has ended.
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

    /// Whether a failing health check restarts the service's container.
    pub(super) fn is_restarted_when_unhealthy(&self) -> bool {
        self.unit.restarted_when_unhealthy.contains(self.service)
    }

    fn counts_as_ready(&self, pod: &Pod) -> bool {
        if self.startup_deadline().is_some() { pod.ready } else { pod.running }
    }

    fn waiting(&self, waits: &[Wait]) -> Assessment {
        let causes = causes(waits);
        if self.observed.live_pods(self.unit.name()).next().is_some() {
            return Assessment::because(
                ServiceState::Updating,
                format!("the new version waits, the old one runs on: {causes}"),
            );
        }
        Assessment::because(ServiceState::Waiting, causes)
    }

    fn workload(&self, workload: &WorkloadState) -> Assessment {
        if workload.completed.as_deref() == Some(self.unit.template.as_str()) {
            return Assessment::because(ServiceState::Completed, "it has ended with exit code 0");
        }
        if let Some(told) =
            workload.failure.as_ref().map(|why| Assessment::because(ServiceState::Blocked, why))
        {
            return told;
        }
        let wanted = wanted(self.unit, workload);
        let rolled_out = rolled_out(workload, wanted);
        if rolled_out && self.unit.replicas == 0 {
            return Assessment::because(ServiceState::Stopped, "it is scaled to 0 replicas");
        }
        if rolled_out && wanted == 0 {
            return Assessment::because(
                ServiceState::Blocked,
                "no node may have a container of it: see its placement",
            );
        }
        if let Some(told) = self.new_pods().find_map(|pod| self.blocker(pod)) {
            return told;
        }
        if let Some(told) = self.behind() {
            return told;
        }
        if !rolled_out && workload.overdue {
            return Assessment::because(
                ServiceState::Failed,
                "the new version has not come up in the time that an update may make no progress \
                 (deploy.updateConfig.monitor): see its log",
            );
        }
        if !rolled_out {
            return if self.old_pods().next().is_some() {
                Assessment::because(ServiceState::Updating, "the new version is replacing the old one")
            } else {
                self.starting()
            };
        }
        self.running(wanted)
    }

    /// The state when every pod is of the desired template and none is hindered.
    fn running(&self, wanted: i32) -> Assessment {
        let wanted = usize::try_from(wanted).unwrap_or_default();
        let running = self.new_pods().filter(|pod| pod.running).count();
        let Some(startup_deadline) = self.startup_deadline() else {
            return if running >= wanted { Assessment::new(ServiceState::Running) } else { self.starting() };
        };
        if self.new_pods().filter(|pod| pod.ready).count() >= wanted {
            return Assessment::new(ServiceState::Healthy);
        }
        let mut recheck: Option<Recheck> = None;
        for pod in self.new_pods().filter(|pod| pod.running && !pod.ready) {
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

    /// The kubelet's words come from the check itself and may be others each time; the first ones
    /// stay, so that a status that says enough is not written again.
    fn unhealthy(&self, pod: &Pod) -> Assessment {
        const FAILS: &str = "the health check fails";
        let told = self.before.filter(|before| before.state == ServiceState::Unhealthy);
        if let Some(message) =
            told.and_then(|before| before.message.as_ref()).filter(|text| text.len() > FAILS.len())
        {
            return Assessment::because(ServiceState::Unhealthy, message);
        }
        let words = match &pod.warning {
            Some((reason, message)) if reason == "Unhealthy" => {
                first_line(message.split_once(": ").map_or("", |(_, output)| output))
            }
            _ => "",
        };
        let message = if words.is_empty() { FAILS.to_owned() } else { format!("{FAILS}: {words}") };
        Assessment::because(ServiceState::Unhealthy, message)
    }

    fn starting(&self) -> Assessment {
        let message = if let Some(eviction) = self.eviction() {
            format!("{eviction}, and its containers are being created again")
        } else if self.new_pods().any(|pod| pod.running) && self.startup_deadline().is_some() {
            "the health check has not succeeded yet".to_owned()
        } else if let Some(mount_error) = self.new_pods().find_map(mount_error) {
            format!("its containers cannot be created yet: {mount_error}")
        } else {
            return Assessment::being_created();
        };
        Assessment::because(ServiceState::Starting, message)
    }

    /// When a pod that is not ready counts as unhealthy: at once if its check had succeeded
    /// before, else when the time that the check allows for starting is over.
    fn unhealthy_from(&self, pod: &Pod, startup_deadline: i64) -> Option<Timestamp> {
        let was_healthy = self.before.is_some_and(|before| {
            before.template.as_deref() == Some(self.unit.template.as_str())
                && matches!(before.state, ServiceState::Healthy | ServiceState::Unhealthy)
        });
        if was_healthy && pod.started {
            return Some(self.now);
        }
        pod.started_at?.checked_add(SignedDuration::from_secs(startup_deadline)).ok()
    }

    fn job(&self, job: &JobState) -> Assessment {
        if job.complete {
            return Assessment::because(ServiceState::Completed, "it has ended with exit code 0");
        }
        if let Some(why) = &job.failed {
            let exit = self.pods().find_map(exit).unwrap_or_else(|| why.clone());
            return Assessment::because(
                ServiceState::Failed,
                format!("{exit}; it runs again when its settings change"),
            );
        }
        if let Some(told) = self.new_pods().find_map(|pod| self.blocker(pod)) {
            return told;
        }
        if let Some(told) = self.behind() {
            return told;
        }
        // A pod ends before its Job says so, and a container before others of its pod; it has not gone back to
        // starting meanwhile.
        let has_ended = |pod: &Pod| pod.ended || !pod.containers.is_empty();
        let ended_well = |pod: &Pod| has_ended(pod) && matches!(pod.last_exit, Some((0, _)));
        if self.pods().any(|pod| ended_well(pod) || pod.running && !pod.deleting) {
            Assessment::new(ServiceState::Running)
        } else {
            self.starting()
        }
    }

    /// Says what the service waits for among the others of its pod.
    fn behind(&self) -> Option<Assessment> {
        let waits = self.waits_within();
        (!waits.is_empty()).then(|| Assessment::because(ServiceState::Waiting, causes(&waits)))
    }

    /// What of its pod keeps the service's container from its first start.
    fn waits_within(&self) -> Vec<Wait> {
        let waits_for = self.unit.waits_within.get(self.service).into_iter().flatten();
        // Before a node has the pod, nothing is known of its containers.
        let begins = |pod: &&Pod| !pod.running && pod.last_exit.is_none() && !pod.containers.is_empty();
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
        pod.template.as_deref() == Some(self.unit.template.as_str())
    }
}

/// Why a service of the same pod does not let its dependents start, if it does not.
fn unmet_within(other: &Pod, condition: DependencyCondition) -> Option<&'static str> {
    match (condition, &other.last_exit) {
        (DependencyCondition::ServiceStarted, _) => (!other.running).then_some("is starting"),
        // Its check has succeeded once.
        (DependencyCondition::ServiceHealthy, _) => (!other.started).then_some("is not healthy yet"),
        (DependencyCondition::ServiceCompletedSuccessfully, Some((0, _))) => None,
        (DependencyCondition::ServiceCompletedSuccessfully, Some(_)) => Some("has failed"),
        (DependencyCondition::ServiceCompletedSuccessfully, None) => Some("has not completed yet"),
    }
}

/// The first of the things that are waited for, each with its cause, and how many more there are.
fn causes(waits: &[Wait]) -> String {
    let told = waits.iter().take(MOST_WAITS).map(|wait| format!("{} {}", wait.what, wait.why));
    let more = waits.len().saturating_sub(MOST_WAITS);
    let more = (more > 0).then(|| format!("and {more} more"));
    told.chain(more).collect::<Vec<_>>().join("; ")
}
