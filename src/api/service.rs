//! A service: its containers, their settings, and its dependencies.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Addresses, Deploy, Device, Duration, Expose, FileMount, FileTree, Healthcheck, Hook, HostName,
    IngressRule, Port, PreStart, PullPolicy, Quantity, ServiceMode, Text, Tmpfs, Triggers, VolumeMount,
    key_ref::EnvironmentSource, network::ServiceNetworks,
};

/// One service of the stack, in the terms of the Compose Specification.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!has(self.containerName) || !has(self.deploy) || !has(self.deploy.replicas) || self.deploy.replicas <= 1",
    "a container name is unique, so a service with containerName has at most one replica: remove containerName or set deploy.replicas to 1"))]
pub struct Service {
    /// The container image, such as `postgres:16`.
    #[schemars(length(min = 1, max = 1024))]
    pub image: String,

    /// When a node pulls the image. Default: `missing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<PullPolicy>,

    /// The platform of the image, such as `linux/arm64`. The service runs only on nodes of that platform. Default: any
    /// node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9]+(/[a-z0-9]+){0,2}$"))]
    pub platform: Option<String>,

    /// The RuntimeClass of the Pods, as `runtime` in Compose. Default: the container runtime of the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub runtime: Option<String>,

    /// The command that replaces ENTRYPOINT and clears CMD of the image. `$(NAME)` expands to the variable NAME of
    /// `environment`. Write `$$(NAME)` for a literal `$(NAME)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024), inner(length(max = 65536)))]
    pub entrypoint: Option<Vec<String>>,

    /// The arguments that replace CMD of the image. `$(NAME)` expands to the variable NAME of `environment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024), inner(length(max = 65536)))]
    pub command: Option<Vec<String>>,

    /// Environment variables by name. `$(NAME)` in a value expands to the variable NAME of `environment` or
    /// `environmentFrom`, in any order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 1024))]
    pub environment: BTreeMap<String, Text>,

    /// Environment variables by name whose values are keys of Secrets or ConfigMaps. The service waits until the object
    /// and the key exist.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 1024))]
    pub environment_from: BTreeMap<String, EnvironmentSource>,

    /// The working directory of the program, as an absolute path. Default: WORKDIR of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub working_dir: Option<String>,

    /// The user as `uid` or `uid:gid`, in numbers. Default: USER of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub user: Option<String>,

    /// Supplementary groups of the user, in numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(range(min = 0, max = 2_147_483_647_i64)))]
    pub group_add: Vec<i64>,

    /// Ports that are published outside the Stack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    pub ports: Vec<Port>,

    /// Ports that other services connect to. List only ports that no other field names: the operator also reads `ports`,
    /// the health check, and addresses such as `db:5432` in the settings of other services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    pub expose: Vec<Expose>,

    /// HTTP routes from outside the cluster to the service. Each becomes an Ingress.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub ingress: Vec<IngressRule>,

    /// The kind of the Service that has the service's name. Default: `ClusterIP` if a port is known when the Service is
    /// created, else `Headless`. An existing Service keeps its kind unless this field changes, which replaces the
    /// Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_mode: Option<ServiceMode>,

    /// The network of the containers: `none`, `host` for the network of the node (requires a privilege of the
    /// namespace), or `service:<name>` for the network of another service, in whose Pod the service then runs.
    /// Default: `networks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80), regex(pattern = "^(none|host|service:.+)$"))]
    pub network_mode: Option<String>,

    /// The networks of the service, by name. Default: the network `default`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub networks: ServiceNetworks,

    /// An additional DNS name of the service. The service has at most one replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub container_name: Option<String>,

    /// The host name of the containers. If the service has one replica, other services can connect to this name.
    /// Default: the name of the service if it has one replica, otherwise the name of the Pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub hostname: Option<String>,

    /// The domain of the host name, as `hostname -f` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub domainname: Option<String>,

    /// Entries of `/etc/hosts`: addresses by host name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 1024))]
    pub extra_hosts: BTreeMap<String, Addresses>,

    /// Names for hosts outside the Stack, with the fully qualified name of each host, such as `db.example.com`. Each
    /// becomes a Service of type ExternalName. The name of a Service in another namespace, such as
    /// `db.other.svc.cluster.local`, requires a privilege of the namespace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub external_links: BTreeMap<String, HostName>,

    /// DNS servers that are queried after the cluster DNS.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3), inner(length(min = 2, max = 45)))]
    pub dns: Vec<String>,

    /// Search domains of the resolver, after the search domains of the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 253)))]
    pub dns_search: Vec<String>,

    /// Options of the resolver, such as `timeout:2`, as in resolv.conf.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 253)))]
    pub dns_opt: Vec<String>,

    /// Mounts of the service: named volumes, anonymous volumes, host paths and images.
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

    /// Files from ConfigMaps and Secrets that are mounted as folders. They replace bind mounts from the project folder
    /// in Compose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    pub files: Vec<FileTree>,

