//! Volumes, configs, secrets and how a service mounts them.

use std::collections::BTreeMap;

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

    /// A claim of the namespace that exists already and that someone else looks after, in place of one of
    /// the Stack's own (`external` in Compose). It is never changed or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub claim_name: Option<String>,

    /// An NFS export in place of a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nfs: Option<Nfs>,

    /// A folder of the node in place of a claim; only where the namespace allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub host_path: Option<String>,

    /// Labels of the claim. Those that Kubernetes takes as labels become labels; all become annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub labels: BTreeMap<String, Text>,

    /// Files that the operator's helper lays into the volume before a service that mounts it starts: each
    /// file once, and again when its key changes. A file that a program has changed and whose key has not
    /// changed stays as it is. Where both have changed, the program's version moves to
    /// `.stackwright/replaced` of the volume, which no service sees. A change of a key restarts the services
    /// that mount the volume. Each file needs a path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    pub files: Vec<TreeFile>,

    /// Folders that the helper makes in the volume where they are missing, such as `cache/views`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024), inner(length(min = 1, max = 4096)))]
    pub folders: Vec<String>,
}

/// A folder that an NFS server exports.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nfs {
    /// The server's name or address, as the nodes know it.
    #[schemars(length(min = 1, max = 253))]
    pub server: String,

    /// The exported folder.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub path: String,

    /// Mounts it read-only. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
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

/// What an anonymous volume is. `Claim` (the default): a claim that keeps its content over updates and goes
/// with the Stack, for a service of one replica. `EmptyDir`: a folder that begins anew with each pod.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum AnonymousVolumes {
    /// A claim for a service of one replica; at more replicas a folder for each pod.
    #[default]
    Claim,
    /// A folder that begins anew with each pod.
    EmptyDir,
}

/// Something mounted into a service: a named volume (`source`), a folder of the node (`hostPath`), the
/// content of an image (`image`), a folder that begins empty with each pod (`emptyDir`), or with none of
/// them an anonymous volume of the service's own.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("!(has(self.source) && (has(self.hostPath) || has(self.image))) && !(has(self.hostPath) && has(self.image))",
    "a mount has one origin: set one of 'source', 'hostPath' and 'image', or none for an anonymous volume"))]
pub struct VolumeMount {
    /// The volume's name under `spec.volumes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub source: Option<String>,

    /// A file or folder of the node; only where the namespace allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub host_path: Option<String>,

    /// An image whose files are mounted, read-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub image: Option<String>,

    /// Mounts a folder on the node's disk that begins empty with each pod. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_dir: Option<bool>,

    /// Where it appears in the container: an absolute path.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub target: String,

    /// Mounts it read-only. A service that only reads its volumes may be updated without a gap.
    /// Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,

    /// A folder inside the volume or image to mount in place of its root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub subpath: Option<String>,

    /// Leaves a new volume empty. Default: it begins with what the image has at `target`, with owners and
    /// modes, as Docker does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nocopy: Option<bool>,

    /// Whether mounts that appear below a `hostPath` later are seen on the other side. Default `private`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagation: Option<Propagation>,
}

/// Whether mounts that appear later are seen on the other side: `private` (the default) by neither,
/// `rslave` those of the node in the container, `rshared` in both directions (a privileged container only).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Propagation {
    /// By neither.
    #[default]
    Private,
    /// Those of the node in the container.
    Rslave,
    /// In both directions.
    Rshared,
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

    /// The folder's permission bits as an octal text, such as `"1777"`. Default `"1777"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5), regex(pattern = "^0?[0-7]{3,4}$"))]
    pub mode: Option<String>,
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

/// A config or secret mounted into a service as a file. A change of its content restarts the service.
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

    /// The number of the user that the file belongs to. Default 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647_i64))]
    pub uid: Option<i64>,

    /// The number of the group that the file belongs to. Default 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647_i64))]
    pub gid: Option<i64>,
}

/// A tree of files, or one file, from keys of ConfigMaps and Secrets, mounted as if it were a folder or file
/// of the host.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileTree {
    /// Where the tree's root appears in the container: an absolute path. It hides what the image has there.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub target: String,

    /// Whether the containers may not write it. A tree that may be written begins as given with each pod.
    /// Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,

    /// The files.
    #[schemars(length(max = 4096))]
    pub files: Vec<TreeFile>,
}

/// A file of a tree. It comes from one place: exactly one of `configMapKeyRef` and `secretKeyRef` is set. (So
/// many files are possible that a rule for each of them would cost the API server too much.)
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TreeFile {
    /// Its path below the tree's root, such as `conf.d/site.conf`. Without it the tree is this one file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub path: Option<String>,

    /// The key of a ConfigMap that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<KeyRef>,

    /// The key of a Secret that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeyRef>,

    /// Its permission bits as an octal text, such as `"0755"`. Default `"0644"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5), regex(pattern = "^0?[0-7]{3}$"))]
    pub mode: Option<String>,
}
