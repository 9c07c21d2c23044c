//! Drift, judged on the fields that we own: what is observed, restricted to our field manager's
//! fields, has the same digest as what is desired when nothing has to be done.

use serde_json::{Map, Value};

use super::observed::Digest;
use crate::{api::labels::FIELD_MANAGER, translate::short_hash};

impl Digest {
    /// The digest of a body that is to be applied.
    pub fn of(body: &Value) -> Self {
        let mut rest = body.clone();
        let template = take_template(&mut rest);
        if let Some(object) = rest.as_object_mut() {
            // The API server tracks no owner of an object's identity.
            object.remove("apiVersion");
            object.remove("kind");
            if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("name");
                metadata.remove("namespace");
            }
        }
        Self { rest: hash(&rest), template: template.map(|template| hash(&template)).unwrap_or_default() }
    }
}

/// The fields of `object` that our field manager owns by server-side apply.
pub fn owned_fields(object: &Value) -> Value {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let ours = entries.into_iter().flatten().find(|entry| {
        entry["manager"] == FIELD_MANAGER
            && entry["operation"] == "Apply"
            && entry.get("subresource").is_none()
    });
    match ours.and_then(|entry| entry["fieldsV1"].as_object()) {
        Some(fields) => restrict(object, fields),
        None => Value::Object(Map::new()),
    }
}

/// Puts the pod template that is live into a body, in place of the desired one, so that everything
/// but the template is applied. `None` when nothing of the live template is ours: the desired one
/// must not slip in, and nobody else's becomes ours.
pub fn with_live_template(body: &Value, live: &Value) -> Option<Value> {
    let template = owned_fields(live).pointer("/spec/template")?.clone();
    let mut merged = body.clone();
    merged.get_mut("spec")?.as_object_mut()?.insert("template".to_owned(), template);
    Some(merged)
}

/// The body that gives up an object's owner and keeps everything else of ours as it is.
pub fn without_owner(live: &Value) -> Value {
    let mut body = owned_fields(live);
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("ownerReferences");
    }
    for identity in ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"] {
        let (parent, field) = identity.rsplit_once('/').unwrap_or_default();
        if let (Some(value), Some(parent)) = (live.pointer(identity), body.pointer_mut(parent)) {
            parent[field] = value.clone();
        }
    }
    body
}

/// The paths of the fields that `sent` and `returned` do not have in common.
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
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let at = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                compare(&at(a), &at(b), format!("{path}.{key}"), paths);
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
    // serde_json keeps the keys of a map sorted, so equal values give equal texts.
    short_hash(&value.to_string())
}

/// What of `value` a FieldsV1 set names. `f:` is a field, `k:` a list item by its keys, `v:` a
/// list item by its value; an empty set is a leaf or an atomic value and stands for all below it
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
        Value::Array(items) => Value::Array(
            // FieldsV1 sorts its keys; the order that counts is the object's.
            items.iter().filter_map(|item| Some(restrict(item, item_fields(item, fields)?))).collect(),
        ),
        scalar => scalar.clone(),
    }
}

fn item_fields<'a>(item: &Value, fields: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    fields.iter().find_map(|(key, below)| {
        let named = if let Some(keys) = key.strip_prefix("k:") {
            let keys: Map<String, Value> = serde_json::from_str(keys).ok()?;
            keys.iter().all(|(name, value)| item.get(name) == Some(value))
        } else if let Some(text) = key.strip_prefix("v:") {
            serde_json::from_str::<Value>(text).is_ok_and(|value| value == *item)
        } else {
            false
        };
        if named { below.as_object() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
    fn what_others_own_and_what_the_server_defaults_is_no_drift() {
        assert_eq!(Digest::of(&owned_fields(&observed())), Digest::of(&desired()));
    }

    #[test]
    fn a_change_of_the_template_alone_leaves_the_rest_as_it_is() {
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
    fn a_field_that_someone_else_took_over_is_drift() {
        let mut taken = observed();
        taken["metadata"]["managedFields"][2]["fieldsV1"]["f:spec"]
            .as_object_mut()
            .and_then(|spec| spec.remove("f:replicas"));
        assert_ne!(Digest::of(&owned_fields(&taken)).rest, Digest::of(&desired()).rest);
    }

    #[test]
    fn an_object_is_released_with_everything_of_ours_but_the_owner() {
        let released = without_owner(&observed());
        assert_eq!(released["metadata"], json!({"name": "s-web", "namespace": "n", "labels": {"a": "1"}}));
        assert_eq!(released["spec"], owned_fields(&observed())["spec"]);
        assert_eq!((&released["apiVersion"], &released["kind"]), (&json!("apps/v1"), &json!("Deployment")));
    }

    #[test]
    fn an_object_that_we_never_applied_has_nothing_of_ours() {
        assert_eq!(owned_fields(&json!({"metadata": {"name": "x"}})), json!({}));
    }

    #[test]
    fn fields_that_an_apply_returned_otherwise_are_named_by_path() {
        let mut returned = owned_fields(&observed());
        returned["spec"]["template"]["spec"]["containers"][0]["image"] = json!("mirror/nginx");
        assert_eq!(differing_fields(&desired(), &returned), [".spec.template.spec.containers[0].image"]);
    }
}