    /// The size of `/dev/shm`, such as `256Mi`. It counts towards the memory limit. Default: `64Mi`, which is the default
    /// of the container runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<Quantity>,

    /// The limit of data that a container can write to its root file system and its logs, such as `10Gi`. The kubelet
    /// evicts a Pod that exceeds the limit. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_size: Option<Quantity>,

    /// The health check. Default: HEALTHCHECK of the image. A service without a health check is up when its containers
    /// run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,

    /// Dependencies by the name of the service. This service starts when their conditions are met.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub depends_on: BTreeMap<String, Dependency>,

    /// The restart policy: `"no"`, `always`, `unless-stopped`, `on-failure` or `on-failure:<tries>`. `"no"` and
    /// `on-failure` make the service a one-shot, which is a Job. Default: a service with a port or a health check, or that
    /// another service names, is restarted until it ends with exit code 0. Any other service is a one-shot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = "^(no|always|unless-stopped|on-failure(:[0-9]{1,6})?)$"))]
    pub restart: Option<String>,

    /// Replicas, resources, placement and updates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy: Option<Deploy>,

    /// Time from the stop signal to SIGKILL, rounded up to whole seconds. At least one second. Default: `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<Duration>,

    /// The signal that stops the program, such as `SIGQUIT`. Signals other than SIGTERM and SIGKILL require `/bin/sh` in
    /// the image. Default: STOPSIGNAL of the image, else SIGTERM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), regex(pattern = "^[A-Z0-9+]+$"))]
    pub stop_signal: Option<String>,

    /// Programs that run to completion, in this order, before a container of the service starts. Each runs in an init
    /// container with the mounts of the service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub pre_start: Vec<PreStart>,

    /// Commands that run in the container after its start. A command that fails does not stop the container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub post_start: Vec<Hook>,

    /// Commands that run in the container before the stop signal, within `stopGracePeriod`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub pre_stop: Vec<Hook>,

    /// Whether an init process reaps orphaned processes of the program. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,

    /// Whether the program has a terminal. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tty: Option<bool>,

    /// Whether the standard input of the program stays open. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin_open: Option<bool>,

    /// Kernel capabilities that are added to the default set of Docker, such as `NET_ADMIN`. Capabilities beyond that set
    /// require a privilege of the namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 64)))]
    pub cap_add: Vec<String>,

    /// Kernel capabilities that are dropped, such as `ALL`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 64)))]
    pub cap_drop: Vec<String>,

    /// Whether the containers are privileged. Requires a privilege of the namespace. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,

    /// Devices of the node. Requires a privilege of the namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub devices: Vec<Device>,

    /// Security options in the syntax of Docker: `no-new-privileges:true`, `seccomp=unconfined`, `apparmor=<profile>`,
    /// `label=type:<type>`, `systempaths=unconfined`. Options that the Pod Security level Baseline forbids require a
    /// privilege of the namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 1024)))]
    pub security_opt: Vec<String>,

    /// Kernel parameters (sysctls) of the Pod by name, such as `net.core.somaxconn`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub sysctls: BTreeMap<String, Text>,

    /// The IPC namespace of the containers: `host` for the IPC namespace of the node (requires a privilege of the
    /// namespace), or `service:<name>` for that of another service, in whose Pod the service then runs. Default: an IPC
    /// namespace of the Pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80), regex(pattern = "^(host|service:.+)$"))]
    pub ipc: Option<String>,

    /// The process namespace of the containers: `host` for the process namespace of the node (requires a privilege of
    /// the namespace), or `service:<name>` for that of another service, in whose Pod the service then runs. Default: a
    /// process namespace for each container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80), regex(pattern = "^(host|service:.+)$"))]
    pub pid: Option<String>,

    /// Whether the root file system of the container is read-only. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,

    /// Labels of the containers. All become annotations of the Pods. Those that are valid Kubernetes labels also become
    /// labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub labels: BTreeMap<String, Text>,

    /// Annotations of the Pods.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub annotations: BTreeMap<String, Text>,

    /// Profiles of the service. The service is active if `spec.profiles` has one of them. Default: always active.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    pub profiles: Vec<String>,

    /// Whether the service is stopped, as by `docker compose stop`. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<bool>,

    /// The triggers of a job that is translated like a service. Not a field of the API.
    #[serde(skip)]
    #[schemars(skip)]
    #[allow(
        dead_code,
        reason = "the macro of the schema copies the struct, and reads no field that it skips"
    )]
    pub triggers: Option<Triggers>,
}

/// A dependency of a service.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// The state that the dependency must reach. Default: `service_started`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,

    /// Whether the dependency must exist and be active. If false, a dependency that does not exist or is not active is
    /// ignored. Default: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,

    /// Whether this service restarts when the dependency is updated. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<bool>,
}

/// The state that a dependency must reach: `service_started` (the default; its containers run), `service_healthy` (its
/// health check succeeds) or `service_completed_successfully` (it has ended with exit code 0).
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
