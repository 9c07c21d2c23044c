//! Replicas, placement, resources and updates, as `deploy` in Compose.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Duration, Quantity, Text};

/// Replicas, resources, placement and updates, as `deploy` in Compose.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deploy {
    /// The mode of the service: `replicated` (`replicas` containers), `global` (one container on each node),
    /// `replicated-job` or `global-job` (the same, and each container runs to completion). `global-job` is not supported.
    /// Default: `replicated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,

    /// The number of containers. Not supported with the modes `global` and `global-job`. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub replicas: Option<i32>,

    /// Limits and reservations of each container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,

    /// The nodes on which the containers run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,

    /// Labels of the workload, not of its containers. All become annotations. Those that are valid Kubernetes labels also
    /// become labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub labels: BTreeMap<String, Text>,

    /// How an update replaces the containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_config: Option<UpdateConfig>,

    /// The addresses to which the service's name resolves. Default: `vip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_mode: Option<EndpointMode>,
}

/// Limits and reservations of each container.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// The limits of a container. A container that exceeds its memory limit is killed. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Resource>,

    /// The resources that a node must have free to run a container. Default: a minimal amount for a resource that has a
    /// limit, else nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservations: Option<Resource>,

    /// The number of devices of each container, such as GPUs, by the name of the extended resource, such as
    /// `nvidia.com/gpu`. No other container uses these devices. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16))]
    pub devices: BTreeMap<String, i64>,
}

/// An amount of CPU and memory.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// CPU, such as `"0.5"` or `500m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<Quantity>,

    /// Memory, such as `512Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Quantity>,
}

/// How an update replaces the containers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateConfig {
    /// The order of an update. `start-first` starts the new container before the old one ends. `stop-first` never runs
    /// both. Default: `start-first` for a service with a known port and a health check for which other services wait,
    /// unless only one container can have a resource of the service: a container name, a written volume, or a port or
    /// namespace of a node. Otherwise `stop-first`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<UpdateOrder>,

    /// The number of containers that are replaced at the same time, 0 for all. Containers of a service that writes a
    /// volume are always replaced one at a time. Default: 1 for `start-first`, else all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub parallelism: Option<i32>,

    /// Time that a new container must be up before the next one is replaced. Default: no delay for a service with a
    /// health check, else `5s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Duration>,

    /// Time without progress after which an update counts as failed. Default: `10m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<Duration>,
}

/// The order of an update. `start-first` starts the new container before the old one ends. `stop-first` never runs
/// both. Default: `start-first` for a service with a known port and a health check for which other services wait,
/// unless only one container can have a resource of the service: a container name, a written volume, or a port or
/// namespace of a node. Otherwise `stop-first`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateOrder {
    /// The new container starts before the old one ends.
    StartFirst,
    /// The old container ends before the new one starts.
    StopFirst,
}

/// The addresses to which the service's name resolves: `vip` (the default) to one address of the Service if a port is
/// known, `dnsrr` to the addresses of the containers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointMode {
    /// One address of the Service, if a port is known.
    #[default]
    Vip,
    /// The addresses of the containers.
    Dnsrr,
}

/// The mode of a service: `replicated` (the default; `replicas` containers), `global` (one container on each node), or
/// `replicated-job` (`replicas` containers that run to completion). `global-job` (one container on each node that runs
/// to completion) is not supported.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// `replicas` containers.
    #[default]
    Replicated,
    /// One container on each node.
    Global,
    /// `replicas` containers that run to completion.
    ReplicatedJob,
    /// One container on each node that runs to completion.
    GlobalJob,
}

/// The nodes on which the containers run.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// Constraints that a node must meet, all of them: `node.labels.disk==ssd`, `node.hostname!=n1`, `node.role==worker`,
    /// `node.platform.os==linux`, `node.platform.arch==arm64`. `node.id` is the name of the node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 512)))]
    pub constraints: Vec<String>,

    /// Labels of nodes, such as `node.labels.zone`. The containers are spread evenly over their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(min = 1, max = 317)))]
    pub spread: Vec<String>,

    /// The maximum number of containers of the service on a node. Default: no maximum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max_replicas_per_node: Option<i32>,
}
