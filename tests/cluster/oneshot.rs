//! One-shots.

use crate::support::{What, is_of, pods, scenario};

const SHOP: &str = "
services:
  migrate: {image: 'migrate:1', restart: 'no'}
  web: {image: 'web:1', restart: always, dependsOn: {migrate: {condition: service_completed_successfully}}}
";

#[test]
fn a_deleted_completed_one_shot_runs_again_only_after_a_change() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        shop.until_ready().await;
        let view = s.history.view();
        let (job, _) = view.all("Job").next().expect("a one-shot is a Job");
        s.delete("Job", job).await;
        s.until("the Job and its pod are gone", |view| {
            view.all("Job").next().is_none() && pods(view, "migrate").next().is_none()
        })
        .await;
        s.let_pass(3).await;
        shop.until("migrate=Completed web=Running").await;
        assert_eq!(runs(s), 1);

        shop.edit("services: {migrate: {image: 'migrate:2'}}").await;
        shop.until_ready().await;
        assert_eq!(runs(s), 2);
    });
}

#[test]
fn a_failed_one_shot_stalls_its_stack_and_gates_its_dependents() {
    scenario(async |s| {
        let failing = SHOP.replace("restart: 'no'", "restart: 'no', annotations: {sim/exit-code: '7'}");
        let shop = s.apply("shop", &failing).await;
        shop.until("migrate=Failed web=Waiting").await;
        shop.until_stalled("OneShotFailed", &["migrate", "exited with code 7"]).await;
        shop.apply(&SHOP.replace("migrate:1", "migrate:2")).await;
        shop.until_ready().await;
        assert_eq!(runs(s), 2);
    });
}

#[test]
fn a_service_without_a_restart_key_that_exits_0_is_completed_at_0_replicas() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "
services:
  seed: {image: 'seed:1', expose: [{port: 80}], annotations: {sim/exit-after: 1s}}
  web: {image: 'web:1', restart: always}
",
            )
            .await;
        shop.until("seed=Completed web=Running").await;
        shop.until_ready().await;
        let name = shop.object("seed");
        s.until("it is held at 0 replicas", |view| {
            view.get("Deployment", &name).is_some_and(|it| it["spec"]["replicas"] == 0)
                && pods(view, "seed").next().is_none()
        })
        .await;
        s.let_pass(3).await;
        shop.until("seed=Completed").await;
        shop.edit("services: {seed: {image: 'seed:2', annotations: null}}").await;
        shop.until("seed=Running").await;
    });
}

#[test]
fn a_service_without_restart_port_health_check_or_client_is_a_one_shot() {
    scenario(async |s| {
        let shop = s.apply("shop", "services: {report: {image: 'report:1'}}").await;
        shop.until("report=Completed").await;
        shop.until_ready().await;
        assert_eq!(runs(s), 1);
    });
}

/// Returns the number of Jobs that were ever created.
fn runs(s: &crate::support::Scenario<'_>) -> usize {
    let of_a_job = |kind: &str| kind == "Job";
    let created = s.history.changes().into_iter();
    created.filter(|change| change.event == What::Created && of_a_job(&change.key.0)).count()
}

#[test]
fn a_one_shot_that_runs_counts_as_up() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "services: {import: {image: 'import:1', restart: 'no', annotations: {sim/ready: never}}}",
            )
            .await;
        shop.until("import=Running").await;
        shop.until_ready().await;
        s.steer("import", "ready", Some("now")).await;
        shop.until("import=Completed").await;
        let pods = s.history.changes().into_iter();
        let pods =
            pods.filter(|it| it.event == What::Created && it.key.0 == "Pod" && is_of(&it.object, "import"));
        assert_eq!(pods.count(), 1);
    });
}
