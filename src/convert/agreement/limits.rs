//! What the API server takes of objects beside their schema: how large they may be.

use serde_json::{Map, Value};

use super::Statement;
use crate::api::schema::Path;
use crate::convert::Objects;
use crate::convert::catalogue;

/// The most bytes of data of a ConfigMap or Secret (Kubernetes, `MaxSecretSize`).
const MOST_DATA: usize = 1 << 20;

/// The most bytes of a Stack with the list of its fields that the API server keeps beside it. etcd takes 1.5 MiB;
/// what remains is for the status.
const MOST_STACK: usize = 5 << 18;

/// What is too large.
pub(super) fn statements(stack: &Value, objects: &Objects) -> Vec<Statement> {
    let mut found = Vec::new();
    let kept = stack.to_string().len() + fields(stack);
    if kept > MOST_STACK {
        let detail = format!(
            "the Stack has {kept} bytes with the fields that the API server keeps beside it, and at most {MOST_STACK} \
             are possible"
        );
        found.push(Statement { path: largest(stack), rule: &catalogue::TOO_LARGE_OBJECT, detail });
    }
    let maps = objects.config_maps.iter().map(|it| ("ConfigMap", it));
    let secrets = objects.secrets.iter().map(|it| ("Secret", it));
    for (kind, (name, data)) in maps.chain(secrets) {
        let size: usize = data.values().map(Vec::len).sum();
        if size > MOST_DATA {
            let detail =
                format!("the {kind} {name} has {size} bytes of data, and at most {MOST_DATA} are possible");
            let path = reader(stack, name, &Path::default()).unwrap_or_default();
            found.push(Statement { path, rule: &catalogue::TOO_LARGE_OBJECT, detail });
        }
    }
    found
}

/// The size of `managedFields`, which name each field of an object once: `"f:NAME":{},`. Lists are one field.
fn fields(value: &Value) -> usize {
    let of_entries =
        |map: &Map<String, Value>| map.iter().map(|(key, value)| key.len() + 8 + fields(value)).sum();
    value.as_object().map_or(0, of_entries)
}

/// The service that takes most of the Stack.
fn largest(stack: &Value) -> Path {
    let services = Path::default().key("spec").key("services");
    let sizes = stack["spec"]["services"].as_object().into_iter().flatten();
    let largest = sizes.max_by_key(|(_, service)| service.to_string().len());
    largest.map_or(services.clone(), |(name, _)| services.key(name))
}

/// The first place that reads a key of an object.
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
    fn what_is_too_large_is_told_where_it_is_read() {
        let stack = json!({"spec": {"services": {"web": {"environmentFrom": {"A": {
            "secretKeyRef": {"name": "s-environment", "key": "A"}}}}}}});
        let secret = |size: usize| Objects {
            secrets: [("s-environment".to_owned(), BTreeMap::from([("A".to_owned(), vec![0; size])]))].into(),
            ..Objects::default()
        };
        assert!(statements(&stack, &secret(MOST_DATA)).is_empty());
        let found = statements(&stack, &secret(MOST_DATA + 1));
        assert_eq!(found[0].path.to_string(), "spec.services.web.environmentFrom.A.secretKeyRef");
        assert!(found[0].detail.contains("Secret s-environment has 1048577 bytes"), "{}", found[0].detail);
    }

    #[test]
    fn a_stack_is_measured_with_the_fields_that_are_kept_of_it() {
        let variables = |count: usize| {
            let entry = |index: usize| (format!("VARIABLE_{index:06}"), json!("x".repeat(1000)));
            json!({"spec": {"services": {"web": {"environment": (0..count).map(entry).collect::<Map<_, _>>()}}}})
        };
        assert!(statements(&variables(1000), &Objects::default()).is_empty());
        let found = statements(&variables(1300), &Objects::default());
        assert_eq!(found[0].path.to_string(), "spec.services.web");
    }
}
