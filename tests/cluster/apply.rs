//! Applies: written objects stay as written, and the operator does not fight an admission policy that changes them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use kube::{
    Api, ResourceExt,
    api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams},
    core::GroupVersionKind,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use stackwright::{
    api::{Stack, labels::IMAGES},
    translate::{
        Facts, HashKey, Kind, LiveService, Object, ObjectKind, ServerVersion, Workload, recalled, translate,
    },
};

use crate::support::{Request, Scenario, View, from_yaml, scenario};

const EVERYTHING: &str = "
services:
  db:
    image: db:1
    user: '999:999'
    environment: {MODE: '', NAME: shop, URL: 'http://$(NAME):$(PORT)'}
    environmentFrom: {PORT: {configMapKeyRef: {name: given, key: port}}, PASSWORD: {secretKeyRef: {name: given, key: password}}}
    volumes: [{source: data, target: /data}, {source: data, target: /logs, subpath: logs, readOnly: true}]
    tmpfs: [{target: /tmp, size: 64Mi}]
    configs: [{source: settings, target: /etc/db.conf, mode: '0440'}, {source: named}]
    secrets: [{source: key}]
    healthcheck: {test: [CMD-SHELL, 'true'], interval: 1m30s, startPeriod: 10s, startInterval: 1s, onUnhealthy: Restart}
    expose: [{port: 5432}, {port: 5432, protocol: UDP}]
    networks: {back: {aliases: [database]}}
    stopGracePeriod: 1m
  migrate: {image: 'migrate:1', restart: 'on-failure:3', dependsOn: {db: {}}, networks: {back: {}}}
  web:
    image: web:1
    entrypoint: [web]
    command: [--listen, '$(PORT)']
    workingDir: /srv
    ports: [{target: 80, published: 8080}, {target: 443, published: 8443, hostIp: 127.0.0.1}, {target: 443, protocol: UDP}]
    networks: {default: {}, back: {}}
    readOnly: true
    volumes: [{image: 'assets:1', target: /assets, subpath: dist}, {source: export, target: /export, readOnly: true}]
    files:
      - {target: /etc/web, files: [{path: conf.d/port, configMapKeyRef: {name: given, key: port}, mode: '0640'}]}
      - {target: /etc/key, readOnly: false, files: [{secretKeyRef: {name: given, key: password}}]}
    secrets: [{source: key, uid: 1000}]
    labels: {team: shop}
    annotations: {note: text}
    healthcheck: {test: [CMD, check]}
    deploy: {replicas: 2, resources: {limits: {cpus: '0.5', memory: 1024Mi}, reservations: {cpus: '0.1', memory: '67108864'}}}
  worker:
    image: worker:1
    restart: always
    containerName: the-worker
    hostname: worker-1
    volumes: [{target: /cache}, {source: shared, target: /shared}]
  reader: {image: 'reader:1', restart: always, volumes: [{source: shared, target: /shared, readOnly: true}]}
  agent:
    image: agent:1
    restart: always
    expose: [{port: 9100}]
    ingress: [{host: agent.example.com, tlsSecretName: tls, className: none, annotations: {cert-manager.io/issuer: own}}, {path: /agent}]
    externalLinks: {outside: db.example.com}
    networks: {shared: {}}
    deploy: {mode: global, labels: {team: ops, note: not a label}, updateConfig: {parallelism: 0, delay: 1s}}
  main:
    image: main:1
    restart: always
    ports: [{target: 80, published: 8081, appProtocol: http}]
    tmpfs: [{target: /tmp}]
    healthcheck: {test: [CMD, check], onUnhealthy: Report}
    deploy:
      replicas: 2
      updateConfig: {order: start-first, parallelism: 0, delay: 1s, monitor: 1m}
      placement:
        constraints: [node.platform.os!=windows, node.id!=nowhere]
        spread: [node.labels.zone]
        maxReplicasPerNode: 2
  beside: {image: 'beside:1', restart: always, networkMode: 'service:main', pid: 'service:main', tmpfs: [{target: /tmp}], deploy: {replicas: 2}}
networks: {back: {internal: true}, shared: {sharedName: everyone}}
volumes: {data: {size: 1024Mi}, export: {nfs: {server: nas, path: /export}}, shared: {labels: {team: shop}}}
configs: {settings: {content: fast}, named: {configMap: {name: given, key: port}}}
secrets: {key: {secret: {name: given, key: password}}}
";

