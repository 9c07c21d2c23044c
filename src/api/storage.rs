//! Volumes, configs, secrets and how a service mounts them.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Quantity, Text, key_ref::KeyRef};

/// A named volume: a PersistentVolumeClaim, which no update of the Stack deletes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// The requested size, such as `10Gi`. A larger size expands the claim if the StorageClass allows expansion. A
    /// claim cannot shrink. Default: `1Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Quantity>,

    /// The StorageClass. It cannot change once the claim exists. Default: the default class of the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub storage_class_name: Option<String>,

    /// The access mode of the claim. It cannot change once the claim exists. Default: `ReadWriteOnce`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_mode: Option<AccessMode>,

    /// An existing claim of the namespace to use in place of a claim of the Stack, as `external` in Compose. The
    /// operator never changes or deletes this claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub claim_name: Option<String>,

    /// An NFS export in place of a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nfs: Option<Nfs>,

    /// A folder of the node in place of a claim. Requires a privilege of the namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub host_path: Option<String>,

    /// Labels of the claim. All become annotations. Those that are valid Kubernetes labels also become labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub labels: BTreeMap<String, Text>,

    /// Files that the helper writes into the volume before a service that mounts the volume starts: each file once, and
    /// again when its key changes. If only a program has changed a file, the file stays as it is. If both the program
    /// and the key have changed the file, the version of the program moves to `.stackwright/replaced` of the volume,
    /// which services do not see. A change of a key restarts the services that mount the volume. Each file must have a
    /// path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    pub files: Vec<TreeFile>,

    /// Folders that the helper creates in the volume if they are missing, such as `cache/views`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024), inner(length(min = 1, max = 4096)))]
    pub folders: Vec<String>,
}

/// A folder that an NFS server exports.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nfs {
    /// The name or address of the server. The nodes must be able to resolve the name.
    #[schemars(length(min = 1, max = 253))]
    pub server: String,

    /// The exported folder.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub path: String,

    /// Whether the export is mounted read-only. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
}

/// The access mode of a claim: `ReadWriteOnce` (the default; Pods on one node can mount the claim), `ReadWriteMany`
/// (Pods on several nodes, which the StorageClass must support) or `ReadWriteOncePod` (one Pod). It cannot change once
/// the claim exists.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum AccessMode {
    /// Pods on one node can mount the claim.
    #[default]
    ReadWriteOnce,
    /// Pods on several nodes can mount the claim. The StorageClass must support this mode.
    ReadWriteMany,
    /// Only one Pod can mount the claim.
    ReadWriteOncePod,
}

impl AccessMode {
    /// Returns the name in Kubernetes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadWriteOnce => "ReadWriteOnce",
            Self::ReadWriteMany => "ReadWriteMany",
            Self::ReadWriteOncePod => "ReadWriteOncePod",
        }
    }
}

/// What happens to the volumes when the Stack is deleted. `Retain` (the default): the claims stay, and a later Stack of
/// the same name uses them again. `Delete`: the claims and their data are deleted with the Stack.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum VolumePolicy {
    /// The claims stay, and a later Stack of the same name uses them again, as after `docker compose down`.
    #[default]
    Retain,
    /// The claims and their data are deleted with the Stack, as by `docker compose down -v`.
    Delete,
}

/// The storage of anonymous volumes. `Claim` (the default): a service with one replica gets a claim, which keeps its
/// content across updates and is deleted with the Stack. `EmptyDir`: each Pod gets a folder that starts empty.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum AnonymousVolumes {
    /// A claim for a service with one replica. With more replicas, a folder for each Pod.
    #[default]
    Claim,
    /// A folder for each Pod, which starts empty.
    EmptyDir,
}

/// A mount of a service: a named volume (`source`), a file or folder of the node (`hostPath`), the files of an image
/// (`image`), or a folder that starts empty with each Pod (`emptyDir`). Without any of these fields, the mount is an
/// anonymous volume.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("!(has(self.source) && (has(self.hostPath) || has(self.image))) && !(has(self.hostPath) && has(self.image))",
    "a mount has one source: set one of 'source', 'hostPath' and 'image', or none for an anonymous volume"))]
