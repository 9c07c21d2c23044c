//! Removal of services and Stacks: deleted children, and claims that stay.

use std::collections::BTreeSet;

use crate::support::{Scenario, View, children, children_of, scenario, uids};

const SHOP: &str = "
services:
  db: {image: 'db:1', healthcheck: {test: [CMD, check]}, volumes: [{source: data, target: /data}]}
  cache: {image: 'cache:1', ports: [{target: 6379}]}
  web: {image: 'web:1', expose: [{port: 80}], dependsOn: {db: {condition: service_healthy}}}
volumes: {data: {}}
";

/// Seconds that the garbage collector can take for a kind that is new to it.
const COLLECTION: u64 = 180;

#[test]
fn removing_a_service_prunes_exactly_its_children() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let before = shop.until_ready().await;
        let gone = children_of(&before, "cache");
        assert_eq!(kinds(&gone), ["Deployment", "NetworkPolicy", "Service", "Service"], "{gone:?}");
        shop.edit("services: {cache: null}").await;
        assert_only_these_go(s, &before, &gone).await;
        shop.until_ready().await;
        assert!(shop.status().services.iter().all(|service| service.name != "cache"));
    });
}

#[test]
fn removing_a_service_prunes_its_children_while_another_waits() {
    scenario(async |s| {
        let held = SHOP.replace(
            "healthcheck: {test: [CMD, check]}",
            "annotations: {sim/ready: never}, healthcheck: {test: [CMD, check]}",
        );
        let shop = s.apply("shop", &held).await;
        let before = shop.until("db=Starting cache=Running web=Waiting").await;
        shop.edit("services: {cache: null}").await;
        assert_only_these_go(s, &before, &children_of(&before, "cache")).await;
        shop.until("db=Starting web=Waiting").await;
    });
}

#[test]
fn deleting_the_stack_removes_all_children_except_claims_even_without_an_operator() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let before = uids(&shop.until_ready().await);
        s.operator.kill();
        shop.delete().await;
        s.allow(COLLECTION);
        let view = s
            .until("the Stack, its pods and its children are gone, but claims", |view| {
                view.get("Stack", "shop").is_none()
                    && view.all("Pod").next().is_none()
                    && children(view).all(|((kind, _), _)| kind == "PersistentVolumeClaim")
            })
            .await;
        let claim = claim(&shop.object("data"));
        assert_eq!(uids(&view), before.into_iter().filter(|(key, _)| *key == claim).collect());
    });
}

#[test]
fn a_recreated_stack_adopts_its_claims() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let before = uids(&shop.until_ready().await);
        shop.delete().await;
        s.allow(COLLECTION);
        s.until_gone("Stack", "shop").await;
        s.until("nothing but the claim is left", |view| children(view).count() == 1).await;
        let shop = s.apply("shop", SHOP).await;
        let view = shop.until_ready().await;
        let claim = claim(&shop.object("data"));
        assert_eq!(uids(&view).get(&claim), before.get(&claim), "it is the same claim");
        assert_eq!(view.get(&claim.0, &claim.1).expect("the claim")["status"]["phase"], "Bound");
    });
}

#[test]
fn claims_are_deleted_with_the_stack_only_with_volume_policy_delete() {
    scenario(async |s| {
        let shop = s.apply("shop", &format!("{SHOP}volumePolicy: Delete")).await;
        let claim = claim(&shop.object("data"));
        let before = uids(&shop.until_ready().await);
        shop.edit("services: {db: {volumes: null}}\nvolumes: null").await;
        let view = shop.until_ready().await;
        assert_eq!(uids(&view).get(&claim), before.get(&claim), "leaving the spec deletes nothing");
        s.operator.kill();
        shop.delete().await;
        s.allow(COLLECTION);
        s.until_gone(&claim.0, &claim.1).await;
    });
}

