//! Detection of drift by the fields that Stackwright owns: an observed object, restricted to the fields of the field
//! manager, has the same digest as the desired object if there is no drift.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::observed::Digest;
use crate::{api::labels::FIELD_MANAGER, text::short_hash};

impl Digest {
    /// Returns the digest of a body to apply.
    pub fn of(body: &Value) -> Self {
        let mut rest = body.clone();
        let template = take_template(&mut rest);
        if let Some(object) = rest.as_object_mut() {
            // Field management does not cover the identity of an object.
            object.remove("apiVersion");
            object.remove("kind");
            if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("name");
                metadata.remove("namespace");
            }
        }
        Self { rest: hash(&rest), template: template.as_ref().map(hash) }
    }
}

/// Returns the fields of `object` that Stackwright owns by server-side apply.
pub fn owned_fields(object: &Value) -> Value {
    fields_of(object, FIELD_MANAGER)
}

/// Returns the fields of `object` that a field manager owns by server-side apply.
pub fn fields_of(object: &Value, manager: &str) -> Value {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let ours = entries.into_iter().flatten().find(|entry| {
        entry["manager"] == manager && entry["operation"] == "Apply" && entry.get("subresource").is_none()
    });
    match ours.and_then(|entry| entry["fieldsV1"].as_object()) {
        Some(fields) => restrict(object, fields),
        None => Value::Object(Map::new()),
    }
}

/// Replaces the Pod template of a body by the live one, so that everything but the template is applied. Returns `None` if
/// Stackwright owns no field of the live template: it must neither apply the desired template nor take over fields of
/// other managers.
pub fn with_live_template(body: &Value, live: &Value) -> Option<Value> {
    let template = owned_fields(live).pointer("/spec/template")?.clone();
    let mut merged = body.clone();
    merged.get_mut("spec")?.as_object_mut()?.insert("template".to_owned(), template);
    Some(merged)
}

/// Returns the body that suspends a CronJob and keeps all other fields that Stackwright owns.
pub fn suspended(live: &Value) -> Value {
    let mut body = with_identity(owned_fields(live), live);
    if let Some(spec) = body.get_mut("spec").and_then(Value::as_object_mut) {
        spec.insert("suspend".to_owned(), Value::Bool(true));
    }
    body
}

/// Returns the body that removes the owner of an object and keeps all other fields that Stackwright owns.
pub fn without_owner(live: &Value) -> Value {
    let mut body = owned_fields(live);
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("ownerReferences");
    }
    with_identity(body, live)
}

/// Adds the identity of a live object to a body.
fn with_identity(mut body: Value, live: &Value) -> Value {
    for identity in ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"] {
        let (parent, field) = identity.rsplit_once('/').unwrap_or_default();
        if let (Some(value), Some(parent)) = (live.pointer(identity), body.pointer_mut(parent)) {
            parent[field] = value.clone();
        }
    }
    body
}

/// Returns the paths of the fields in which `sent` and `returned` differ.
pub fn differing_fields(sent: &Value, returned: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    compare(sent, returned, String::new(), &mut paths);
    paths.retain(|path| {
        !matches!(path.as_str(), ".apiVersion" | ".kind" | ".metadata.name" | ".metadata.namespace")
    });
    paths
}

fn compare(sent: &Value, returned: &Value, path: String, paths: &mut Vec<String>) {
    match (sent, returned) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let [a, b] = [a, b].map(|map| map.get(key).unwrap_or(&Value::Null));
                compare(a, b, format!("{path}.{key}"), paths);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, format!("{path}[{index}]"), paths);
            }
        }
        _ if sent == returned => {}
        _ => paths.push(path),
    }
}

fn take_template(body: &mut Value) -> Option<Value> {
    body.get_mut("spec")?.as_object_mut()?.remove("template")
}

fn hash(value: &Value) -> String {
    // serde_json sorts the keys of a map, so equal values have equal texts.
    short_hash(&value.to_string())
}

