//! Memory that objects of tenants cost the operator.

use futures::{StreamExt, stream};
use kube::api::{DynamicObject, PostParams};
use serde_json::{Map, json};

use crate::support::{Scenario, Setup};

/// The number of keys that fit into an object of 1.5 MiB, each with an entry in managedFields.
const KEYS: usize = 60_000;

const READERS: usize = 12;
const OBJECTS: usize = 30;

#[test]
fn config_maps_of_60_000_keys_cost_less_memory_than_the_operator_itself() {
    Setup::without_operator().run(async |s| {
        s.allow(300);
        let without = peak(s, "first").await;
        let created = stream::iter(0..OBJECTS).map(|n| create(s, n)).buffer_unordered(2).count().await;
        assert_eq!(created, OBJECTS);
        // The objects arrive as events, and are read.
        s.operator.start();
        for n in 0..READERS {
            let read = format!("{{configMapKeyRef: {{name: large-{n}, key: k{n}}}}}");
            let spec = format!(
                "services: {{web{n}: {{image: 'web:1', restart: always, environmentFrom: {{K: {read}}}}}}}"
            );
            s.apply(&format!("reader-{n}"), &spec).await.until_ready().await;
        }
        s.patch("ConfigMap", "large-0", "data: {k0: other}").await;
        s.let_pass(2).await;
        let with = s.operator.most_memory();
        s.operator.kill();
        // The objects are listed, and read by all Stacks at once.
        let again = peak(s, "second").await;
        println!("peak: {without} KiB without, {with} KiB with, {again} KiB at the next start");
        assert!(with <= 2 * without && again <= 2 * without, "{without} KiB, then {with} and {again} KiB");
    });
}

/// Returns the peak memory of an operator that starts and reconciles a new Stack.
async fn peak(s: &Scenario<'_>, name: &str) -> u64 {
    s.operator.start();
    let stack = s.apply(name, &format!("services: {{{name}: {{image: 'web:1', restart: always}}}}")).await;
    stack.until_ready().await;
    s.let_pass(5).await;
    let peak = s.operator.most_memory();
    s.operator.kill();
    peak
}

async fn create(s: &Scenario<'_>, number: usize) {
    let data: Map<_, _> = (0..KEYS).map(|key| (format!("k{key}"), "".into())).collect();
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("large-{number}")},
        "data": data});
    let object: DynamicObject = serde_json::from_value(object).expect("an object");
    let created = s.api("ConfigMap").create(&PostParams::default(), &object).await.expect("it is created");
    assert!(created.metadata.managed_fields.is_some_and(|fields| !fields.is_empty()));
}
