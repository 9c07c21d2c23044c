//! Image metadata is read once, used for unset fields, and kept. A registry without an answer, or with another one later,
//! does not change running services.

use serde_json::Value;

use crate::support::{Change, Registry, Request, Scenario, Setup, View, What, block_on, condition, pods};

const DB: &str = "
ExposedPorts: {5432/tcp: {}}
Volumes: {/data: {}}
Healthcheck: {Test: [CMD-SHELL, pg_isready], Interval: 5000000000}
";

const SHOP: &str = "
services:
  db: {image: 'db:1', restart: always}
  web: {image: 'web:1', restart: always, dependsOn: {db: {condition: service_healthy}}}
";

/// Runs a scenario whose operator reads this registry.
fn with_registry(registry: &Registry, body: impl AsyncFnOnce(&Scenario<'_>)) {
    Setup::default().with_registry(&registry.address).run(body);
}

fn registry() -> Registry {
    let registry = block_on(Registry::start());
    registry.put("db:1", DB);
    registry.put("web:1", "{}");
    registry
}

#[test]
fn image_metadata_is_used_and_read_once() {
    let registry = registry();
    with_registry(&registry, async |s| {
        let shop = s.apply("shop", SHOP).await;
        let view = shop.until_ready().await;
        shop.until("db=Healthy web=Running").await;
        let service = view.get("Service", "db").expect("a name for db");
        assert_eq!(service["spec"]["ports"][0]["port"], 5432, "{service}");
        let db = view.get("StatefulSet", &shop.object("db")).expect("a service with a volume");
        let container = &db["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["volumeMounts"][0]["mountPath"], "/data");
        assert_eq!(container["readinessProbe"]["periodSeconds"], 5);
        let remembered =
            db["metadata"]["annotations"]["stackwright.dev/image-metadata"].as_str().expect("a memory");
        assert!(remembered.contains("\"image\":\"db:1\",\"digest\":\"sha256:"), "{remembered}");
        assert!(condition(&shop.status(), "Approximated").is_none());

        let asked = (registry.asked_for("db"), registry.asked_for("web"));
        assert!(asked.0 > 0 && asked.1 > 0);
        s.let_pass(3).await;
        assert!(s.operator.stop(), "it ends well when asked to");
        registry.hang(true);
        let mark = s.mark();
        s.operator.start();
        // The operator reconciles a new Stack after the existing ones.
        let other = s.apply("other", "{services: {other: {image: 'other:1'}}, imageMetadata: Ignore}").await;
        other.until_ready().await;
        assert_eq!((registry.asked_for("db"), registry.asked_for("web")), asked);
        let requests = s.requests_since(mark);
        assert!(requests.count().is_none_or(|count| count > 0), "this log is not the operator's");
        let of_shop = |request: &Request| request.is_write() && request.name.starts_with("shop");
        requests.assert(0, "writes to a Stack that is as it was", of_shop);
    });
}

#[test]
fn a_hanging_registry_delays_only_its_own_stack_for_seconds() {
    let registry = registry();
    registry.hang(true);
    with_registry(&registry, async |s| {
        let shop = s.apply("shop", "services: {db: {image: 'db:1', restart: always}}").await;
        let spec = "{services: {other: {image: 'other:1', restart: always}}, imageMetadata: Ignore}";
        let other = s.apply("other", spec).await;
        other.until_ready().await;
        let view = shop.until_ready().await;
        let created = |name: &str| {
            let is_it =
                |it: &Change| it.event == What::Created && it.key.0 == "Deployment" && it.key.1 == name;
            s.history.changes().iter().position(is_it).expect("a Deployment")
        };
        assert!(created("other-other") < created("shop-db"), "only who waits for an answer waits");
        let silent = ["spec.services.db.image", "no answer from"];
        shop.until_condition("Approximated", "NotExact", &silent).await;
        let before = uid(&view, "db");

        registry.hang(false);
        let asked = registry.asked_for("db");
        // A new image is read, and running services stay unchanged.
        shop.edit("services: {web: {image: 'web:1', restart: always, expose: [{port: 80}]}}").await;
        let view = shop.until_ready().await;
        assert_eq!(uid(&view, "db"), before);
        assert_eq!(registry.asked_for("db"), asked);
        shop.until_condition("Approximated", "NotExact", &silent).await;

        // Another tag of the image is read.
        registry.put("db:2", DB);
        shop.edit("services: {db: {image: 'db:2'}}").await;
        let view = shop.until_ready().await;
        assert!(view.get("StatefulSet", &shop.object("db")).is_some());
        assert!(condition(&shop.status(), "Approximated").is_none());
    });
}

#[test]
fn a_busy_registry_never_leads_to_a_pod_without_the_volume_of_its_image() {
    let registry = registry();
    registry.busy(true);
    with_registry(&registry, async |s| {
        let shop = s.apply("shop", "services: {db: {image: 'db:1', restart: always}}").await;
        let held = ["image db:1 could not be read yet", "status 429"];
        shop.until_condition("Reconciling", "ImageUnknown", &held).await;
        // A service with volumes does not wait, and neither does a Stack with imageMetadata Ignore.
        let spec = "{services: {other: {image: 'other:1', restart: always}}, imageMetadata: Ignore}";
        s.apply("other", spec).await.until_ready().await;
        registry.busy(false);
        let view = shop.until_ready().await;
        assert!(view.get("StatefulSet", &shop.object("db")).is_some());
        let pods_of_another_kind =
            s.history.changes().iter().any(|it| it.key.0 == "Deployment" && it.key.1 == shop.object("db"));
        assert!(!pods_of_another_kind, "no pod was ever made without the volume");
    });
}

#[test]
fn a_service_that_waits_for_image_metadata_starts_when_the_image_is_readable() {
    let registry = block_on(Registry::start());
    registry.put("web:1", "{}");
    with_registry(&registry, async |s| {
        let shop = s.apply("shop", SHOP).await;
        let parts = [
            "'db' has no health check, and the metadata of its image could not be read",
            "has no such image",
        ];
        shop.until_stalled("NoHealthcheck", &parts).await;
        registry.put("db:1", DB);
        shop.until("db=Healthy web=Running").await;
    });
}

#[test]
fn an_image_without_access_is_reported_and_a_pull_secret_gives_access() {
    let registry = registry();
    // user:secret in Base64.
    registry.ask_for("Basic dXNlcjpzZWNyZXQ=");
    with_registry(&registry, async |s| {
        let spec = "services: {db: {image: 'db:1', restart: always}}";
        let closed = s.apply("closed", spec).await;
        closed.until_ready().await;
        let refused = ["spec.services.db.image", "denies access", "imagePullSecrets"];
        closed.until_condition("Approximated", "NotExact", &refused).await;
        closed.delete().await;
        s.until_gone("Deployment", &closed.object("db")).await;
        s.until_gone("Service", "db").await;

        s.create(
            "{apiVersion: v1, kind: Secret, type: kubernetes.io/dockerconfigjson, metadata: {name: login}, stringData: \
             {.dockerconfigjson: '{\"auths\": {\"https://index.docker.io/v1/\": {\"auth\": \"dXNlcjpzZWNyZXQ=\"}}}'}}",
        )
        .await;
        let open = s.apply("open", &format!("{spec}\nimagePullSecrets: [login]")).await;
        let view = open.until_ready().await;
        assert!(view.get("StatefulSet", &open.object("db")).is_some());
        assert!(condition(&open.status(), "Approximated").is_none());
        let log = s.operator.log();
        assert!(!log.contains("dXNlcjpzZWNyZXQ=") && !log.contains("a-token"), "no login is logged");
    });
}

#[test]
fn a_moved_tag_rolls_no_service_and_another_name_is_read() {
    let registry = registry();
    with_registry(&registry, async |s| {
        let shop = s.apply("shop", "services: {db: {image: 'db:1', restart: always}}").await;
        let before = uid(&shop.until_ready().await, "db");
        registry.put("db:1", "{ExposedPorts: {80/tcp: {}}, Healthcheck: {Test: [CMD, other]}}");
        s.operator.kill();
        s.operator.start();
        // A service with the same image has the same metadata.
        shop.edit("services: {second: {image: 'db:1', restart: always}}").await;
        let view = shop.until_ready().await;
        assert_eq!(uid(&view, "db"), before);
        assert_eq!(port(&view, "db"), 5432);
        assert_eq!(port(&view, "second"), 5432);
        // The metadata also stays if the workload with the annotation is deleted and recreated.
        let asked = registry.asked_for("db");
        s.delete("StatefulSet", &shop.object("db")).await;
        s.until("there is another pod", |view| {
            pods(view, "db").any(|(_, pod)| pod["metadata"]["uid"] != before)
        })
        .await;
        assert_eq!(port(&shop.until_ready().await, "db"), 5432);
        assert_eq!(registry.asked_for("db"), asked);

        shop.edit("services: {db: {image: 'docker.io/library/db:1'}}").await;
        s.until("the image is read again", |view| {
            view.get("Service", "db").is_some_and(|service| service["spec"]["ports"][0]["port"] == 80)
        })
        .await;
        let view = shop.until_ready().await;
        assert_ne!(uid(&view, "db"), before);
        assert_eq!(port(&view, "second"), 5432);
    });
}

/// Returns the Pod of a service.
fn uid(view: &View, service: &str) -> Value {
    let (_, pod) = pods(view, service).next().expect("a pod");
    pod["metadata"]["uid"].clone()
}

/// Returns the first port of a service's Service.
fn port(view: &View, service: &str) -> i64 {
    let service = view.get("Service", service).expect("a name");
    service["spec"]["ports"][0]["port"].as_i64().unwrap_or_default()
}
