//! Facts about the cluster, which the caller collects before translation.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use sha2::{Digest, Sha256};

use super::{Image, Limits, Privileges};
use crate::api::{AccessMode, TemplateHash};

/// Facts about the cluster. The default describes a new cluster without objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The oldest known version of the API server and the kubelets. It limits the fields of new templates.
    pub version: ServerVersion,
    /// The existing Secrets and ConfigMaps that the Stack names, with a digest of the value of each key.
    pub objects: BTreeMap<(ObjectKind, String), BTreeMap<String, String>>,
    /// The existing claims that the Stack owns or names.
    pub claims: BTreeMap<String, LiveClaim>,
    /// The storage classes whose volumes several nodes can mount at the same time. No API of Kubernetes lists them.
    pub shared_classes: BTreeSet<String>,
    /// The helper image, which seeds volumes and copies files in init containers. Without the image, these steps are
    /// omitted.
    pub helper_image: Option<String>,
    /// The known image metadata, by the name of the service.
    pub images: BTreeMap<String, Image>,
    /// The causes for which the metadata of an image could not be read yet, by the name of the service that waits for it.
    pub unread: BTreeMap<String, String>,
    /// The live workloads, by the name of the service.
    pub live_workloads: BTreeMap<String, LiveWorkload>,
    /// The hash of the Pod template that was released last, by the name of the service, from the status. It includes
    /// workloads that are gone, such as one-shots that have run.
    pub released_templates: BTreeMap<String, TemplateHash>,
    /// The hashes of the Pod templates of live workloads and of Pods that have not ended.
    pub live_templates: BTreeSet<TemplateHash>,
    /// The names of the live NetworkPolicies of the Stack.
    pub live_policies: BTreeSet<String>,
    /// The live Services of the Stack, by name.
    pub live_services: BTreeMap<String, LiveService>,
    /// The services whose desired containers are all ready.
    pub healthy: BTreeSet<String>,
    /// The services that are not one-shots and whose container has ended with exit code 0, with the hash of its template.
    pub completed: BTreeMap<String, TemplateHash>,
    /// The hash keys of the existing Secrets that the Stack names.
    pub hash_keys: BTreeMap<String, HashKey>,
    /// The privileges that the namespace grants.
    pub privileges: Privileges,
    /// The limits of a Stack.
    pub limits: Limits,
}

/// A Kubernetes version `1.<minor>`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ServerVersion {
    /// The minor version, such as 36.
    pub minor: u32,
}

impl Default for ServerVersion {
    /// Returns the newest supported version.
    fn default() -> Self {
        Self::NEWEST
    }
}

impl ServerVersion {
    /// The oldest supported version. `make matrix` tests all supported versions.
    pub const OLDEST: Self = Self { minor: 34 };
    /// The newest supported version.
    pub const NEWEST: Self = Self { minor: 37 };

    /// Parses the version of a component, such as `v1.36.3` or `1.36`.
    pub fn of(text: &str) -> Option<Self> {
        let minor = text.trim_start_matches('v').strip_prefix("1.")?;
        let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().map(|minor| Self { minor })
    }

    /// Reports whether a Pod can set `hostnameOverride`, which is enabled by default since 1.35.
    pub fn has_hostname_override(self) -> bool {
        self.minor >= 35
    }

    /// Reports whether a Pod can mount an image as a volume, which is enabled by default since 1.35.
    pub fn has_image_volumes(self) -> bool {
        self.minor >= 35
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "1.{}", self.minor)
    }
}

/// The kind of an object that a Stack names and does not own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ObjectKind {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
    /// A PersistentVolumeClaim.
    PersistentVolumeClaim,
}

impl ObjectKind {
    /// Returns the name of the kind in Kubernetes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
        }
    }
}

/// The state of a live Service that the next translation uses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LiveService {
    /// Whether the Service has no cluster IP, which is immutable.
    pub headless: bool,
    /// Whether the Service publishes addresses of Pods that are not ready. It stays false after the service was healthy
    /// once: the live Service stores that fact.
    pub publishes_not_ready: bool,
}

/// The state of a live claim that the next translation uses.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LiveClaim {
    /// Whether a Stack created the claim, so that services see its folder `data`.
    pub of_a_stack: bool,
    /// The access mode, which is immutable. `None` if it is unknown.
    pub access_mode: Option<AccessMode>,
    /// The label that keeps Pods which share the claim on one node.
    pub node_group: Option<String>,
    /// The time of creation, in seconds since 1970.
    pub created: i64,
}

/// The state of a live workload that the next translation uses.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LiveWorkload {
    /// The hash of the Pod template.
    pub template: Option<TemplateHash>,
    /// The hash of the keys that its containers read from objects which the Stack does not own.
    pub reads: Option<String>,
    /// The helper image.
    pub helper_image: Option<String>,
}

/// The key for hashes of the content of a Secret. It is a digest of the UID of the Secret, which is random. A user who can
/// read Pods, but not the Secret, does not know the key, and so cannot test passwords against the hashes on Pods.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HashKey(u128);

impl HashKey {
    /// Returns the key of the Secret with this UID.
    pub fn of(uid: &str) -> Self {
        let digest = Sha256::digest(uid.as_bytes());
        Self(digest.iter().take(16).fold(0, |key, byte| key << 8 | u128::from(*byte)))
    }

    /// Returns the key as text.
    pub(super) fn text(self) -> String {
        format!("{:032x}", self.0)
    }
}

/// Returns the digest of a value of a Secret or ConfigMap. The operator stores digests, not values, to detect changes.
pub fn content_digest(value: &[u8]) -> String {
    format!("{:x}", Sha256::digest(value))
}
