//! A service: what runs, with what settings, and what it waits for.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Addresses, Deploy, Device, Duration, Expose, FileMount, FileTree, Healthcheck, Hook, HostName,
    IngressRule, Port, PreStart, PullPolicy, Quantity, ServiceMode, Text, Tmpfs, VolumeMount,
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

    /// When the image is pulled. Default `missing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<PullPolicy>,

    /// The platform that the image is for, such as `linux/arm64`: the service runs on nodes of that kind
    /// only. Default: any node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9]+(/[a-z0-9]+){0,2}$"))]
    pub platform: Option<String>,

    /// The RuntimeClass that runs the containers, as Compose's `runtime`. Default: the cluster's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub runtime: Option<String>,

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

    /// Further groups of the user, in numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(range(min = 0, max = 2_147_483_647_i64)))]
    pub group_add: Vec<i64>,

    /// Ports published outside of the stack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    pub ports: Vec<Port>,

    /// Ports that peers reach. Needed only where nothing else names them: `ports`, the health
    /// check and addresses such as `db:5432` in siblings' settings are found without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    pub expose: Vec<Expose>,

    /// The HTTP routes by which the service is reached from outside, each an Ingress.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub ingress: Vec<IngressRule>,

    /// Which kind of Service bears the service's name. Default: `ClusterIP` where a port is known when it is
    /// created, else `Headless`; it stays what it was created as. Setting it replaces the Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_mode: Option<ServiceMode>,

    /// Whose network the containers use: `none` for none, `host` for the node's (only where the namespace
    /// allows it) or `service:<name>` for that service's, in one pod with it. Default: `networks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80), regex(pattern = "^(none|host|service:.+)$"))]
    pub network_mode: Option<String>,

    /// The networks that the service is on, by name. Default: the network `default`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub networks: ServiceNetworks,

    /// A further name by which the service answers in DNS; at most one replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub container_name: Option<String>,

    /// The host name that the program sees, and by which siblings reach a service of one replica. Default: the
    /// service's name (one replica), else the pod's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub hostname: Option<String>,

    /// The domain after the host name, as `hostname -f` shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub domainname: Option<String>,

    /// Lines of `/etc/hosts`: addresses by host name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 1024))]
    pub extra_hosts: BTreeMap<String, Addresses>,

    /// Further names for what is outside of the stack, by name: `db.example.com`, or
    /// `db.other.svc.cluster.local` for the Service `db` of the namespace `other`, which the Stack's namespace has to
    /// allow, is the whole name that it stands for. Each becomes a Service of type ExternalName.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub external_links: BTreeMap<String, HostName>,

    /// DNS servers that are asked after the cluster's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3), inner(length(min = 2, max = 45)))]
    pub dns: Vec<String>,

    /// Domains that names are looked up in, after the cluster's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 253)))]
    pub dns_search: Vec<String>,

    /// Options of the resolver, such as `timeout:2`, as in resolv.conf.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 253)))]
    pub dns_opt: Vec<String>,

    /// What the service mounts: named and anonymous volumes, folders of the node, images.
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

    /// Trees of files from ConfigMaps and Secrets, each at a path of the container: what a compose project
    /// mounts from the folder beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    pub files: Vec<FileTree>,

    /// The size of `/dev/shm`, such as `256Mi`. It counts against the memory limit. Default: 64Mi, as the
    /// container runtime has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<Quantity>,

    /// How much a container may write to its own file system and logs, such as `10Gi`. A container past it is
    /// ended. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_size: Option<Quantity>,

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

    /// Time from the stop signal to the kill, rounded up to whole seconds; at least one. Default `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<Duration>,

    /// The signal that asks the program to end, such as `SIGQUIT`; any but SIGTERM and SIGKILL needs `/bin/sh` in
    /// the image. Default: the image's STOPSIGNAL, else SIGTERM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), regex(pattern = "^[A-Z0-9+]+$"))]
    pub stop_signal: Option<String>,

    /// Programs that end, one after the other, before a container of the service starts; each runs in a
    /// container of its own with the service's mounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub pre_start: Vec<PreStart>,

    /// Commands that run in the container when it has started. One that fails leaves the container as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub post_start: Vec<Hook>,

    /// Commands that run in the container before it is asked to end, within `stopGracePeriod`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub pre_stop: Vec<Hook>,

    /// Runs a small init process beside the program that takes over and reaps orphans. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,

    /// Gives the program a terminal. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tty: Option<bool>,

    /// Keeps the standard input of the program open. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin_open: Option<bool>,

    /// Kernel capabilities beyond the container runtime's default set, such as `NET_ADMIN`; only where the
    /// namespace allows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 64)))]
    pub cap_add: Vec<String>,

    /// Kernel capabilities that are taken away, such as `ALL`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 64)))]
    pub cap_drop: Vec<String>,

    /// Gives the containers all privileges over the node; only where the namespace allows it. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,

    /// Devices of the node; only where the namespace allows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub devices: Vec<Device>,

    /// Security options as Docker writes them: `no-new-privileges:true`, `seccomp=unconfined`,
    /// `apparmor=<profile>`, `label=type:<type>`, `systempaths=unconfined`. What takes a program out of what confines
    /// containers only where the namespace allows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 1024)))]
    pub security_opt: Vec<String>,

    /// Kernel parameters of the pod by name, such as `net.core.somaxconn`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub sysctls: BTreeMap<String, Text>,

    /// Whose IPC namespace the containers use: `host` for the node's (only where the namespace allows it) or
    /// `service:<name>` for that service's, in one pod with it. Default: the pod's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80), regex(pattern = "^(host|service:.+)$"))]
    pub ipc: Option<String>,

    /// Whose processes the containers see: `host` for the node's (only where the namespace allows it) or
    /// `service:<name>` for that service's, in one pod with it. Default: each container its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80), regex(pattern = "^(host|service:.+)$"))]
    pub pid: Option<String>,

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
