//! Volumes, configs, secrets and how a service mounts them.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Quantity, Text, service::KeyRef};

/// A named volume: one PersistentVolumeClaim, which outlives every update of the Stack.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// The size to ask for, such as `10Gi`. Default `1Gi`. Growing it works where the storage
    /// class allows expansion; a claim never shrinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Quantity>,

    /// The StorageClass. Default: the cluster's default class. Fixed once the claim exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub storage_class_name: Option<String>,

    /// The claim's access mode. Default `ReadWriteOnce`. Fixed once the claim exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_mode: Option<AccessMode>,
}

/// How the claim may be mounted: `ReadWriteOnce` (the default) by pods of one node, `ReadWriteMany`
/// by pods of several nodes (needs a storage class that can), `ReadWriteOncePod` by one pod. Fixed
/// once the claim exists.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum AccessMode {
    /// By pods of one node.
    #[default]
    ReadWriteOnce,
    /// By pods of several nodes; needs a storage class that can.
    ReadWriteMany,
    /// By one pod only.
    ReadWriteOncePod,
}

impl AccessMode {
    /// The name that Kubernetes uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadWriteOnce => "ReadWriteOnce",
            Self::ReadWriteMany => "ReadWriteMany",
            Self::ReadWriteOncePod => "ReadWriteOncePod",
        }
    }
}

/// What becomes of the volumes when the Stack is deleted. `Retain` (the default): they stay, and a
/// Stack of the same name takes them up again. `Delete`: they and their data go with the Stack.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum VolumePolicy {
    /// Claims stay, and a Stack of the same name takes them up again (as `docker compose down`).
    #[default]
    Retain,
    /// Claims and their data go with the Stack (as `docker compose down -v`).
    Delete,
}

/// A named volume mounted into a service.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// The volume's name under `spec.volumes`.
    #[schemars(length(min = 1, max = 255))]
    pub source: String,

    /// Where it appears in the container: an absolute path.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub target: String,

    /// Mounts it read-only. A service that only reads its volumes may be updated without a gap.
    /// Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,

    /// A folder inside the volume to mount in place of its root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub subpath: Option<String>,
}

/// A temporary file system in memory.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tmpfs {
    /// Where it appears in the container: an absolute path.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub target: String,

    /// Its largest size, such as `64Mi`. It counts against the memory limit. Default: no bound of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Quantity>,
}

/// A configuration file: given here, or a key of a ConfigMap.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("has(self.content) != has(self.configMap)",
    "a config is either given as 'content' or names a 'configMap': set exactly one"))]
pub struct Config {
    /// The file's text. The Stack keeps it in a ConfigMap, and a change restarts the readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Text>,

    /// The key of an existing ConfigMap of the Stack's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map: Option<KeyRef>,
}

/// A secret file: a key of an existing Secret of the Stack's namespace. Secret values never stand
/// in a Stack.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// The Secret and the key in it.
    pub secret: KeyRef,
}

/// A config or secret mounted into a service as a file. A container keeps the text that it started
/// with, unless the Stack itself gives it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileMount {
    /// The name under `spec.configs` or `spec.secrets`.
    #[schemars(length(min = 1, max = 255))]
    pub source: String,

    /// The file's path in the container. Default: `/<source>` for a config and
    /// `/run/secrets/<source>` for a secret, which a relative path of a secret is under too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub target: Option<String>,

    /// The file's permission bits as an octal text, such as `"0440"`. Default `"0444"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5), regex(pattern = "^0?[0-7]{3}$"))]
    pub mode: Option<String>,
}
