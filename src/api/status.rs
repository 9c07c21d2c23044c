//! What the controller reports: per-service states and conditions as kstatus reads them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is observed of a Stack.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StackStatus {
    /// The generation of the spec that this status speaks of; -1 until the operator has seen the Stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// `Ready` always; `Reconciling` (work goes on), `Stalled` (the spec must change) and
    /// `Approximated` (something could not be reproduced exactly) when true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,

    /// How many services are up, of those that should be, such as `5/6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub services_ready: Option<String>,

    /// Each service's state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    #[schemars(length(max = 256))]
    pub services: Vec<ServiceStatus>,
}

/// A service's state.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStatus {
    /// The service's name.
    #[schemars(length(max = 253))]
    pub name: String,

    /// What it is doing.
    pub state: ServiceState,

    /// Ready containers of those wanted, such as `1/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub ready: Option<String>,

    /// The services and objects that it waits for, the first 20 of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024), inner(length(max = 512)))]
    pub waits_for: Vec<String>,

    /// The cause of its state and, where there is one, the remedy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub message: Option<String>,

    /// The hash of the pod template that was last let through to the cluster. At that template
    /// nothing waits for a dependency again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub template: Option<String>,
}

/// What the service is doing: `Waiting` (for a dependency or a missing object), `Blocked` (the
/// cluster cannot run it), `Starting`, `Running` (no health check), `Healthy`, `Unhealthy`,
/// `Updating`, `Completed` (exit code 0), `Failed` or `Stopped`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum ServiceState {
    /// It waits for a dependency or for an object that is missing.
    #[default]
    Waiting,
    /// The cluster cannot run it: no node has room, the image cannot be pulled.
    Blocked,
    /// Its containers are being created, or are within the time that its health check allows.
    Starting,
    /// Its containers run; it has no health check.
    Running,
    /// Its containers run and its health check succeeds.
    Healthy,
    /// Its containers run and its health check fails.
    Unhealthy,
    /// A new version is replacing the old one.
    Updating,
    /// It has ended with exit code 0.
    Completed,
    /// It has ended with an error, or keeps ending.
    Failed,
    /// It is held at zero containers.
    Stopped,
}

impl ServiceState {
    /// Whether a service in this state is as its Stack wants it.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Healthy | Self::Completed | Self::Stopped)
    }
}

/// The types of a Stack's conditions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConditionType {
    /// Every active service is up at its desired template.
    Ready,
    /// Work goes on.
    Reconciling,
    /// Only a change of the spec, or of what stands in the way, helps.
    Stalled,
    /// Something could not be reproduced exactly.
    Approximated,
}

impl ConditionType {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::Approximated => "Approximated",
        }
    }
}
