//! What `up` applies: the Stack of the project or of a manifest, and the objects that it names.

use std::collections::BTreeMap;

use kube::ResourceExt;
use serde_json::{Value, json};

use crate::api::Stack;
use crate::cli::conversion::{Choices, Conversion};
use crate::cli::failure::Failure;
use crate::cli::objects::Reference;
use crate::cli::project::ProjectArgs;
use crate::cli::render::manifest;
use crate::cli::selection::{Selection, of_manifest, source};
use crate::convert::output::objects;
use crate::translate::{ObjectKind, Privileges, content_digest};

/// The label of the ConfigMaps and Secrets that `up` has made, with the name of the Stack.
pub const MADE_FOR: &str = "stackwright.dev/made-for";

/// A Stack with the objects that it names, before it is applied.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The Stack.
    pub stack: Stack,
    /// The name, the namespace of a manifest, and the Compose files.
    pub selection: Selection,
    /// The ConfigMaps, Secrets and NFS volumes.
    pub objects: Vec<Value>,
    /// The privileges that the namespace must grant.
    pub privileges: Privileges,
}

impl Wanted {
    /// Reads the manifests, or converts the project. Diagnostics are printed.
    ///
    /// # Errors
    /// When the project cannot be loaded, or a value is refused.
    pub fn read(project: &ProjectArgs, choices: &Choices) -> anyhow::Result<Self> {
        if let Some(manifests) = manifest::read(project)? {
            let selection = of_manifest(&manifests.stacks, project.project_name.as_deref())?;
            let chosen = manifests.stacks.into_iter().find(|stack| stack.name_any() == selection.name);
            let stack = chosen.ok_or_else(|| Failure::new("the manifests contain no Stack"))?;
            let objects = manifests.documents;
            return Ok(Self { stack, selection, objects, privileges: Privileges::default() });
        }
        let conversion = choices.convert(project, None)?;
        conversion.check_refused()?;
        Self::of(&conversion)
    }

    fn of(conversion: &Conversion) -> anyhow::Result<Self> {
        let Conversion { converted, files, .. } = conversion;
        let stack = converted.stack.clone();
        let selection = Selection { name: stack.name_any(), namespace: None, source: Some(source(files)) };
        let privileges = converted.privileges().clone();
        Ok(Self { stack, selection, objects: objects(converted)?, privileges })
    }

    /// Puts all objects into a namespace, and labels those that the Stack names. `down` deletes what has the label.
    pub fn place(&mut self, namespace: &str) {
        for object in &mut self.objects {
            // A PersistentVolume is an object of the cluster.
            if object["kind"] != "PersistentVolume" {
                object["metadata"]["namespace"] = json!(namespace);
            }
            if matches!(object["kind"].as_str(), Some("ConfigMap" | "Secret")) {
                object["metadata"]["labels"][MADE_FOR] = json!(self.selection.name);
            }
        }
    }

    /// Returns the digests of the keys of ConfigMaps and Secrets. A change of a key restarts its readers.
    pub fn digests(&self) -> Digests {
        self.objects.iter().filter_map(digests).collect()
    }

    /// Returns the identities of the objects.
    pub fn references(&self) -> Vec<Reference> {
        self.objects.iter().map(Reference::of).collect()
    }
}

/// The digests of the keys of ConfigMaps and Secrets, by kind and name.
pub type Digests = BTreeMap<(ObjectKind, String), BTreeMap<String, String>>;

/// Returns the digests of the keys of a ConfigMap or Secret.
pub fn digests(object: &Value) -> Option<((ObjectKind, String), BTreeMap<String, String>)> {
    let kind = match object["kind"].as_str()? {
        "ConfigMap" => ObjectKind::ConfigMap,
        "Secret" => ObjectKind::Secret,
        _ => return None,
    };
    let name = object["metadata"]["name"].as_str()?.to_owned();
    let fields = |field: &str| object[field].as_object().cloned().unwrap_or_default();
    let mut keys = BTreeMap::new();
    for (key, value) in fields("data").into_iter().chain(fields("binaryData")) {
        keys.insert(key, content_digest(value.as_str().unwrap_or_default().as_bytes()));
    }
    // A manifest of a Secret can have texts, which the API server writes as base64.
    for (key, value) in fields("stringData") {
        keys.insert(key, content_digest(base64(value.as_str().unwrap_or_default()).as_bytes()));
    }
    Some(((kind, name), keys))
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_a_secret_has_the_digest_of_its_base64() {
        let text = json!({"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "value"}});
        let encoded = json!({"kind": "Secret", "metadata": {"name": "s"}, "data": {"key": "dmFsdWU="}});
        assert_eq!(digests(&text), digests(&encoded));
        assert_eq!(digests(&json!({"kind": "PersistentVolume", "metadata": {"name": "v"}})), None);
    }
}
