//! The status of a Stack: the state of each service, and conditions in the sense of kstatus.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The observed state of a Stack.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StackStatus {
    /// The generation of the spec that this status describes. -1 until the operator has seen the Stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The conditions. `Ready` is always present. The others are present while they are true: `Reconciling` (the operator
    /// or the cluster is at work, or a missing object can still appear), `Stalled` (waiting does not help: follow the
    /// message), `Approximated` (the cluster cannot reproduce a setting exactly) and `JobFailed` (the last run of a job has
    /// failed, which does not change `Ready`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,

    /// The number of services that are up and of active services, such as `5/6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub services_ready: Option<String>,

    /// The state of each service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    #[schemars(length(max = 256))]
    pub services: Vec<ServiceStatus>,

    /// The state of each job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    #[schemars(length(max = 64))]
    pub jobs: Vec<JobStatus>,
}

/// The state of a job.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// The name of the job.
    #[schemars(length(max = 253))]
    pub name: String,

    /// The Job of the run in progress, on schedule or by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub active_run: Option<String>,

    /// The last run that has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<RunStatus>,

    /// The time of the next run on schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run: Option<Time>,

    /// What the job waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub message: Option<String>,
}

/// A run of a job that has ended.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStatus {
    /// The name of the Job.
    #[schemars(length(max = 253))]
    pub name: String,

    /// The result.
    pub result: RunResult,

    /// The time at which the run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,

    /// The time at which the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,

    /// The exit code, if a container started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,

    /// The cause of a failure, in the words of Kubernetes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub message: Option<String>,
}

/// The result of a run: `Succeeded` (exit code 0) or `Failed`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum RunResult {
    /// The run has ended with exit code 0.
    #[default]
    Succeeded,
    /// The run has failed.
    Failed,
}

/// The state of a service.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStatus {
    /// The name of the service.
    #[schemars(length(max = 253))]
    pub name: String,

    /// The state.
    pub state: ServiceState,

    /// The number of ready containers and of desired containers, such as `1/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub ready: Option<String>,

    /// The services and objects for which the service waits, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024), inner(length(max = 512)))]
    pub waits_for: Vec<String>,

    /// The cause of the state, and the remedy if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub message: Option<String>,

    /// The hash of the Pod template that was released last. The service does not wait for its dependencies again until the
    /// template changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub template: Option<TemplateHash>,
}

/// The hash of a Pod template.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[schemars(inline, transparent)]
#[serde(transparent)]
pub struct TemplateHash(String);

impl From<String> for TemplateHash {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for TemplateHash {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for TemplateHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The state of a service: `Waiting` (for a dependency or a missing object), `Blocked` (the cluster cannot run it),
/// `Starting`, `Running` (without a health check), `Healthy`, `Unhealthy`, `Updating`, `Completed` (exit code 0), `Failed`
/// or `Stopped`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum ServiceState {
    /// The service waits for a dependency or for a missing object.
    #[default]
    Waiting,
    /// The cluster cannot run the service: no node has room, or the image cannot be pulled.
    Blocked,
    /// The containers are being created, or are within the time that the health check allows.
    Starting,
    /// The containers run, and the service has no health check.
    Running,
    /// The containers run, and the health check succeeds.
    Healthy,
    /// The containers run, and the health check fails.
    Unhealthy,
    /// New containers are replacing old ones.
    Updating,
    /// The service has ended with exit code 0.
    Completed,
    /// The service has ended with an error, or keeps ending.
    Failed,
    /// The service is stopped.
    Stopped,
}

impl ServiceState {
    /// Reports whether a service in this state is up.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Healthy | Self::Completed | Self::Stopped)
    }
}

/// The types of a Stack's conditions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConditionType {
    /// Every active service is up with its desired template.
    Ready,
    /// The operator or the cluster is at work, or a missing object can still appear.
    Reconciling,
    /// Waiting does not help. A user must act.
    Stalled,
    /// The cluster cannot reproduce a setting exactly.
    Approximated,
    /// The last run of a job has failed.
    JobFailed,
}

impl ConditionType {
    /// Returns the name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::Approximated => "Approximated",
            Self::JobFailed => "JobFailed",
        }
    }
}