#[test]
fn a_second_apply_of_each_child_except_claims_keeps_the_resource_version() {
    scenario(async |s| {
        s.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: given}, data: {port: '1'}}").await;
        s.create("{apiVersion: v1, kind: Secret, metadata: {name: given}, stringData: {password: secret}}")
            .await;
        let version = s.cluster.version().await;
        let everything = if version.has_image_volumes() {
            EVERYTHING.to_owned()
        } else {
            EVERYTHING.replace("{image: 'assets:1', target: /assets, subpath: dist}, ", "")
        };
        let shop = s.apply("shop", &everything).await;
        let view = shop.until_ready().await;
        // No other write can come between.
        assert!(s.operator.stop());
        let mut kinds = BTreeSet::new();
        for object in
            rendered(&view, version).iter().filter(|object| object.kind != Kind::PersistentVolumeClaim)
        {
            let (kind, name) = (object.kind.as_str(), &object.name);
            let params = PatchParams::apply("stackwright").force();
            let mut versions = Vec::new();
            for _ in 0..2 {
                let applied = s.api(kind).patch(name, &params, &Patch::Apply(&object.body)).await;
                versions.push(
                    applied.unwrap_or_else(|error| panic!("{kind} {name}: {error}")).resource_version(),
                );
            }
            assert_eq!(versions[0], versions[1], "{kind} {name}: {:#}", object.body);
            kinds.insert(kind);
        }
        let all = [
            "ConfigMap",
            "DaemonSet",
            "Deployment",
            "Ingress",
            "Job",
            "NetworkPolicy",
            "Service",
            "StatefulSet",
        ];
        assert_eq!(kinds, BTreeSet::from(all));
    });
}

/// Returns the objects of the Stack `shop`.
fn rendered(view: &View, version: ServerVersion) -> Vec<Object> {
    let stack = view.get("Stack", "shop").cloned().expect("the Stack");
    let stack: Stack = serde_json::from_value(stack).expect("a Stack");
    let live = view.all("Service").map(|(name, service)| {
        let publishes_not_ready = service["spec"]["publishNotReadyAddresses"] == true;
        let live = LiveService { headless: service["spec"]["clusterIP"] == "None", publishes_not_ready };
        (name.to_owned(), live)
    });
    let given = |kind, key: &str, value: &str| {
        let digest = format!("{:x}", Sha256::digest(value.as_bytes()));
        ((kind, "given".to_owned()), BTreeMap::from([(key.to_owned(), digest)]))
    };
    let workloads =
        ["Deployment", "StatefulSet", "DaemonSet", "Job"].into_iter().flat_map(|kind| view.all(kind));
    let images = workloads
        .filter_map(|(_, workload)| workload["metadata"]["annotations"][IMAGES].as_str())
        .flat_map(recalled);
    let uid = view.get("Secret", "given").and_then(|secret| secret["metadata"]["uid"].as_str());
    let facts = Facts {
        version,
        images: images.collect(),
        live_services: live.collect(),
        hash_keys: uid.map(|uid| ("given".to_owned(), HashKey::of(uid))).into_iter().collect(),
        objects: [given(ObjectKind::ConfigMap, "port", "1"), given(ObjectKind::Secret, "password", "secret")]
            .into(),
        ..Facts::default()
    };
    let desired = translate(&stack, &facts).expect("a Stack in order");
    let of_units = desired
        .units
        .values()
        .flat_map(|unit| unit.frontends.iter().cloned().chain(unit.workload.as_ref().map(Workload::object)));
    desired.shared.iter().cloned().chain(of_units).collect()
}

#[test]
fn the_rendered_children_of_scripteam_pass_a_dry_run_of_the_api_server() {
    scenario(async |s| {
        let output = dry_run(s, "the-scripteam-stack");
        assert!(output.lines().count() > 20, "{output}");
    });
}

#[test]
fn every_form_of_volume_and_file_passes_a_dry_run_of_the_api_server() {
    scenario(async |s| {
        for case in [
            "a-new-volume-begins-with-what-the-image-has",
            "a-tree-of-files-is-mounted-as-a-folder",
            "an-anonymous-volume-is-a-claim-that-goes-with-the-stack",
            "an-external-claim-is-mounted-and-never-made",
            "an-image-is-mounted-as-a-folder",
            "an-nfs-export-is-mounted-in-the-pod",
            "files-that-are-written-or-owned-are-copied-by-the-helper",
            "folders-of-the-node-are-mounted-where-the-namespace-allows-it",
            "services-of-one-pod-fill-their-volumes-each-from-its-own-image",
            "services-that-share-volumes-run-on-one-node",
        ] {
            let output = dry_run(s, case);
            assert!(output.contains("shop"), "{output}");
        }
    });
}

/// Returns the API server's answer to the objects of a golden case, and asserts that it accepts them all.
fn dry_run(s: &Scenario<'_>, case: &str) -> String {
    let rendered = format!("{}/tests/golden/{case}/objects.yaml", env!("CARGO_MANIFEST_DIR"));
    let output = s.kubectl(&["apply", "--dry-run=server", "--validate=strict", "-f", &rendered]);
    assert!(output.lines().all(|line| line.ends_with("(server dry run)")), "{case}: {output}");
    output
}

