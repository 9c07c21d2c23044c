//! Selection of the objects and fields that a golden case shows.
//!
//! `shown.yaml` has the objects by kind and name, each with the dotted paths of the shown fields, or an empty list for all. A
//! path applies to each item of a list. A name can end in `*`, since names of Jobs end in a hash.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The shown objects of a case.
pub struct Shown(BTreeMap<String, Vec<String>>);

impl Shown {
    /// Reads `shown.yaml`. Without the file, everything is shown.
    pub fn of(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(serde_saphyr::from_str(text).expect("shown.yaml")))
    }

    /// Returns the shown part of an object, or nothing for a hidden one.
    pub fn part(&self, object: &Value) -> Option<Value> {
        let name = named(object);
        let (_, paths) = self.0.iter().find(|(key, _)| stands_for(key, &name))?;
        if paths.is_empty() {
            return Some(object.clone());
        }
        let always = ["kind", "metadata.name"].into_iter();
        let paths: Vec<Vec<&str>> =
            always.chain(paths.iter().map(String::as_str)).map(|path| path.split('.').collect()).collect();
        Some(cut(object, &paths.iter().map(Vec::as_slice).collect::<Vec<_>>()))
    }

    /// Returns the selected objects and fields that do not exist.
    pub fn missing(&self, objects: &[Value]) -> Vec<String> {
        let mut missing = Vec::new();
        for (key, paths) in &self.0 {
            let Some(object) = objects.iter().find(|object| stands_for(key, &named(object))) else {
                missing.push(key.clone());
                continue;
            };
            let reaches = |path: &&String| reaches(object, &path.split('.').collect::<Vec<_>>());
            missing.extend(paths.iter().filter(|path| !reaches(path)).map(|path| format!("{key}: {path}")));
        }
        missing
    }
}

fn stands_for(key: &str, name: &str) -> bool {
    key.strip_suffix('*').map_or(key == name, |begin| name.starts_with(begin))
}

/// `Deployment shop-web`.
pub fn named(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

fn reaches(value: &Value, path: &[&str]) -> bool {
    match (value, path) {
        (_, []) => true,
        (Value::Array(items), _) => items.iter().any(|item| reaches(item, path)),
        (value, [key, rest @ ..]) => value.get(key).is_some_and(|child| reaches(child, rest)),
    }
}

/// Returns the fields of a value that a path selects.
fn cut(value: &Value, paths: &[&[&str]]) -> Value {
    if paths.iter().any(|path| path.is_empty()) {
        return value.clone();
    }
    match value {
        Value::Array(items) => items.iter().map(|item| cut(item, paths)).collect(),
        Value::Object(fields) => {
            let kept = fields.iter().filter_map(|(key, child)| {
                let below: Vec<&[&str]> =
                    paths.iter().filter(|path| path[0] == key).map(|path| &path[1..]).collect();
                (!below.is_empty()).then(|| (key.clone(), cut(child, &below)))
            });
            kept.collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}
