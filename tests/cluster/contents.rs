//! Effects on a service when the Secrets, ConfigMaps and claims that it uses change.

use serde_json::Value;

use crate::support::{View, What, is_of, pods, scenario};

#[test]
fn a_changed_key_of_a_secret_rolls_only_its_readers() {
    scenario(async |s| {
        s.create(
            "{apiVersion: v1, kind: Secret, metadata: {name: app}, stringData: {password: one, other: one}}",
        )
        .await;
        s.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: app}, data: {app.conf: one}}").await;
        let shop = s
            .apply(
                "shop",
                "
services:
  variable: {image: 'app:1', restart: always, environmentFrom: {PASSWORD: {secretKeyRef: {name: app, key: password}}}}
  file: {image: 'app:1', restart: always, files: [{target: /app.conf, files: [{configMapKeyRef: {name: app, key: app.conf}}]}]}
  neither: {image: 'app:1', restart: always}
",
            )
            .await;
        shop.until_ready().await;
        // A key without readers changes first. A rollout by it would create another Pod.
        s.patch("Secret", "app", "stringData: {other: two}").await;
        let first = hash(&s.history.view(), "variable");
        s.patch("Secret", "app", "stringData: {password: two}").await;
        s.until("the reader of the variable has a new pod", |view| hash(view, "variable") != first).await;
        shop.until_ready().await;
        let first = hash(&s.history.view(), "file");
        s.patch("ConfigMap", "app", "data: {app.conf: two}").await;
        s.until("the reader of the file has a new pod", |view| hash(view, "file") != first).await;
        shop.until_ready().await;
        let changes = s.history.changes();
        let created = |service: &str| {
            let of_pods =
                changes.iter().filter(|change| change.event == What::Created && change.key.0 == "Pod");
            of_pods.filter(|change| is_of(&change.object, service)).count()
        };
        assert_eq!((created("variable"), created("file"), created("neither")), (2, 2, 1));
    });
}

#[test]
fn a_deleted_secret_rolls_no_service_and_a_recreated_one_rolls_its_readers_once() {
    const SECRET: &str = "{apiVersion: v1, kind: Secret, metadata: {name: app}, stringData: {password: one}}";
    scenario(async |s| {
        s.create(SECRET).await;
        let shop = s
            .apply(
                "shop",
                "
services:
  db: {image: 'db:1', restart: always, environmentFrom: {PASSWORD: {secretKeyRef: {name: app, key: password}}}}
",
            )
            .await;
        let view = shop.until_ready().await;
        let uid = |view: &View| {
            let (_, pod) = pods(view, "db").next().expect("a pod");
            pod["metadata"]["uid"].clone()
        };
        let before = uid(&view);
        s.delete("Secret", "app").await;
        s.until_gone("Secret", "app").await;
        // A later event has been processed, so the deletion has caused no write.
        shop.edit("services: {web: {image: 'web:1', restart: always}}").await;
        shop.until("web=Running").await;
        assert_eq!(uid(&s.history.view()), before);
        // The hash of the values is keyed by the UID of the Secret.
        s.create(SECRET).await;
        s.until("there is another pod", |view| {
            pods(view, "db").any(|(_, pod)| pod["metadata"]["uid"] != before)
        })
        .await;
        shop.until_ready().await;
        let changes = s.history.changes();
        let created = changes
            .iter()
            .filter(|it| it.event == What::Created && it.key.0 == "Pod" && is_of(&it.object, "db"));
        assert_eq!(created.count(), 2);
    });
}

#[test]
fn a_foreign_claim_is_waited_for_and_never_changed() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "
services:
  db: {image: 'db:1', restart: always, volumes: [{source: data, target: /data}]}
  web: {image: 'web:1', restart: always}
volumes: {data: {claimName: database}}
",
            )
            .await;
        shop.until("db=Waiting web=Running").await;
        let missing = ["PersistentVolumeClaim database does not exist", "create it"];
        shop.until_condition("Reconciling", "MissingObject", &missing).await;
        s.create(
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: database}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}",
        )
        .await;
        shop.until_ready().await;
        shop.delete().await;
        s.until_gone("StatefulSet", &shop.object("db")).await;
        let view = s.history.view();
        let claim = view.get("PersistentVolumeClaim", "database").expect("the claim stays");
        let managers = claim["metadata"]["managedFields"].as_array().into_iter().flatten();
        assert!(managers.into_iter().all(|manager| manager["manager"] != "stackwright"), "{claim}");
    });
}

/// Returns the hash in the Pod of a service, if the service has one Pod.
fn hash(view: &View, service: &str) -> Option<Value> {
    let (_, pod) = pods(view, service).next()?;
    pod["metadata"]["annotations"].get("stackwright.dev/reads").cloned()
}
