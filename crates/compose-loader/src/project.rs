//! A loaded project, and the steps that need the whole of it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::nearest::did_you_mean;
use crate::rules;
use crate::source::Place;
use crate::tree::{Map, Node, Value};

/// A project in canonical form.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The name.
    pub name: String,
    /// The folder that relative paths start from.
    pub working_dir: String,
    /// The model: `services`, `jobs`, `networks`, `volumes`, `secrets`, `configs`, `models` and extensions.
    pub tree: Node,
    /// The services that no active profile enables, and those that were not selected.
    pub disabled: Map,
    /// The jobs that no active profile enables.
    pub disabled_jobs: Map,
    /// The active profiles.
    pub profiles: Vec<String>,
    /// The variables for interpolation.
    pub environment: Arc<Environment>,
}

impl Project {
    /// Iterates over the enabled services.
    pub fn services(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.section("services")
    }

    /// Returns an enabled service.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Node> {
        self.resource("services", name)
    }

    /// Iterates over the enabled jobs.
    pub fn jobs(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.section("jobs")
    }

    /// Returns an enabled job.
    #[must_use]
    pub fn job(&self, name: &str) -> Option<&Node> {
        self.resource("jobs", name)
    }

    /// Returns a service, enabled or disabled.
    #[must_use]
    pub fn any_service(&self, name: &str) -> Option<&Node> {
        self.service(name).or_else(|| self.disabled.get(name))
    }

    /// Reports whether a service exists and is disabled.
    #[must_use]
    pub fn is_disabled(&self, name: &str) -> bool {
        self.disabled.has(name)
    }

    /// Iterates over the resources of a section, such as `volumes`.
    pub fn section(&self, section: &str) -> impl Iterator<Item = (&str, &Node)> {
        self.tree
            .get(section)
            .and_then(Node::as_map)
            .into_iter()
            .flat_map(Map::iter)
            .map(|(name, node)| (&**name, node))
    }

    /// Returns a resource of a section.
    #[must_use]
    pub fn resource(&self, section: &str, name: &str) -> Option<&Node> {
        self.tree.get(section)?.get(name)
    }

    pub(crate) fn services_mut(&mut self) -> Option<&mut Map> {
        self.tree.as_map_mut()?.get_mut("services")?.as_map_mut()
    }

    pub(crate) fn jobs_mut(&mut self) -> Option<&mut Map> {
        self.tree.as_map_mut()?.get_mut("jobs")?.as_map_mut()
    }

    /// Disables the services and jobs that no active profile enables.
    pub(crate) fn activate(&mut self, profiles: &[String]) {
        self.profiles = profiles.to_vec();
        let active: HashSet<&str> = profiles.iter().map(String::as_str).collect();
        let services = self.services_mut().map(std::mem::take).unwrap_or_default();
        let (enabled, disabled) = divide(std::mem::take(&mut self.disabled), services, &active);
        self.disabled = disabled;
        if let Some(services) = self.services_mut() {
            *services = enabled;
        }
        let jobs = self.jobs_mut().map(std::mem::take).unwrap_or_default();
        let (enabled, disabled) = divide(std::mem::take(&mut self.disabled_jobs), jobs, &active);
        self.disabled_jobs = disabled;
        let Some(tree) = self.tree.as_map_mut() else { return };
        if enabled.is_empty() {
            tree.remove("jobs");
        } else if let Some(jobs) = tree.get_mut("jobs").and_then(Node::as_map_mut) {
            *jobs = enabled;
        } else {
            tree.insert("jobs", Place::NONE, Node::new(Value::Map(Box::new(enabled)), Place::NONE));
        }
    }

    /// Sets `deploy.replicas` to `scale`, where a service has both `scale` and `deploy`.
    pub(crate) fn follow_scale(&mut self) {
        for (_, service) in self.services_mut().into_iter().flat_map(Map::iter_mut) {
            let Some(service) = service.as_map_mut() else { continue };
            let Some(scale) = service.get("scale").cloned() else { continue };
            if let Some(deploy) = service.get_mut("deploy").and_then(Node::as_map_mut) {
                deploy.insert("replicas", scale.place, scale);
            }
        }
    }

    /// Keeps the named services and their dependencies.
    pub(crate) fn select(&mut self, names: &[String]) -> Result<(), Diagnostic> {
        let mut profiles = self.profiles.clone();
        for name in names {
            let declared =
                self.disabled.get(name).and_then(|service| service.get("profiles")).and_then(Node::as_list);
            profiles.extend(declared.unwrap_or_default().iter().filter_map(Node::as_str).map(str::to_owned));
        }
        self.activate(&profiles);
        let mut selected: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<(String, bool)> = names.iter().map(|name| (name.clone(), true)).collect();
        while let Some((name, required)) = open.pop() {
            let Some(service) = self.service(&name) else {
                if !required {
                    continue;
                }
                let remedy = match did_you_mean(&name, self.services().map(|(name, _)| name)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "name a service of the project, which `--services` lists".to_owned(),
                };
                let message = format!("no such service: {name}");
                return Err(Diagnostic::new(&rules::UNDEFINED_SERVICE, Place::NONE, message).remedy(remedy));
            };
            let dependencies = service.get("depends_on").and_then(Node::as_map);
            for (other, options) in dependencies.into_iter().flat_map(Map::iter) {
                let required = options.get("required").and_then(Node::as_bool).unwrap_or(false);
                if !selected.contains(&**other) {
                    open.push((other.to_string(), required));
                }
            }
            selected.insert(name);
        }
        let Some(services) = self.services_mut().map(std::mem::take) else { return Ok(()) };
        let mut kept = Map::default();
        for (name, mut entry) in services.into_entries() {
            if !selected.contains(&*name) {
                self.disabled.insert(name, entry.key, entry.node);
                continue;
            }
            if let Some(service) = entry.node.as_map_mut()
                && let Some(dependencies) = service.get_mut("depends_on").and_then(Node::as_map_mut)
            {
                dependencies.retain(|other, _| selected.contains(&**other));
                if dependencies.is_empty() {
                    service.remove("depends_on");
                }
            }
            kept.insert(name, entry.key, entry.node);
        }
        if let Some(services) = self.services_mut() {
            *services = kept;
        }
        Ok(())
    }

    /// Removes the resources that no enabled service and, `with_jobs`, no enabled job uses.
    pub(crate) fn prune(&mut self, with_jobs: bool) {
        let mut used: HashSet<(&'static str, Arc<str>), RandomState> = HashSet::default();
        let jobs = self.jobs().filter(|_| with_jobs);
        for (_, service) in self.services().chain(jobs) {
            for section in ["networks", "models"] {
                let names = service.get(section).and_then(Node::as_map).into_iter().flat_map(Map::iter);
                used.extend(names.map(|(name, _)| (section, name.clone())));
            }
            let mut sources = |section: &'static str, list: Option<&Node>, only_volumes: bool| {
                for mount in list.and_then(Node::as_list).unwrap_or_default() {
                    if let Some(Node { value: Value::Str(source), .. }) = mount.get("source")
                        && (!only_volumes || mount.str_at("type") == Some("volume"))
                    {
                        used.insert((section, source.clone()));
                    }
                }
            };
            sources("volumes", service.get("volumes"), true);
            sources("configs", service.get("configs"), false);
            sources("secrets", service.get("secrets"), false);
            sources("secrets", service.get("build").and_then(|build| build.get("secrets")), false);
        }
        let Some(tree) = self.tree.as_map_mut() else { return };
        for section in ["networks", "volumes", "secrets", "configs", "models"] {
            let Some(resources) = tree.get_mut(section).and_then(Node::as_map_mut) else { continue };
            resources.retain(|name, _| used.contains(&(section, name.clone())));
            if resources.is_empty() {
                tree.remove(section);
            }
        }
    }
}