#[test]
fn a_mutating_policy_causes_one_apply_and_no_further_writes() {
    scenario(async |s| {
        let policy = Policy::install(s).await;
        let mark = s.mark();
        let shop = s.apply("shop", "services: {web: {image: 'web:1', ports: [{target: 80}]}}").await;
        let view = shop.until_ready().await;
        let web = view.get("Deployment", &shop.object("web")).expect("its Deployment");
        assert_eq!(web.pointer(FIELD), Some(&json!(99)), "the policy has had its way");
        shop.until_condition(
            "Approximated",
            "NotExact",
            &["Deployment shop-web", "terminationGracePeriodSeconds"],
        )
        .await;
        s.let_pass(5).await;
        let on_deployments = |request: &Request| request.is_write() && request.resource == "deployments";
        s.requests_since(mark).assert(1, "writes to the Deployment", on_deployments);

        let mark = s.mark();
        shop.edit("services: {web: {image: 'web:2'}}").await;
        shop.until_ready().await;
        s.let_pass(5).await;
        s.requests_since(mark).assert(1, "writes for a new image", on_deployments);
        policy.remove().await;
    });
}

/// The field that the policy sets.
const FIELD: &str = "/spec/template/spec/terminationGracePeriodSeconds";

/// An admission policy that sets a field of every Deployment in a scenario's namespace.
struct Policy<'s> {
    scenario: &'s Scenario<'s>,
    policies: Api<DynamicObject>,
    bindings: Api<DynamicObject>,
}

impl<'s> Policy<'s> {
    async fn install(scenario: &'s Scenario<'_>) -> Self {
        let name = &scenario.namespace;
        let (policies, bindings) = Self::apis(scenario).await;
        let policy = untyped(&format!(
            "
metadata: {{name: {name}}}
spec:
  reinvocationPolicy: Never
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}
    resourceRules: [{{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}}]
  mutations:
  - patchType: JSONPatch
    jsonPatch: {{expression: '[JSONPatch{{op: \"replace\", path: \"{FIELD}\", value: 99}}]'}}
"
        ));
        let binding = untyped(&format!("{{metadata: {{name: {name}}}, spec: {{policyName: {name}}}}}"));
        let params = PostParams::default();
        policies.create(&params, &policy).await.expect("the policy");
        bindings.create(&params, &binding).await.expect("its binding");
        let installed = Self { scenario, policies, bindings };
        // The API server does not report when a policy takes effect, so the test polls.
        let shows = async { while !installed.shows().await {} };
        tokio::time::timeout(Duration::from_secs(30), shows).await.expect("the policy is taken up in time");
        installed
    }

    /// Returns the API version of policies: `v1` from Kubernetes 1.36, before that `v1beta1`, which a cluster must enable.
    async fn apis(scenario: &Scenario<'_>) -> (Api<DynamicObject>, Api<DynamicObject>) {
        let group = "admissionregistration.k8s.io";
        let served = scenario.admin().list_api_group_resources(&format!("{group}/v1")).await;
        let served = served.expect("what is served").resources;
        let is_served = served.iter().any(|resource| resource.name == "mutatingadmissionpolicies");
        let version = if is_served { "v1" } else { "v1beta1" };
        let api = |kind: &str| {
            let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
            Api::all_with(scenario.admin(), &resource)
        };
        (api("MutatingAdmissionPolicy"), api("MutatingAdmissionPolicyBinding"))
    }

    /// Reports whether the policy changes a Deployment in a dry run.
    async fn shows(&self) -> bool {
        let trial = from_yaml(
            "
apiVersion: apps/v1
kind: Deployment
metadata: {name: trial}
spec:
  selector: {matchLabels: {app: trial}}
  template: {metadata: {labels: {app: trial}}, spec: {containers: [{name: trial, image: 'trial:1'}]}}
",
        );
        let params = PostParams { dry_run: true, ..PostParams::default() };
        let trial = serde_json::from_value(trial).expect("a Deployment");
        let created = self.scenario.api("Deployment").create(&params, &trial).await.expect("a trial");
        created.data.pointer(FIELD) == Some(&json!(99))
    }

    async fn remove(self) {
        let (name, params) = (&self.scenario.namespace, DeleteParams::default());
        self.bindings.delete(name, &params).await.expect("the binding");
        self.policies.delete(name, &params).await.expect("the policy");
    }
}

fn untyped(yaml: &str) -> DynamicObject {
    serde_json::from_value(from_yaml(yaml)).expect("a well-formed object")
}
