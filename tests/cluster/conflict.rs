//! Names that belong to other owners.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Setup, Side, View, image_of, scenario};

const SHOP: &str = "
services:
  web: {image: 'web:1', expose: [{port: 80}], configs: [{source: motd}], volumes: [{source: data, target: /data}]}
volumes: {data: {}}
configs: {motd: {content: hello}}
";

/// The operator checks a conflict again once a minute.
const NEXT_LOOK: u64 = 180;

/// A reconciliation times out after 60 s.
const LATEST_TIMEOUT: Duration = Duration::from_secs(120);

#[test]
fn foreign_objects_stay_unchanged_and_the_stack_recovers_when_they_are_deleted() {
    scenario(async |s| {
        // The names come from a Stack with the same name.
        let names = names_of_children(s).await;
        for (kind, name) in &names {
            s.create(&foreign(kind, name)).await;
        }
        let before: Vec<_> = s
            .until("they are there", |view| names.iter().all(|(kind, name)| view.get(kind, name).is_some()))
            .await
            .all_of(&names);

        let shop = s.apply("shop", SHOP).await;
        let parts: Vec<_> = names.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
        let parts: Vec<_> = parts.iter().map(String::as_str).chain(["delete or rename the object"]).collect();
        shop.until_stalled("Conflict", &parts).await;
        s.let_pass(3).await;
        assert_eq!(s.history.view().all_of(&names), before, "not a byte of them has changed");

        for (kind, name) in &names {
            s.delete(kind, name).await;
        }
        s.allow(NEXT_LOOK);
        shop.until_ready().await;
    });
}

#[test]
fn the_second_stack_with_a_service_name_is_stalled_until_the_first_releases_it() {
    scenario(async |s| {
        let first = s.apply("first", "services: {web: {image: 'web:1', expose: [{port: 80}]}}").await;
        first.until_ready().await;
        let second = s.apply("second", "services: {web: {image: 'web:2', expose: [{port: 80}]}}").await;
        second.until_stalled("NameTaken", &["Service web", "first", "rename"]).await;
        s.let_pass(2).await;
        let view = s.history.view();
        let owner =
            &view.get("Service", "web").expect("the Service")["metadata"]["ownerReferences"][0]["name"];
        assert_eq!(owner, "first");
        first.until_ready().await;

        first.edit("services: {web: null, site: {image: 'web:1', restart: always}}").await;
        s.allow(NEXT_LOOK);
        let view = second.until_ready().await;
        assert_eq!(image_of(view.get("Deployment", &second.object("web")).expect("its workload")), "web:2");
        first.until_ready().await;
    });
}

#[test]
fn an_apply_never_merges_into_an_object_that_another_client_creates_meanwhile() {
    Setup::with_faulty_line().run(async |s| {
        s.line().hold("/services/web", Side::Before);
        let shop = s.apply("shop", "services: {web: {image: 'web:1', expose: [{port: 80}]}}").await;
        s.line().held().await;
        let theirs = s.create(&foreign("Service", "web")).await;
        s.line().let_go();
        shop.until_stalled("Conflict", &["Service web", "delete or rename the object"]).await;
        s.let_pass(2).await;
        let view = s.history.view();
        let version = &view.get("Service", "web").expect("their Service")["metadata"]["resourceVersion"];
        assert_eq!(
            version.as_str(),
            theirs.metadata.resource_version.as_deref(),
            "nothing of it has changed"
        );
        s.delete("Service", "web").await;
        s.allow(NEXT_LOOK);
        shop.until_ready().await;
    });
}

#[test]
fn a_name_is_released_after_a_timeout_of_the_reconciliation_that_took_it() {
    Setup::with_faulty_line().run(async |s| {
        s.line().hold("/services/web", Side::After);
        let first = s.apply("first", "services: {web: {image: 'web:1', expose: [{port: 80}]}}").await;
        s.line().held().await;
        s.allow(NEXT_LOOK);
        // The answer takes longer than the timeout of a reconciliation.
        let began = Instant::now();
        while !s.operator.log().contains("the reconciliation took longer than") {
            assert!(began.elapsed() < LATEST_TIMEOUT, "no reconciliation ended by its timeout");
            s.let_pass(1).await;
        }
        s.line().let_go();
        first.until_ready().await;
        first.edit("services: {web: null, site: {image: 'web:1', restart: always}}").await;
        s.until_gone("Service", "web").await;
        let second = s.apply("second", "services: {web: {image: 'web:2', expose: [{port: 80}]}}").await;
        second.until_ready().await;
        assert!(
            second.kstatuses().iter().all(|it| !format!("{it:?}").contains("Failed")),
            "it was never stalled"
        );
    });
}

/// Returns the ConfigMap, Service and claim of the Stack `shop`.
async fn names_of_children(s: &crate::support::Scenario<'_>) -> Vec<(String, String)> {
    let shop = s.apply("shop", SHOP).await;
    let view = shop.until_ready().await;
    let names: Vec<_> = crate::support::uids(&view)
        .into_keys()
        .filter(|(kind, _)| matches!(kind.as_str(), "ConfigMap" | "Service" | "PersistentVolumeClaim"))
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    shop.delete().await;
    s.allow(NEXT_LOOK);
    s.until("the Stack and all but its claim are gone", |view| {
        view.get("Stack", "shop").is_none() && crate::support::children(view).count() == 1
    })
    .await;
    s.delete("PersistentVolumeClaim", &shop.object("data")).await;
    s.until("its claim is gone", |view| crate::support::children(view).count() == 0).await;
    names
}

/// Returns a foreign object without any field that Stackwright sets.
fn foreign(kind: &str, name: &str) -> String {
    let content = match kind {
        "ConfigMap" => "data: {theirs: theirs}",
        "Service" => "spec: {selector: {app: theirs}, ports: [{name: theirs, port: 9999}]}",
        _ => "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}",
    };
    format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n{content}\n")
}

impl View {
    /// Returns the objects of these kinds and names.
    fn all_of(&self, keys: &[(String, String)]) -> Vec<Option<Value>> {
        keys.iter().map(|(kind, name)| self.get(kind, name).cloned()).collect()
    }
}
