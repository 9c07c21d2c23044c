//! Resolution of a Stack to [`Resolved`]: looks up names, reads values and collects problems. Builders get only a
//! [`Resolved`], so they cannot fail.

mod activity;
mod budget;
mod capabilities;
mod dependencies;
mod devices;
mod environment;
mod external;
mod health;
mod hooks;
mod host;
mod image;
mod ingress;
mod kind;
mod labels;
mod mounts;
mod naming;
mod placement;
mod pod_order;
mod ports;
mod pre_start;
mod problems;
mod resolver;
mod resources;
mod same_node;
mod security;
mod shared_names;
mod sharing;
mod shutdown;
mod siblings;
mod update;
mod user;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::EnvVar;

use activity::is_inactive;
use mounts::Writers;
use problems::Problems;
use resources::{Counted, amount};
use sharing::Sharing;
use siblings::Siblings;
use user::user;

use super::{Activity, Approximation, Facts, Image, ImageConfig, Invalid, Kind, ObjectKind, WaitFor};
use crate::api::{Protocol, Quantity, Reason, Service, Stack, StackSpec};

pub use activity::activity;
#[cfg(test)]
pub(super) use budget::objects as count_objects;
pub(super) use devices::{kind as kind_of_device, target as target_of_device};
pub(super) use health::Health;
pub(super) use hooks::HookBefore;
pub(super) use host::Host;
pub(super) use ingress::Route;
pub(super) use kind::Restart;
pub use kind::one_shots_by_default;
pub(super) use labels::UserLabels;
pub(super) use mounts::{CONTENT, Chores, Copied, Laid, Mounts, OpenedFolder};
pub(super) use placement::{HOST_NAME, Placement, node_labels};
pub(super) use pod_order::Stage;
pub(super) use ports::{KnownPort, Published, has_too_many_for_nodes};
pub(super) use pre_start::Before;
pub(super) use resolver::Resolver;
pub(super) use resources::Resources;
pub(super) use security::Security;
pub(super) use sharing::shares_processes;
pub(super) use shutdown::{Command, Shutdown, is_shell};
pub(super) use update::{AtOnce, Update};
pub(super) use volumes::{DeclaredVolume, Origin, VOLUME_SIZE};

/// The network of services that list no networks.
const DEFAULT_NETWORK: &str = "default";

/// The default container runtime of Docker. It needs no RuntimeClass.
const DEFAULT_RUNTIME: &str = "runc";

/// A Stack that has passed all checks.
pub(super) struct Resolved<'a> {
    pub stack: &'a Stack,
    pub name: &'a str,
    /// The services by name.
    pub services: BTreeMap<&'a str, ResolvedService<'a>>,
    /// The services of each unit. The first service names the unit. A unit comes after its dependencies.
    pub units: Vec<Vec<&'a str>>,
    /// The services of each additional DNS name, without inactive ones.
    pub aliases: BTreeMap<&'a str, Vec<&'a str>>,
    /// The target of each external link, by name.
    pub external_links: BTreeMap<&'a str, &'a str>,
    /// The declared volumes by name.
    pub volumes: BTreeMap<&'a str, DeclaredVolume<'a>>,
    pub approximations: Vec<Approximation>,
}

