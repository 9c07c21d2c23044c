//! Manifests of Stacks, and of the ConfigMaps and Secrets that the Stacks read.

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

/// The objects in manifests.
#[derive(Debug, Default)]
pub struct Manifests {
    /// The Stacks, in the order of the files.
    pub stacks: Vec<Stack>,
    /// The digests of the keys of ConfigMaps and Secrets.
    pub objects: BTreeMap<(ObjectKind, String), BTreeMap<String, String>>,
    /// The ConfigMaps and Secrets as written.
    pub documents: Vec<Value>,
}

/// Reads files as manifests. Returns `None` if the files are Compose files.
///
/// # Errors
/// When a file cannot be read, or when only some of the files are manifests.
pub fn read(project: &ProjectArgs) -> anyhow::Result<Option<Manifests>> {
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
                    .with_context(|| format!("cannot render {file}"))?;
            }
            None => compose = Some(file),
        }
    }
    match (found, compose) {
        (false, _) => Ok(None),
        (true, Some(file)) => {
            bail!("cannot render a mix of Compose files and manifests: {file} is a Compose file")
        }
        (true, None) if manifests.stacks.is_empty() => bail!("{} contains no Stack", files.join(", ")),
        (true, None) => Ok(Some(manifests)),
    }
}

/// Returns the documents of a manifest in YAML or JSON, or the error of a broken one. Returns `None` for a Compose file,
/// which has no `apiVersion`.
fn documents(text: &str) -> Option<anyhow::Result<Vec<Value>>> {
    let is_manifest = |document: &Value| document["apiVersion"].is_string() && document["kind"].is_string();
    match serde_saphyr::from_multiple::<Value>(text) {
        Ok(documents) => documents.iter().any(is_manifest).then_some(Ok(documents)),
        // A text with `apiVersion` is a broken manifest. For all others the loader has the better message.
        Err(error) => {
            let in_json = text.trim_start().starts_with('{') && text.contains("\"apiVersion\":");
            let in_yaml = || text.lines().any(|line| line.starts_with("apiVersion:"));
            (in_json || in_yaml()).then(|| Err(error.into()))
        }
    }
}

/// Adds an object, or the items of a List, which `kubectl get -o json` prints.
fn add(object: &Value, manifests: &mut Manifests) -> anyhow::Result<()> {
    let kind = object["kind"].as_str().unwrap_or_default();
    match (object["apiVersion"].as_str().unwrap_or_default(), kind) {
        (version, "Stack") if version.starts_with(GROUP) => {
            check_schema(object)?;
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
            manifests.documents.push(object.clone());
        }
        ("v1", "Secret") => {
            let secret: Secret = strictly(object)?;
            let bytes = secret.data.into_iter().flatten().map(|(key, bytes)| (key, bytes.0));
            let texts = secret.string_data.into_iter().flatten().map(|(key, text)| (key, text.into_bytes()));
            manifests.add(ObjectKind::Secret, secret.metadata.name, bytes.chain(texts));
            manifests.documents.push(object.clone());
        }
        _ => {}
    }
    Ok(())
}

/// Checks a Stack against the schema of the CustomResourceDefinition, as the API server does.
fn check_schema(stack: &Value) -> anyhow::Result<()> {
    let violations = violations(stack);
    let messages = violations.iter().map(|it| format!("{} {}", it.path, it.message)).collect::<Vec<_>>();
    if messages.is_empty() { Ok(()) } else { bail!("the Stack is invalid: {}", messages.join("; ")) }
}

impl Manifests {
    /// Returns the objects of a converted project.
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

/// Converts a document to a type and rejects unknown fields, as the API server does for kubectl (strict field validation).
fn strictly<T: DeserializeOwned + serde::Serialize>(document: &Value) -> anyhow::Result<T> {
    let typed: T = serde_json::from_value(without_nulls(document))?;
    let known = serde_json::to_value(&typed)?;
    if let Some(path) = unknown(document, &known) {
        bail!("unknown field {path}");
    }
    Ok(typed)
}

/// Returns the document without null values, which the API server drops.
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

/// Returns the path of the first field in `given` that `known` lacks.
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

/// Reports whether a value means the same as its absence.
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
    fn an_unknown_field_is_rejected_with_its_path() {
        let stack = |service: Value| {
            json!({"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"},
                "spec": {"services": {"web": service}, "volumes": {}}})
        };
        assert!(strictly::<Stack>(&stack(json!({"image": "i", "ports": [], "profiles": null}))).is_ok());
        let error = strictly::<Stack>(&stack(json!({"image": "i", "ports": [{"target": 80, "name": "x"}]})));
        assert_eq!(error.unwrap_err().to_string(), "unknown field .spec.services.web.ports[0].name");
    }
}
