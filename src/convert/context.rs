//! What every part of the conversion knows, and what it adds to.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::{Map, Node, Place, Project, Value};

use super::answers::Answers;
use super::files::{Bounds, Uses};
use super::names::Names;
use super::reader::{Log, pointer};
use super::secrecy::Secrecy;
use super::{Folders, Objects, Options};
use crate::api;
use crate::translate::addresses::addresses;

/// What every part of the conversion knows, and what it adds to.
pub struct Context<'a> {
    /// The whole project, to look things up in: what is read for conversion comes from a reader.
    pub project: &'a Project,
    /// The files beside it.
    pub files: &'a dyn Folders,
    /// What the user wants.
    pub options: &'a Options,
    /// The verdicts.
    pub log: &'a Log,
    /// What is secret.
    pub secrecy: &'a Secrecy,
    /// Names on the cluster.
    pub names: Names,
    /// What bind mounts mean.
    pub uses: Uses,
    /// Which files are its own.
    pub bounds: Bounds,
    /// ConfigMaps and Secrets so far.
    pub objects: Objects,
    /// Volumes, also those that the project does not have, such as for data folders of the host, by name.
    pub volumes: BTreeMap<String, api::Volume>,
    /// What of the host's data is not taken along into a volume, by the volume's name.
    pub left: BTreeMap<String, String>,
    /// The volumes that are memory, by name; the target is that of each mount.
    pub memory: BTreeMap<String, api::Tmpfs>,
    /// The volumes of the project that are folders in other volumes, by name: the number of what services write, and
    /// the path of the host.
    pub parts: BTreeMap<String, (usize, String)>,
    /// The volumes into which files from outside of the project are laid.
    pub foreign: BTreeSet<String>,
    /// The volumes that nobody writes, whatever their mounts say.
    pub read_only_volumes: BTreeSet<String>,
    /// Configs, by name.
    pub configs: BTreeMap<String, api::Config>,
    /// Secrets, by name.
    pub secrets: BTreeMap<String, api::Secret>,
    /// The secrets that stand in place of configs with a secret in them, by the config's name.
    pub secret_configs: BTreeMap<String, String>,
    /// Further names of services, from the links of others.
    pub aliases: Vec<Alias>,
    /// The services whose mounts others have too: reader, bearer, whether read-only.
    pub volumes_from: Vec<(String, String, bool)>,
    /// The numbers under which ports are published.
    pub published: BTreeSet<i32>,
    /// Who answers to further names.
    pub answers: Answers<'a>,
    /// The hosts that texts of the project dial.
    dialed: BTreeSet<String>,
}

/// A further name of a service.
pub struct Alias {
    /// The service, by its name on the cluster.
    pub service: String,
    /// The name.
    pub name: String,
}

impl<'a> Context<'a> {
    /// At the beginning of a conversion.
    pub fn new(
        project: &'a Project,
        files: &'a dyn Folders,
        options: &'a Options,
        log: &'a Log,
        secrecy: &'a Secrecy,
    ) -> Self {
        let mut dialed = BTreeSet::new();
        for (_, node) in dialing(project) {
            texts(node, &mut |text| {
                dialed.extend(addresses(text).map(|address| address.host.to_lowercase()))
            });
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
            dialed,
        }
    }

    /// Whether a text of a service uses a name as a host.
    pub fn dialed(&self, name: &str) -> bool {
        self.dialed.contains(&name.to_lowercase())
    }
}

/// The attributes of a service whose texts say whom it dials.
const DIALING: [&str; 7] =
    ["environment", "command", "entrypoint", "healthcheck", "pre_start", "post_start", "pre_stop"];

/// The parts of a project whose texts say who is dialed, with their pointers.
pub fn dialing(project: &Project) -> impl Iterator<Item = (String, &Node)> {
    let services = project.services().flat_map(|(name, service)| {
        let nodes = DIALING.iter().filter_map(move |key| Some((*key, service.get(key)?)));
        nodes.map(move |(key, node)| (pointer(["services", name, key]), node))
    });
    let configs = project.section("configs");
    let contents = configs.filter_map(|(name, config)| Some((name, config.get("content")?)));
    services.chain(contents.map(|(name, node)| (pointer(["configs", name, "content"]), node)))
}

/// Gives each text of a tree to a function, with its node and pointer; the tree is at `at`.
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

/// The place of a tree, or of the first value in it that was written.
pub fn first_place(node: &Node) -> Place {
    if node.place != Place::NONE {
        return node.place;
    }
    let inner = node.as_map().into_iter().flat_map(Map::iter);
    inner.map(|(_, node)| node.place).find(|place| *place != Place::NONE).unwrap_or_default()
}

/// Gives each text of a tree to a function.
pub fn texts<'n>(node: &'n Node, see: &mut impl FnMut(&'n str)) {
    match &node.value {
        Value::Str(text) => see(text),
        Value::List(items) => items.iter().for_each(|node| texts(node, see)),
        Value::Map(map) => map.iter().for_each(|(_, node)| texts(node, see)),
        _ => {}
    }
}