/// A service that has passed all checks.
pub(super) struct ResolvedService<'a> {
    pub name: &'a str,
    pub spec: &'a Service,
    /// The image metadata, if it is known.
    pub image: Option<&'a Image>,
    /// The service that names the unit.
    pub lead: &'a str,
    pub activity: Activity,
    /// The stage of the service in its Pod.
    pub stage: Stage,
    /// The position of the service in the start order of its Pod.
    pub turn: usize,
    /// The dependencies on other services of its Pod.
    pub waits_in_pod: Vec<WaitFor>,
    /// The number of containers. A stopped service keeps its number.
    pub replicas: i32,
    pub kind: Kind,
    /// Whether an update starts the new container before the old one ends.
    pub start_first: bool,
    pub restart: Restart,
    pub update: Update,
    pub placement: Placement,
    pub health: Option<Health>,
    /// The ports in its own settings and its image.
    pub own_ports: BTreeSet<KnownPort>,
    /// Its own ports, and the ports in addresses that other services use.
    pub known_ports: BTreeSet<KnownPort>,
    pub published: Vec<Published>,
    /// The HTTP routes.
    pub routes: Vec<Route<'a>>,
    /// The networks.
    pub networks: BTreeSet<&'a str>,
    /// Whether all networks are internal.
    pub only_internal: bool,
    /// The additional names that its Pods have as labels.
    pub aliases: BTreeSet<&'a str>,
    pub environment: Vec<EnvVar>,
    /// The numbers of the user and the group.
    pub user: Option<(i64, Option<i64>)>,
    pub resources: Resources,
    pub mounts: Mounts<'a>,
    /// The label that keeps Pods which share its volumes on one node.
    pub together: Option<String>,
    pub labels: UserLabels,
    /// The labels of the workload.
    pub deploy_labels: UserLabels,
    /// The hooks, the stop signal and the grace period.
    pub shutdown: Shutdown,
    /// The hooks that run before the containers start.
    pub hooks_before: Vec<HookBefore<'a>>,
    /// The security settings.
    pub security: Security,
    /// The namespaces of the node that the containers use.
    pub host: Host,
    /// The DNS settings.
    pub resolver: Resolver,
    /// The size of `/dev/shm`, if it is set.
    pub shm_size: Option<Quantity>,
    /// The programs of `preStart`.
    pub pre_start: Vec<Before<'a>>,
    pub waits_for: Vec<WaitFor>,
    /// The keys that it reads from objects which the Stack does not own.
    pub reads: BTreeSet<Read<'a>>,
}

/// A key of an object that the Stack does not own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Read<'a> {
    pub kind: ObjectKind,
    pub name: &'a str,
    pub key: &'a str,
}

impl<'a> ResolvedService<'a> {
    /// Returns the ports that are published outside the Stack. Ports on a loopback address are not, nor are ports of a
    /// service that has only internal networks or, as in Docker, that uses the network of the node.
    pub fn ports_to_publish(&self) -> impl Iterator<Item = &Published> {
        self.published
            .iter()
            .filter(|port| !self.host.network && !self.only_internal && !port.address.is_local())
    }

    /// Returns the ports of the Service for published ports.
    pub fn balanced_ports(&self) -> impl Iterator<Item = &Published> {
        self.ports_to_publish().filter(|port| !port.on_node)
    }

    /// Returns the application protocol of a port.
    pub fn app_protocol(&self, known: KnownPort) -> Option<String> {
        let ports = self.spec.ports.iter();
        let mut told =
            ports.filter(|it| (it.target, it.protocol.unwrap_or_default()) == (known.port, known.protocol));
        told.find_map(|port| port.app_protocol.clone())
    }

    /// Returns the ports that are published on each node that runs a container.
    pub fn node_ports(&self) -> impl Iterator<Item = &Published> {
        self.ports_to_publish().filter(|port| port.on_node)
    }

    /// Returns the container ports that are reachable for everyone.
    pub fn opened_ports(&self) -> impl Iterator<Item = (i32, Protocol)> {
        let published = self.ports_to_publish().map(|port| (port.target, port.protocol));
        published.chain(self.routes.iter().map(|route| (route.port, Protocol::Tcp)))
    }

    /// Returns the services whose update restarts this service.
    pub fn restarts_with(&self) -> impl Iterator<Item = &'a str> {
        self.spec.depends_on.iter().filter(|(_, on)| on.restart == Some(true)).map(|(name, _)| name.as_str())
    }

    /// Returns the RuntimeClass of the Pods.
    pub fn runtime_class(&self) -> Option<&'a str> {
        self.spec.runtime.as_deref().filter(|name| *name != DEFAULT_RUNTIME)
    }

    /// Reports whether the service has at most one container, which can have a fixed name.
    pub fn is_single(&self) -> bool {
        self.replicas <= 1 && self.kind != Kind::DaemonSet
    }
}

