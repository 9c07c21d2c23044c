//! Claims without a volume: the Stack reports the claim and the cause, other services run, and the service starts once there
//! is a volume.

use k8s_openapi::api::{core::v1::PersistentVolume, storage::v1::StorageClass};
use kube::{Api, api::PostParams};

use crate::support::{Scenario, from_yaml, scenario};

#[test]
fn a_missing_storage_class_is_reported_until_it_is_created() {
    scenario(async |s| {
        let class = format!("{}-fast", s.namespace);
        let shop = s
            .apply(
                "shop",
                &format!(
                    "
services:
  db: {{image: 'db:1', restart: always, volumes: [{{source: data, target: /data}}]}}
  web: {{image: 'web:1', restart: always}}
volumes: {{data: {{storageClassName: {class}}}}}
"
                ),
            )
            .await;
        let other = s.apply("other", "services: {cache: {image: 'cache:1', restart: always}}").await;
        shop.until("db=Blocked web=Running").await;
        other.until_ready().await;
        let sentence =
            format!("claim shop-data has no volume: StorageClass {class} does not exist; create it");
        shop.until_message("db", &sentence).await;
        shop.until_condition("Reconciling", "Blocked", &[&format!("db is blocked: {sentence}")]).await;

        create_class(s, &class, "Immediate").await;
        create_volume(s, &class, "shop-data").await;
        shop.until_ready().await;
        delete(s, &class);
    });
}

#[test]
fn a_silent_provisioner_is_reported_until_there_is_a_volume() {
    scenario(async |s| {
        let class_of = |service: &str| format!("{}-{service}", s.namespace);
        let services = [("now", "Immediate"), ("later", "WaitForFirstConsumer")];
        for (service, mode) in services {
            create_class(s, &class_of(service), mode).await;
        }
        let (now, later) = (class_of("now"), class_of("later"));
        let shop = s
            .apply(
                "shop",
                &format!(
                    "
services:
  now: {{image: 'db:1', restart: always, volumes: [{{source: now, target: /data}}]}}
  later: {{image: 'db:1', restart: always, volumes: [{{source: later, target: /data}}]}}
volumes: {{now: {{storageClassName: {now}}}, later: {{storageClassName: {later}}}}}
"
                ),
            )
            .await;
        for (service, _) in services {
            let sentence = format!(
                "claim shop-{service} has no volume: provisioner example.com/nobody of StorageClass {} \
                 has not created one yet",
                class_of(service)
            );
            shop.until_message(service, &sentence).await;
            assert_eq!(shop.states_of(service), ["Starting", "Blocked"], "a provisioner has its time");
        }
        for (service, _) in services {
            create_volume(s, &class_of(service), &shop.object(service)).await;
        }
        shop.until_ready().await;
        services.iter().for_each(|(service, _)| delete(s, &class_of(service)));
    });
}

/// Returns a StorageClass whose provisioner does not run.
async fn create_class(s: &Scenario<'_>, name: &str, mode: &str) {
    let class = from_yaml(&format!(
        "{{metadata: {{name: {name}}}, provisioner: example.com/nobody, volumeBindingMode: {mode}}}"
    ));
    let class: StorageClass = serde_json::from_value(class).expect("a storage class");
    Api::all(s.admin()).create(&PostParams::default(), &class).await.expect("the storage class");
}

/// Creates a PersistentVolume for one claim, with the name of its StorageClass.
async fn create_volume(s: &Scenario<'_>, class: &str, claim: &str) {
    let volume = from_yaml(&format!(
        "
metadata: {{name: {class}}}
spec:
  storageClassName: {class}
  accessModes: [ReadWriteOnce]
  capacity: {{storage: 1Gi}}
  claimRef: {{namespace: {}, name: {claim}}}
  hostPath: {{path: /simulated/{class}}}
",
        s.namespace
    ));
    let volume: PersistentVolume = serde_json::from_value(volume).expect("a volume");
    Api::all(s.admin()).create(&PostParams::default(), &volume).await.expect("the volume");
}

/// Deletes cluster-scoped objects, which outlive the scenario's namespace.
fn delete(s: &Scenario<'_>, class: &str) {
    s.kubectl(&["delete", "storageclass,persistentvolume", class, "--wait=false"]);
}
