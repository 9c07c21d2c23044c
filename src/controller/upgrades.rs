//! Children of released versions stay unchanged. `tests/upgrades/VERSION` has Stacks with their children, as
//! `hack/upgrade-fixtures` wrote them.

use std::{fs, path::PathBuf};

use serde_json::{Map, Value, json};

use super::facts::add_live;
use crate::{
    api::{ServiceState, ServiceStatus, Stack, StackKey, labels::FIELD_MANAGER},
    cluster::{ChildUpdate, Index},
    plan::{Identity, LastStatus, Observed, Plan, plan},
    translate::{Facts, Kind, Privilege, Privileges, ServerVersion, translate},
};

/// A Stack with the children that an earlier version created.
struct Fixture {
    path: PathBuf,
    stack: Stack,
    children: Vec<Value>,
}

fn fixtures() -> Vec<Fixture> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/upgrades");
    let entries = |path: PathBuf| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let paths = entries(folder.into()).flat_map(entries);
    let read = |path: PathBuf| Fixture {
        stack: serde_saphyr::from_str(&fs::read_to_string(path.join("stack.yaml")).unwrap()).unwrap(),
        children: serde_saphyr::from_multiple(&fs::read_to_string(path.join("objects.yaml")).unwrap())
            .unwrap(),
        path,
    };
    paths.map(read).collect()
}

impl Fixture {
    fn identity(&self) -> Identity<'_> {
        let metadata = &self.stack.metadata;
        Identity { uid: metadata.uid.as_deref().unwrap(), name: metadata.name.as_deref().unwrap() }
    }

    /// Returns the children as the watches deliver them.
    fn observed(&self) -> Observed {
        let mut index = Index::default();
        for child in &self.children {
            let kind = Kind::ALL.into_iter().find(|kind| child["kind"] == kind.as_str()).unwrap();
            index.apply_child(ChildUpdate::of(kind, &as_stored(child)));
        }
        let key = StackKey { namespace: "n".to_owned(), name: self.identity().name.to_owned() };
        let observed = index.observed(&key, self.identity());
        assert_eq!(observed.children.len(), self.children.len(), "{}", self.path.display());
        observed
    }

    /// Returns the status of services that are up or have ended.
    fn memory(&self, observed: &Observed) -> LastStatus {
        let of_service = |name: &String| {
            let children = observed.children.values().filter(|child| child.service.as_ref() == Some(name));
            let template = children.filter_map(|child| child.state.template()).next().cloned();
            let state = ServiceState::Running;
            (
                name.clone(),
                ServiceStatus {
                    name: name.clone(),
                    state,
                    ready: None,
                    waits_for: Vec::new(),
                    message: None,
                    template,
                },
            )
        };
        self.stack.spec.services.keys().map(of_service).collect()
    }

    fn plan(&self, minor: u32, helper: &str, is_remembered: bool) -> Plan {
        let observed = self.observed();
        let memory = if is_remembered { self.memory(&observed) } else { LastStatus::new() };
        let mut facts = Facts {
            version: ServerVersion { minor },
            helper_image: Some(helper.to_owned()),
            privileges: Privileges(Privilege::ALL.into_iter().collect()),
            ..Facts::default()
        };
        add_live(&mut facts, &observed, &memory);
        let desired = translate(&self.stack, &facts);
        let desired = desired.unwrap_or_else(|invalid| panic!("{}: {invalid:?}", self.path.display()));
        plan(&desired, &observed, &memory)
    }
}

/// Returns an object as the API server stores it, with all fields owned by the operator.
fn as_stored(body: &Value) -> Value {
    let leaves = |object: &Value, others: &[&str]| -> Map<String, Value> {
        let fields = object.as_object().unwrap().keys().filter(|name| !others.contains(&name.as_str()));
        fields.map(|name| (format!("f:{name}"), json!({}))).collect()
    };
    let mut fields = leaves(body, &["apiVersion", "kind", "metadata"]);
    fields.insert("f:metadata".to_owned(), Value::Object(leaves(&body["metadata"], &["name", "namespace"])));
    let mut stored = body.clone();
    stored["metadata"]["namespace"] = json!("n");
    stored["metadata"]["uid"] = json!("its own");
    stored["metadata"]["resourceVersion"] = json!("7");
    stored["metadata"]["managedFields"] =
        json!([{"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}]);
    stored
}

#[test]
fn children_of_earlier_versions_stay_unchanged() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 20, "the fixtures are gone");
    let mut written = Vec::new();
    for fixture in &fixtures {
        let ways = [
            (36, "stackwright:1", true),
            (36, "stackwright:1", false),
            (37, "stackwright:2", true),
            (34, "stackwright:2", true),
        ];
        for (minor, helper, is_remembered) in ways {
            let plan = fixture.plan(minor, helper, is_remembered);
            let applies = plan.applies.iter().map(|apply| (apply.object.kind, &apply.object.name));
            let deletes = [&plan.replaced, &plan.pruned, &plan.released].into_iter().flatten();
            let all: Vec<_> = applies.chain(deletes.map(|delete| (delete.kind, &delete.name))).collect();
            if !all.is_empty() {
                written.push(format!("{} (1.{minor}, {helper}): {all:?}", fixture.path.display()));
            }
        }
    }
    assert!(written.is_empty(), "an upgrade of the operator would write:\n{}", written.join("\n"));
}

#[test]
fn a_changed_spec_is_noticed() {
    let mut fixture =
        fixtures().into_iter().find(|it| it.path.ends_with("a-written-volume-makes-a-statefulset")).unwrap();
    let service = fixture.stack.spec.services.values_mut().next().unwrap();
    service.image = "another:1".to_owned();
    let plan = fixture.plan(36, "stackwright:1", true);
    // The new Pods have another label, and the policies of the network admit both.
    let applied: Vec<_> = plan.applies.iter().map(|apply| apply.object.kind).collect();
    assert_eq!(applied, [Kind::NetworkPolicy, Kind::NetworkPolicy, Kind::StatefulSet]);
}
