//! The status of jobs: the run in progress, the last run with its result, and the next run.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::{
    api::{JobStatus, RunResult, RunStatus, StackStatus},
    cron::{Cron, time_zone},
    plan::{ChildState, Gate, Observed, Plan, Run, RunOutcome},
    translate::{Activity, Desired, JobUnit},
};

/// Returns the status of each active job.
pub(super) fn jobs(
    before: &StackStatus,
    desired: &Desired,
    plan: &Plan,
    observed: &Observed,
    now: Timestamp,
) -> Vec<JobStatus> {
    let active = desired.jobs.values().filter(|job| job.activity != Activity::Inactive);
    active
        .map(|job| {
            let before = before.jobs.iter().find(|status| status.name == job.name);
            status(job, before, plan, observed, now)
        })
        .collect()
}

fn status(
    job: &JobUnit,
    before: Option<&JobStatus>,
    plan: &Plan,
    observed: &Observed,
    now: Timestamp,
) -> JobStatus {
    let runs = || observed.runs.values().filter(|run| run.job == job.name);
    let active = runs().filter(|run| run.outcome == RunOutcome::Running).min_by_key(|run| run.started);
    let ended = runs().filter(|run| run.outcome != RunOutcome::Running).max_by_key(|run| run.finished);
    // Kubernetes deletes old Jobs, also one whose result was never seen.
    let before = before.and_then(|status| status.last_run.as_ref());
    let last_run = match (ended, before) {
        (Some(run), Some(before)) if before.finished_at.as_ref().map(|time| time.0) > run.finished => {
            Some(before.clone())
        }
        (Some(run), before) => Some(result(run, before, observed)),
        (None, before) => before.cloned(),
    };
    JobStatus {
        name: job.name.clone(),
        active_run: active.map(|run| run.name.clone()),
        last_run,
        next_run: next(job, observed, now).map(Time),
        message: match plan.gates.get(&job.name) {
            Some(Gate::Waits(waits)) => waits.first().map(|wait| format!("{} {}", wait.what, wait.why)),
            _ => None,
        },
    }
}

fn result(run: &Run, before: Option<&RunStatus>, observed: &Observed) -> RunStatus {
    let of_run = |controller: &(String, String)| controller.0 == "Job" && controller.1 == run.name;
    let pods = observed.pods.iter().filter(|pod| pod.controller.as_ref().is_some_and(of_run));
    let code = pods.filter_map(|pod| pod.last_exit.as_ref()).map(|exit| exit.code).max();
    let before = before.filter(|before| before.name == run.name);
    let (result, message) = match &run.outcome {
        RunOutcome::Failed(message) => (RunResult::Failed, Some(message.clone())),
        _ => (RunResult::Succeeded, None),
    };
    RunStatus {
        name: run.name.clone(),
        result,
        started_at: run.started.map(Time),
        finished_at: run.finished.map(Time),
        exit_code: code.or_else(|| before.and_then(|before| before.exit_code)),
        message,
    }
}

/// Returns when the CronJob starts the next run.
fn next(job: &JobUnit, observed: &Observed, now: Timestamp) -> Option<Timestamp> {
    let child = observed.children.get(&job.key()?)?;
    if matches!(&child.state, ChildState::CronJob(state) if state.suspended) {
        return None;
    }
    let schedule = job.triggers.schedule.first()?;
    let zone = time_zone(schedule.timezone.as_deref().unwrap_or("UTC"))?;
    Cron::parse(&schedule.cron).ok()?.next_after(now, &zone)
}

/// Returns the message about the jobs whose last run has failed.
pub(super) fn failed(jobs: &[JobStatus]) -> Option<String> {
    let failed = jobs.iter().filter_map(|job| {
        let run = job.last_run.as_ref().filter(|run| run.result == RunResult::Failed)?;
        Some(format!("{}: {}", job.name, run.sentence()))
    });
    let texts: Vec<String> = failed.collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

impl RunStatus {
    /// Returns the result with its cause.
    pub fn sentence(&self) -> String {
        let verb = match self.result {
            RunResult::Succeeded => "succeeded",
            RunResult::Failed => "failed",
        };
        let cause = match (self.exit_code, &self.message) {
            (Some(code), _) if code != 0 => format!(" with exit code {code}"),
            (_, Some(message)) => format!(": {message}"),
            (_, None) => String::new(),
        };
        format!("the run {} {verb}{cause}", self.name)
    }
}
