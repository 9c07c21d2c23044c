//! The services that answer to an alias, container name, host name or link.
//!
//! Docker resolves a name for each network, and a link only for the linking service. The DNS of a cluster has one answer
//! for all clients, so a name can lead to more services there.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::{Map, Node, Project};

use super::names::Names;
use super::reader::int;
use crate::dns::{Difference, NamedPod, difference};

/// The most networks that one message names.
const MOST_NAMED: usize = 3;
/// The most services of a Stack. Names of a larger project are not compared.
const MOST_SERVICES: usize = 256;

/// The place from which a client resolves a name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Asked<'a> {
    /// A network.
    On(&'a str),
    /// A service that has the name from its own links.
    By(&'a str),
}

/// The target of a name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Pod<'a> {
    /// The Pod of a service.
    Of(&'a str),
    /// A target outside the project.
    Outside(&'a str),
}

/// The attribute that gives a service a name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Way<'a> {
    /// An alias on a network.
    Alias(&'a str),
    /// `container_name`.
    Container,
    /// `hostname`.
    Host,
    /// A link of another service, which is given.
    Link(&'a str),
    /// A link of the service to a target outside the project, which is given.
    External(&'a str),
}

/// A service with a name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Claim<'a> {
    service: &'a str,
    way: Way<'a>,
}

/// The services with one name, without duplicates.
#[derive(Debug, Default)]
struct Claims<'a> {
    list: Vec<Claim<'a>>,
    known: BTreeSet<Claim<'a>>,
    /// The company of each claim. Many claims share one, since a service can have a name on many networks.
    met: BTreeMap<Asking<'a>, Company<'a>>,
}

/// All services that have the same name at the same time, and the answer of the cluster.
#[derive(Debug)]
struct Company<'a> {
    difference: Difference<Pod<'a>, Asked<'a>>,
    /// The targets without duplicates, in the order of the claims.
    pods: Vec<Pod<'a>>,
    /// Whether one target has the name from a link.
    is_linked: bool,
    /// The services with this `container_name`.
    containers: BTreeSet<&'a str>,
}

/// The key of a company: the service that makes the claim, and whether the claim is a host name.
type Asking<'a> = (&'a str, bool);

/// The answer of a cluster to a name, compared with Docker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The same answer, since the name is the service's own name.
    Own,
    /// The same answer.
    Same,
    /// More services on some networks. Clients can reach all of them.
    More(String),
    /// The service with this name as its own, which is on the same networks.
    Taken(String),
    /// A target that some clients do not mean.
    Ambiguous(String),
}

/// The Pod, networks and profiles of a service.
#[derive(Debug)]
struct Place<'a> {
    pod: &'a str,
    networks: BTreeSet<&'a str>,
    profiles: BTreeSet<&'a str>,
}

/// All names of a project besides the service names.
#[derive(Debug, Default)]
pub struct Answers<'a> {
    places: BTreeMap<&'a str, Place<'a>>,
    /// The services, by name on the cluster.
    services: BTreeMap<String, &'a str>,
    claims: BTreeMap<String, Claims<'a>>,
    clients: Vec<BTreeSet<Asked<'a>>>,
    /// The networks that other projects can join.
    open: BTreeSet<&'a str>,
    /// The names of these networks, by key in the project.
    networks: BTreeMap<&'a str, &'a str>,
    /// The profiles that are active by default.
    active: BTreeSet<&'a str>,
}

