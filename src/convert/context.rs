//! What every part of the conversion knows, and what it adds to.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;
use super::reader::Log;
use super::secrecy::Secrecy;
use super::{Folders, Objects, Options};
use crate::api;
use crate::compose::project::Project;
use crate::compose::tree::{Node, Value};
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
    /// ConfigMaps and Secrets so far.
    pub objects: Objects,
    /// Volumes, also those that the project does not have, such as for data folders of the host, by name.
    pub volumes: BTreeMap<String, api::Volume>,
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
    /// The hosts that texts of services dial.
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
        for (_, service) in project.services() {
            for node in DIALING.iter().filter_map(|key| service.get(key)) {
                texts(node, &mut |text| {
                    dialed.extend(addresses(text).map(|address| address.host.to_lowercase()))
                });
            }
        }
        Self {
            project,
            files,
            options,
            log,
            secrecy,
            names: Names::of(project),
            objects: Objects::default(),
            volumes: BTreeMap::new(),
            configs: BTreeMap::new(),
            secrets: BTreeMap::new(),
            secret_configs: BTreeMap::new(),
            aliases: Vec::new(),
            volumes_from: Vec::new(),
            published: BTreeSet::new(),
            dialed,
        }
    }

    /// Whether a text of a service uses a name as a host.
    pub fn dialed(&self, name: &str) -> bool {
        self.dialed.contains(&name.to_lowercase())
    }
}

/// The attributes of a service whose texts say whom it dials.
pub const DIALING: [&str; 4] = ["environment", "command", "entrypoint", "healthcheck"];

/// Gives each text of a tree to a function.
pub fn texts<'n>(node: &'n Node, see: &mut impl FnMut(&'n str)) {
    match &node.value {
        Value::Str(text) => see(text),
        Value::List(items) => items.iter().for_each(|node| texts(node, see)),
        Value::Map(map) => map.iter().for_each(|(_, node)| texts(node, see)),
        _ => {}
    }
}
