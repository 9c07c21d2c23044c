//! Rollouts, and changes of the workload kind.

use crate::support::{What, is_of, pods, scenario};

/// A service that must not run twice, and whose containers end slowly.
const SCHEDULER: &str =
    "services: {scheduler: {image: 'scheduler:1', restart: always, annotations: {sim/linger: 2s}}}";

#[test]
fn a_change_of_the_workload_kind_waits_until_the_old_pods_are_gone() {
    scenario(async |s| {
        let shop = s.apply("shop", SCHEDULER).await;
        shop.until_ready().await;
        let name = shop.object("scheduler");
        shop.edit("services: {scheduler: {volumes: [{source: data, target: /data}]}}\nvolumes: {data: {}}")
            .await;
        let view = shop.until_ready().await;
        assert!(view.get("StatefulSet", &name).is_some() && view.get("Deployment", &name).is_none());
        shop.edit("services: {scheduler: {volumes: null}}").await;
        let view = shop.until_ready().await;
        assert!(view.get("StatefulSet", &name).is_none() && view.get("Deployment", &name).is_some());

        s.assert_never_two_pods("scheduler");
        assert_eq!(shop.states_of("scheduler").iter().filter(|state| *state == "Updating").count(), 2);
        // Each workload was created after the last Pod of the previous one was gone.
        let changes = s.history.changes();
        let version = |event, kind: &str| -> Vec<u64> {
            let of_kind = changes.iter().filter(|change| {
                change.event == event && change.key.0 == kind && is_of(&change.object, "scheduler")
            });
            of_kind.map(|change| change.version).collect()
        };
        let gone = version(What::Deleted, "Pod");
        assert!(gone[0] < version(What::Created, "StatefulSet")[0]);
        assert!(gone[1] < version(What::Created, "Deployment")[1]);
    });
}

#[test]
fn an_update_is_stop_first_for_a_single_instance() {
    scenario(async |s| {
        let shop = s.apply("shop", SCHEDULER).await;
        shop.until_ready().await;
        shop.edit("services: {scheduler: {image: 'scheduler:2'}}").await;
        shop.until_ready().await;
        s.assert_never_two_pods("scheduler");
    });
}

#[test]
fn a_service_that_writes_a_volume_never_runs_twice_in_an_update() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "
services: {db: {image: 'db:1', healthcheck: {test: [CMD, check]}, expose: [{port: 5432}], annotations: {sim/linger: 2s}, volumes: [{source: data, target: /data}]}}
volumes: {data: {}}
",
            )
            .await;
        shop.until_ready().await;
        shop.edit("services: {db: {image: 'db:2'}}").await;
        shop.until_ready().await;
        s.assert_never_two_pods("db");
    });
}

#[test]
fn an_update_is_start_first_with_a_port_and_a_health_check() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "services: {web: {image: 'web:1', ports: [{target: 80}], healthcheck: {test: [CMD, check]}, annotations: {sim/linger: 1s}}}",
            )
            .await;
        shop.until_ready().await;
        shop.edit("services: {web: {image: 'web:2', annotations: {sim/ready-after: 1s}}}").await;
        shop.until_ready().await;
        s.assert_never_without_a_ready_pod("web");
        assert!(s.pods_over_time("web").iter().any(|(living, _)| *living == 2), "both ran for a while");
    });
}

#[test]
fn a_corrected_template_replaces_a_broken_pod_of_a_stateful_set() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "
services: {db: {image: 'bd:1', annotations: {sim/image: missing}, volumes: [{source: data, target: /data}]}}
volumes: {data: {}}
",
            )
            .await;
        shop.until("db=Blocked").await;
        shop.edit("services: {db: {image: 'db:1', annotations: null}}").await;
        shop.until_ready().await;
    });
}

#[test]
fn a_service_can_be_stopped_and_started() {
    scenario(async |s| {
        let shop = s.apply("shop", "services: {db: {image: 'db:1', expose: [{port: 1}]}, web: {image: 'web:1', expose: [{port: 80}]}}").await;
        shop.until_ready().await;
        shop.edit("services: {db: {stopped: true}}").await;
        let view = shop.until("db=Stopped web=Running").await;
        assert!(pods(&view, "db").next().is_none());
        assert!(view.get("Service", "db").is_some(), "its name stays");
        shop.until_ready().await;
        shop.edit("services: {db: {stopped: null}}").await;
        shop.until("db=Running web=Running").await;
    });
}

#[test]
fn a_profile_is_switched_on_and_off_and_its_volumes_stay() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "
services:
  web: {image: 'web:1', expose: [{port: 80}]}
  tools: {image: 'tools:1', expose: [{port: 81}], profiles: [debug], volumes: [{source: scratch, target: /scratch}]}
volumes: {scratch: {}}
",
            )
            .await;
        let view = shop.until_ready().await;
        assert!(view.get("Service", "tools").is_none() && pods(&view, "tools").next().is_none());
        shop.edit("profiles: [debug]").await;
        shop.until("tools=Running web=Running").await;
        shop.edit("profiles: null").await;
        s.until("tools has nothing left", |view| {
            view.get("Service", "tools").is_none() && pods(view, "tools").next().is_none()
        })
        .await;
        s.until_there("PersistentVolumeClaim", &shop.object("scratch")).await;
        shop.until_ready().await;
    });
}