pub struct VolumeMount {
    /// The name of the volume in `spec.volumes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub source: Option<String>,

    /// A file or folder of the node. Requires a privilege of the namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub host_path: Option<String>,

    /// An image whose files are mounted, read-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub image: Option<String>,

    /// Whether to mount a folder that starts empty with each Pod, on the disk of the node. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_dir: Option<bool>,

    /// The absolute path in the container.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub target: String,

    /// Whether the mount is read-only. A service that only reads its volumes can be updated without downtime. Default:
    /// false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,

    /// The folder of the volume or image to mount in place of the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub subpath: Option<String>,

    /// Whether a new volume stays empty. If false, the volume is seeded with the files of the image at `target`, with
    /// owners and permission bits, as in Docker. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nocopy: Option<bool>,

    /// The propagation of later mounts below a `hostPath`. Default: `private`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagation: Option<Propagation>,
}

/// The propagation of later mounts below a `hostPath`: `private` (the default; none), `rslave` (the container sees
/// mounts of the node) or `rshared` (node and container see the mounts of each other; requires a privileged container).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Propagation {
    /// Neither side sees later mounts of the other.
    #[default]
    Private,
    /// The container sees later mounts of the node.
    Rslave,
    /// Both sides see later mounts of the other.
    Rshared,
}

/// A temporary file system in memory.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tmpfs {
    /// The absolute path in the container.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub target: String,

    /// The maximum size, such as `64Mi`. The content counts against the memory limit. Default: no maximum other than
    /// the memory limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Quantity>,

    /// The permission bits of the folder as an octal text, such as `"0750"`. Default: `"1777"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5), regex(pattern = "^0?[0-7]{3,4}$"))]
    pub mode: Option<String>,
}

/// A configuration file: a text, or a key of a ConfigMap.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("has(self.content) != has(self.configMap)",
    "a config has one source: set exactly one of 'content' and 'configMap'"))]
pub struct Config {
    /// The text of the file. The operator stores the text in a ConfigMap. A change restarts the services that read the
    /// file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Text>,

    /// The key of an existing ConfigMap of the Stack's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map: Option<KeyRef>,
}

/// A secret file: a key of an existing Secret of the Stack's namespace. A Stack never contains secret values.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// The Secret and the key in it.
    pub secret: KeyRef,
}

/// A config or secret that is mounted into a service as a file. A change of the content restarts the service.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileMount {
    /// The name in `spec.configs` or `spec.secrets`.
    #[schemars(length(min = 1, max = 255))]
    pub source: String,

    /// The path of the file in the container. A relative path of a secret is below `/run/secrets`. Default: `/<source>`
    /// for a config and `/run/secrets/<source>` for a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub target: Option<String>,

    /// The permission bits of the file as an octal text, such as `"0440"`. Default: `"0444"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5), regex(pattern = "^0?[0-7]{3}$"))]
    pub mode: Option<String>,

    /// The numeric id of the user that owns the file. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647_i64))]
    pub uid: Option<i64>,

    /// The numeric id of the group that owns the file. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647_i64))]
    pub gid: Option<i64>,
}

/// A folder or a single file whose content comes from keys of ConfigMaps and Secrets.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileTree {
    /// The absolute path of the folder or file in the container. The mount hides the files of the image at this path.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub target: String,

    /// Whether the folder or file is read-only. If false, each Pod starts with a copy of the original files. Default:
    /// true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,

    /// The files.
    #[schemars(length(max = 4096))]
    pub files: Vec<TreeFile>,
}

/// A file whose content is a key of a ConfigMap or Secret. Set exactly one of `configMapKeyRef` and `secretKeyRef`.
// A CEL rule for the two keys would cost the API server too much, since many files are possible.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TreeFile {
    /// The relative path of the file, such as `conf.d/site.conf`. Without a path, this file is mounted at `target` in
    /// place of a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub path: Option<String>,

    /// The key of a ConfigMap with the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<KeyRef>,

    /// The key of a Secret with the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeyRef>,

    /// The permission bits of the file as an octal text, such as `"0755"`. Default: `"0644"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5), regex(pattern = "^0?[0-7]{3}$"))]
    pub mode: Option<String>,
}
