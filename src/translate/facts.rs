//! What a Stack's translation needs to know of the cluster, fetched before it runs.

use std::collections::{BTreeMap, BTreeSet};

use super::Powers;

/// What is known of the cluster. An empty value means a new cluster where nothing exists yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The API server's version, which decides what may be written.
    pub version: ServerVersion,
    /// The Secrets and ConfigMaps that the Stack names and that exist, with their keys.
    pub objects: BTreeMap<(ObjectKind, String), BTreeSet<String>>,
    /// This Stack's Services as they are on the cluster, by name.
    pub live_services: BTreeMap<String, LiveService>,
    /// The services whose every wanted container is ready now.
    pub healthy: BTreeSet<String>,
    /// Services that are kept running and whose container ended with exit code 0, with the
    /// hash of the template that it ran.
    pub completed: BTreeMap<String, String>,
    /// What the namespace allows of its nodes.
    pub powers: Powers,
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
        Self { minor: 36 }
    }
}

impl ServerVersion {
    /// Whether a pod may set `hostnameOverride` (on by default from 1.35).
    pub fn has_hostname_override(self) -> bool {
        self.minor >= 35
    }
}

/// The kinds of object that a Stack names and that others own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ObjectKind {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

impl ObjectKind {
    /// The kind's name in Kubernetes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
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
