//! Fields of the oldest supported Kubernetes: `tests/kubernetes-1.34.json` has the fields of each type
//! (`hack/kubernetes-fields` writes it).

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

type Types = BTreeMap<String, BTreeMap<String, String>>;

static TYPES: LazyLock<Types> =
    LazyLock::new(|| serde_json::from_str(include_str!("../kubernetes-1.34.json")).unwrap());

/// Returns the fields of an object that the oldest supported Kubernetes does not know, or knows with another type.
pub fn unknown_to_the_oldest(object: &Value) -> Vec<String> {
    let kind = object["kind"].as_str().unwrap();
    assert!(TYPES.contains_key(kind), "the list of fields lacks {kind}");
    let mut found = Vec::new();
    look(object, kind, kind, &mut found);
    found
}

fn look(value: &Value, written: &str, path: &str, found: &mut Vec<String>) {
    let inner = |open, close| written.strip_prefix(open)?.strip_suffix(close);
    let fits = match (value, inner('[', ']'), inner('{', '}')) {
        (Value::Array(items), Some(item), _) => {
            items.iter().enumerate().for_each(|(at, one)| look(one, item, &format!("{path}[{at}]"), found));
            true
        }
        (Value::Object(entries), _, Some(entry)) => {
            entries.iter().for_each(|(key, one)| look(one, entry, &format!("{path}.{key}"), found));
            true
        }
        (Value::Object(fields), None, None) => match TYPES.get(written) {
            Some(known) => {
                for (field, one) in fields {
                    let path = format!("{path}.{field}");
                    match known.get(field) {
                        Some(written) => look(one, written, &path, found),
                        None => found.push(path),
                    }
                }
                true
            }
            None => written == "object",
        },
        (Value::Bool(_), ..) => written == "boolean",
        (Value::Number(_), ..) => ["integer", "number", "IntOrString"].contains(&written),
        (Value::String(_), ..) => ["string", "Quantity", "IntOrString", "Time"].contains(&written),
        _ => false,
    };
    if !fits {
        found.push(format!("{path} is no {written}"));
    }
}
