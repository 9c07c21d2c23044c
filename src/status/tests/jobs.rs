//! The status of jobs.

use super::*;
use crate::{
    api::{JobStatus, RunResult, RunStatus, Schedule, Triggers},
    plan::{CronJobState, Run, RunOutcome},
    translate::JobUnit,
};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A Stack with the job `nightly`, whose CronJob exists.
fn case(suspended: bool) -> Case {
    let cron_job = json!({
        "metadata": {"name": "s-nightly"},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {}}}},
    });
    let schedule = Schedule {
        cron: "0 3 * * *".to_owned(),
        timezone: Some("Europe/Berlin".to_owned()),
        ..Schedule::default()
    };
    let job = JobUnit {
        name: "nightly".to_owned(),
        activity: Activity::Active,
        triggers: Triggers { schedule: vec![schedule], manual: None },
        cron_job: Some(serde_json::from_value(cron_job).unwrap()),
        policies: Vec::new(),
        missing: Vec::new(),
        unread: Vec::new(),
        template: "1".into(),
    };
    let mut case =
        Case::new(unit("web"), Gate::Open).rolled_out().pod(Pod { progress: Progress::Ready, ..running() });
    case.plan.gates.insert("nightly".to_owned(), Gate::Open);
    let child = Child {
        uid: "2".to_owned(),
        owner: Owner::Other,
        service: None,
        deleting: false,
        digest: Digest::default(),
        state: ChildState::CronJob(CronJobState { suspended, ..CronJobState::default() }),
    };
    case.observed.children.insert((Kind::CronJob, "s-nightly".to_owned()), child);
    case.desired.jobs.insert("nightly".to_owned(), job);
    case
}

fn run(name: &str, minute: u32, outcome: RunOutcome) -> (String, Run) {
    let started = Some(time(&format!("2026-11-30T02:{minute:02}:00Z")));
    let finished = started.filter(|_| outcome != RunOutcome::Running);
    let run = Run { name: name.to_owned(), job: "nightly".to_owned(), started, finished, outcome };
    (name.to_owned(), run)
}

fn job(case: &Case) -> JobStatus {
    case.status(time("2026-11-30T12:00:00Z")).0.jobs.remove(0)
}

#[test]
fn a_job_shows_its_next_run_unless_a_user_has_suspended_it() {
    let next = job(&case(false)).next_run.map(|time| time.0);
    assert_eq!(next, Some(time("2026-12-01T02:00:00Z")));
    assert_eq!(job(&case(true)).next_run, None);
}

#[test]
fn a_job_shows_the_run_in_progress_and_the_last_result() {
    let mut case = case(false);
    let failed = RunOutcome::Failed("Job has reached the specified backoff limit".to_owned());
    case.observed.runs.extend([
        run("a", 0, RunOutcome::Succeeded),
        run("b", 10, failed),
        run("c", 20, RunOutcome::Running),
    ]);
    case.observed.pods.push(Pod {
        service: "nightly".to_owned(),
        controller: Some(("Job".to_owned(), "b".to_owned())),
        ended: true,
        last_exit: Some(exit(3, "Error")),
        ..Pod::default()
    });
    let status = job(&case);
    assert_eq!(status.active_run.as_deref(), Some("c"));
    let last = status.last_run.unwrap();
    assert_eq!((last.name.as_str(), last.result, last.exit_code), ("b", RunResult::Failed, Some(3)));
}

#[test]
fn a_failed_run_is_a_condition_of_its_own_and_the_stack_stays_ready() {
    let mut case = case(false);
    case.observed.runs.extend([run("a", 0, RunOutcome::Failed("deadline".to_owned()))]);
    assert_eq!(case.verdict(), ["Ready=True Succeeded", "JobFailed=True RunFailed"]);
    let (status, _) = case.status(NOW);
    assert_eq!(status.conditions[1].message, "nightly: the run a failed: deadline");
    case.observed.runs.extend([run("b", 1, RunOutcome::Succeeded)]);
    assert_eq!(case.verdict(), ["Ready=True Succeeded"]);
}

#[test]
fn the_last_result_stays_when_kubernetes_deletes_the_job() {
    let mut case = case(false);
    let finished_at =
        Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(time("2026-11-30T02:30:00Z")));
    let last_run =
        RunStatus { name: "z".to_owned(), exit_code: Some(7), finished_at, ..RunStatus::default() };
    case.before.jobs =
        vec![JobStatus { name: "nightly".to_owned(), last_run: Some(last_run), ..JobStatus::default() }];
    case.observed.runs.extend([run("a", 0, RunOutcome::Succeeded)]);
    assert_eq!(job(&case).last_run.unwrap().name, "z", "the later run counts");
    case.observed.runs.clear();
    assert_eq!(job(&case).last_run.unwrap().exit_code, Some(7));
}

#[test]
fn a_job_that_waits_says_for_what() {
    let mut case = case(false);
    let wait = Wait {
        what: "Secret keys".to_owned(),
        why: "does not exist: create it".to_owned(),
        of: WaitOf::Object,
    };
    case.plan.gates.insert("nightly".to_owned(), Gate::Waits(vec![wait]));
    assert_eq!(job(&case).message.as_deref(), Some("Secret keys does not exist: create it"));
}