/// Divides disabled and enabled entries anew into those that an active profile enables and the others.
fn divide(mut all: Map, enabled: Map, active: &HashSet<&str>) -> (Map, Map) {
    if all.is_empty() {
        all = enabled;
    } else {
        for (name, entry) in enabled.into_entries() {
            all.insert(name, entry.key, entry.node);
        }
    }
    let (mut enabled, mut disabled) = (Map::default(), Map::default());
    for (name, entry) in all.into_entries() {
        let into = if is_active(&entry.node, active) { &mut enabled } else { &mut disabled };
        into.push(name, entry);
    }
    enabled.sort();
    (enabled, disabled)
}

fn is_active(service: &Node, active: &HashSet<&str>) -> bool {
    let declared = service.get("profiles").and_then(Node::as_list).unwrap_or_default();
    declared.is_empty()
        || active.contains("*")
        || declared.iter().filter_map(Node::as_str).any(|profile| active.contains(profile))
}

/// Adds texts by name to a service, which override them where it has the same names.
pub(crate) fn fill(service: &mut Map, key: &'static str, mut values: Map) {
    let place = service.get(key).map_or(Place::NONE, |node| node.place);
    if let Some(own) = service.remove(key)
        && let Value::Map(own) = own.value
    {
        for (name, entry) in own.into_entries() {
            values.insert(name, entry.key, entry.node);
        }
    }
    values.sort();
    if !values.is_empty() {
        service.insert(key, place, Node::new(Value::Map(Box::new(values)), place));
    }
}
