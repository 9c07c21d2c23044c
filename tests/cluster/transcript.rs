//! Output of kubectl, as snapshots.

use std::collections::BTreeSet;

use crate::support::{Scenario, StackHandle, scenario};

/// One service in each state that a user must understand.
const SHOP: &str = "
services:
  cache: {image: 'cache:1', expose: [{port: 6379}]}
  db: {image: 'db:1', healthcheck: {test: [CMD, check]}, annotations: {sim/ready: never}}
  seed: {image: 'seed:1', restart: 'no'}
  api:
    image: api:1
    environmentFrom: {PASSWORD: {secretKeyRef: {name: db, key: password}}}
    dependsOn: {db: {condition: service_healthy}, seed: {condition: service_completed_successfully}}
  model: {image: 'model:1', restart: always, annotations: {sim/image: missing}}
  web: {image: 'web:1', restart: always, dependsOn: {api: {}}}
";

#[test]
fn kubectl_get_shows_what_is_up_and_why_the_rest_is_not() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        until_all_wait(&shop).await;
        insta::assert_snapshot!("get_waiting", table(&s.kubectl(&["get", "stk"])));
        provide(s).await;
        shop.until_ready().await;
        insta::assert_snapshot!("get_ready", table(&s.kubectl(&["get", "stk"])));
    });
}

#[test]
fn kubectl_describe_shows_each_services_state_cause_and_remedy() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        until_all_wait(&shop).await;
        insta::assert_snapshot!("describe", description(&s.kubectl(&["describe", "stk", "shop"])));
    });
}

#[test]
fn kubectl_wait_returns_when_the_stack_is_ready() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        shop.until("db=Starting").await;
        let wait = ["wait", "--for=condition=Ready", "stk/shop"];
        let too_early =
            s.cluster.kubectl(&s.namespace, &[wait[0], wait[1], wait[2], "--timeout=1s"]).status();
        assert!(!too_early.expect("kubectl runs").success(), "the Stack is not Ready yet");
        provide(s).await;
        let output = s.kubectl(&[wait[0], wait[1], wait[2], "--timeout=30s"]);
        insta::assert_snapshot!("wait", output);
    });
}

#[test]
fn kubectl_explain_describes_the_fields() {
    scenario(async |s| {
        insta::assert_snapshot!("explain", s.kubectl(&["explain", "stack.spec.services.healthcheck"]));
    });
}

#[test]
fn the_definition_is_small_enough_for_a_client_side_apply() {
    scenario(async |s| {
        // A client-side apply stores the whole object in an annotation of at most 256 KiB.
        let output = s.kubectl(&["apply", "--dry-run=server", "-f", CRDS]);
        assert!(output.contains("stacks.stackwright.dev"), "{output}");
        let sizes = std::fs::read_dir(CRDS).expect("crds/").map(|file| file.and_then(|file| file.metadata()));
        for size in sizes {
            assert!(size.expect("a file").len() < 256 * 1024);
        }
    });
}

/// Waits until each service is in its state.
async fn until_all_wait(shop: &StackHandle<'_>) {
    shop.until("api=Waiting cache=Running db=Starting model=Blocked seed=Completed web=Waiting").await;
    shop.until_message("api", "db is not healthy yet").await;
}

/// The folder of the generated CRD.
const CRDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");

/// Provides everything that the services wait for.
async fn provide(s: &Scenario<'_>) {
    s.create("{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {password: secret}}").await;
    s.steer("db", "ready", Some("now")).await;
    s.steer("model", "image", None).await;
}

/// Returns a table without the ages, which are the last column.
fn table(text: &str) -> String {
    let without_age = |line: &str| match line.rsplit_once(' ') {
        Some((rest, "AGE")) => format!("{rest} AGE"),
        Some((rest, _)) => format!("{rest} <age>"),
        None => line.to_owned(),
    };
    text.lines().map(without_age).collect::<Vec<_>>().join("\n")
}

/// Returns the status in the output of describe, without times and hashes, and the warnings. The other events depend on
/// timing.
fn description(text: &str) -> String {
    let (_, status) = text.split_once("\nStatus:").expect("a described Stack has a status");
    let (status, events) = status.split_once("\nEvents:").expect("describe ends with the events");
    let status = status.lines().map(|line| match line.split_once(':') {
        Some((key, _)) if ["Last Transition Time", "Template"].contains(&key.trim()) => {
            format!("{key}:  <...>")
        }
        _ => line.to_owned(),
    });
    // Type, Reason, Age, From, Message, two spaces or more apart; a heading and a line under it.
    let event = |line: &str| {
        let columns: Vec<_> = line.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
        format!("  {}  {}  {}", columns[0], columns[1], columns[4..].join("  "))
    };
    let events: BTreeSet<_> =
        events.lines().skip(3).filter(|line| line.contains("Warning")).map(event).collect();
    let lines = status.chain(["Warnings:".to_owned()]).chain(events);
    lines.collect::<Vec<_>>().join("\n")
}