/// Resolves a Stack.
///
/// # Errors
/// Returns all problems of the spec.
pub(super) fn resolve<'a>(stack: &'a Stack, facts: &'a Facts) -> Result<Resolved<'a>, Invalid> {
    // Without a name, `check_names` reports the problem.
    let (name, spec) = (stack.metadata.name.as_deref().unwrap_or(""), &stack.spec);
    let mut problems = Problems::default();
    let mut approximations = Vec::new();
    let memory = budget::check_spec(spec, facts)?;
    let siblings = Siblings::of(spec);
    budget::check_ports(spec, &siblings, facts, &memory)?;
    naming::check_names(name, spec, &mut problems);
    mounts::check_declarations(spec, &mut problems);
    let sharing = Sharing::of(spec, |name| is_inactive(&spec.services[name], spec), &mut problems);
    let mut volumes = volumes::volumes((name, stack), facts, &mut problems, &mut approximations);
    let together = same_node::tie(spec, &mut volumes, &sharing, facts);
    let writers = mounts::writers(spec, facts);
    let mut services = BTreeMap::new();
    for (service_name, service) in &spec.services {
        let context = Context {
            stack: name,
            namespace: stack.metadata.namespace.as_deref(),
            spec,
            siblings: &siblings,
            sharing: &sharing,
            facts,
            volumes: &volumes,
            together: &together,
            writers: &writers,
        };
        let resolved = context.service(service_name, service, &mut problems, &mut approximations);
        services.insert(service_name.as_str(), resolved);
    }
    budget::check_services(&volumes, &services, facts)?;
    sharing::agree(&sharing, &mut services, &mut problems, &mut approximations);
    pod_order::arrange(&sharing, &mut services, &mut problems, &mut approximations);
    let seeing_others = sharing::seeing_others(&services);
    for service in services.values_mut().filter(|service| service.activity != Activity::Inactive) {
        service.routes = ingress::routes(service, &mut problems);
        approximations.extend(image::unread(service).filter(|_| !facts.unread.contains_key(service.name)));
        approximations.extend(shutdown::settle_signal(service, seeing_others.contains(service.lead)));
        ports::check_mode(service, &mut problems);
        let namespace = stack.metadata.namespace.as_deref();
        ports::check_node_ports(service, &facts.privileges, namespace, &mut problems);
        ingress::check_annotations(service, &facts.privileges, namespace, &mut problems);
        let path = format!("spec.services.{}", service.name);
        host::check(service.spec, service.host, (&facts.privileges, namespace), &path, &mut problems);
        approximations.extend(placement::variant(service.spec, &path));
        approximations.extend(host::approximations(service.spec, service.host, &path));
        approximations.extend(ports::approximations(service, spec.publish.unwrap_or_default()));
    }
    let units = dependencies::dependencies(spec, &services, &sharing, &mut problems);
    ingress::check_routes(&services, &mut problems);
    let namespace = stack.metadata.namespace.as_deref();
    let external_links = external::external_links(&services, (&facts.privileges, namespace), &mut problems);
    naming::check_clashes(name, spec, &volumes, &services, &mut problems);
    let mut shared_names = shared_names::SharedNames::of(spec, &services);
    shared_names.check(&mut problems, &mut approximations);
    ports::check_published(&services, &mut problems);
    problems.into_result()?;

    let waits: Vec<_> =
        services.values().map(|service| dependencies::waits_for(service, &services)).collect();
    for (service, waits_for) in services.values_mut().zip(waits) {
        service.waits_for = waits_for;
    }
    approximations.extend(volumes::not_seeded(&services, facts));
    let hosts = shared_names.host_names(&services, &mut approximations);
    for (name, host) in hosts.labels {
        services.entry(name).and_modify(|service| _ = service.aliases.insert(host));
    }
    let mut aliases: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in services.values().filter(|service| service.activity != Activity::Inactive) {
        for alias in service.aliases.iter().filter(|alias| !hosts.unanswered.contains(*alias)) {
            aliases.entry(alias).or_default().push(service.name);
        }
    }
    let resolved =
        Resolved { stack, name, services, units, aliases, external_links, volumes, approximations };
    budget::check(&resolved, facts)?;
    Ok(resolved)
}

/// The context in which services are resolved.
struct Context<'c, 'a> {
    stack: &'a str,
    namespace: Option<&'a str>,
    spec: &'a StackSpec,
    siblings: &'c Siblings<'a>,
    sharing: &'c Sharing<'a>,
    facts: &'a Facts,
    volumes: &'c BTreeMap<&'a str, DeclaredVolume<'a>>,
    together: &'c BTreeMap<&'a str, String>,
    /// The users that write each volume.
    writers: &'c BTreeMap<&'a str, Writers>,
}

