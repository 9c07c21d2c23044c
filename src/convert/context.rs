//! The input and the results that all parts of the conversion share.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::{Map, Node, Place, Project, Value};

use super::answers::Answers;
use super::folders::Folders;
use super::host::{Bounds, Uses};
use super::names::Names;
use super::objects::Objects;
use super::reader::{Log, pointer};
use super::secrecy::Secrecy;
use crate::api;
use crate::text::addresses::addresses;
use crate::text::port::PortNumber;

/// The options of a conversion.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The namespace of the objects. None for the namespace in which they are applied.
    pub namespace: Option<String>,
    /// The registry for built images, with an optional path.
    pub registry: Option<String>,
    /// The active profiles. The profile with an empty name is active if the user names none.
    pub profiles: Vec<String>,
}

/// The input of a conversion, and its results so far.
pub struct Context<'a> {
    /// The whole project, for lookups. Values to convert come from a reader.
    pub project: &'a Project,
    /// The files of the project.
    pub files: &'a dyn Folders,
    /// The options of the user.
    pub options: &'a Options,
    /// The verdicts.
    pub log: &'a Log,
    /// The secrets of the project.
    pub secrecy: &'a Secrecy,
    /// Names on the cluster.
    pub names: Names,
    /// The uses of bind mounts.
    pub uses: Uses,
    /// The folders of the project.
    pub bounds: Bounds,
    /// The ConfigMaps and Secrets.
    pub objects: Objects,
    /// The volumes by name, including those for data folders of the host.
    pub volumes: BTreeMap<String, api::Volume>,
    /// The data of the host that is not copied into a volume, by volume name.
    pub left: BTreeMap<String, String>,
    /// The volumes in memory, by name. Each mount sets its own target.
    pub memory: BTreeMap<String, api::Tmpfs>,
    /// The volumes of the project that are folders in other volumes, by name: the index of the data folder, and the path
    /// of the host.
    pub parts: BTreeMap<String, (usize, String)>,
    /// The volumes with files from outside the project.
    pub foreign: BTreeSet<String>,
    /// The volumes that are read-only in all mounts.
    pub read_only_volumes: BTreeSet<String>,
    /// The configs, by name.
    pub configs: BTreeMap<String, api::Config>,
    /// The secrets, by name.
    pub secrets: BTreeMap<String, api::Secret>,
    /// The secrets that replace configs with secret content, by config name.
    pub secret_configs: BTreeMap<String, String>,
    /// The aliases of services from links of other services.
    pub aliases: Vec<Alias>,
    /// The `volumes_from` entries: the service, the other service, and whether read-only.
    pub volumes_from: Vec<(String, String, bool)>,
    /// The published host ports.
    pub published: BTreeSet<PortNumber>,
    /// The services that answer to aliases and other names.
    pub answers: Answers<'a>,
    /// The hosts in the texts of the project.
    hosts: BTreeSet<String>,
}

/// An alias of a service.
pub struct Alias {
    /// The name of the service on the cluster.
    pub service: String,
    /// The alias.
    pub name: String,
}

impl<'a> Context<'a> {
    /// Prepares the conversion of a project.
    pub fn new(
        project: &'a Project,
        files: &'a dyn Folders,
        options: &'a Options,
        log: &'a Log,
        secrecy: &'a Secrecy,
    ) -> Self {
        let mut hosts = BTreeSet::new();
        for (_, node) in with_addresses(project) {
            texts(node, &mut |text| hosts.extend(addresses(text).map(|address| address.host.to_lowercase())));
        }
        let names = Names::of(project);
        let answers = Answers::of(project, &names, &options.profiles);
        Self {
            project,
            files,
            options,
            log,
            secrecy,
            uses: Uses::of(project, &names, files),
            bounds: Bounds::of(project, files),
            names,
            objects: Objects::default(),
            volumes: BTreeMap::new(),
            left: BTreeMap::new(),
            memory: BTreeMap::new(),
            parts: BTreeMap::new(),
            foreign: BTreeSet::new(),
            read_only_volumes: BTreeSet::new(),
            configs: BTreeMap::new(),
            secrets: BTreeMap::new(),
            secret_configs: BTreeMap::new(),
            aliases: Vec::new(),
            volumes_from: Vec::new(),
            published: BTreeSet::new(),
            answers,
            hosts,
        }
    }

    /// Reports whether a text of the project uses a name as a host.
    pub fn uses_host(&self, name: &str) -> bool {
        self.hosts.contains(&name.to_lowercase())
    }
}

/// The attributes of a service whose texts contain addresses of other services.
const WITH_ADDRESSES: [&str; 7] =
    ["environment", "command", "entrypoint", "healthcheck", "pre_start", "post_start", "pre_stop"];

/// Returns the values of a project that can contain addresses, with their pointers.
pub fn with_addresses(project: &Project) -> impl Iterator<Item = (String, &Node)> {
    let services = project.services().flat_map(|(name, service)| {
        let nodes = WITH_ADDRESSES.iter().filter_map(move |key| Some((*key, service.get(key)?)));
        nodes.map(move |(key, node)| (pointer(["services", name, key]), node))
    });
    let configs = project.section("configs");
    let contents = configs.filter_map(|(name, config)| Some((name, config.get("content")?)));
    services.chain(contents.map(|(name, node)| (pointer(["configs", name, "content"]), node)))
}

/// Calls a function for each text of a tree with its node and pointer. `at` is the pointer of the tree.
pub fn texts_at<'n>(node: &'n Node, at: &str, see: &mut impl FnMut(&'n str, &'n Node, &str)) {
    match &node.value {
        Value::Str(text) => see(text, node, at),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                texts_at(item, &format!("{at}/{index}"), see);
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter() {
                texts_at(item, &format!("{at}{}", pointer([key])), see);
            }
        }
        _ => {}
    }
}

/// Returns the place of a tree, or of the first value in the tree that has a place.
pub fn first_place(node: &Node) -> Place {
    if node.place != Place::NONE {
        return node.place;
    }
    let inner = node.as_map().into_iter().flat_map(Map::iter);
    inner.map(|(_, node)| node.place).find(|place| *place != Place::NONE).unwrap_or_default()
}

/// Calls a function for each text of a tree.
pub fn texts<'n>(node: &'n Node, see: &mut impl FnMut(&'n str)) {
    match &node.value {
        Value::Str(text) => see(text),
        Value::List(items) => items.iter().for_each(|node| texts(node, see)),
        Value::Map(map) => map.iter().for_each(|(_, node)| texts(node, see)),
        _ => {}
    }
}
