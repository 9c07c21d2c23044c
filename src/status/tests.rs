//! States and conditions of observed states that the tests build.

mod blockers;
mod bounds;
mod jobs;
mod summary;
mod units;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::{
    api::{Reason, StackSpec},
    plan::{
        Child, ChildState, Conflict, Container, Digest, Exit, Gate, JobState, Notice, Owner, Pod, Progress,
        Settled, Wait, WaitOf, WorkloadState,
    },
    translate::{Approximation, Invalid, Kind, Object, Problem, Unit, Workload},
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn notice(reason: &str, message: &str) -> Notice {
    Notice { reason: reason.to_owned(), message: message.to_owned() }
}

fn exit(code: i32, reason: &str) -> Exit {
    Exit { code, reason: Some(reason.to_owned()) }
}

fn unit(name: &str) -> Unit {
    let deployment = serde_json::from_value(json!({
        "metadata": {"name": name}, "spec": {"selector": {}, "template": {}},
    }));
    Unit {
        services: vec![name.to_owned()],
        activity: Activity::Active,
        workload: Some(Workload::Deployment(Box::new(deployment.unwrap()))),
        template: "1".into(),
        frontends: Vec::new(),
        waits_for: Vec::new(),
        waits_within: BTreeMap::new(),
        restarted_when_unhealthy: BTreeSet::new(),
        missing: Vec::new(),
        unread: Vec::new(),
        replicas: 1,
        startup_deadline: BTreeMap::from([(name.to_owned(), 30)]),
        may_overlap: false,
        completes_on_exit: false,
        requests: None,
    }
}

fn one_shot(name: &str) -> Unit {
    let job = serde_json::from_value(json!({"metadata": {"name": name}, "spec": {"template": {}}}));
    Unit {
        workload: Some(Workload::Job(Box::new(job.unwrap()))),
        startup_deadline: BTreeMap::new(),
        ..unit(name)
    }
}

/// A Stack of one service, as the operator observes it.
struct Case {
    desired: Desired,
    plan: Plan,
    observed: Observed,
    before: StackStatus,
    unfinished: Unfinished,
}

impl Case {
    fn new(unit: Unit, gate: Gate) -> Self {
        let name = unit.name().to_owned();
        Self {
            desired: Desired { units: BTreeMap::from([(name.clone(), unit)]), ..Desired::default() },
            plan: Plan { gates: BTreeMap::from([(name, gate)]), ..Plan::default() },
            observed: Observed::default(),
            before: StackStatus::default(),
            unfinished: Unfinished::default(),
        }
    }

    fn with(mut self, state: ChildState) -> Self {
        let object = self.desired.units.values().next().unwrap().workload.as_ref().unwrap().object();
        let child = Child {
            uid: "1".to_owned(),
            owner: Owner::Other,
            service: None,
            deleting: false,
            digest: Digest::default(),
            state,
        };
        self.observed.children.insert((object.kind, object.name), child);
        self
    }

    /// A Deployment that is rolled out.
    fn rolled_out(self) -> Self {
        let state = WorkloadState {
            template: Some("1".into()),
            observed: true,
            wanted: 1,
            total: 1,
            updated: 1,
            ..WorkloadState::default()
        };
        self.with(ChildState::Workload(state))
    }

    fn pod(mut self, pod: Pod) -> Self {
        let service = self.desired.units.keys().next().unwrap().clone();
        let template = pod.template.clone().or(Some("1".into()));
        self.observed.pods.push(Pod { service, template, ..pod });
        self
    }

    fn was(mut self, state: ServiceState) -> Self {
        let name = self.desired.units.keys().next().unwrap().clone();
        let template = Some("1".into());
        self.before.services = vec![ServiceStatus { name, state, template, ..ServiceStatus::default() }];
        self
    }

    fn status(&self, now: Timestamp) -> (StackStatus, Option<Recheck>) {
        let mut stack = Stack::new("s", StackSpec::default());
        stack.metadata.generation = Some(7);
        stack.status = Some(self.before.clone());
        let finding = Finding::Planned {
            desired: &self.desired,
            plan: &self.plan,
            observed: &self.observed,
            unfinished: &self.unfinished,
        };
        super::status(&stack, &stack.status.clone().unwrap_or_default(), finding, now)
    }