/// Restricts `value` to a FieldsV1 set. `f:` is a field, `k:` a list item by its keys, `v:` a list item by its value. An
/// empty set is a leaf or an atomic value and includes everything below it
/// (Kubernetes, "Server-Side Apply", field management).
fn restrict(value: &Value, fields: &Map<String, Value>) -> Value {
    if fields.is_empty() {
        return value.clone();
    }
    match value {
        Value::Object(object) => Value::Object(
            fields
                .iter()
                .filter_map(|(key, below)| {
                    let name = key.strip_prefix("f:")?;
                    Some((name.to_owned(), restrict(object.get(name)?, below.as_object()?)))
                })
                .collect(),
        ),
        Value::Array(items) => {
            let named = NamedItems::of(fields);
            // FieldsV1 sorts its keys, so the order is that of the object.
            Value::Array(items.iter().filter_map(|item| Some(restrict(item, named.fields(item)?))).collect())
        }
        scalar => scalar.clone(),
    }
}

/// The items of a list in a FieldsV1 set. Each name is parsed once, and items are found by text, so the time is linear in
/// the number of items, of which a list can have thousands.
#[derive(Default)]
struct NamedItems<'a> {
    /// By the names of the keys that tell items apart, one set of names for nearly every list: by their values, as one
    /// text, the fields.
    by_keys: BTreeMap<Vec<String>, HashMap<String, &'a Map<String, Value>>>,
    by_value: HashMap<String, &'a Map<String, Value>>,
}

impl<'a> NamedItems<'a> {
    fn of(fields: &'a Map<String, Value>) -> Self {
        let mut named = Self::default();
        for (key, below) in fields {
            let Some(below) = below.as_object() else { continue };
            if let Some(keys) = key.strip_prefix("k:") {
                let Ok(keys) = serde_json::from_str::<Map<String, Value>>(keys) else { continue };
                let values = text_of(keys.values());
                let names = keys.into_iter().map(|(name, _)| name).collect();
                named.by_keys.entry(names).or_default().entry(values).or_insert(below);
            } else if let Some(value) = key.strip_prefix("v:") {
                let Ok(value) = serde_json::from_str::<Value>(value) else { continue };
                named.by_value.entry(value.to_string()).or_insert(below);
            }
        }
        named
    }

    fn fields(&self, item: &Value) -> Option<&'a Map<String, Value>> {
        let by_keys = self.by_keys.iter().find_map(|(names, items)| {
            let values: Option<Vec<&Value>> = names.iter().map(|name| item.get(name)).collect();
            items.get(&text_of(values?)).copied()
        });
        by_keys.or_else(|| {
            let by_value = (!self.by_value.is_empty()).then(|| self.by_value.get(&item.to_string()));
            by_value.flatten().copied()
        })
    }
}

