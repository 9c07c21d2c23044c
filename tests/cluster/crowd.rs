//! Many Stacks at once: an invalid one does not affect the others.

use std::time::Duration;

use futures::future::join_all;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceValidation,
};
use kube::{
    Api, Client, Config, CustomResourceExt, ResourceExt,
    api::{DynamicObject, Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::json;
use stackwright::{
    api::Stack,
    controller::{self, Options},
    translate::{Desired, Facts, Invalid, translate},
};
use tokio_util::sync::CancellationToken;

use crate::support::{Cluster, Scenario, Setup, block_on, condition};

#[test]
fn a_malformed_and_an_impossible_stack_do_not_affect_18_others() {
    block_on(async {
        // The relaxed CRD would affect other scenarios, so this one has its own cluster.
        let cluster = Cluster::of_its_own("malformed").await;
        Setup::without_operator().play(&cluster, async |s| eighteen_are_ready(s).await).await;
    });
}

async fn eighteen_are_ready(s: &Scenario<'_>) {
    store_malformed(s, "malformed").await;
    let impossible = s.apply("impossible", "services: {a: {image: 'a:1', dependsOn: {a: {}}}}").await;
    let good = (0..18).map(|n| async move {
        let spec = format!(
            "services: {{db{n}: {{image: 'db:1', expose: [{{port: 5432}}]}}, web{n}: {{image: 'web:1', dependsOn: {{db{n}: {{}}}}, expose: [{{port: 80}}]}}}}"
        );
        s.apply(&format!("good-{n}"), &spec).await
    });
    let good = join_all(good).await;
    s.operator.start();
    s.allow(180);
    impossible.until_stalled("DependencyCycle", &["spec.services.a.dependsOn.a"]).await;
    join_all(good.iter().map(|stack| stack.until_ready())).await;
    let ready = good.iter().map(|stack| stack.status());
    let ready = ready.filter(|status| condition(status, "Ready").is_some_and(|ready| ready.status == "True"));
    assert_eq!(ready.count(), 18);
    s.until("an event tells what is wrong with the malformed one", |view| {
        view.all("Event")
            .any(|(_, event)| event["regarding"]["name"] == "malformed" && event["type"] == "Warning")
    })
    .await;

    // The Stack recovers as soon as it is corrected.
    let corrected =
        json!({ "spec": { "services": { "corrected": { "image": "web:1", "restart": "always" } } } });
    s.api("Stack")
        .patch("malformed", &PatchParams::default(), &Patch::Merge(corrected))
        .await
        .expect("corrected");
    s.until("the corrected one is Ready", |view| {
        let status = crate::support::status_in(view, "malformed");
        condition(&status, "Ready").is_some_and(|ready| ready.status == "True")
    })
    .await;
}

/// Stores a Stack that violates the CRD, as an older version can have left it.
async fn store_malformed(s: &Scenario<'_>, name: &str) {
    let definitions = Api::<CustomResourceDefinition>::all(s.admin());
    let strict = definitions.get(Stack::crd_name()).await.expect("the definition");
    let mut loose = strict.clone();
    loose.spec.versions[0].schema = Some(CustomResourceValidation {
        open_api_v3_schema: serde_json::from_value(json!({
            "type": "object", "x-kubernetes-preserve-unknown-fields": true,
        }))
        .expect("a schema"),
    });
    let params = PostParams::default();
    let mut loosened = definitions.replace(Stack::crd_name(), &params, &loose).await.expect("a looser one");
    let malformed: DynamicObject = serde_json::from_value(json!({
        "apiVersion": "stackwright.dev/v1alpha1",
        "kind": "Stack",
        "metadata": { "name": name },
        "spec": { "services": "none" },
    }))
    .expect("an object");
    // The API server does not report when a CRD takes effect, so the test polls.
    until(async || s.api("Stack").create(&params, &malformed).await.is_ok()).await;
    loosened.spec.versions[0].schema = strict.spec.versions[0].schema.clone();
    definitions.replace(Stack::crd_name(), &params, &loosened).await.expect("the strict one again");
    let trial = PostParams { dry_run: true, ..params };
    let mut another = malformed;
    another.metadata.name = Some(format!("{}-too", another.name_any()));
    until(async || s.api("Stack").create(&trial, &another).await.is_err()).await;
}

async fn until(holds: impl AsyncFn() -> bool) {
    let wait = async { while !holds().await {} };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the definition is taken up in time");
}

/// A translation that panics for Stacks with one name.
fn planted(stack: &Stack, facts: &Facts) -> Result<Desired, Invalid> {
    assert!(
        stack.metadata.name.as_deref() != Some("planted") || stack.spec.services.contains_key("corrected"),
        "planted"
    );
    translate(stack, facts)
}

#[test]
fn a_panic_in_a_reconciliation_stalls_only_its_stack() {
    Setup::without_operator().run(async |s| {
        let config = Kubeconfig::read_from(s.operator.kubeconfig()).expect("the operator's kubeconfig");
        let config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await;
        let client = Client::try_from(config.expect("a configuration")).expect("a client");
        let stop = CancellationToken::new();
        let options = Options {
            scope: [s.namespace.clone()].into_iter().collect(),
            registries: None,
            translation: planted,
            ..Options::default()
        };
        let operator = tokio::spawn(controller::run(client, options, stop.clone()));
        s.allow(120);
        let bad = s.apply("planted", "services: {web: {image: 'web:1', restart: always}}").await;
        bad.until_stalled("InternalError", &["the operator's log explains the error"]).await;
        let good = (0..18).map(|n| async move {
            s.apply(
                &format!("good-{n}"),
                &format!("services: {{web{n}: {{image: 'web:1', restart: always}}}}"),
            )
            .await
        });
        let good = join_all(good).await;
        join_all(good.iter().map(|stack| stack.until_ready())).await;
        assert!(!operator.is_finished(), "the operator goes on");
        // A corrected Stack continues.
        bad.edit("services: {corrected: {image: 'web:1', restart: always}}").await;
        bad.until_ready().await;
        stop.cancel();
        operator.await.expect("no panic").expect("a good end");
    });
}
