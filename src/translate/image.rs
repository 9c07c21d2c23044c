//! Image metadata: what a registry returned, and its copy in the annotation of a workload.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::api::{Expose, Healthcheck};

/// The known metadata of a service's image.
///
/// The workload of the service stores the metadata as JSON ([`crate::api::labels::IMAGES`]) until the name of the image
/// in the Stack changes. So neither an unavailable registry nor a moved tag changes running containers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Image {
    /// The image, as the Stack names it.
    pub image: String,
    /// The digest of the manifest. `None` if the manifest was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Why the image could not be read when its service was created. The other fields then describe the previous image of
    /// the service, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// The configuration of the image, shared in memory.
    #[serde(flatten)]
    pub config: Arc<ImageConfig>,
}

impl Image {
    /// Reports whether the metadata is that of the image itself.
    pub fn is_read(&self) -> bool {
        self.digest.is_some() && self.unread.is_none()
    }
}

/// The parts of an image's configuration that Docker uses for fields the service does not set, and that a kubelet ignores.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageConfig {
    /// EXPOSE: the ports of the program.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Expose>,
    /// VOLUME: the folders that become anonymous volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<String>,
    /// USER. Kubelets use it too. A Stack can repeat it, also by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// CMD. Kubelets use it too, but not if the Stack clears the entrypoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// SHELL: the shell of a `CMD-SHELL` check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shell: Vec<String>,
    /// HEALTHCHECK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
}

/// Returns the annotation of a workload with the metadata of its images, by the name of the service.
pub fn remembered(images: &BTreeMap<&str, &Image>) -> String {
    // Serialization cannot fail: keys are strings, and no value has a custom serializer.
    serde_json::to_string(images).unwrap_or_default()
}

/// Parses the annotation of a workload. An annotation that cannot be parsed counts as absent.
pub fn recalled(text: &str) -> BTreeMap<String, Image> {
    serde_json::from_str(text).unwrap_or_default()
}
