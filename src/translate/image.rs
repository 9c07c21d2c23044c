//! What is known of a service's image: what its registry said, and what a workload remembers of that.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::api::{Expose, Healthcheck};

/// What is known of a service's image.
///
/// It stands on the service's workload as JSON ([`crate::api::labels::IMAGES`]) and holds as long as the Stack
/// calls the image so: a registry that goes, or a tag that moves, changes nothing that runs.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Image {
    /// The image as the Stack calls it.
    pub image: String,
    /// The digest of the manifest that was read; none where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Why the image could not be read when its service was made; what is said here of it, if anything, is then
    /// what was read of the image that the service had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// What it says of itself, held once for all that know it.
    #[serde(flatten)]
    pub config: Arc<ImageConfig>,
}

impl Image {
    /// Whether this is what the image itself says.
    pub fn is_read(&self) -> bool {
        self.digest.is_some() && self.unread.is_none()
    }
}

/// What an image says of itself and nodes do not heed: in Docker it holds where the service is silent.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageConfig {
    /// EXPOSE: the ports that it listens on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Expose>,
    /// VOLUME: the folders whose files outlive its containers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<String>,
    /// USER. Nodes heed it; it is known so that a Stack may say the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// CMD. Nodes heed it, but not where an entrypoint is taken away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// SHELL: what runs the check of a `CMD-SHELL`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shell: Vec<String>,
    /// HEALTHCHECK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
}

/// What a workload remembers of its images, as the text of its annotation, by the services' names.
pub fn remembered(images: &BTreeMap<&str, &Image>) -> String {
    // A map of texts and plain values always serialises.
    serde_json::to_string(images).unwrap_or_default()
}

/// What the annotation of a workload says; nothing where it is not ours to read.
pub fn recalled(text: &str) -> BTreeMap<String, Image> {
    serde_json::from_str(text).unwrap_or_default()
}
