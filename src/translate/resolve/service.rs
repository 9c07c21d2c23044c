//! Services on the way from the spec to the builders: a draft of each service by itself, then the services in agreement
//! with the others of their Pods.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::EnvVar;

use super::{
    health::Health,
    hooks::HookBefore,
    host::Host,
    ingress::Route,
    kind::Restart,
    labels::UserLabels,
    mounts::Mounts,
    placement::Placement,
    ports::{KnownPort, Published},
    pre_start::Before,
    reads::Read,
    resolver::Resolver,
    resources::Resources,
    security::Security,
    shutdown::Shutdown,
    stage::StartOrder,
    update::Update,
    user::User,
};
use crate::{
    api::{Protocol, Quantity, Service},
    translate::{Activity, Image, Kind, WaitFor},
};

/// The network of services that list no networks.
pub(super) const DEFAULT_NETWORK: &str = "default";

/// The default container runtime of Docker. It needs no RuntimeClass.
const DEFAULT_RUNTIME: &str = "runc";

/// A service by itself.
pub(super) struct ServiceDraft<'a> {
    pub own: OwnSettings<'a>,
    /// The settings that a Pod has once, as this service alone requires them.
    pub pod: PodSettings<'a>,
    /// The namespaces of the node that the service requests.
    pub host: Host,
    /// The hooks, the stop signal and the grace period, as the service requests them.
    pub shutdown: Shutdown,
}

/// A service in agreement with the other services of its Pod.
pub(in crate::translate) struct ResolvedService<'a> {
    pub own: OwnSettings<'a>,
    /// The settings that all services of the Pod share.
    pub pod: PodSettings<'a>,
    /// The namespaces of the node that the containers use.
    pub host: Host,
    /// The hooks, the stop signal and the grace period.
    pub shutdown: Shutdown,
    /// The place of the service in the start order of its Pod.
    pub start: StartOrder,
    /// The HTTP routes.
    pub routes: Vec<Route<'a>>,
    /// The dependencies on services of other Pods.
    pub waits_for: Vec<WaitFor>,
}

/// The settings of a service that do not depend on the other services of its Pod.
pub(in crate::translate) struct OwnSettings<'a> {
    pub name: &'a str,
    pub spec: &'a Service,
    /// The image metadata, if it is known.
    pub image: Option<&'a Image>,
    /// The service that names the unit.
    pub lead: &'a str,
    pub activity: Activity,
    /// The number of containers. A stopped service keeps its number.
    pub replicas: i32,
    pub restart: Restart,
    pub update: Update,
    pub health: Option<Health>,
    /// The ports in its own settings and its image.
    pub own_ports: BTreeSet<KnownPort>,
    /// Its own ports, and the ports in addresses that other services use.
    pub known_ports: BTreeSet<KnownPort>,
    pub published: Vec<Published>,
    pub environment: Vec<EnvVar>,
    /// The user that the service sets.
    pub user: Option<User>,
    pub resources: Resources,
    pub mounts: Mounts<'a>,
    /// The value of the label that keeps Pods which share its volumes on one node.
    pub node_group: Option<String>,
    pub labels: UserLabels,
    /// The hooks that run before the containers start.
    pub hooks_before: Vec<HookBefore<'a>>,
    /// The security settings.
    pub security: Security,
    /// The DNS settings.
    pub resolver: Resolver,
    /// The size of `/dev/shm`, if it is set.
    pub shm_size: Option<Quantity>,
    /// The programs of `preStart`.
    pub pre_start: Vec<Before<'a>>,
    /// The keys that it reads from objects which the Stack does not own.
    pub reads: BTreeSet<Read<'a>>,
}

/// The settings that a workload and its Pods have once.
#[derive(Clone)]
pub(in crate::translate) struct PodSettings<'a> {
    pub kind: Kind,
    /// Whether an update starts the new container before the old one ends.
    pub start_first: bool,
    /// The networks.
    pub networks: BTreeSet<&'a str>,
    /// Whether all networks are internal.
    pub only_internal: bool,
    pub placement: Placement,
    /// The labels of the workload.
    pub workload_labels: UserLabels,
}

impl<'a> OwnSettings<'a> {
    /// Returns the application protocol of a port.
    pub fn app_protocol(&self, known: KnownPort) -> Option<String> {
        let ports = self.spec.ports.iter();
        let mut same = ports.filter(|it| KnownPort::of(it.target, it.protocol) == Some(known));
        same.find_map(|port| port.app_protocol.clone())
    }

    /// Reports whether other services reach the service by its name, which is so unless all its networks exclude the name.
    pub fn has_name(&self) -> bool {
        let networks = &self.spec.networks;
        networks.is_empty() || networks.values().any(|network| network.use_service_name_alias != Some(false))
    }

    /// Returns the services whose update restarts this service.
    pub fn restarts_with(&self) -> impl Iterator<Item = &'a str> {
        self.spec.depends_on.iter().filter(|(_, on)| on.restart == Some(true)).map(|(name, _)| name.as_str())
    }

    /// Returns the RuntimeClass of the Pods.
    pub fn runtime_class(&self) -> Option<&'a str> {
        self.spec.runtime.as_deref().filter(|name| *name != DEFAULT_RUNTIME)
    }
}

impl ResolvedService<'_> {
    /// Returns the ports that are published outside the Stack. Ports on a loopback address are not, nor are ports of a
    /// service that has only internal networks or, as in Docker, that uses the network of the node.
    pub fn ports_to_publish(&self) -> impl Iterator<Item = &Published> {
        let published = self.own.published.iter();
        published.filter(|port| !self.host.network && !self.pod.only_internal && !port.address.is_local())
    }

    /// Returns the ports of the Service for published ports.
    pub fn balanced_ports(&self) -> impl Iterator<Item = &Published> {
        self.ports_to_publish().filter(|port| !port.on_node)
    }

    /// Returns the ports that are published on each node that runs a container.
    pub fn node_ports(&self) -> impl Iterator<Item = &Published> {
        self.ports_to_publish().filter(|port| port.on_node)
    }

    /// Returns the container ports that are reachable for everyone.
    pub fn opened_ports(&self) -> impl Iterator<Item = KnownPort> {
        let routed = |route: &Route<'_>| KnownPort { port: route.port, protocol: Protocol::Tcp };
        self.ports_to_publish().map(|port| port.target).chain(self.routes.iter().map(routed))
    }

    /// Reports whether the service has at most one container, which can have a fixed name.
    pub fn is_single(&self) -> bool {
        self.own.replicas <= 1 && self.pod.kind != Kind::DaemonSet
    }
}