#[test]
fn a_claim_removed_from_the_spec_outlives_the_stack_with_volume_policy_retain() {
    scenario(async |s| {
        let shop = s.apply("shop", &format!("{SHOP}volumePolicy: Delete")).await;
        let claim = claim(&shop.object("data"));
        let before = uids(&shop.until_ready().await);
        shop.edit("services: {db: {volumes: null}}\nvolumes: null").await;
        shop.until_ready().await;
        shop.edit("volumePolicy: Retain").await;
        s.until("the claim is released", |view| {
            view.get(&claim.0, &claim.1).is_some_and(|claim| claim["metadata"]["ownerReferences"].is_null())
        })
        .await;
        shop.delete().await;
        s.allow(COLLECTION);
        let left = s.until("nothing but the claim is left", |view| children(view).count() == 1).await;
        assert_eq!(uids(&left).get(&claim), before.get(&claim));
    });
}

#[test]
fn a_stack_recreated_at_once_ignores_the_status_of_the_earlier_one() {
    const ONE_SHOT: &str = "
services:
  migrate: {image: 'migrate:1', restart: 'no'}
  web: {image: 'web:1', expose: [{port: 80}], dependsOn: {migrate: {condition: service_completed_successfully}}}
";
    scenario(async |s| {
        let shop = s.apply("shop", ONE_SHOT).await;
        let before = uids(&shop.until_ready().await);
        shop.delete().await;
        let shop = s.apply("shop", ONE_SHOT).await;
        s.allow(COLLECTION);
        let renewed = |view: &View| {
            let now = uids(view);
            before.keys().all(|key| now.get(key).is_some_and(|uid| Some(uid) != before.get(key)))
        };
        s.until("every child is another one, the finished Job too", renewed).await;
        shop.until_ready().await;
        assert!(shop.statuses().iter().flat_map(|status| &status.conditions).all(|it| it.type_ != "Stalled"));
    });
}

#[test]
fn a_volume_removed_from_the_spec_is_kept() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let claim = claim(&shop.object("data"));
        let before = uids(&shop.until_ready().await);
        shop.edit("services: {db: {volumes: null}}\nvolumes: null").await;
        shop.until_ready().await;
        s.let_pass(3).await;
        let view = s.history.view();
        assert_eq!(uids(&view).get(&claim), before.get(&claim));
        assert!(view.get(&claim.0, &claim.1).expect("the claim")["metadata"]["deletionTimestamp"].is_null());
        shop.apply(SHOP).await;
        assert_eq!(uids(&shop.until_ready().await).get(&claim), before.get(&claim), "it is taken up again");
    });
}

#[test]
fn claims_keep_their_uid_across_updates() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let claim = claim(&shop.object("data"));
        let before = uids(&shop.until_ready().await);
        for edit in [
            "services: {db: {image: 'db:2'}}",
            "services: {db: {stopped: true}}",
            "services: {db: {stopped: null, volumes: [{source: data, target: /elsewhere, readOnly: true}]}}",
            "services: {db: {volumes: [{source: data, target: /data}]}}",
            "volumePolicy: Delete",
            "volumePolicy: Retain",
            "services: {db: null, postgres: {image: 'db:2', volumes: [{source: data, target: /data}]}, web: {dependsOn: null}}",
        ] {
            shop.edit(edit).await;
            let view = shop.until_ready().await;
            assert_eq!(uids(&view).get(&claim), before.get(&claim), "after {edit}");
        }
        let owned = |view: &View| {
            !view.get(&claim.0, &claim.1).expect("the claim")["metadata"]["ownerReferences"].is_null()
        };
        assert!(!owned(&s.history.view()), "Retain takes the owner away again");
    });
}

/// Waits until `gone` are gone, and asserts that no other object was deleted or recreated.
async fn assert_only_these_go(s: &Scenario<'_>, before: &View, gone: &BTreeSet<(String, String)>) {
    let mut expected = uids(before);
    expected.retain(|key, _| !gone.contains(key));
    s.until("what it had is gone", |view| uids(view).keys().all(|key| !gone.contains(key))).await;
    s.let_pass(2).await;
    assert_eq!(uids(&s.history.view()), expected);
}

fn claim(name: &str) -> (String, String) {
    ("PersistentVolumeClaim".to_owned(), name.to_owned())
}

fn kinds(keys: &BTreeSet<(String, String)>) -> Vec<&str> {
    keys.iter().map(|(kind, _)| kind.as_str()).collect()
}
