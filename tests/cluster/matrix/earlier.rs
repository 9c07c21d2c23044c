//! Upgrade from an operator of an earlier version, built from its commit, and rollback.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use futures::{StreamExt, stream};
use serde_json::{Value, json};

use crate::{
    support::{Cluster, Request, Scenario, Setup, block_on, uids},
    takeover::{Fixture, HELPER, allow_all, containers, fixtures, until_still},
};

#[test]
#[ignore = "builds the operators of earlier versions: make matrix"]
fn an_upgrade_and_rollback_of_the_operator_write_no_child_and_restart_nothing() {
    let fixtures = fixtures();
    let versions: BTreeSet<_> = fixtures.iter().map(|fixture| fixture.version.as_str()).collect();
    let programs: BTreeMap<_, _> = versions.into_iter().map(|version| (version, program(version))).collect();
    block_on(async {
        let cluster = Cluster::shared().await;
        let scenarios = fixtures.iter().map(|fixture| {
            let program = &programs[fixture.version.as_str()];
            async move {
                let setup = Setup::without_operator().with_helper(HELPER);
                setup.play(cluster, async |s| goes_there_and_back(s, fixture, program).await).await;
            }
        });
        stream::iter(scenarios).buffer_unordered(4).collect::<()>().await;
    });
}

/// Returns the operator of a version, built if it is missing.
fn program(version: &str) -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/hack/earlier-operator");
    let output = Command::new(script).arg(version).stderr(std::process::Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "hack/earlier-operator {version} (above)");
    String::from_utf8(output.stdout).unwrap().trim().into()
}

async fn goes_there_and_back(s: &Scenario<'_>, fixture: &Fixture, earlier: &Path) {
    allow_all(s);
    // A fixture names a key that no ConfigMap can have. Its service would never run.
    let spec = fixture.spec.to_string().replace("\"..site\"", "\"site\"");
    let spec: Value = serde_json::from_str(&spec).unwrap();
    let mut named = BTreeMap::new();
    named_objects(&spec, &mut named);
    for ((kind, name), keys) in named {
        let values: serde_json::Map<_, _> =
            keys.into_iter().map(|key| (key.to_owned(), json!("a value"))).collect();
        let values = json!({ (if kind == "Secret" { "stringData" } else { "data" }): values });
        let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
        object.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
        s.create(&object.to_string()).await;
    }
    s.operator.start_as(earlier);
    let stack = s.apply(&fixture.name, &spec.to_string()).await;
    let has_settled = |status: &stackwright::api::StackStatus| !status.conditions.is_empty();
    stack.until_status("the earlier operator has judged the Stack", has_settled).await;
    until_still(s).await;
    let (children, before) = (uids(&s.history.view()), containers(s));
    assert!(!children.is_empty() && !before.is_empty(), "the earlier operator has created nothing");

    let earlier_again = async |direction: &str, program: Option<&Path>| {
        assert!(s.operator.stop(), "the operator failed at its end");
        let mark = s.mark();
        program.map_or_else(|| s.operator.start(), |program| s.operator.start_as(program));
        // Earlier versions log "the lease is ours".
        let leads = |log: &str| log.contains("acquired the Lease") || log.contains("the lease is ours");
        s.until("the operator leads", |_| leads(&s.operator.log())).await;
        until_still(s).await;
        let what = format!("writes to children of {} {direction} {}", fixture.name, fixture.version);
        s.requests_since(mark).assert(0, &what, Request::is_child_write);
        assert_eq!(uids(&s.history.view()), children, "{what}");
        assert_eq!(containers(s), before, "{}: pods came or went {direction}", fixture.name);
        assert_eq!(s.operator.ended_by_itself(), None);
    };
    earlier_again("from", None).await;
    earlier_again("back to", Some(earlier)).await;
}

/// Returns the ConfigMaps and Secrets that a spec names, with their keys.
fn named_objects<'v>(spec: &'v Value, found: &mut BTreeMap<(&'static str, &'v str), BTreeSet<&'v str>>) {
    match spec {
        Value::Array(items) => items.iter().for_each(|item| named_objects(item, found)),
        Value::Object(entries) => {
            for (key, value) in entries {
                let kind = match key.as_str() {
                    "secretKeyRef" | "secret" => Some("Secret"),
                    "configMapKeyRef" | "configMap" => Some("ConfigMap"),
                    _ => None,
                };
                match (kind, value["name"].as_str(), value["key"].as_str()) {
                    (Some(kind), Some(name), Some(key)) => {
                        found.entry((kind, name)).or_default().insert(key);
                    }
                    _ => named_objects(value, found),
                }
            }
        }
        _ => {}
    }
}
