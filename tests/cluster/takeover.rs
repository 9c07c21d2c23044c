//! Children of earlier versions stay unchanged. `tests/upgrades/VERSION` has Stacks with their children.

use std::{fs, path::PathBuf};

use futures::{StreamExt, stream};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use stackwright::{
    api::labels::{FIELD_MANAGER, SERVICE, TEMPLATE},
    translate::{Privilege, ServerVersion},
};

use crate::support::{Cluster, Request, Scenario, Setup, View, block_on};

/// The helper image of the fixtures.
pub const HELPER: &str = "stackwright:1";

/// A Stack with the children that an earlier version created.
pub struct Fixture {
    /// The version's commit.
    pub version: String,
    /// The Stack's name.
    pub name: String,
    /// The Stack's spec.
    pub spec: Value,
    children: Vec<Value>,
}

/// Returns the fixtures of all versions.
pub fn fixtures() -> Vec<Fixture> {
    let entries = |path: PathBuf| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let versions = entries(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/upgrades").into());
    let of_version = |version: PathBuf| {
        let name = version.file_name().unwrap().to_str().unwrap().to_owned();
        entries(version).map(move |path| {
            let text = |file| fs::read_to_string(path.join(file)).unwrap();
            let mut stack: Value = serde_saphyr::from_str(&text("stack.yaml")).unwrap();
            Fixture {
                version: name.clone(),
                name: stack["metadata"]["name"].as_str().unwrap().to_owned(),
                spec: stack["spec"].take(),
                children: serde_saphyr::from_multiple(&text("objects.yaml")).unwrap(),
            }
        })
    };
    versions.flat_map(of_version).collect()
}

#[test]
fn children_of_an_earlier_version_are_taken_over_without_a_write_or_a_restart() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 20, "the fixtures are gone");
    block_on(async {
        let cluster = Cluster::shared().await;
        let scenarios = fixtures.iter().map(|fixture| async move {
            let setup = Setup::without_operator().with_helper(HELPER);
            setup.play(cluster, async |s| is_taken_over(s, fixture).await).await;
        });
        stream::iter(scenarios).buffer_unordered(6).collect::<()>().await;
    });
}

async fn is_taken_over(s: &Scenario<'_>, fixture: &Fixture) {
    if !fixture.is_kept_whole_by(s.cluster.version().await) {
        return;
    }
    allow_all(s);
    // `render` wrote the children, without image metadata.
    let mut spec = fixture.spec.clone();
    spec["imageMetadata"] = json!("Ignore");
    let stack = s.apply(&fixture.name, &spec.to_string()).await;
    let uid = s.until_there("Stack", &fixture.name).await["metadata"]["uid"].take();
    let params = PatchParams::apply(FIELD_MANAGER).force();
    for child in &fixture.children {
        let mut child = child.clone();
        if let Some(owner) = child.pointer_mut("/metadata/ownerReferences/0/uid") {
            *owner = uid.clone();
        }
        let (kind, name) = (child["kind"].as_str().unwrap(), child["metadata"]["name"].as_str().unwrap());
        let applied = s.api(kind).patch(name, &params, &Patch::Apply(&child)).await;
        applied.unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
    }
    let status = json!({"status": {"observedGeneration": 1, "services": fixture.services()}});
    let api = s.api("Stack");
    api.patch_status(&fixture.name, &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
    until_still(s).await;

    let (before, services) = (containers(s), s.history.view());
    assert!(!before.is_empty(), "{} has no pods", fixture.name);
    let mark = s.mark();
    s.operator.start();
    stack.until_status("the operator has judged the Stack", |status| !status.conditions.is_empty()).await;
    until_still(s).await;
    let what = format!("writes to children of {} of {}", fixture.name, fixture.version);
    let after = s.history.view();
    let written = |request: &Request| {
        request.is_child_write()
            && !(request.resource == "services" && is_healthy_now(&services, &after, &request.name))
    };
    s.requests_since(mark).assert(0, &what, written);
    assert_eq!(containers(s), before, "{}: pods came or went", fixture.name);
}

/// Reports whether a Service differs only in the exclusion of unready Pods. Fixtures are written before any Pod runs, and the
/// earlier operator makes the same change once a service is healthy.
fn is_healthy_now(before: &View, after: &View, name: &str) -> bool {
    let spec =
        |view: &View| view.get("Service", name).map(|service| service["spec"].clone()).unwrap_or_default();
    let (mut before, after) = (spec(before), spec(after));
    let published = before.as_object_mut().and_then(|spec| spec.remove("publishNotReadyAddresses"));
    published == Some(json!(true)) && before == after
}

impl Fixture {
    /// Reports whether an API server of a version keeps all fields of the children, which were written for a later version.
    fn is_kept_whole_by(&self, version: ServerVersion) -> bool {
        let specs = || self.children.iter().map(|child| &child["spec"]["template"]["spec"]);
        let images = |spec: &Value| {
            spec["volumes"].as_array().is_some_and(|all| all.iter().any(|it| !it["image"].is_null()))
        };
        (version.has_hostname_override() || specs().all(|spec| spec["hostnameOverride"].is_null()))
            && (version.has_image_volumes() || !specs().any(images))
    }

    /// Returns the workloads with Pods: the service, and the hash of the template.
    fn workloads(&self) -> impl Iterator<Item = (&str, &str)> {
        self.children.iter().filter_map(|child| {
            let template = child["spec"]["template"]["metadata"]["annotations"][TEMPLATE].as_str()?;
            (child["spec"]["replicas"] != 0)
                .then(|| (child["metadata"]["labels"][SERVICE].as_str().unwrap(), template))
        })
    }

    /// Returns the status of services that are up.
    fn services(&self) -> Vec<Value> {
        self.workloads()
            .map(|(name, template)| json!({"name": name, "state": "Running", "template": template}))
            .collect()
    }
}

/// Grants every privilege to the namespace.
pub fn allow_all(s: &Scenario<'_>) {
    let labels = Privilege::ALL.map(|privilege| format!("allow.stackwright.dev/{}=true", privilege.as_str()));
    let words = ["label", "namespace", &s.namespace];
    let words: Vec<_> = words.into_iter().chain(labels.iter().map(String::as_str)).collect();
    s.kubectl(&words);
}

/// Waits until nothing has changed for three seconds.
pub async fn until_still(s: &Scenario<'_>) {
    for _ in 0..40 {
        let before = s.history.changes().len();
        s.let_pass(3).await;
        if s.history.changes().len() == before {
            return;
        }
    }
    panic!("something goes on and on");
}

/// Returns each Pod's UID with the restarts of its containers.
pub fn containers(s: &Scenario<'_>) -> Vec<String> {
    let view = s.history.view();
    let each = view.all("Pod").map(|(name, pod)| {
        let restarts = ["initContainerStatuses", "containerStatuses"].map(|list| {
            let all = pod["status"][list].as_array().into_iter().flatten();
            all.filter_map(|container| container["restartCount"].as_u64()).sum::<u64>()
        });
        format!("{name} {} {restarts:?}", pod["metadata"]["uid"])
    });
    each.collect()
}