impl<'a> Context<'_, 'a> {
    fn service(
        &self,
        name: &'a str,
        service: &'a Service,
        problems: &mut Problems,
        approximations: &mut Vec<Approximation>,
    ) -> ResolvedService<'a> {
        let path = &format!("spec.services.{name}");
        let image = image::image(self.spec, name, service, self.facts);
        let says = image.map_or(&image::NOTHING, |image| &*image.config);
        let health = health::health(service, says, path, problems);
        let own_ports = ports::own_ports(service, says, health.as_ref());
        let dialled = self.siblings.dialled(name).into_iter();
        let dialled = dialled.map(|port| KnownPort { port, protocol: Default::default() });
        let user = user(image::user(service, says), path, problems);
        let program_user = mounts::program_user(user, service, image);
        let of = mounts::Mounting { name, path, service, image: says, user: program_user };
        let mounts = mounts::mounts(self, &of, problems, approximations);
        devices::check(service, &mounts, path, problems);
        let restart = kind::restart(service, path, problems);
        let placement = placement::placement(service, path, problems, approximations);
        let published = ports::published(service, self.spec.publish.unwrap_or_default(), path, problems);
        let traits = kind::Traits {
            name,
            service,
            restart,
            has_port: !own_ports.is_empty(),
            has_health: health.is_some(),
            gates: health.as_ref().is_some_and(Health::gates),
            writes_volume: mounts.writes_volume,
            is_exclusive: placement.per_node.is_some()
                || published.iter().any(|port| port.on_node)
                || mounts.writes_host
                || service.network_mode.as_deref() == Some("host")
                || !service.devices.is_empty()
                || resources::has_devices(service),
            shares_pod: self.sharing.shares_pod(name),
        };
        let (kind, start_first) = kind::kind(&traits, self.siblings, path, problems);
        let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas).unwrap_or(1);
        let networks = self.networks(service, path, problems);
        let internal = |network: &&str| {
            self.spec.networks.get(*network).is_some_and(|network| network.internal == Some(true))
        };
        let host = host::host(service, path, problems);
        let shm_size = service.shm_size.as_ref();
        let further_names = naming::further_names(service, path);
        let own = hooks::Own { named: user, image, is_to_be_read: image::is_to_be_read(self.spec, image) };
        let (post_start, hooks_before) = hooks::post_start(service, own, path, problems, approximations);
        hooks::check_pre_stop(service, own, path, problems, approximations);
        let has_helper = self.facts.helper_image.is_some();
        ResolvedService {
            name,
            spec: service,
            image,
            lead: self.sharing.lead(name),
            activity: activity(service, self.spec),
            stage: Stage::default(),
            turn: 0,
            waits_in_pod: Vec::new(),
            replicas,
            kind,
            start_first,
            restart,
            update: update::update(service),
            placement,
            known_ports: own_ports.iter().copied().chain(dialled).collect(),
            own_ports,
            published,
            routes: Vec::new(),
            only_internal: !host.network && networks.iter().all(internal),
            networks,
            aliases: further_names
                .into_iter()
                .map(|(_, alias)| alias)
                .filter(|alias| *alias != name)
                .collect(),
            environment: environment::environment(service, path, problems),
            user,
            resources: resources::resources(service, path, problems),
            labels: labels::user_labels(service, path, problems, approximations),
            deploy_labels: labels::deploy_labels(service, path, problems, approximations),
            shutdown: shutdown::shutdown(service, &post_start, has_helper, path, problems, approximations),
            hooks_before,
            security: security::security(service, host, path, problems, approximations),
            host,
            resolver: resolver::resolver(service, path, problems, approximations),
            shm_size: shm_size
                .and_then(|size| amount(size, Counted::Bytes, &format!("{path}.shmSize"), problems)),
            pre_start: pre_start::pre_start(service, path, problems),
            waits_for: Vec::new(),
            reads: environment::reads(service).chain(mounts.reads.iter().copied()).collect(),
            together: self.together.get(name).cloned(),
            health,
            mounts,
        }
    }

    fn networks(&self, service: &'a Service, path: &str, problems: &mut Problems) -> BTreeSet<&'a str> {
        if service.networks.is_empty() {
            // The service has the networks of the service whose network it shares. The network of the node has none.
            let elsewhere = service.network_mode.is_some();
            return if elsewhere { BTreeSet::new() } else { BTreeSet::from([DEFAULT_NETWORK]) };
        }
        let known = &self.spec.networks;
        for name in
            service.networks.keys().filter(|name| *name != DEFAULT_NETWORK && !known.contains_key(*name))
        {
            let known = known.keys().map(String::as_str).chain([DEFAULT_NETWORK]);
            let what = ("network", name.as_str(), "spec.networks");
            problems.unknown(Reason::UnknownNetwork, format!("{path}.networks.{name}"), what, known);
        }
        service.networks.keys().map(String::as_str).collect()
    }
}
