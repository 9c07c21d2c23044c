//! The written manifests, one file for each object, and their kustomization.yaml.

use std::collections::BTreeMap;
use std::fmt::Write;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::Serialize;
use serde_json::Value;

use super::{Converted, nfs};

/// The first line of each written file.
pub const MARK: &str = "# Written by stackwright convert. The next run overwrites changes to this file.\n";
/// The part of [`MARK`] by which a later run recognizes its own files.
pub const SIGNATURE: &str = "# Written by stackwright convert.";

/// The way in which Secrets are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Secrets {
    /// No Secrets. The Stack waits until another tool creates them.
    #[default]
    Skip,
    /// Secrets with all keys and empty values, and an annotation with instructions.
    Placeholder,
    /// Secrets with their values.
    Plain,
}

/// The reason why nothing can be written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("cannot write the manifest of {0}: {1}")]
pub struct OutputError(String, String);

/// Returns the manifests by file name, in the order in which they are applied: a Stack comes after the objects that it
/// names.
///
/// # Errors
/// If a manifest cannot be written as YAML.
pub fn manifests(converted: &Converted, secrets: Secrets) -> Result<Vec<(String, String)>, OutputError> {
    let metadata = |name: &str| metadata(converted, name);
    let mut files = Vec::new();
    for (name, data) in &converted.objects.config_maps {
        files.push((format!("configmap-{name}.yaml"), yaml(name, config_map(metadata(name), data))?));
    }
    for (name, data) in &converted.objects.secrets {
        let mut secret = Secret { metadata: metadata(name), ..Secret::default() };
        match secrets {
            Secrets::Skip => continue,
            Secrets::Placeholder => {
                let note = "fill in each value, or seal the Secret with the tool that manages your secrets";
                let annotations = [("stackwright.dev/placeholder".to_owned(), note.to_owned())];
                secret.metadata.annotations = Some(annotations.into());
                secret.string_data = filled(data.iter().collect(), |_| String::new());
            }
            Secrets::Plain => {
                let (texts, bytes): (BTreeMap<_, _>, BTreeMap<_, _>) =
                    data.iter().partition(|(_, value)| is_text(value));
                secret.string_data = filled(texts, |value| String::from_utf8_lossy(value).into_owned());
                secret.data = filled(bytes, |value| ByteString(value.clone()));
            }
        }
        files.push((format!("secret-{name}.yaml"), yaml(name, secret)?));
    }
    for (claim, volume) in &converted.objects.nfs_volumes {
        let namespace = converted.stack.metadata.namespace.as_deref();
        let name = &volume.volume;
        let text = yaml(name, nfs::volume(claim, volume, namespace))?;
        files.push((format!("persistentvolume-{name}.yaml"), text));
        let text = yaml(claim, nfs::claim(volume, metadata(claim)))?;
        files.push((format!("persistentvolumeclaim-{claim}.yaml"), text));
    }
    let name = converted.stack.metadata.name.as_deref().unwrap_or_default();
    files.push(("stack.yaml".to_owned(), yaml(name, converted.stack.clone())?));
    Ok(files)
}

/// Returns the objects that the Stack names, with the values of Secrets, in the order in which they are applied.
///
/// # Errors
/// If an object cannot be written as JSON.
pub fn objects(converted: &Converted) -> Result<Vec<Value>, OutputError> {
    fn json<T: Serialize>(name: &str, object: T) -> Result<Value, OutputError> {
        serde_json::to_value(object).map_err(|error| OutputError(name.to_owned(), error.to_string()))
    }
    let mut objects = Vec::new();
    for (name, data) in &converted.objects.config_maps {
        objects.push(json(name, config_map(metadata(converted, name), data))?);
    }
    for (name, data) in &converted.objects.secrets {
        let data = filled(data.iter().collect(), |value| ByteString(value.clone()));
        objects.push(json(name, Secret { metadata: metadata(converted, name), data, ..Secret::default() })?);
    }
    for (claim, volume) in &converted.objects.nfs_volumes {
        let namespace = converted.stack.metadata.namespace.as_deref();
        objects.push(json(&volume.volume, nfs::volume(claim, volume, namespace))?);
        objects.push(json(claim, nfs::claim(volume, metadata(converted, claim)))?);
    }
    Ok(objects)
}

fn metadata(converted: &Converted, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: converted.stack.metadata.namespace.clone(),
        ..ObjectMeta::default()
    }
}

fn config_map(metadata: ObjectMeta, data: &BTreeMap<String, Vec<u8>>) -> ConfigMap {
    let (texts, bytes): (BTreeMap<_, _>, BTreeMap<_, _>) = data.iter().partition(|(_, value)| is_text(value));
    ConfigMap {
        metadata,
        data: filled(texts, |value| String::from_utf8_lossy(value).into_owned()),
        binary_data: filled(bytes, |value| ByteString(value.clone())),
        ..ConfigMap::default()
    }
}

/// Returns the `kustomization.yaml` of a folder with these files.
#[must_use]
pub fn kustomization(files: &[(String, String)], namespace: Option<&str>) -> String {
    let mut text = format!("{MARK}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n");
    if let Some(namespace) = namespace {
        let _ = writeln!(text, "namespace: {namespace}");
    }
    text.push_str("resources:\n");
    for (name, _) in files {
        let _ = writeln!(text, "- {name}");
    }
    text
}

/// Returns all manifests as one YAML stream.
#[must_use]
pub fn stream(files: &[(String, String)]) -> String {
    files.iter().map(|(_, text)| text.strip_prefix(MARK).unwrap_or(text)).collect::<Vec<_>>().join("---\n")
}

/// Returns the names of the Secrets that the Stack needs, with their keys.
pub fn needed_secrets(converted: &Converted) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let secrets = converted.objects.secrets.iter();
    secrets.map(|(name, data)| (name.as_str(), data.keys().map(String::as_str).collect()))
}

/// The annotation with which Flux does not substitute variables in an object.
const NOT_SUBSTITUTED: (&str, &str) = ("kustomize.toolkit.fluxcd.io/substitute", "disabled");

fn yaml<T: Resource + Serialize>(name: &str, mut object: T) -> Result<String, OutputError> {
    let error = |error: String| OutputError(name.to_owned(), error);
    let json = serde_json::to_string(&object).map_err(|problem| error(problem.to_string()))?;
    // In a Kustomization with `postBuild.substitute`, Flux replaces `${...}` by a variable and `$$` by `$` anywhere in
    // an object.
    if json.contains("${") || json.contains("$$") {
        let (key, value) = NOT_SUBSTITUTED;
        object.meta_mut().annotations.get_or_insert_default().insert(key.to_owned(), value.to_owned());
    }
    let text = serde_saphyr::to_string(&object).map_err(|problem| error(problem.to_string()))?;
    Ok(format!("{MARK}{text}"))
}

/// Reports whether YAML can contain these bytes as text.
fn is_text(bytes: &[u8]) -> bool {
    let harmless = |c: char| c == '\n' || c == '\t' || c == '\r' || !c.is_control() && c != '\u{feff}';
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(harmless))
}

fn filled<T>(data: BTreeMap<&String, &Vec<u8>>, make: impl Fn(&Vec<u8>) -> T) -> Option<BTreeMap<String, T>> {
    let made: BTreeMap<String, T> = data.into_iter().map(|(key, value)| (key.clone(), make(value))).collect();
    (!made.is_empty()).then_some(made)
}