    fn state(&self) -> (ServiceState, String) {
        let service = self.status(NOW).0.services.remove(0);
        (service.state, service.message.unwrap_or_default())
    }

    /// Returns the conditions as `type=status reason`.
    fn verdict(&self) -> Vec<String> {
        let (status, _) = self.status(NOW);
        status.conditions.iter().map(|c| format!("{}={} {}", c.type_, c.status, c.reason)).collect()
    }
}

fn running() -> Pod {
    Pod { progress: Progress::Running, started_at: Some(NOW), ..Pod::default() }
}

#[test]
fn a_service_with_a_health_check_is_healthy_when_its_pods_are_ready() {
    let case =
        Case::new(unit("web"), Gate::Open).rolled_out().pod(Pod { progress: Progress::Ready, ..running() });
    assert_eq!(case.state(), (ServiceState::Healthy, String::new()));
    assert_eq!(case.verdict(), ["Ready=True Succeeded"]);
    let (status, recheck) = case.status(NOW);
    assert_eq!(
        (status.services_ready.as_deref(), status.observed_generation, recheck),
        (Some("1/1"), Some(7), None)
    );
    assert_eq!(status.services[0].template, Some("1".into()), "it was released");
}

#[test]
fn a_service_without_a_health_check_is_up_when_it_runs() {
    let plain = || Unit { startup_deadline: BTreeMap::new(), ..unit("web") };
    let case = Case::new(plain(), Gate::Open).rolled_out();
    assert_eq!(case.state().0, ServiceState::Starting);
    assert_eq!(case.pod(running()).state().0, ServiceState::Running);
}

#[test]
fn a_check_that_has_not_succeeded_is_starting_until_its_time_is_over() {
    let case = Case::new(unit("web"), Gate::Open).rolled_out().pod(running());
    let over = NOW.checked_add(SignedDuration::from_secs(30)).unwrap();
    let (early, recheck) = case.status(NOW);
    assert_eq!((early.services[0].state, recheck), (ServiceState::Starting, Some(over)));
    let (late, recheck) = case.status(over);
    assert_eq!((late.services[0].state, recheck), (ServiceState::Unhealthy, None));
}

#[test]
fn a_check_that_had_succeeded_and_fails_is_unhealthy_at_once() {
    let case =
        Case::new(unit("web"), Gate::Open).rolled_out().pod(Pod { progress: Progress::Started, ..running() });
    assert_eq!(case.state().0, ServiceState::Starting, "the check may not have run yet");
    let case = case.was(ServiceState::Healthy);
    assert_eq!(case.state().0, ServiceState::Unhealthy);
    assert_eq!(case.verdict(), ["Ready=False ServiceUnhealthy", "Reconciling=True ServiceUnhealthy"]);
}

#[test]
fn an_unhealthy_service_keeps_the_first_output_of_its_check() {
    let fails = |output: &str| Pod {
        progress: Progress::Started,
        warning: Some(notice("Unhealthy", &format!("Readiness probe failed: {output}"))),
        ..running()
    };
    let case = Case::new(unit("web"), Gate::Open)
        .rolled_out()
        .was(ServiceState::Healthy)
        .pod(fails("refused\nmore"));
    assert_eq!(case.state().1, "health check fails: refused");
    let mut later = Case::new(unit("web"), Gate::Open).rolled_out().pod(fails("refused again"));
    later.before = case.status(NOW).0;
    assert_eq!(later.state().1, "health check fails: refused", "it does not change with each check");
}

#[test]
fn a_blocked_pod_is_reported_with_its_cause() {
    let waiting = |reason: &str, message: &str| Pod {
        waiting: Some(notice(reason, message)),
        last_exit: Some(exit(3, "Error")),
        ..Pod::default()
    };
    let mut hungry = unit("gpt");
    hungry.requests = Some("cpu 4, memory 8Gi".to_owned());
    let nodes = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available.";
    let unschedulable = Pod { unschedulable: Some(nodes.to_owned()), ..Pod::default() };
    let oom = Pod { last_exit: Some(exit(137, "OOMKilled")), ..waiting("CrashLoopBackOff", "") };
    for (unit, pod, state, message) in [
        (
            hungry,
            unschedulable,
            ServiceState::Blocked,
            "no node can run the Pod (requests cpu 4, memory 8Gi): 0/1 nodes are available: 1 Insufficient cpu",
        ),
        (
            unit("web"),
            waiting("ErrImagePull", "x:1: not found"),
            ServiceState::Blocked,
            "cannot pull the image: x:1: not found",
        ),
        (
            unit("web"),
            waiting("CreateContainerConfigError", "secret \"a\" not found"),
            ServiceState::Blocked,
            "cannot create the container: secret \"a\" not found",
        ),
        (
            unit("web"),
            waiting("CrashLoopBackOff", ""),
            ServiceState::Failed,
            "crash-looping, last exit code 3; see the container logs",
        ),
        (
            unit("web"),
            Pod { last_exit: Some(exit(0, "Completed")), ..waiting("CrashLoopBackOff", "") },
            ServiceState::Starting,
            "keeps exiting with code 0, restarted with a delay of up to 5 minutes; run periodic work in a loop",
        ),
        (
            Unit { restarted_when_unhealthy: ["web".to_owned()].into(), ..unit("web") },
            Pod { last_exit: Some(exit(0, "Completed")), ..waiting("CrashLoopBackOff", "") },
            ServiceState::Failed,
            "crash-looping, last exit code 0 (own exit or failed health check); see the container logs",
        ),
        (
            unit("web"),
            oom,
            ServiceState::Failed,
            "crash-looping, exceeded its memory limit (exit code 137, OOMKilled); see the container logs",
        ),
    ] {
        let case = Case::new(unit, Gate::Open).rolled_out().pod(pod);
        assert_eq!(case.state(), (state, message.to_owned()));
    }
}

#[test]
fn a_waiting_service_names_what_it_waits_for_and_keeps_the_old_version() {
    let wait = |what: &str, why: &str, of| Wait { what: what.to_owned(), why: why.to_owned(), of };
    let on_db = Gate::Waits(vec![wait("db", "is not healthy yet", WaitOf::Service)]);
    let case = Case::new(unit("web"), on_db.clone());
    assert_eq!(case.state(), (ServiceState::Waiting, "db is not healthy yet".to_owned()));
    assert_eq!(case.status(NOW).0.services[0].waits_for, ["db"]);
    assert_eq!(case.verdict(), ["Ready=False DependencyNotReady", "Reconciling=True DependencyNotReady"]);

    let old = Pod { template: Some("0".into()), ..running() };
    let case = Case::new(unit("web"), on_db).pod(old);
    let message = "update pending, old version still running: db is not healthy yet".to_owned();
    assert_eq!(case.state(), (ServiceState::Updating, message));

    let on_secret = Gate::Waits(vec![wait("Secret pw", "does not exist: create it", WaitOf::Object)]);
    let case = Case::new(unit("web"), on_secret);
    assert_eq!(case.verdict(), ["Ready=False MissingObject", "Reconciling=True MissingObject"]);
    assert_eq!(
        case.status(NOW).0.conditions[0].message,
        "web is waiting: Secret pw does not exist: create it"
    );

    let on_image = Gate::Waits(vec![wait("image web:1", "could not be read yet", WaitOf::Image)]);
    let case = Case::new(unit("web"), on_image);
    assert_eq!(case.verdict(), ["Ready=False ImageUnknown", "Reconciling=True ImageUnknown"]);
}

#[test]
fn a_rollout_is_updating_while_old_pods_are_left() {
    let old = Pod { template: Some("0".into()), ..running() };
    let state = WorkloadState {
        template: Some("1".into()),
        observed: true,
        wanted: 1,
        total: 2,
        updated: 1,
        ..WorkloadState::default()
    };
    let case = Case::new(unit("web"), Gate::Open).with(ChildState::Workload(state)).pod(old).pod(running());
    assert_eq!(case.state().0, ServiceState::Updating);
}

#[test]
fn a_one_shot_is_running_completed_or_failed_for_good() {
    let state = |complete, failed: Option<&str>| {
        ChildState::Job(JobState {
            template: Some("1".into()),
            complete,
            failed: failed.map(str::to_owned),
            ..JobState::default()
        })
    };
    let case = Case::new(one_shot("migrate"), Gate::Open).with(state(false, None)).pod(running());
    assert_eq!(
        (case.state().0, case.verdict()),
        (ServiceState::Running, vec!["Ready=True Succeeded".to_owned()])
    );
    let case = Case::new(one_shot("migrate"), Gate::Open).with(state(true, None));
    assert_eq!(case.state(), (ServiceState::Completed, "exited with code 0".to_owned()));
    let ended = Pod { ended: true, last_exit: Some(exit(2, "Error")), ..Pod::default() };
    let case = Case::new(one_shot("migrate"), Gate::Open).with(state(false, Some("BackoffLimit"))).pod(ended);
    let message = "exited with code 2; the service runs again when its settings change".to_owned();
    assert_eq!(case.state(), (ServiceState::Failed, message));
    assert_eq!(case.verdict(), ["Ready=False OneShotFailed", "Stalled=True OneShotFailed"]);
    let case = Case::new(one_shot("migrate"), Gate::Done).was(ServiceState::Completed);
    assert_eq!(case.state().0, ServiceState::Completed, "the status keeps the result once the Job is gone");
}

#[test]
fn a_stopped_service_is_up_and_forgets_its_template() {
    let stopped = Unit { activity: Activity::Stopped, replicas: 0, ..unit("web") };
    let case = Case::new(stopped, Gate::Open).rolled_out().was(ServiceState::Healthy);
    let (status, _) = case.status(NOW);
    assert_eq!(
        (status.services[0].state, status.services[0].template.clone()),
        (ServiceState::Stopped, None)
    );
    assert_eq!(case.pod(running()).state().0, ServiceState::Updating);
}

#[test]
fn an_inactive_service_is_not_counted() {
    let inactive = Unit { activity: Activity::Inactive, workload: None, ..unit("debug") };
    let (status, _) = Case::new(inactive, Gate::Nothing).status(NOW);
    assert_eq!((status.services.len(), status.services_ready.as_deref()), (0, Some("0/0")));
}

#[test]
fn a_stack_is_not_ready_while_a_write_is_outstanding() {
    let mut case =
        Case::new(unit("web"), Gate::Open).rolled_out().pod(Pod { progress: Progress::Ready, ..running() });
    case.unfinished.outstanding = vec!["Service web is being replaced".to_owned()];
    assert_eq!(case.verdict(), ["Ready=False Progressing", "Reconciling=True Progressing"]);
    case.unfinished.refused = vec!["no".to_owned()];
    assert_eq!(case.verdict(), ["Ready=False Refused", "Stalled=True Refused"]);
}

#[test]
fn a_service_whose_address_is_pending_counts_as_up() {
    let mut case =
        Case::new(unit("web"), Gate::Open).rolled_out().pod(Pod { progress: Progress::Ready, ..running() });
    let body = json!({"metadata": {"labels": {"stackwright.dev/service": "web"}}});
    let frontend = Object { kind: Kind::Service, name: "web-published".to_owned(), body };
    let pending =
        ChildState::Service(crate::plan::ServiceState { pending_address: true, ..Default::default() });
    let child = Child { state: pending, ..case.observed.children.values().next().unwrap().clone() };
    case.observed.children.insert((frontend.kind, frontend.name.clone()), child);
    case.desired.units.values_mut().next().unwrap().frontends.push(frontend);
    assert_eq!(case.state(), (ServiceState::Healthy, "published ports have no address yet".to_owned()));
    assert_eq!(case.verdict(), ["Ready=True Succeeded"]);
}

#[test]
fn a_message_has_at_most_the_length_that_the_crd_allows() {
    let wait = Wait { what: "é".repeat(600), why: "w".repeat(9000), of: WaitOf::Service };
    let case = Case::new(unit("web"), Gate::Waits(vec![wait]));
    let service = case.status(NOW).0.services.remove(0);
    assert_eq!((service.message.unwrap().len(), service.waits_for[0].len()), (4096, 511));
}

#[test]
fn a_name_that_is_taken_stalls_the_stack_with_a_remedy() {
    let mut case = Case::new(unit("web"), Gate::Open).rolled_out();
    let conflict = |holder: Option<&str>| Conflict {
        kind: Kind::Service,
        name: "web".to_owned(),
        holder: holder.map(str::to_owned),
    };
    case.plan.conflicts = vec![conflict(Some("other"))];
    assert_eq!(case.verdict(), ["Ready=False NameTaken", "Stalled=True NameTaken"]);
    case.plan.conflicts = vec![conflict(None)];
    assert_eq!(case.verdict(), ["Ready=False Conflict", "Stalled=True Conflict"]);
    assert!(
        case.status(NOW).0.conditions[0]
            .message
            .starts_with("Service web exists and does not belong to this Stack; delete or rename the object")
    );
}

#[test]
fn approximations_and_field_conflicts_are_listed() {
    let mut case =
        Case::new(unit("web"), Gate::Open).rolled_out().pod(Pod { progress: Progress::Ready, ..running() });
    case.desired.approximations =
        vec![Approximation { path: "spec.services.web.hostname".to_owned(), message: "differs".to_owned() }];
    let settled = Settled {
        uid: String::new(),
        desired: Digest::default(),
        returned: Digest::default(),
        fields: vec![".spec.replicas".to_owned()],
    };
    case.observed.settled.insert((Kind::Deployment, "web".to_owned()), settled);
    let (status, _) = case.status(NOW);
    let approximated = &status.conditions[1];
    assert_eq!((approximated.type_.as_str(), approximated.status.as_str()), ("Approximated", "True"));
    let expected = "2 approximations: (1) spec.services.web.hostname: differs; (2) Deployment web: another program keeps changing .spec.replicas";
    assert_eq!(approximated.message, expected);
}

#[test]
fn an_invalid_spec_stalls_and_leaves_the_services_unchanged() {
    let mut stack = Stack::new("s", StackSpec::default());
    let service =
        ServiceStatus { name: "web".to_owned(), state: ServiceState::Healthy, ..ServiceStatus::default() };
    stack.status = Some(StackStatus {
        services: vec![service.clone()],
        services_ready: Some("1/1".to_owned()),
        ..StackStatus::default()
    });
    let problem = Problem::new(Reason::UnknownNetwork, "spec.services.web.networks.x", "is not declared");
    let invalid = Invalid { problems: vec![problem], more: 0 };
    let (status, _) =
        super::status(&stack, &stack.status.clone().unwrap_or_default(), Finding::Invalid(&invalid), NOW);
    assert_eq!((status.services, status.services_ready.as_deref()), (vec![service], Some("1/1")));
    let stalled = &status.conditions[1];
    assert_eq!((stalled.type_.as_str(), stalled.reason.as_str()), ("Stalled", "UnknownNetwork"));
    assert_eq!(stalled.message, "spec.services.web.networks.x: is not declared");
}

#[test]
fn an_internal_error_stalls_with_the_id_in_the_log() {
    let mut stack = Stack::new("s", StackSpec::default());
    stack.status = Some(StackStatus { services_ready: Some("1/1".to_owned()), ..StackStatus::default() });
    let (status, _) =
        super::status(&stack, &stack.status.clone().unwrap_or_default(), Finding::Internal("c0ffee"), NOW);
    assert_eq!(status.services_ready.as_deref(), Some("1/1"));
    let stalled = &status.conditions[1];
    assert_eq!((stalled.type_.as_str(), stalled.reason.as_str()), ("Stalled", "InternalError"));
    assert!(stalled.message.starts_with("internal error c0ffee: "), "{}", stalled.message);
}

#[test]
fn last_transition_time_changes_only_with_the_status_of_a_condition() {
    let mut case = Case::new(unit("web"), Gate::Open).rolled_out();
    case.before = case.status(NOW).0;
    let later = NOW.checked_add(SignedDuration::from_secs(5)).unwrap();
    assert_eq!(case.status(later).0, case.before, "nothing has changed, so nothing is written");
    let ready = case.pod(Pod { progress: Progress::Ready, ..running() }).status(later).0;
    assert_eq!(ready.conditions[0].last_transition_time.0, later);
}
