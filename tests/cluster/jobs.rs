//! Jobs: CronJobs on the controller manager of Kubernetes.

use serde_json::Value;

use crate::support::{View, pods, scenario};

/// Returns the CronJob of a job.
fn cron_job<'v>(view: &'v View, job: &str) -> Option<(&'v str, &'v Value)> {
    view.all("CronJob").find(|(_, object)| object["metadata"]["labels"]["stackwright.dev/service"] == job)
}

fn job_status(view: &View, job: &str) -> Value {
    let stack = view.get("Stack", "shop").cloned().unwrap_or_default();
    let jobs = stack["status"]["jobs"].as_array().cloned().unwrap_or_default();
    jobs.into_iter().find(|status| status["name"] == job).unwrap_or_default()
}

fn condition_of(view: &View, kind: &str) -> Value {
    let stack = view.get("Stack", "shop").cloned().unwrap_or_default();
    let conditions = stack["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.into_iter().find(|condition| condition["type"] == kind).unwrap_or_default()
}

const MANUAL: &str = "
services: {web: {image: 'web:1', restart: always}}
jobs: {migrate: {image: 'migrate:1', triggers: {manual: true}}}
";

#[test]
fn a_run_by_hand_is_in_the_status_and_its_failure_is_no_end_of_ready() {
    scenario(async |s| {
        let shop = s.apply("shop", MANUAL).await;
        shop.until_ready().await;
        let view =
            s.until("the job is a suspended CronJob", |view| cron_job(view, "migrate").is_some()).await;
        let (name, object) = cron_job(&view, "migrate").unwrap();
        assert_eq!((name, &object["spec"]["suspend"]), ("shop-migrate", &Value::Bool(true)));
        assert!(pods(&view, "migrate").next().is_none(), "nothing runs before it is asked to");

        s.kubectl(&["create", "job", "first", "--from=cronjob/shop-migrate"]);
        s.until("the run has succeeded", |view| {
            let run = &job_status(view, "migrate")["lastRun"];
            run["name"] == "first" && run["result"] == "Succeeded"
        })
        .await;

        let failing = MANUAL.replace("triggers", "annotations: {sim/exit-code: '3'}, triggers");
        shop.apply(&failing).await;
        s.until("the CronJob has the new template", |view| {
            let job = cron_job(view, "migrate").map(|(_, job)| job.to_string()).unwrap_or_default();
            job.contains("/exit-code")
        })
        .await;
        s.kubectl(&["create", "job", "second", "--from=cronjob/shop-migrate"]);
        let view = s
            .until("the run has failed", |view| job_status(view, "migrate")["lastRun"]["result"] == "Failed")
            .await;
        assert_eq!(job_status(&view, "migrate")["lastRun"]["exitCode"], 3);
        assert_eq!(condition_of(&view, "JobFailed")["reason"], "RunFailed");
        assert_eq!(condition_of(&view, "Ready")["status"], "True");
    });
}

#[test]
fn a_schedule_starts_runs_and_a_changed_one_is_a_new_cronjob() {
    scenario(async |s| {
        // The controller starts a run at the full minute.
        s.allow(150);
        let spec = |cron: &str| {
            format!(
                "jobs: {{tick: {{image: 'tick:1', annotations: {{sim/exit-after: 1s}}, triggers: {{schedule: [{{cron: '{cron}'}}]}}}}}}"
            )
        };
        let shop = s.apply("shop", &spec("* * * * *")).await;
        shop.until_ready().await;
        let view = s.until("the job is a CronJob", |view| cron_job(view, "tick").is_some()).await;
        let (first, object) =
            cron_job(&view, "tick").map(|(name, it)| (name.to_owned(), it.clone())).unwrap();
        assert_eq!(object["spec"]["timeZone"], "Etc/UTC");
        assert!(job_status(&view, "tick")["nextRun"].is_string());
        s.until("a run has succeeded", |view| job_status(view, "tick")["lastRun"]["result"] == "Succeeded")
            .await;

        shop.apply(&spec("0 0 1 1 *")).await;
        s.until_gone("CronJob", &first).await;
        let view = s.until("the job is another CronJob", |view| cron_job(view, "tick").is_some()).await;
        let (second, object) = cron_job(&view, "tick").unwrap();
        assert_ne!(first, second);
        assert_eq!(object["spec"]["schedule"], "0 0 1 1 *");
    });
}

#[test]
fn a_run_in_progress_ends_before_its_cronjob_is_deleted() {
    scenario(async |s| {
        s.allow(150);
        let spec = "jobs: {tick: {image: 'tick:1', annotations: {sim/ready: never}, triggers: {schedule: [{cron: '* * * * *'}]}}}";
        let shop = s.apply("shop", spec).await;
        let view = s.until("a run is in progress", |view| pods(view, "tick").next().is_some()).await;
        let (name, _) = cron_job(&view, "tick").map(|(name, it)| (name.to_owned(), it.clone())).unwrap();
        s.until("the CronJob knows its run", |view| {
            cron_job(view, "tick")
                .is_some_and(|(_, job)| job["status"]["active"].as_array().is_some_and(|it| !it.is_empty()))
        })
        .await;
        shop.apply("services: {}").await;
        s.until("the CronJob is suspended", |view| {
            view.get("CronJob", &name).is_some_and(|job| job["spec"]["suspend"] == true)
        })
        .await;
        s.steer("tick", "ready", Some("now")).await;
        s.until_gone("CronJob", &name).await;
    });
}
