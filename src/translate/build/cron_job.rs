//! Builder of CronJobs for jobs.

use k8s_openapi::{
    api::{
        batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec, PodFailurePolicy},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::job::disruptions_do_not_count;
use crate::{
    api::{Concurrency, MissedFires, Schedule, Triggers},
    cron::Cron,
    text::short_hash,
    translate::resolve::{Resolved, ResolvedService},
};

/// The time zone of a schedule without one, as in Docker. The default of Kubernetes is that of the controller manager.
const UTC: &str = "Etc/UTC";

/// The schedule of a job that runs only by hand. Its CronJob is suspended, and the date never comes.
const NEVER: &str = "0 0 30 2 *";

/// The number of runs of each result that are kept, with their Pods, as in Docker Compose.
const HISTORY: i32 = 5;

/// Seconds after which a run that could not start is dropped. The controller checks every 10 seconds, so a smaller value would
/// drop runs that are due. A run that is due while another one is in progress starts if that one ends within this time.
const DROPPED_AFTER: i64 = 20;

/// Returns the name of the CronJob of a job, as a part of an object's name. A changed schedule is a new CronJob: Kubernetes
/// reckons what was due from the last run of the CronJob with the schedule that it has now, so an update could start a run
/// that was never due. The CronJob of a job that runs only by hand has the name of the job.
pub(super) fn part_of_name(job: &str, triggers: &Triggers) -> String {
    match triggers.schedule.first() {
        Some(schedule) => {
            let zone = schedule.timezone.as_deref().unwrap_or(UTC);
            format!("{job}-{}", short_hash(&format!("{} {zone}", kubernetes(schedule))))
        }
        None => job.to_owned(),
    }
}

/// Returns the schedule in the grammar of Kubernetes. Resolution has checked it.
fn kubernetes(schedule: &Schedule) -> String {
    let cron = Cron::parse(&schedule.cron).and_then(|cron| cron.to_kubernetes());
    cron.unwrap_or_else(|_| NEVER.to_owned())
}

/// Builds the CronJob of a job.
pub(super) fn cron_job(
    resolved: &Resolved<'_>,
    job: &ResolvedService<'_>,
    triggers: &Triggers,
    metadata: ObjectMeta,
    template: PodTemplateSpec,
) -> CronJob {
    let schedule = triggers.schedule.first();
    let runs = JobTemplateSpec {
        metadata: Some(ObjectMeta { labels: Some(resolved.labels_of(job)), ..ObjectMeta::default() }),
        spec: Some(JobSpec {
            backoff_limit: Some(0),
            // The next Pod is created after the end of the previous one, not while it terminates.
            pod_replacement_policy: Some("Failed".to_owned()),
            pod_failure_policy: Some(PodFailurePolicy { rules: vec![disruptions_do_not_count()] }),
            template,
            ..JobSpec::default()
        }),
    };
    CronJob {
        metadata,
        spec: CronJobSpec {
            schedule: schedule.map_or_else(|| NEVER.to_owned(), kubernetes),
            time_zone: Some(
                schedule.and_then(|schedule| schedule.timezone.clone()).unwrap_or_else(|| UTC.to_owned()),
            ),
            concurrency_policy: Some("Forbid".to_owned()),
            starting_deadline_seconds: schedule.and_then(deadline),
            // A user can suspend a schedule, which the operator does not own.
            suspend: schedule.is_none().then_some(true),
            successful_jobs_history_limit: Some(HISTORY),
            failed_jobs_history_limit: Some(HISTORY),
            job_template: runs,
        },
        status: None,
    }
}

/// Returns the seconds after which a run is dropped. One number decides about runs that are due during another run and about
/// runs that the cluster could not start, so the combinations of `queue` with `skip` and of `forbid` with `one` have none.
fn deadline(schedule: &Schedule) -> Option<i64> {
    let drops = schedule.concurrency.unwrap_or_default() == Concurrency::Forbid
        && schedule.missed_fires.unwrap_or_default() == MissedFires::Skip;
    drops.then_some(DROPPED_AFTER)
}
