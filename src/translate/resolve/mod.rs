//! Stack -> [`Resolved`]: every name looked up, every value read, every problem collected. What
//! builders are given has passed all checks, so they cannot fail.

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
mod meetings;
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

use super::{Activity, Approximation, Facts, Image, ImageConfig, Invalid, Kind, ObjectKind, Reason, WaitFor};
use crate::api::{Protocol, Quantity, Service, Stack, StackSpec};

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

/// The network of services that name none.
const DEFAULT_NETWORK: &str = "default";

/// The container runtime that Docker has, and that a node has without a RuntimeClass.
const DEFAULT_RUNTIME: &str = "runc";

/// A Stack that has passed all checks.
pub(super) struct Resolved<'a> {
    pub stack: &'a Stack,
    pub name: &'a str,
    /// The services by name.
    pub services: BTreeMap<&'a str, ResolvedService<'a>>,
    /// The services of each pod: the first names it. A pod comes after those that it depends on.
    pub units: Vec<Vec<&'a str>>,
    /// The services behind each further name that is answered, but for inactive ones.
    pub aliases: BTreeMap<&'a str, Vec<&'a str>>,
    /// What each name of something outside of the stack stands for.
    pub external_links: BTreeMap<&'a str, &'a str>,
    /// The declared volumes by name.
    pub volumes: BTreeMap<&'a str, DeclaredVolume<'a>>,
    pub approximations: Vec<Approximation>,
}

/// A service that has passed all checks.
pub(super) struct ResolvedService<'a> {
    pub name: &'a str,
    pub spec: &'a Service,
    /// What is known of its image.
    pub image: Option<&'a Image>,
    /// The service that names its pod: itself where it is alone in it.
    pub lead: &'a str,
    pub activity: Activity,
    /// When it starts, seen from the other services of its pod.
    pub stage: Stage,
    /// Its place in the order in which the services of its pod start.
    pub turn: usize,
    /// What it waits for among those.
    pub waits_in_pod: Vec<WaitFor>,
    /// How many containers should run; not zero while it is stopped.
    pub replicas: i32,
    pub kind: Kind,
    /// Whether a successor starts before its predecessor ends.
    pub start_first: bool,
    pub restart: Restart,
    pub update: Update,
    pub placement: Placement,
    pub health: Option<Health>,
    /// The ports that its own settings tell of.
    pub own_ports: BTreeSet<KnownPort>,
    /// Those, and the ports that siblings dial.
    pub known_ports: BTreeSet<KnownPort>,
    pub published: Vec<Published>,
    /// The HTTP routes to it.
    pub routes: Vec<Route<'a>>,
    /// The networks that it is on.
    pub networks: BTreeSet<&'a str>,
    /// Whether all of them are internal.
    pub only_internal: bool,
    /// The further names that its pods bear as labels.
    pub aliases: BTreeSet<&'a str>,
    pub environment: Vec<EnvVar>,
    /// The user's and the group's number.
    pub user: Option<(i64, Option<i64>)>,
    pub resources: Resources,
    pub mounts: Mounts<'a>,
    /// What keeps its pods on the node of those that share its volumes.
    pub together: Option<String>,
    pub labels: UserLabels,
    /// The labels of its workload.
    pub deploy_labels: UserLabels,
    /// How its containers start and end.
    pub shutdown: Shutdown,
    /// Its hooks that run before its containers start.
    pub hooks_before: Vec<HookBefore<'a>>,
    /// How its containers are confined.
    pub security: Security,
    /// What its containers share with their node.
    pub host: Host,
    /// How its programs find others by name.
    pub resolver: Resolver,
    /// The size of `/dev/shm`, where it is given.
    pub shm_size: Option<Quantity>,
    /// The programs that run before it.
    pub pre_start: Vec<Before<'a>>,
    pub waits_for: Vec<WaitFor>,
    /// The keys of objects of others that it reads.
    pub reads: BTreeSet<Read<'a>>,
}

/// A key of an object of someone else.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Read<'a> {
    pub kind: ObjectKind,
    pub name: &'a str,
    pub key: &'a str,
}

