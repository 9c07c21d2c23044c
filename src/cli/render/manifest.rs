//! Manifests of Stacks, and of the ConfigMaps and Secrets beside them.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use compose_loader::{paths::join, text::decode};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api::schema::violations;
use crate::api::{GROUP, Stack};
use crate::cli::project::{ProjectArgs, current_folder};
use crate::convert::Converted;
use crate::translate::{ObjectKind, content_digest};

/// What stands in manifests.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    /// The Stacks, in their order.
    pub stacks: Vec<Stack>,
    /// The ConfigMaps and Secrets, with their keys.
    pub objects: BTreeMap<(ObjectKind, String), BTreeMap<String, String>>,
}

/// Reads files as manifests; none where they are compose files.
///
/// # Errors
/// Where a file cannot be read, or some are manifests and some are not.
pub(super) fn read(project: &ProjectArgs) -> anyhow::Result<Option<Manifests>> {
    let here = current_folder()?;
    let disk = project.files(&here)?;
    let files = &project.files;
    let mut manifests = Manifests::default();
    let mut compose = None;
    let mut found = false;
    for file in files {
        let text = match file.as_str() {
            "-" => project.standard_input()?.to_owned(),
            file => match disk.read(&join(&here, file)).and_then(decode) {
                Ok(decoded) => decoded.text,
                Err(reason) => bail!("cannot read {file}: {reason}"),
            },
        };
        match documents(&text) {
            Some(documents) => {
                found = true;
                documents
                    .and_then(|documents| documents.iter().try_for_each(|it| add(it, &mut manifests)))
                    .with_context(|| format!("{file} is no manifest that can be rendered"))?;
            }
            None => compose = Some(file),
        }
    }
    match (found, compose) {
        (false, _) => Ok(None),
        (true, Some(file)) => {
            bail!("{file} is a compose file and others are manifests: render one or the other")
        }
        (true, None) if manifests.stacks.is_empty() => bail!("there is no Stack in {}", files.join(", ")),
        (true, None) => Ok(Some(manifests)),
    }
}

/// The documents of a text that is manifests, in whichever style of YAML or as JSON, or why they cannot be read;
/// nothing where it is no manifest. A compose file has no `apiVersion`.
fn documents(text: &str) -> Option<anyhow::Result<Vec<Value>>> {
    let is_manifest = |document: &Value| document["apiVersion"].is_string() && document["kind"].is_string();
    match serde_saphyr::from_multiple::<Value>(text) {
        Ok(documents) => documents.iter().any(is_manifest).then_some(Ok(documents)),
        // A broken manifest is still one, and what is wrong with a compose file the loader says better.
        Err(error) => {
            let in_json = text.trim_start().starts_with('{') && text.contains("\"apiVersion\":");
            let in_yaml = || text.lines().any(|line| line.starts_with("apiVersion:"));
            (in_json || in_yaml()).then(|| Err(error.into()))
        }
    }
}

/// Takes an object, or those of a List, as `kubectl get -o json` prints it.
fn add(object: &Value, manifests: &mut Manifests) -> anyhow::Result<()> {
    let kind = object["kind"].as_str().unwrap_or_default();
    match (object["apiVersion"].as_str().unwrap_or_default(), kind) {
        (version, "Stack") if version.starts_with(GROUP) => {
            refused(object)?;
            manifests.stacks.push(strictly(object)?);
        }
        (version, list) if list.ends_with("List") && (version == "v1" || version.starts_with(GROUP)) => {
            object["items"].as_array().into_iter().flatten().try_for_each(|item| add(item, manifests))?;
        }
        ("v1", "ConfigMap") => {
            let map: ConfigMap = strictly(object)?;
            let texts = map.data.into_iter().flatten().map(|(key, text)| (key, text.into_bytes()));
            let bytes = map.binary_data.into_iter().flatten().map(|(key, bytes)| (key, bytes.0));
            manifests.add(ObjectKind::ConfigMap, map.metadata.name, texts.chain(bytes));
        }
        ("v1", "Secret") => {
            let secret: Secret = strictly(object)?;
            let bytes = secret.data.into_iter().flatten().map(|(key, bytes)| (key, bytes.0));
            let texts = secret.string_data.into_iter().flatten().map(|(key, text)| (key, text.into_bytes()));
            manifests.add(ObjectKind::Secret, secret.metadata.name, bytes.chain(texts));
        }
        _ => {}
    }
    Ok(())
}

/// Refuses what the API server would refuse.
fn refused(stack: &Value) -> anyhow::Result<()> {
    let violations = violations(stack);
    let told = violations.iter().map(|it| format!("{} {}", it.path, it.message)).collect::<Vec<_>>();
    if told.is_empty() { Ok(()) } else { bail!("the API server would refuse it: {}", told.join("; ")) }
}

impl Manifests {
    /// What a compose project became.
    pub fn of(converted: Converted) -> Self {
        let mut manifests = Self { stacks: vec![converted.stack], ..Self::default() };
        let maps = converted.objects.config_maps.into_iter().map(|it| (ObjectKind::ConfigMap, it));
        let secrets = converted.objects.secrets.into_iter().map(|it| (ObjectKind::Secret, it));
        for (kind, (name, data)) in maps.chain(secrets) {
            manifests.add(kind, Some(name), data.into_iter());
        }
        manifests
    }

    fn add(&mut self, kind: ObjectKind, name: Option<String>, data: impl Iterator<Item = (String, Vec<u8>)>) {
        let keys = data.map(|(key, value)| (key, content_digest(&value))).collect();
        self.objects.insert((kind, name.unwrap_or_default()), keys);
    }
}

/// A document as a type that must know all of its fields, as the API server asks of kubectl.
fn strictly<T: DeserializeOwned + serde::Serialize>(document: &Value) -> anyhow::Result<T> {
    let typed: T = serde_json::from_value(without_nulls(document))?;
    let known = serde_json::to_value(&typed)?;
    if let Some(path) = unknown(document, &known) {
        bail!("unknown field {path}");
    }
    Ok(typed)
}

/// The document without the keys that have no value, as the API server takes it.
fn without_nulls(document: &Value) -> Value {
    match document {
        Value::Object(fields) => {
            let given = fields.iter().filter(|(_, value)| !value.is_null());
            given.map(|(key, value)| (key.clone(), without_nulls(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// The first place of `given` that `known` lacks.
fn unknown(given: &Value, known: &Value) -> Option<String> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => given
            .iter()
            .filter(|(_, value)| !is_nothing(value))
            .find_map(|(key, value)| match known.get(key) {
                None => Some(format!(".{key}")),
                Some(known) => unknown(value, known).map(|path| format!(".{key}{path}")),
            }),
        (Value::Array(given), Value::Array(known)) => given
            .iter()
            .zip(known)
            .enumerate()
            .find_map(|(index, (given, known))| Some(format!("[{index}]{}", unknown(given, known)?))),
        _ => None,
    }
}

/// Whether a value says as much as its absence.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_no_stack_has_is_refused_with_its_place() {
        let stack = |service: Value| {
            json!({"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"},
                "spec": {"services": {"web": service}, "volumes": {}}})
        };
        assert!(strictly::<Stack>(&stack(json!({"image": "i", "ports": [], "profiles": null}))).is_ok());
        let error = strictly::<Stack>(&stack(json!({"image": "i", "ports": [{"target": 80, "name": "x"}]})));
        assert_eq!(error.unwrap_err().to_string(), "unknown field .spec.services.web.ports[0].name");
    }
}
