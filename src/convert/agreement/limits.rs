//! Size limits of the API server that are not in the schema.

use serde_json::{Map, Value};

use super::finding::Finding;
use crate::api::schema::Path;
use crate::convert::objects::Objects;
use crate::rules;

/// The most bytes of data in a ConfigMap or Secret (`MaxSecretSize` in Kubernetes).
const MOST_DATA: usize = 1 << 20;

/// The most bytes of a Stack with its `managedFields`. etcd takes 1.5 MiB, and the rest is for the status.
const MOST_STACK: usize = 5 << 18;

/// Returns the objects that are too large.
pub(super) fn findings(stack: &Value, objects: &Objects) -> Vec<Finding> {
    let mut found = Vec::new();
    let kept = stack.to_string().len() + fields(stack);
    if kept > MOST_STACK {
        let detail = format!(
            "the Stack has {kept} bytes with the fields that the API server keeps beside it, and at most {MOST_STACK} \
             are possible"
        );
        found.push(Finding { path: largest(stack), rule: &rules::OBJECT_TOO_LARGE, detail });
    }
    let maps = objects.config_maps.iter().map(|it| ("ConfigMap", it));
    let secrets = objects.secrets.iter().map(|it| ("Secret", it));
    for (kind, (name, data)) in maps.chain(secrets) {
        let size: usize = data.values().map(Vec::len).sum();
        if size > MOST_DATA {
            let detail =
                format!("the {kind} {name} has {size} bytes of data, and at most {MOST_DATA} are allowed");
            let path = reader(stack, name, &Path::default()).unwrap_or_default();
            found.push(Finding { path, rule: &rules::OBJECT_TOO_LARGE, detail });
        }
    }
    found
}

/// Returns the size of `managedFields`, which contain each field of an object once: `"f:NAME":{},`. A list is one
/// field.
fn fields(value: &Value) -> usize {
    let of_entries =
        |map: &Map<String, Value>| map.iter().map(|(key, value)| key.len() + 8 + fields(value)).sum();
    value.as_object().map_or(0, of_entries)
}

/// Returns the largest service of the Stack.
fn largest(stack: &Value) -> Path {
    let services = Path::default().key("spec").key("services");
    let sizes = stack["spec"]["services"].as_object().into_iter().flatten();
    let largest = sizes.max_by_key(|(_, service)| service.to_string().len());
    largest.map_or(services.clone(), |(name, _)| services.key(name))
}

/// Returns the first path that refers to a key of an object.
fn reader(value: &Value, object: &str, path: &Path) -> Option<Path> {
    match value {
        Value::Object(fields) if value["name"] == object && fields.contains_key("key") => Some(path.clone()),
        Value::Object(fields) => fields.iter().find_map(|(key, value)| reader(value, object, &path.key(key))),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| reader(item, object, &path.item(index)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_that_is_too_large_is_reported_at_its_reader() {
        let stack = json!({"spec": {"services": {"web": {"environmentFrom": {"A": {
            "secretKeyRef": {"name": "s-environment", "key": "A"}}}}}}});
        let secret = |size: usize| Objects {
            secrets: [("s-environment".to_owned(), BTreeMap::from([("A".to_owned(), vec![0; size])]))].into(),
            ..Objects::default()
        };
        assert!(findings(&stack, &secret(MOST_DATA)).is_empty());
        let found = findings(&stack, &secret(MOST_DATA + 1));
        assert_eq!(found[0].path.to_string(), "spec.services.web.environmentFrom.A.secretKeyRef");
        assert!(found[0].detail.contains("Secret s-environment has 1048577 bytes"), "{}", found[0].detail);
    }

    #[test]
    fn the_size_of_a_stack_includes_its_managed_fields() {
        let variables = |count: usize| {
            let entry = |index: usize| (format!("VARIABLE_{index:06}"), json!("x".repeat(1000)));
            json!({"spec": {"services": {"web": {"environment": (0..count).map(entry).collect::<Map<_, _>>()}}}})
        };
        assert!(findings(&variables(1000), &Objects::default()).is_empty());
        let found = findings(&variables(1300), &Objects::default());
        assert_eq!(found[0].path.to_string(), "spec.services.web");
    }
}