impl<'a> ResolvedService<'a> {
    /// The ports that are reachable from outside: none on a local address, none of a service that is
    /// only on internal networks, and, as in Docker, none of one on the node's network.
    pub fn ports_to_publish(&self) -> impl Iterator<Item = &Published> {
        self.published
            .iter()
            .filter(|port| !self.host.network && !self.only_internal && !port.address.is_local())
    }

    /// Those that the Service for published ports leads to.
    pub fn balanced_ports(&self) -> impl Iterator<Item = &Published> {
        self.ports_to_publish().filter(|port| !port.on_node)
    }

    /// The application protocol that is told of a port.
    pub fn app_protocol(&self, known: KnownPort) -> Option<String> {
        let ports = self.spec.ports.iter();
        let mut told =
            ports.filter(|it| (it.target, it.protocol.unwrap_or_default()) == (known.port, known.protocol));
        told.find_map(|port| port.app_protocol.clone())
    }

    /// Those that are bound on each node that runs a container.
    pub fn node_ports(&self) -> impl Iterator<Item = &Published> {
        self.ports_to_publish().filter(|port| port.on_node)
    }

    /// The ports of the containers that everyone may reach.
    pub fn opened_ports(&self) -> impl Iterator<Item = (i32, Protocol)> {
        let published = self.ports_to_publish().map(|port| (port.target, port.protocol));
        published.chain(self.routes.iter().map(|route| (route.port, Protocol::Tcp)))
    }

    /// The services whose update restarts this one.
    pub fn restarts_with(&self) -> impl Iterator<Item = &'a str> {
        self.spec.depends_on.iter().filter(|(_, on)| on.restart == Some(true)).map(|(name, _)| name.as_str())
    }

    /// The RuntimeClass of its pods.
    pub fn runtime_class(&self) -> Option<&'a str> {
        self.spec.runtime.as_deref().filter(|name| *name != DEFAULT_RUNTIME)
    }

    /// Whether there is one container at most, which has a name of its own.
    pub fn is_single(&self) -> bool {
        self.replicas <= 1 && self.kind != Kind::DaemonSet
    }
}

/// Checks a Stack and looks up all that it names.
///
/// # Errors
/// All problems of the spec.
pub(super) fn resolve<'a>(stack: &'a Stack, facts: &'a Facts) -> Result<Resolved<'a>, Invalid> {
    let (name, spec) = (stack.metadata.name.as_deref().unwrap_or_default(), &stack.spec);
    let mut problems = Problems::default();
    let mut approximations = Vec::new();
    let memory = budget::check_spec(spec, facts)?;
    let siblings = Siblings::of(spec);
    budget::check_ports(spec, &siblings, facts, &memory)?;
    naming::check_names(name, spec, &mut problems);
    mounts::check_declarations(spec, &mut problems);
    let sharing = Sharing::of(spec, |name| is_inactive(&spec.services[name], spec), &mut problems);
    let mut volumes = volumes::volumes(stack, facts, &mut problems, &mut approximations);
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
    let mut meetings = meetings::Meetings::of(spec, &services);
    meetings.check(&mut problems, &mut approximations);
    ports::check_published(&services, &mut problems);
    problems.into_result()?;

    let waits: Vec<_> =
        services.values().map(|service| dependencies::waits_for(service, &services)).collect();
    for (service, waits_for) in services.values_mut().zip(waits) {
        service.waits_for = waits_for;
    }
    approximations.extend(volumes::not_seeded(&services, facts));
    let hosts = meetings.host_names(&services, &mut approximations);
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

/// What a service is resolved in.
struct Context<'c, 'a> {
    stack: &'a str,
    namespace: Option<&'a str>,
    spec: &'a StackSpec,
    siblings: &'c Siblings<'a>,
    sharing: &'c Sharing<'a>,
    facts: &'a Facts,
    volumes: &'c BTreeMap<&'a str, DeclaredVolume<'a>>,
    together: &'c BTreeMap<&'a str, String>,
    /// The users who write each volume.
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
            // Whose network it shares is on networks, and it with that one; the node's is on none.
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