impl<'a> Answers<'a> {
    /// Collects the names of a project.
    pub fn of(project: &'a Project, names: &Names, active: &'a [String]) -> Self {
        let mut made = Self { active: active.iter().map(String::as_str).collect(), ..Self::default() };
        for (key, network) in project.section("networks") {
            let name = network.str_at("name").filter(|name| *name != format!("{}_{key}", project.name));
            let external = network.get("external").and_then(Node::as_bool) == Some(true);
            if let Some(name) = name.or(external.then_some(key)) {
                made.open.insert(name);
                made.networks.insert(key, name);
            }
        }
        if project.services().count() > MOST_SERVICES {
            return made;
        }
        let pods = pods(project);
        for (name, service) in project.services() {
            let networks = network_owner(project, name).into_iter().flat_map(networks);
            let networks: BTreeSet<&str> = networks.map(|network| made.network(network)).collect();
            made.clients.push(networks.iter().copied().map(Asked::On).chain([Asked::By(name)]).collect());
            let profiles = texts(service, "profiles").collect();
            let pod = pods.get(name).copied().unwrap_or(name);
            made.places.insert(name, Place { pod, networks, profiles });
            made.services.insert(names.service(name), name);
            made.claims_of(name, service);
        }
        let mut all = std::mem::take(&mut made.claims);
        for Claims { list, met, .. } in all.values_mut() {
            for claim in &*list {
                met.entry(made.asking(*claim)).or_insert_with(|| made.company(*claim, list));
            }
        }
        made.claims = all;
        made
    }

