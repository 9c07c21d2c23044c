//! The order in which services start and take their new versions.

use crate::support::{Scenario, StackHandle, children_of, image_of, pods, scenario};

const SHOP: &str = "
services:
  db: {image: 'db:1', healthcheck: {test: [CMD, check]}, annotations: {sim/ready: never}}
  migrate:
    image: migrate:1
    restart: 'no'
    dependsOn: {db: {condition: service_healthy}}
    annotations: {sim/ready: never}
  cache: {image: 'cache:1'}
  web:
    image: web:1
    restart: always
    dependsOn: {cache: {}, migrate: {condition: service_completed_successfully}}
";

#[test]
fn services_start_in_the_order_of_depends_on() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let view = shop.until("db=Starting cache=Running migrate=Waiting web=Waiting").await;
        shop.until_waits_for("migrate", &["db"]).await;
        shop.until_waits_for("web", &["migrate"]).await;
        assert!(pods(&view, "migrate").next().is_none() && pods(&view, "web").next().is_none());
        assert!(view.get("Service", "web").is_some(), "names resolve before what bears them runs");

        s.steer("db", "ready", Some("now")).await;
        shop.until("db=Healthy migrate=Running web=Waiting").await;
        s.steer("migrate", "ready", Some("now")).await;
        shop.until("db=Healthy migrate=Completed cache=Running web=Running").await;
        shop.until_ready().await;

        assert!(s.when_created("cache") < s.when_up("db"), "what nothing holds starts at once");
        assert!(s.when_up("db") < s.when_created("migrate"));
        assert!(s.when_completed("migrate") < s.when_created("web"));
        assert_eq!(shop.states_of("web").first().map(String::as_str), Some("Waiting"));
    });
}

#[test]
fn a_waiting_service_names_its_dependencies_and_their_states() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        shop.until_message("migrate", "db is not healthy yet").await;
        shop.until_message("web", "migrate has not been started yet").await;
        shop.until_condition("Reconciling", "Progressing", &["waiting for db (health check)"]).await;
    });
}

const CHAIN: &str = "
services:
  a: {image: 'a:1', healthcheck: {test: [CMD, check]}}
  b: {image: 'b:1', healthcheck: {test: [CMD, check]}, dependsOn: {a: {condition: service_healthy}}}
  c: {image: 'c:1', restart: always, dependsOn: {b: {condition: service_healthy}}}
";

#[test]
fn an_unhealthy_dependency_gates_the_whole_chain_of_dependents() {
    scenario(async |s| {
        let chain = s.apply("chain", CHAIN).await;
        chain.until_ready().await;
        assert!(s.when_up("a") < s.when_created("b") && s.when_up("b") < s.when_created("c"));
        s.steer("a", "ready", Some("never")).await;
        chain.until("a=Unhealthy b=Healthy c=Running").await;

        chain.edit("services: {a: {image: 'a:2', annotations: {sim/ready: never}}, b: {image: 'b:2'}, c: {image: 'c:2'}}").await;
        let view = chain.until("a=Starting b=Updating c=Updating").await;
        assert_eq!(image(&chain, &view, "b"), "b:1");
        assert_eq!(image(&chain, &view, "c"), "c:1");
        chain.until_waits_for("b", &["a"]).await;
        chain.until_waits_for("c", &["b"]).await;

        s.steer("a", "ready", Some("now")).await;
        chain.until_ready().await;
        assert!(s.when_ready("a", "a:2") < s.when_image("b", "b:2"));
        assert!(s.when_ready("b", "b:2") < s.when_image("c", "c:2"));
    });
}

#[test]
fn while_a_template_is_gated_other_changes_are_applied() {
    scenario(async |s| {
        let chain = s.apply("chain", CHAIN).await;
        chain.until_ready().await;
        s.steer("a", "ready", Some("never")).await;
        chain.until("a=Unhealthy").await;
        chain.edit("services: {b: {image: 'b:2', deploy: {replicas: 2}, ports: [{target: 80}]}}").await;
        let view = chain.until("b=Updating").await;
        assert_eq!(image(&chain, &view, "b"), "b:1");
        let name = chain.object("b");
        s.until("b has two pods of its old version", |view| {
            view.get("Deployment", &name)
                .is_some_and(|it| it["spec"]["replicas"] == 2 && image_of(it) == "b:1")
        })
        .await;
        s.until_there("Service", "b-published").await;
    });
}

#[test]
fn a_released_service_is_not_gated_again() {
    scenario(async |s| {
        let chain = s.apply("chain", &CHAIN.replace("b:1',", "b:1', deploy: {replicas: 2},")).await;
        chain.until_ready().await;
        s.steer("a", "ready", Some("never")).await;
        chain.until("a=Unhealthy b=Healthy c=Running").await;
        // Neither a scale nor a new Pod is gated again.
        chain.edit("services: {b: {deploy: {replicas: 3}}}").await;
        s.until("there are three pods of b", |view| pods(view, "b").count() == 3).await;
        chain.until("a=Unhealthy b=Healthy c=Running").await;
    });
}

#[test]
fn a_stopped_or_inactive_dependency_counts_as_met() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "
services:
  db: {image: 'db:1', stopped: true}
  tools: {image: 'tools:1', profiles: [debug]}
  web: {image: 'web:1', restart: always, dependsOn: {db: {}, tools: {required: false}}}
",
            )
            .await;
        let view = shop.until("db=Stopped web=Running").await;
        assert!(pods(&view, "db").next().is_none());
        assert!(children_of(&view, "tools").is_empty(), "an inactive service has no objects");
    });
}

#[test]
fn an_update_restarts_only_dependents_with_restart_true() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "
services:
  db: {image: 'db:1', expose: [{port: 5432}]}
  web: {image: 'web:1', restart: always, dependsOn: {db: {restart: true}}}
  worker: {image: 'worker:1', restart: always, dependsOn: {db: {}}}
",
            )
            .await;
        shop.until_ready().await;
        let (web, worker) = (template(s, &shop, "web"), template(s, &shop, "worker"));
        shop.edit("services: {db: {image: 'db:2'}}").await;
        shop.until_ready().await;
        assert_ne!(template(s, &shop, "web"), web, "web restarts with db");
        assert_eq!(template(s, &shop, "worker"), worker, "worker does not");
        assert!(s.when_image("db", "db:2") < pod_of_second_template(s, "web", &web));
    });
}

/// Returns the resourceVersion of the first Pod of `service` with another template than `before`.
fn pod_of_second_template(s: &Scenario<'_>, service: &str, before: &str) -> u64 {
    s.when(&format!("{service} had a pod of another template"), |change| {
        change.key.0 == "Pod"
            && crate::support::is_of(&change.object, service)
            && change.object["metadata"]["annotations"]["stackwright.dev/template"] != *before
    })
}

fn template(s: &Scenario<'_>, shop: &StackHandle<'_>, service: &str) -> String {
    let view = s.history.view();
    let workload = view.get("Deployment", &shop.object(service)).expect("its Deployment");
    let hash = workload.pointer("/spec/template/metadata/annotations/stackwright.dev~1template");
    hash.and_then(|hash| hash.as_str()).expect("the template's hash").to_owned()
}

fn image(stack: &StackHandle<'_>, view: &crate::support::View, service: &str) -> String {
    image_of(view.get("Deployment", &stack.object(service)).expect("its Deployment")).to_owned()
}
