//! What a Stack's translation needs to know of the cluster, fetched before it runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use sha2::{Digest, Sha256};

use super::{Image, Limits, Privileges};
use crate::api::AccessMode;

/// What is known of the cluster. An empty value means a new cluster where nothing exists yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The version of the oldest part of the cluster that is known, the API server or a kubelet, which decides what
    /// new templates may have.
    pub version: ServerVersion,
    /// The Secrets and ConfigMaps that the Stack names and that exist: for each key a digest of its value.
    pub objects: BTreeMap<(ObjectKind, String), BTreeMap<String, String>>,
    /// The claims of the namespace that exist and that are the Stack's or that it names.
    pub claims: BTreeMap<String, LiveClaim>,
    /// The storage classes whose volumes several nodes may mount at a time; no API tells of them.
    pub shared_classes: BTreeSet<String>,
    /// The image of Stackwright itself, which fills volumes and copies files in init containers; without it
    /// there is nobody to do that.
    pub helper_image: Option<String>,
    /// What is known of the services' images, by the service's name; of one that is not here nothing is.
    pub images: BTreeMap<String, Image>,
    /// Why the image of a service could not be read yet, by the service's name, where the service waits for that.
    pub unread: BTreeMap<String, String>,
    /// What the services' workloads bear now, by the service's name.
    pub live_workloads: BTreeMap<String, LiveWorkload>,
    /// The hash of the pod template that was last let through, by the service's name, as the status
    /// remembers it: also of a workload that is gone, such as a one-shot that has run.
    pub let_through: BTreeMap<String, String>,
    /// The hashes of the pod templates that the workloads of this Stack have now, and its pods that have not ended.
    pub live_templates: BTreeSet<String>,
    /// The names of this Stack's NetworkPolicies on the cluster.
    pub live_policies: BTreeSet<String>,
    /// This Stack's Services as they are on the cluster, by name.
    pub live_services: BTreeMap<String, LiveService>,
    /// The services whose every wanted container is ready now.
    pub healthy: BTreeSet<String>,
    /// Services that are kept running and whose container ended with exit code 0, with the
    /// hash of the template that it ran.
    pub completed: BTreeMap<String, String>,
    /// The keys of the hashes of what is read of each Secret that the Stack names and that exists.
    pub hash_keys: BTreeMap<String, HashKey>,
    /// What the namespace allows of its nodes.
    pub privileges: Privileges,
    /// The most that a Stack may become.
    pub limits: Limits,
}

/// A Kubernetes version `1.<minor>`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ServerVersion {
    /// The minor version, such as 36.
    pub minor: u32,
}

impl Default for ServerVersion {
    /// The newest version that is supported.
    fn default() -> Self {
        Self::NEWEST
    }
}

impl ServerVersion {
    /// The oldest version that is supported; `make matrix` tries it and each later one.
    pub const OLDEST: Self = Self { minor: 34 };
    /// The newest version that is supported.
    pub const NEWEST: Self = Self { minor: 37 };

    /// The version that a program tells of itself, such as `v1.36.3` or `1.36`.
    pub fn of(text: &str) -> Option<Self> {
        let minor = text.trim_start_matches('v').strip_prefix("1.")?;
        let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().map(|minor| Self { minor })
    }

    /// Whether a pod may set `hostnameOverride` (on by default from 1.35).
    pub fn has_hostname_override(self) -> bool {
        self.minor >= 35
    }

    /// Whether a pod may mount an image as a volume (on by default from 1.35).
    pub fn has_image_volumes(self) -> bool {
        self.minor >= 35
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "1.{}", self.minor)
    }
}

/// The kinds of object that a Stack names and that others own.
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
    /// The kind's name in Kubernetes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
        }
    }
}

/// What of a live Service decides how it is translated again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LiveService {
    /// Whether it has no cluster address. That never changes on a living Service.
    pub headless: bool,
    /// Whether it leads to pods that are not ready. Once false it stays so: the live Service is
    /// the memory of having been healthy.
    pub publishes_not_ready: bool,
}

/// What of a live claim decides how it is translated again.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LiveClaim {
    /// Whether a Stack made it, so that its files lie in the folder which services see.
    pub of_a_stack: bool,
    /// Its access mode, which never changes; none where it is not known.
    pub access_mode: Option<AccessMode>,
    /// What keeps the pods together that share it, as its label says.
    pub together: Option<String>,
    /// When it was created, in seconds since 1970.
    pub created: i64,
}

/// What of a live workload decides how it is translated again.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LiveWorkload {
    /// The hash of its pod template.
    pub template: Option<String>,
    /// The hash of what its containers read from objects of others.
    pub reads: Option<String>,
    /// The helper's image.
    pub helper_image: Option<String>,
}

/// The key of the hashes of what a Secret holds: a digest of its UID, which is random. Whoever sees it sees the Secret,
/// too; whoever sees pods alone cannot compute the hashes that stand on them, and so cannot try passwords against them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HashKey(u128);

impl HashKey {
    /// The key of the Secret of this UID.
    pub fn of(uid: &str) -> Self {
        let digest = Sha256::digest(uid.as_bytes());
        Self(digest.iter().take(16).fold(0, |key, byte| key << 8 | u128::from(*byte)))
    }

    /// The key as text.
    pub(super) fn text(self) -> String {
        format!("{:032x}", self.0)
    }
}

/// What is kept of a value of a Secret or ConfigMap: it tells whether the value is still the same, and not
/// what it is.
pub fn content_digest(value: &[u8]) -> String {
    format!("{:x}", Sha256::digest(value))
}