/// Values as one text. Each is JSON, which no other value begins with, so different values give different texts.
fn text_of<'v>(values: impl IntoIterator<Item = &'v Value>) -> String {
    let mut text = String::new();
    for value in values {
        text.push_str(&value.to_string());
        text.push(',');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::growth::exponent;

    fn observed() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": "s-web", "namespace": "n", "uid": "1", "resourceVersion": "7",
                "labels": {"a": "1", "theirs": "2"},
                "ownerReferences": [{"uid": "u", "name": "s", "kind": "Stack"}],
                "managedFields": [
                    {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {"f:theirs": {}}}}},
                    {"manager": FIELD_MANAGER, "operation": "Apply", "subresource": "status", "fieldsV1": {"f:status": {}}},
                    {"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": {
                        "f:metadata": {"f:labels": {"f:a": {}}, "f:ownerReferences": {"k:{\"uid\":\"u\"}": {}}},
                        "f:spec": {"f:replicas": {}, "f:template": {"f:spec": {
                            "f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {},
                                "f:env": {"k:{\"name\":\"B\"}": {".": {}, "f:name": {}}, "k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}}}}},
                            "f:volumes": {"k:{\"name\":\"t\"}": {".": {}, "f:name": {}, "f:emptyDir": {}}}}}}}},
                ],
            },
            "spec": {"replicas": 1, "progressDeadlineSeconds": 600, "template": {"spec": {
                "containers": [
                    {"name": "sidecar", "image": "theirs"},
                    {"name": "web", "image": "nginx", "terminationMessagePath": "/dev/termination-log",
                     "env": [{"name": "B"}, {"name": "A", "value": "1"}, {"name": "THEIRS", "value": "x"}]},
                ],
                "volumes": [{"name": "t", "emptyDir": {"medium": "Memory"}}],
                "restartPolicy": "Always"}}},
            "status": {"replicas": 1},
        })
    }

    fn desired() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "s-web", "namespace": "n", "labels": {"a": "1"},
                "ownerReferences": [{"uid": "u", "name": "s", "kind": "Stack"}]},
            "spec": {"replicas": 1, "template": {"spec": {
                "containers": [{"name": "web", "image": "nginx", "env": [{"name": "B"}, {"name": "A", "value": "1"}]}],
                "volumes": [{"name": "t", "emptyDir": {"medium": "Memory"}}]}}},
        })
    }

    #[test]
    fn fields_of_other_managers_and_defaults_of_the_server_are_no_drift() {
        assert_eq!(Digest::of(&owned_fields(&observed())), Digest::of(&desired()));
    }

    #[test]
    fn a_change_of_the_template_does_not_change_the_digest_of_the_rest() {
        let mut changed = desired();
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:2");
        let (before, after) = (Digest::of(&desired()), Digest::of(&changed));
        assert_eq!(before.rest, after.rest);
        assert_ne!(before.template, after.template);
        let held = with_live_template(&changed, &observed()).unwrap();
        assert_eq!(Digest::of(&held), before);
        let mut never_applied = observed();
        never_applied["metadata"].as_object_mut().unwrap().remove("managedFields");
        assert_eq!(with_live_template(&changed, &never_applied), None);
    }

    #[test]
    fn a_field_that_another_manager_took_over_is_drift() {
        let mut taken = observed();
        taken["metadata"]["managedFields"][2]["fieldsV1"]["f:spec"]
            .as_object_mut()
            .and_then(|spec| spec.remove("f:replicas"));
        assert_ne!(Digest::of(&owned_fields(&taken)).rest, Digest::of(&desired()).rest);
    }

    #[test]
    fn a_released_object_keeps_all_owned_fields_but_the_owner() {
        let released = without_owner(&observed());
        assert_eq!(released["metadata"], json!({"name": "s-web", "namespace": "n", "labels": {"a": "1"}}));
        assert_eq!(released["spec"], owned_fields(&observed())["spec"]);
        assert_eq!((&released["apiVersion"], &released["kind"]), (&json!("apps/v1"), &json!("Deployment")));
    }

    #[test]
    fn an_object_that_was_never_applied_has_no_owned_fields() {
        assert_eq!(owned_fields(&json!({"metadata": {"name": "x"}})), json!({}));
    }

    #[test]
    fn fields_that_an_apply_changed_are_named_by_path() {
        let mut returned = owned_fields(&observed());
        returned["spec"]["template"]["spec"]["containers"][0]["image"] = json!("mirror/nginx");
        assert_eq!(differing_fields(&desired(), &returned), [".spec.template.spec.containers[0].image"]);
    }

    /// An object with a list of `count` items with two keys each, and a set of `count` values.
    fn with_items(count: usize) -> Value {
        let name = |number: usize| format!("k:{{\"port\":{number},\"protocol\":\"TCP\"}}");
        let leaf = json!({".": {}, "f:port": {}, "f:protocol": {}});
        let fields: Map<_, _> = (0..count).map(|number| (name(number), leaf.clone())).collect();
        let values: Map<_, _> = (0..count).map(|number| (format!("v:\"{number}\""), json!({}))).collect();
        let item = |number: usize| json!({"port": number, "protocol": "TCP", "targetPort": "theirs"});
        json!({
            "metadata": {"managedFields": [{"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": {
                "f:metadata": {"f:finalizers": values}, "f:spec": {"f:ports": fields},
            }}], "finalizers": (0..count).map(|number| number.to_string()).collect::<Vec<_>>()},
            "spec": {"ports": (0..count).map(item).collect::<Vec<_>>()},
        })
    }

    #[test]
    fn the_time_for_owned_fields_is_linear_in_the_items_of_a_list() {
        let owned = owned_fields(&with_items(3));
        assert_eq!(owned["spec"]["ports"][2], json!({"port": 2, "protocol": "TCP"}));
        assert_eq!(owned["metadata"]["finalizers"], json!(["0", "1", "2"]));
        let exponent = exponent([100, 8_000], with_items, |object| drop(owned_fields(object)));
        assert!(exponent < 1.2, "the time grows with the number of items to the power of {exponent:.2}");
    }
}
