//! The state of a Stack for tools that use kstatus: Flux with `wait: true`, Helm 4, pipelines.

use serde_json::{Value, json};

use crate::support::{Kstatus, Setup, kstatus, scenario};

use Kstatus::{Current, Failed, InProgress, Terminating};

/// A Stack that waits for a Secret.
const SHOP: &str = "
services:
  db: {image: 'db:1', restart: always, environmentFrom: {PASSWORD: {secretKeyRef: {name: db, key: password}}}}
";

#[test]
fn kstatus_follows_the_first_rule_that_applies() {
    let object = |metadata: Value, status: Value| kstatus(&json!({"metadata": metadata, "status": status}));
    let conditions = |pairs: &[(&str, &str)]| -> Value {
        pairs.iter().map(|(kind, status)| json!({"type": kind, "status": status})).collect()
    };
    let at = |observed: i64, pairs: &[(&str, &str)]| {
        object(
            json!({"generation": 2}),
            json!({"observedGeneration": observed, "conditions": conditions(pairs)}),
        )
    };
    assert_eq!(kstatus(&json!({"metadata": {"generation": 1}})), Current, "of an object without a status");
    assert_eq!(object(json!({"generation": 1}), json!({"observedGeneration": -1})), InProgress);
    assert_eq!(at(1, &[("Ready", "True")]), InProgress);
    assert_eq!(at(2, &[]), Current);
    assert_eq!(at(2, &[("Ready", "True"), ("Stalled", "False"), ("Approximated", "True")]), Current);
    assert_eq!(at(2, &[("Ready", "False")]), InProgress);
    assert_eq!(at(2, &[("Ready", "Unknown")]), InProgress);
    assert_eq!(at(2, &[("Ready", "True"), ("Reconciling", "True")]), InProgress);
    assert_eq!(at(2, &[("Ready", "False"), ("Stalled", "True")]), Failed);
    assert_eq!(at(1, &[("Stalled", "True")]), InProgress);
    let deleted = json!({"generation": 2, "deletionTimestamp": "2026-01-01T00:00:00Z"});
    assert_eq!(object(deleted, json!({"observedGeneration": 1})), Terminating);
}

#[test]
fn a_new_stack_is_in_progress_even_without_an_operator() {
    Setup::without_operator().run(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let stack = s.api("Stack").get("shop").await.unwrap();
        assert_eq!(kstatus(&serde_json::to_value(stack).unwrap()), InProgress);
        s.let_pass(3).await;
        assert_eq!(shop.kstatuses(), [InProgress], "there is no other state");
        s.operator.start();
        shop.until("db=Waiting").await;
        assert_eq!(shop.kstatuses(), [InProgress], "the Secret is missing");
        s.create("{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {password: secret}}")
            .await;
        shop.until_ready().await;
        assert_eq!(shop.kstatuses(), [InProgress, Current]);
    });
}

#[test]
fn a_stack_that_is_created_with_an_empty_status_is_in_progress() {
    Setup::without_operator().run(async |s| {
        for (name, status) in [("none", ""), ("null", ", status: null"), ("empty", ", status: {}")] {
            let text = format!("{{apiVersion: stackwright.dev/v1alpha1, kind: Stack, metadata: {{name: '{name}'}}, spec: {{services: {{}}}}{status}}}");
            let created = s.create(&text).await;
            assert_eq!(kstatus(&serde_json::to_value(created).unwrap()), InProgress, "{name}");
            let read = s.api("Stack").get(name).await.unwrap();
            assert_eq!(kstatus(&serde_json::to_value(read).unwrap()), InProgress, "{name}");
        }
    });
}

#[test]
fn an_edit_is_in_progress_until_it_is_observed() {
    scenario(async |s| {
        let shop = s.apply("shop", "services: {web: {image: 'web:1', restart: always}}").await;
        shop.until_ready().await;
        s.operator.kill();
        shop.edit("services: {web: {image: 'web:2'}}").await;
        s.let_pass(2).await;
        assert_eq!(shop.kstatuses(), [InProgress, Current, InProgress]);
        s.operator.start();
        shop.until_ready().await;
        assert_eq!(shop.kstatuses(), [InProgress, Current, InProgress, Current]);
    });
}

#[test]
fn a_stalled_stack_has_failed_until_it_is_edited() {
    scenario(async |s| {
        let shop =
            s.apply("shop", "services: {web: {image: 'web:1', restart: always, dependsOn: {db: {}}}}").await;
        shop.until_stalled("UnknownDependency", &["db"]).await;
        assert_eq!(shop.kstatuses(), [InProgress, Failed]);
        shop.edit("services: {web: {dependsOn: null}}").await;
        shop.until_ready().await;
        assert_eq!(shop.kstatuses(), [InProgress, Failed, InProgress, Current]);
    });
}

#[test]
fn a_stack_that_is_deleted_is_terminating_until_it_is_gone() {
    scenario(async |s| {
        let shop = s.apply("shop", "services: {web: {image: 'web:1', restart: always}}").await;
        shop.until_ready().await;
        s.patch("Stack", "shop", "metadata: {finalizers: [example.com/held]}").await;
        shop.delete().await;
        s.until("it is being deleted", |view| {
            view.get("Stack", "shop").is_some_and(|stack| kstatus(stack) == Terminating)
        })
        .await;
        s.patch("Stack", "shop", "metadata: {finalizers: null}").await;
        s.until_gone("Stack", "shop").await;
        assert_eq!(shop.kstatuses(), [InProgress, Current, Terminating]);
    });
}