    /// Returns the name of a network. A project can use one network under several keys.
    fn network(&self, key: &'a str) -> &'a str {
        self.networks.get(key).copied().unwrap_or(key)
    }

    fn claims_of(&mut self, name: &'a str, service: &'a Node) {
        for (network, endpoint) in
            service.get("networks").and_then(Node::as_map).into_iter().flat_map(Map::iter)
        {
            for alias in texts(endpoint, "aliases") {
                self.claim(alias, name, Way::Alias(network));
            }
        }
        if let Some(container) = service.str_at("container_name") {
            self.claim(container, name, Way::Container);
        }
        for link in texts(service, "links") {
            let (target, alias) = link.split_once(':').unwrap_or((link, link));
            self.claim(alias, target, Way::Link(name));
        }
        for link in texts(service, "external_links") {
            let (target, alias) = link.split_once(':').unwrap_or((link, link));
            self.claim(alias, name, Way::External(target));
        }
        // The operator makes a host name resolvable only for a single container with its own networks.
        let host = service.str_at("hostname").map(|host| host.split('.').next().unwrap_or_default());
        if let Some(host) = host
            && replicas(service) == Some(1)
            && service.get("network_mode").is_none()
        {
            self.claim(host, name, Way::Host);
        }
    }

    fn claim(&mut self, alias: &str, service: &'a str, way: Way<'a>) {
        let claims = self.claims.entry(alias.to_lowercase()).or_default();
        let claim = Claim { service, way };
        if claims.known.insert(claim) {
            claims.list.push(claim);
        }
    }

    /// Reports whether some choice of profiles starts both services: one has no profile, both share one, or both have an
    /// active one.
    pub fn may_run_together(&self, a: &str, b: &str) -> bool {
        let (Some(a), Some(b)) = (self.places.get(a), self.places.get(b)) else { return true };
        let all = self.active.contains("*");
        let is_active = |place: &Place<'_>| all || !place.profiles.is_disjoint(&self.active);
        a.profiles.is_empty()
            || b.profiles.is_empty()
            || !a.profiles.is_disjoint(&b.profiles)
            || is_active(a) && is_active(b)
    }

    /// Returns the answer of the cluster to a name of a service.
    pub fn answer(&self, name: &str, service: &'a str, way: Way<'a>) -> Answer {
        let name = &*name.to_lowercase();
        let claim = Claim { service, way };
        let claims = self.claims.get(name);
        let is_claimed = claims.is_some_and(|claims| claims.known.contains(&claim));
        if way == Way::Host && !is_claimed {
            return Answer::Own;
        }
        let own = self.named_pod(claim);
        if let Some(owner) = self.services.get(name).copied() {
            if own.pod == Pod::Of(self.pod(owner)) {
                return Answer::Own;
            }
            if self.may_run_together(owner, self.speaker(claim)) {
                return self.taken(name, owner, claim, &own);
            }
        }
        let made;
        let known = claims.filter(|_| is_claimed).and_then(|claims| claims.met.get(&self.asking(claim)));
        let company = match known {
            Some(company) => company,
            None => {
                let list = claims.map_or(&[][..], |claims| &claims.list);
                made = self.company(claim, &[list, &[claim]].concat());
                &made
            }
        };
        let other = company.pods.iter().find(|pod| **pod != own.pod).copied();
        // Only one target is possible for a link, for a target outside the project and for a container name.
        let alone = company.is_linked
            || matches!(way, Way::Link(_) | Way::External(_))
            || way == Way::Container && company.containers.iter().any(|other| *other != service);
        match (&company.difference, other) {
            (Difference::WrongPod { network, meant, other }, _) => {
                Answer::Ambiguous(ambiguous(name, *network, &shown(*meant), &shown(*other)))
            }
            (_, Some(other)) if alone => Answer::Ambiguous(both(name, &shown(own.pod), &shown(other))),
            (Difference::MorePods(networks), _) => {
                let named = networks.iter().filter_map(|asked| match asked {
                    Asked::On(network) => Some(*network),
                    Asked::By(_) => None,
                });
                let first = named.clone().take(MOST_NAMED).collect::<Vec<_>>().join("', '");
                Answer::More(match named.skip(MOST_NAMED).count() {
                    0 => format!("'{name}' on '{first}'"),
                    more => format!("'{name}' on '{first}' and {more} more networks"),
                })
            }
            (Difference::None, _) => Answer::Same,
        }
    }

    /// Returns the services that have the name of a claim at the same time.
    fn company(&self, claim: Claim<'a>, claims: &[Claim<'a>]) -> Company<'a> {
        let is_soft = |claim: &Claim<'_>| claim.way == Way::Host;
        // Other names have precedence over host names.
        let others = claims.iter().filter(|other| is_soft(&claim) || !is_soft(other));
        let others = others.filter(|other| self.may_run_together(self.speaker(**other), self.speaker(claim)));
        let others: Vec<Claim<'a>> = others.copied().collect();
        let named: Vec<_> = others.iter().map(|other| self.named_pod(*other)).collect();
        let difference = difference(&named, self.clients.iter(), |asked| match asked {
            Asked::On(network) => self.open.contains(network),
            Asked::By(_) => false,
        });
        let mut seen = BTreeSet::new();
        let pods = named.iter().map(|one| one.pod).filter(|pod| seen.insert(*pod)).collect();
        let is_linked = others.iter().any(|other| matches!(other.way, Way::Link(_) | Way::External(_)));
        let containers = others.iter().filter(|other| other.way == Way::Container);
        let containers = containers.map(|other| other.service).collect();
        Company { difference, pods, is_linked, containers }
    }

    /// Returns the answer for a name that is also the name of a service.
    fn taken(
        &self,
        name: &str,
        owner: &str,
        claim: Claim<'a>,
        named: &NamedPod<Pod<'a>, Asked<'a>>,
    ) -> Answer {
        let place = self.places.get(owner);
        let missing = named.networks.iter().find(|asked| match asked {
            Asked::On(network) => !place.is_some_and(|place| place.networks.contains(network)),
            Asked::By(_) => true,
        });
        let own = self.places.get(self.speaker(claim)).map(|place| &place.profiles);
        let always = place.is_none_or(|place| place.profiles.is_empty() || Some(&place.profiles) == own);
        match missing {
            Some(asked) => {
                Answer::Ambiguous(ambiguous(name, *asked, &shown(named.pod), &format!("'{owner}'")))
            }
            None if !always => Answer::Ambiguous(both(name, &shown(named.pod), &format!("'{owner}'"))),
            None => Answer::Taken(format!("'{name}' is a service")),
        }
    }

    fn asking(&self, claim: Claim<'a>) -> Asking<'a> {
        (self.speaker(claim), claim.way == Way::Host)
    }

    /// Returns the service that makes the claim.
    fn speaker(&self, claim: Claim<'a>) -> &'a str {
        match claim.way {
            Way::Link(asker) => asker,
            _ => claim.service,
        }
    }

    fn pod(&self, service: &'a str) -> &'a str {
        self.places.get(service).map_or(service, |place| place.pod)
    }

    fn named_pod(&self, claim: Claim<'a>) -> NamedPod<Pod<'a>, Asked<'a>> {
        let (pod, networks) = (Pod::Of(self.pod(claim.service)), self.places.get(claim.service));
        let networks =
            || networks.into_iter().flat_map(|place| &place.networks).map(|network| Asked::On(network));
        match claim.way {
            Way::Alias(network) => NamedPod { pod, networks: [Asked::On(self.network(network))].into() },
            Way::Link(asker) => NamedPod { pod, networks: [Asked::By(asker)].into() },
            Way::External(target) => {
                NamedPod { pod: Pod::Outside(target), networks: [Asked::By(claim.service)].into() }
            }
            Way::Container | Way::Host => NamedPod { pod, networks: networks().collect() },
        }
    }
}

fn ambiguous(name: &str, asked: Asked<'_>, meant: &str, other: &str) -> String {
    let who = match asked {
        Asked::On(network) => format!("on the network '{network}'"),
        Asked::By(service) => format!("for '{service}'"),
    };
    format!("'{name}' means {meant} {who}, but would also lead to {other}")
}

fn both(name: &str, one: &str, other: &str) -> String {
    format!("'{name}' is a name of {one} and of {other}")
}

fn shown(pod: Pod<'_>) -> String {
    match pod {
        Pod::Of(service) => format!("'{service}'"),
        Pod::Outside(target) => format!("'{target}' outside the project"),
    }
}

/// Returns the number of containers of a service. None for a global service.
pub fn replicas(service: &Node) -> Option<i64> {
    let deploy = service.get("deploy");
    match deploy.and_then(|deploy| deploy.str_at("mode")) {
        Some("global" | "global-job") => None,
        _ => {
            let given = deploy.and_then(|deploy| deploy.get("replicas")).or(service.get("scale"));
            Some(given.and_then(int).unwrap_or(1).max(1))
        }
    }
}

fn texts<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = &'n str> {
    node.get(key).and_then(Node::as_list).unwrap_or_default().iter().filter_map(Node::as_str)
}

fn networks(service: &Node) -> impl Iterator<Item = &str> {
    let networks = service.get("networks").and_then(Node::as_map);
    networks.into_iter().flat_map(Map::iter).map(|(name, _)| &**name)
}

/// Returns the service that a setting such as `service:NAME` or `container:NAME` names.
fn named<'a>(project: &'a Project, setting: &'a str) -> Option<&'a str> {
    if let Some(container) = setting.strip_prefix("container:") {
        let has = |service: &Node| service.str_at("container_name") == Some(container);
        return project.services().find(|(_, service)| has(service)).map(|(name, _)| name);
    }
    setting.strip_prefix("service:")
}

/// Returns the service whose networks a service uses: the service itself, or the one whose network it shares. The
/// loader rejects cycles.
fn network_owner<'a>(project: &'a Project, service: &'a str) -> Option<&'a Node> {
    let mut name = service;
    for _ in project.services() {
        let node = project.service(name)?;
        match node.str_at("network_mode").and_then(|mode| named(project, mode)) {
            Some(other) => name = other,
            None => return Some(node),
        }
    }
    None
}

/// Returns the service that represents the Pod of each service in a shared Pod.
fn pods(project: &Project) -> BTreeMap<&str, &str> {
    let mut pods: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, service) in project.services() {
        for key in ["network_mode", "ipc", "pid"] {
            let Some(other) = service.str_at(key).and_then(|mode| named(project, mode)) else { continue };
            let of = |name| pods.get(name).copied().unwrap_or(name);
            let (own, other) = (of(name), of(other));
            let joined = pods.iter().filter(|(_, pod)| **pod == own).map(|(name, _)| *name);
            let joined: Vec<&str> = joined.chain([name, own]).collect();
            pods.extend(joined.into_iter().map(|name| (name, other)));
        }
    }
    pods
}
