//! Missing objects, and services that the cluster cannot run: the Stack waits, reports the cause, and continues by itself.

use crate::support::{pods, scenario};

#[test]
fn a_missing_secret_gates_only_its_readers() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "
services:
  db: {image: 'db:1', restart: always, environmentFrom: {PASSWORD: {secretKeyRef: {name: db, key: password}}}}
  web: {image: 'web:1', restart: always}
",
            )
            .await;
        let view = shop.until("db=Waiting web=Running").await;
        shop.until_condition("Reconciling", "MissingObject", &["Secret db does not exist", "create it"])
            .await;
        shop.until_waits_for("db", &["Secret db"]).await;
        assert!(pods(&view, "db").next().is_none());

        s.create("{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {user: me}}").await;
        shop.until_condition("Reconciling", "MissingObject", &["Secret db has no key 'password'", "add it"])
            .await;
        s.patch("Secret", "db", "stringData: {password: secret}").await;
        shop.until("db=Running web=Running").await;
        shop.until_ready().await;
    });
}

#[test]
fn a_missing_config_map_gates_only_its_readers() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "
services:
  db: {image: 'db:1', restart: always, configs: [{source: tuning, target: /etc/db.conf}]}
  web: {image: 'web:1', restart: always}
configs: {tuning: {configMap: {name: tuning, key: db.conf}}}
",
            )
            .await;
        shop.until("db=Waiting web=Running").await;
        shop.until_condition("Reconciling", "MissingObject", &["ConfigMap tuning does not exist"]).await;
        s.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: tuning}, data: {db.conf: fast}}").await;
        shop.until_ready().await;
    });
}

#[test]
fn a_new_reader_of_a_missing_secret_keeps_the_running_version() {
    scenario(async |s| {
        let shop = s.apply("shop", "services: {web: {image: 'web:1', restart: always}}").await;
        shop.until_ready().await;
        shop.edit(
            "services: {web: {secrets: [{source: key}]}}\nsecrets: {key: {secret: {name: key, key: key}}}",
        )
        .await;
        let view = shop.until("web=Updating").await;
        assert_eq!(pods(&view, "web").count(), 1, "the old version runs on");
        s.create("{apiVersion: v1, kind: Secret, metadata: {name: key}, stringData: {key: secret}}").await;
        shop.until_ready().await;
    });
}

#[test]
fn an_unschedulable_service_is_reported_with_its_requests() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "services: {model: {image: 'model:1', restart: always, deploy: {resources: {reservations: {cpus: '4000', memory: 8Gi}}}}}",
            )
            .await;
        shop.until("model=Blocked").await;
        shop.until_message("model", "cpu 4").await;
        shop.until_message("model", "memory 8Gi").await;
        shop.until_message("model", "Insufficient cpu").await;
        shop.until_condition("Reconciling", "Blocked", &["model", "Insufficient cpu"]).await;
        shop.edit("services: {model: {deploy: {resources: {reservations: {cpus: '1'}}}}}").await;
        shop.until_ready().await;
    });
}

#[test]
fn a_failed_image_pull_is_reported_and_the_corrected_image_runs() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "services: {web: {image: 'wbe:1', restart: always, annotations: {sim/image: missing}}}",
            )
            .await;
        shop.until("web=Blocked").await;
        shop.until_message("web", "wbe:1").await;
        shop.until_condition("Reconciling", "Blocked", &["web", "cannot pull the image"]).await;
        shop.edit("services: {web: {image: 'web:1', annotations: null}}").await;
        shop.until_ready().await;
    });
}

#[test]
fn a_crash_looping_container_is_failed_with_its_exit_code() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "services: {web: {image: 'web:1', restart: always, annotations: {sim/exit-code: '3'}}}",
            )
            .await;
        shop.until("web=Failed").await;
        shop.until_condition("Reconciling", "ServiceFailed", &["web", "exit code 3"]).await;
        s.steer("web", "exit-code", None).await;
        shop.until("web=Running").await;
        shop.until_ready().await;
    });
}

#[test]
fn a_failing_health_check_is_unhealthy_after_the_startup_deadline() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "services: {web: {image: 'web:1', healthcheck: {test: [CMD, check], interval: 1s, retries: 1}, annotations: {sim/ready: never}}}",
            )
            .await;
        shop.until("web=Unhealthy").await;
        shop.until_condition("Reconciling", "ServiceUnhealthy", &["web", "health check"]).await;
        assert!(shop.states_of("web").contains(&"Starting".to_owned()), "it had its time to start");
        s.steer("web", "ready", Some("now")).await;
        shop.until_ready().await;
        assert_eq!(shop.service("web").message, None, "nothing is left to explain");
    });
}
