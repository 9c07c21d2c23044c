//! Replicas, placement, resources and the way of updates, as Compose's `deploy`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Duration, Quantity, Text};

/// Replicas, resources and the way of updates, as Compose's `deploy`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deploy {
    /// How the containers are spread: `replicated` (so many), `global` (one on each node),
    /// `replicated-job` and `global-job` (the same, each run once to its end). Default `replicated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,

    /// How many containers run. Default 1. Not with a `global` mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub replicas: Option<i32>,

    /// What the containers may use and what is set aside for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,

    /// Which nodes the containers run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,

    /// Labels of the workload, not of its containers. Those that Kubernetes takes as labels become labels;
    /// all become annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub labels: BTreeMap<String, Text>,

    /// How a new version replaces the old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_config: Option<UpdateConfig>,

    /// How the service's name resolves. Default `vip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_mode: Option<EndpointMode>,
}

/// Limits and reservations of each container.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// What a container may use at most. A container over its memory limit is ended. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Resource>,

    /// What a node must have free to take the container. Default: a small amount beside a limit, so
    /// that a limit alone reserves next to nothing, and else nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservations: Option<Resource>,

    /// Devices that the containers get wholly, such as GPUs, by the name of the resource that a node
    /// offers, such as `nvidia.com/gpu`, and their number. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16))]
    pub devices: BTreeMap<String, i64>,
}

/// An amount of processor time and memory.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Processors, such as `"0.5"` or `500m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<Quantity>,

    /// Memory, such as `512Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Quantity>,
}

/// How a new version replaces the old one.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateConfig {
    /// `start-first` starts the successor before the predecessor ends; `stop-first` never runs both.
    /// Default: `start-first` for a service with a known port and a health check that others wait for, and
    /// nothing that only one may hold (container name, written volume, port or share of a node); else
    /// `stop-first`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<UpdateOrder>,

    /// How many containers are replaced at the same time; 0 for all. Those of a service that writes a volume
    /// are always replaced one after the other. Default: 1 for `start-first`, else all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub parallelism: Option<i32>,

    /// How long a new container must have been up before the next one is replaced. Default: no pause
    /// for a service with a health check, else 5 s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Duration>,

    /// How long an update may take without progress before it counts as failed. Default `10m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<Duration>,
}

/// What comes first in an update: `start-first` starts the successor before the predecessor ends,
/// `stop-first` never runs both. Default: `start-first` for a service with a known port and a
/// health check, and nothing that only one may hold (container name, written volume); else
/// `stop-first`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateOrder {
    /// The successor starts, then the predecessor ends.
    StartFirst,
    /// The predecessor ends, then the successor starts.
    StopFirst,
}

/// How the service's name resolves: `vip` (the default) to one address, where a port of it is
/// known, `dnsrr` to the addresses of its containers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointMode {
    /// To one address for the service, where a port of it is known.
    #[default]
    Vip,
    /// To the addresses of its containers.
    Dnsrr,
}

/// How the containers are spread: `replicated` (the default; so many), `global` (one on each node),
/// `replicated-job` and `global-job` (the same, each run once to its end).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// So many containers.
    #[default]
    Replicated,
    /// One container on each node.
    Global,
    /// So many containers, each run once to its end.
    ReplicatedJob,
    /// One container on each node, run once to its end.
    GlobalJob,
}

/// Which nodes the containers run on.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// What a node must have, all of them: `node.labels.disk==ssd`, `node.hostname!=n1`,
    /// `node.role==worker`, `node.platform.os==linux`, `node.platform.arch==arm64`; `node.id` is the node's name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 512)))]
    pub constraints: Vec<String>,

    /// The labels of nodes, such as `node.labels.zone`, over whose values the containers are spread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(min = 1, max = 317)))]
    pub spread: Vec<String>,

    /// How many containers of the service a node takes at most. Default: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max_replicas_per_node: Option<i32>,
}
