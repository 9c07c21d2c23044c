//! Drift: fields of the operator are repaired, and fields of others stay.

use serde_json::Value;

use crate::support::{View, children, image_of, scenario, uids};

const SHOP: &str = "
services:
  db: {image: 'db:1', healthcheck: {test: [CMD, check]}, volumes: [{source: data, target: /data}]}
  web:
    image: web:1
    ports: [{target: 80}]
    configs: [{source: motd}]
    dependsOn: {db: {condition: service_healthy}}
volumes: {data: {}}
configs: {motd: {content: hello}}
";

#[test]
fn every_deleted_child_is_recreated() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let before = uids(&shop.until_ready().await);
        for (kind, name) in before.keys().filter(|(kind, _)| kind != "PersistentVolumeClaim") {
            s.delete(kind, name).await;
        }
        s.until("every child is there again, and is another", |view| {
            let now = uids(view);
            before
                .iter()
                .all(|(key, uid)| now.get(key).is_some_and(|now| now != uid || key.0.starts_with("Pers")))
        })
        .await;
        shop.until_ready().await;
    });
}

#[test]
fn an_edited_child_is_repaired_and_a_field_of_another_manager_stays() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        shop.until_ready().await;
        let web = shop.object("web");
        s.patch("Deployment", &web, "metadata: {annotations: {example.com/note: theirs}}").await;
        s.patch("Deployment", &web, "spec: {replicas: 3}").await;
        s.patch("Service", "web", "spec: {selector: {app: other}}").await;
        s.until("both are as they were, and the note stands", |view| {
            let (deployment, service) = (at(view, "Deployment", &web), at(view, "Service", "web"));
            deployment["spec"]["replicas"] == 1
                && deployment["metadata"]["annotations"]["example.com/note"] == "theirs"
                && service["spec"]["selector"].get("stackwright.dev/service").is_some_and(|it| it == "web")
        })
        .await;
    });
}

#[test]
fn a_child_is_repaired_while_its_dependency_is_unhealthy() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let before = uids(&shop.until_ready().await);
        s.steer("db", "ready", Some("never")).await;
        shop.until("db=Unhealthy web=Running").await;
        let web = shop.object("web");
        s.patch("Deployment", &web, "spec: {replicas: 0}").await;
        s.until("web has its replica again", |view| at(view, "Deployment", &web)["spec"]["replicas"] == 1)
            .await;
        s.delete("Deployment", &web).await;
        s.until("web is there again", |view| {
            let key = ("Deployment".to_owned(), web.clone());
            uids(view).get(&key).is_some_and(|uid| Some(uid) != before.get(&key))
        })
        .await;
        shop.until("db=Unhealthy web=Running").await;
    });
}

#[test]
fn a_gated_child_is_repaired_with_its_old_template() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        shop.until_ready().await;
        s.steer("db", "ready", Some("never")).await;
        shop.until("db=Unhealthy").await;
        shop.edit("services: {web: {image: 'web:2'}}").await;
        shop.until("web=Updating").await;
        let web = shop.object("web");
        s.patch("Deployment", &web, "spec: {replicas: 0}").await;
        let view = s
            .until("web has its replica again", |view| at(view, "Deployment", &web)["spec"]["replicas"] == 1)
            .await;
        assert_eq!(image_of(at(&view, "Deployment", &web)), "web:1");
        shop.until("db=Unhealthy web=Updating").await;
    });
}

#[test]
fn every_child_has_the_operators_labels_and_its_owner() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let view = shop.until_ready().await;
        let stack = &at(&view, "Stack", "shop")["metadata"]["uid"];
        assert!(children(&view).count() >= 6, "the example has children of every kind but a Job");
        for ((kind, name), child) in children(&view) {
            let owners = child["metadata"]["ownerReferences"].as_array().map_or(&[][..], Vec::as_slice);
            assert_eq!(child["metadata"]["labels"]["stackwright.dev/stack"], "shop", "{kind} {name}");
            if kind == "PersistentVolumeClaim" {
                assert!(owners.is_empty(), "a claim outlives its Stack");
            } else {
                assert!(owners.len() == 1 && owners[0]["uid"] == *stack, "{kind} {name}: {owners:?}");
            }
        }
    });
}

fn at<'v>(view: &'v View, kind: &str, name: &str) -> &'v Value {
    view.get(kind, name).unwrap_or(&Value::Null)
}
