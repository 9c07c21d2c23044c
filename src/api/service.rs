//! A service: what runs, with what settings, and what it waits for.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Duration, Expose, FileMount, Healthcheck, Port, Quantity, Text, Tmpfs, VolumeMount,
    network::ServiceNetworks,
};

/// One service of the stack, in the terms of the Compose Specification.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!has(self.containerName) || !has(self.deploy) || !has(self.deploy.replicas) || self.deploy.replicas <= 1",
    "a container name is unique, so a service with containerName has one replica at most: remove one of the two"))]
pub struct Service {
    /// The image, such as `postgres:16`. It is pulled when a node does not have it.
    #[schemars(length(min = 1, max = 1024))]
    pub image: String,

    /// Replaces the image's ENTRYPOINT, and clears its CMD. `$(NAME)` stands for a variable of
    /// `environment`; write `$$(NAME)` for the text itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024), inner(length(max = 65536)))]
    pub entrypoint: Option<Vec<String>>,

    /// Replaces the image's CMD. `$(NAME)` stands for a variable of `environment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024), inner(length(max = 65536)))]
    pub command: Option<Vec<String>>,

    /// Environment variables by name. `$(NAME)` in a value stands for another variable, also one
    /// of `environmentFrom`; the order does not matter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 1024))]
    pub environment: BTreeMap<String, Text>,

    /// Environment variables by name whose value is a key of a Secret or ConfigMap. The service
    /// waits until that object and key exist.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 1024))]
    pub environment_from: BTreeMap<String, EnvironmentSource>,

    /// The folder that the program starts in. Default: the image's WORKDIR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub working_dir: Option<String>,

    /// The user as `uid` or `uid:gid`, in numbers. Default: the image's USER.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub user: Option<String>,

    /// Ports published outside of the stack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    pub ports: Vec<Port>,

    /// Ports that peers reach. Needed only where nothing else names them: `ports`, the health
    /// check and addresses such as `db:5432` in siblings' settings are found without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    pub expose: Vec<Expose>,

    /// The networks that the service is on, by name. Default: the network `default`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub networks: ServiceNetworks,

    /// A further name by which the service answers in DNS; at most one replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub container_name: Option<String>,

    /// The host name that the program sees. Default: the service's name (one replica), else the pod's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub hostname: Option<String>,

    /// Named volumes that the service mounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    pub volumes: Vec<VolumeMount>,

    /// Temporary file systems in memory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub tmpfs: Vec<Tmpfs>,

    /// Configs that the service reads as files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub configs: Vec<FileMount>,

    /// Secrets that the service reads as files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub secrets: Vec<FileMount>,

    /// How the service's health is judged. Without it, a running container is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,

    /// Services that must have come up before this one starts, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub depends_on: BTreeMap<String, Dependency>,

    /// `"no"`, `always`, `unless-stopped`, `on-failure` or `on-failure:<tries>`. `"no"` and
    /// `on-failure` make the service a one-shot (a Job). Without it, a service that has a port or a
    /// health check, or that a sibling names, is kept running until it ends with exit code 0; any
    /// other one runs once, as a one-shot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = "^(no|always|unless-stopped|on-failure(:[0-9]{1,6})?)$"))]
    pub restart: Option<String>,

    /// Replicas, resources and the way of updates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy: Option<Deploy>,

    /// Time from the stop signal to the kill, rounded up to whole seconds. Default `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<Duration>,

    /// Makes the container's root file system read-only. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,

    /// Labels of the containers. All become annotations of the pods; those that Kubernetes takes
    /// as labels become labels too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub labels: BTreeMap<String, Text>,

    /// Annotations of the pods.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub annotations: BTreeMap<String, Text>,

    /// The service runs only while one of these profiles is in `spec.profiles`. Default: always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    pub profiles: Vec<String>,

    /// Holds the service at zero containers, as `docker compose stop`. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<bool>,
}

/// Where the value of an environment variable comes from.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("has(self.secretKeyRef) != has(self.configMapKeyRef)",
    "a value comes from one place: set exactly one of 'secretKeyRef' and 'configMapKeyRef'"))]
pub struct EnvironmentSource {
    /// A key of a Secret of the Stack's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeyRef>,

    /// A key of a ConfigMap of the Stack's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<KeyRef>,
}

/// A key of a Secret or ConfigMap.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyRef {
    /// The object's name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,

    /// The key in it.
    #[schemars(length(min = 1, max = 253), regex(pattern = "^[-._a-zA-Z0-9]+$"))]
    pub key: String,
}

/// What a service waits for before it starts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// What the other service must have reached. Default `service_started`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,

    /// Whether the other service must exist and be active. With false, one that does not is
    /// passed over. Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,

    /// Restarts this service whenever the other one is updated. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<bool>,
}

/// What the other service must have reached: `service_started` (the default; its containers run),
/// `service_healthy` (its health check succeeds) or `service_completed_successfully` (it has ended
/// with exit code 0).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its containers run.
    #[default]
    ServiceStarted,
    /// Its health check succeeds.
    ServiceHealthy,
    /// It has ended with exit code 0.
    ServiceCompletedSuccessfully,
}

/// Replicas, resources and the way of updates, as Compose's `deploy`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deploy {
    /// How many containers run. Default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub replicas: Option<i32>,

    /// What the containers may use and what is set aside for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,

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
    /// Default: `start-first` for a service with a known port and a health check, and nothing that
    /// only one may hold (container name, written volume); else `stop-first`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<UpdateOrder>,
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
