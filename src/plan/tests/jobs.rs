//! The CronJobs of jobs.

use super::*;
use crate::translate::JobUnit;

/// A job whose CronJob has this name.
fn job_unit(job: &str, name: &str) -> JobUnit {
    let cron_job = json!({
        "metadata": {"name": name},
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {}}}},
    });
    JobUnit {
        name: job.to_owned(),
        activity: Activity::Active,
        triggers: Default::default(),
        cron_job: Some(serde_json::from_value(cron_job).unwrap()),
        policies: Vec::new(),
        missing: Vec::new(),
        unread: Vec::new(),
        template: "1".into(),
    }
}

fn of_jobs(jobs: impl IntoIterator<Item = JobUnit>) -> Desired {
    let jobs = jobs.into_iter().map(|job| (job.name.clone(), job)).collect();
    Desired { jobs, ..Desired::default() }
}

fn live_job(job: &JobUnit, active: bool, suspended: bool) -> Observed {
    let object = Object::from(job.cron_job.as_ref().unwrap().as_ref());
    let state = CronJobState { active, suspended, ..CronJobState::default() };
    let children = [child(Some(&job.name), &object, ChildState::CronJob(state))].into();
    Observed { children, ..Observed::default() }
}

fn names(deletes: &[Delete]) -> Vec<&str> {
    deletes.iter().map(|delete| delete.name.as_str()).collect()
}

#[test]
fn a_job_is_applied_once_and_nothing_waits_for_it() {
    let job = job_unit("nightly", "s-nightly-1");
    let first = plan(&of_jobs([job.clone()]), &Observed::default(), &LastStatus::new());
    assert_eq!((applied(&first), &first.gates["nightly"]), (vec![("s-nightly-1", false)], &Gate::Open));
    let again = plan(&of_jobs([job.clone()]), &live_job(&job, false, false), &LastStatus::new());
    assert_eq!((applied(&again), names(&again.pruned), names(&again.retired)), (vec![], vec![], vec![]));
}

#[test]
fn the_cronjob_of_an_earlier_schedule_ends_its_run_before_it_is_deleted() {
    let desired = of_jobs([job_unit("nightly", "s-nightly-2")]);
    let earlier = job_unit("nightly", "s-nightly-1");
    for (active, suspended, pruned, retired) in [
        (false, false, vec!["s-nightly-1"], vec![]),
        (false, true, vec!["s-nightly-1"], vec![]),
        (true, false, vec![], vec!["s-nightly-1"]),
        (true, true, vec![], vec![]),
    ] {
        let plan = plan(&desired, &live_job(&earlier, active, suspended), &LastStatus::new());
        assert_eq!(applied(&plan), [("s-nightly-2", false)]);
        assert_eq!((names(&plan.pruned), names(&plan.retired)), (pruned, retired), "{active} {suspended}");
    }
}

#[test]
fn a_run_by_hand_ends_before_its_cronjob_is_deleted() {
    let earlier = job_unit("nightly", "s-nightly-1");
    for (job, outcome, pruned) in [
        ("nightly", RunOutcome::Running, vec![]),
        ("nightly", RunOutcome::Succeeded, vec!["s-nightly-1"]),
        ("weekly", RunOutcome::Running, vec!["s-nightly-1"]),
    ] {
        let mut observed = live_job(&earlier, false, true);
        let run =
            Run { name: "by-hand".to_owned(), job: job.to_owned(), started: None, finished: None, outcome };
        observed.runs.insert(run.name.clone(), run);
        let plan = plan(&of_jobs([]), &observed, &LastStatus::new());
        assert_eq!(names(&plan.pruned), pruned, "{job}");
    }
}

#[test]
fn a_job_that_waits_for_an_object_keeps_its_cronjob() {
    let missing = Missing { kind: ObjectKind::Secret, name: "keys".to_owned(), need: Need::Object };
    let waiting = JobUnit { missing: vec![missing], ..job_unit("nightly", "s-nightly-2") };
    let earlier = job_unit("nightly", "s-nightly-1");
    let plan = plan(&of_jobs([waiting]), &live_job(&earlier, false, false), &LastStatus::new());
    assert_eq!(waits(&plan, "nightly"), ["Secret keys: does not exist: create it"]);
    assert_eq!((applied(&plan), names(&plan.pruned), names(&plan.retired)), (vec![], vec![], vec![]));
}

#[test]
fn a_run_of_the_desired_template_keeps_no_config_of_an_earlier_one() {
    let job = job_unit("nightly", "s-nightly-1");
    let map = json!({"metadata": {"name": "s-old"}});
    let map: k8s_openapi::api::core::v1::ConfigMap = serde_json::from_value(map).unwrap();
    for (template, pruned) in [("1", vec!["s-old"]), ("0", vec![])] {
        let mut observed = live_job(&job, true, false);
        observed.children.extend([child(None, &Object::from(&map), ChildState::Plain)]);
        observed.pods.push(Pod {
            service: "nightly".to_owned(),
            template: Some(template.into()),
            ..Pod::default()
        });
        let plan = plan(&of_jobs([job.clone()]), &observed, &LastStatus::new());
        assert_eq!(names(&plan.pruned), pruned, "{template}");
    }
}
