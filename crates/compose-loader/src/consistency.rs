//! Checks of the references between the resources of a project.

mod jobs;

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use crate::diagnostic::{Diagnostic, MAX_FAULTS};
use crate::nearest::did_you_mean;
use crate::project::Project;
use crate::rules::{self, Rule};
use crate::source::Place;
use crate::tree::{Map, Node, Value};

/// Returns all errors.
#[must_use]
pub fn check(project: &Project) -> Vec<Diagnostic> {
    let mut check = Check { project, found: Vec::new() };
    for (name, service) in project.services() {
        if check.found.len() >= MAX_FAULTS {
            return check.found;
        }
        if let Some(map) = service.as_map() {
            check.service(name, service, map);
        }
    }
    check.jobs();
    for (name, secret) in project.section("secrets") {
        let given = |key| secret.str_at(key).is_some();
        if secret.get("external").is_none() && !given("file") && !given("environment") {
            let message = format!("secret {name:?} must declare either `file` or `environment`");
            check.say(&rules::ONE_SOURCE, secret.place, message);
        }
    }
    if check.found.is_empty() {
        check.found.extend(cycle(project));
    }
    check.found
}

struct Check<'a> {
    project: &'a Project,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn say(&mut self, rule: &'static Rule, place: Place, message: String) {
        self.found.push(Diagnostic::new(rule, place, message));
    }

    /// Does the work of [`Check::say`], with a more specific remedy than that of the rule.
    fn say_with(&mut self, rule: &'static Rule, place: Place, message: String, remedy: impl Into<String>) {
        self.found.push(Diagnostic::new(rule, place, message).remedy(remedy));
    }

    fn service(&mut self, name: &str, node: &Node, service: &Map) {
        if !["build", "image", "provider"].iter().any(|key| service.has(key)) {
            let message = format!("service {name:?} has neither an image nor a build context specified");
            let services = self.project.tree.get("services").and_then(Node::as_map);
            let place =
                services.and_then(|services| services.entry(name)).map_or(node.place, |entry| entry.key);
            self.say(&rules::NO_IMAGE, place, message);
        }
        if let Some(build) = service.get("build") {
            self.build(name, build, service);
        }
        self.references(name, service);
        self.dependencies(name, service);
        self.limits(name, service);
        self.targets(name, service);
        if let Some(test) = service.get("healthcheck").and_then(|check| check.get("test"))
            && let Some(first) = test.as_list().and_then(<[Node]>::first)
            && !matches!(first.as_str(), Some("CMD" | "CMD-SHELL" | "NONE"))
        {
            let message =
                "healthcheck.test must start either by \"CMD\", \"CMD-SHELL\" or \"NONE\"".to_owned();
            self.say(&rules::HEALTHCHECK_TEST, test.place, message);
        }
        for watch in list(service.get("develop").and_then(|develop| develop.get("watch"))) {
            if watch.str_at("target").is_none()
                && !matches!(watch.str_at("action"), Some("rebuild" | "restart"))
            {
                let message =
                    format!("services.{name}.develop.watch: target is required for non-rebuild actions");
                self.say(&rules::WATCH_TARGET, watch.place, message);
            }
        }
    }

    fn build(&mut self, name: &str, build: &Node, service: &Map) {
        if build.get("dockerfile_inline").is_some()
            && let Some(dockerfile) = build.get("dockerfile")
        {
            let message =
                format!("service {name:?} declares mutualy exclusive dockerfile and dockerfile_inline");
            self.say(&rules::DOCKERFILE, dockerfile.place, message);
        }
        for (context, value) in
            build.get("additional_contexts").and_then(Node::as_map).into_iter().flat_map(Map::iter)
        {
            let Some(target) = value.as_str().and_then(|text| text.strip_prefix("service:")) else {
                continue;
            };
            match self.project.any_service(target) {
                None => {
                    let message = format!(
                        "service {name:?} declares unknown service {target:?} as additional contexts {context}"
                    );
                    self.say_with(&rules::UNDEFINED_SERVICE, value.place, message, self.meant(target));
                }
                Some(other) if other.get("build").is_none() => {
                    let message = format!(
                        "service {name:?} declares non-buildable service {target:?} as additional contexts {context}"
                    );
                    self.say_with(
                        &rules::UNDEFINED_SERVICE,
                        value.place,
                        message,
                        "name a service that has `build:`",
                    );
                }
                Some(_) => {}
            }
        }
        if let (platforms @ [_, ..], Some(platform)) = (list(build.get("platforms")), service.get("platform"))
            && !platforms.contains(platform)
        {
            let message = format!("service.build.platforms MUST include service.platform {}", platform.value);
            self.say(&rules::PLATFORM, platform.place, message);
        }
    }

    /// Checks that the networks, volumes, configs, secrets and models of a service are defined.
    fn references(&mut self, name: &str, service: &Map) {
        let networks = service.get("networks").and_then(Node::as_map);
        if let (Some(mode), Some(networks)) = (service.get("network_mode"), networks)
            && !networks.is_empty()
        {
            let message = format!("service {name} declares mutually exclusive `network_mode` and `networks`");
            self.say(&rules::NETWORK_MODE, mode.place, message);
        }
        for (network, entry) in networks.into_iter().flat_map(Map::entries) {
            self.defined(name, "networks", "network", network, entry.key);
        }
        for (model, entry) in service.get("models").and_then(Node::as_map).into_iter().flat_map(Map::entries)
        {
            self.defined(name, "models", "model", model, entry.key);
        }
        for mount in list(service.get("volumes")) {
            if mount.str_at("type") == Some("volume")
                && let Some(source) = mount.get("source")
            {
                self.defined(name, "volumes", "volume", source.as_str().unwrap_or_default(), source.place);
            }
        }
        let build_secrets = service.get("build").and_then(|build| build.get("secrets"));
        for (section, kind, mounts) in [
            ("secrets", "build secret", build_secrets),
            ("configs", "config", service.get("configs")),
            ("secrets", "secret", service.get("secrets")),
        ] {
            for mount in list(mounts) {
                let place = mount.get("source").map_or(mount.place, |source| source.place);
                self.defined(name, section, kind, mount.str_at("source").unwrap_or_default(), place);
            }
        }
    }

    fn defined(&mut self, service: &str, section: &str, kind: &str, name: &str, place: Place) {
        if self.project.resource(section, name).is_some() {
            return;
        }
        let rule = match section {
            "networks" => &rules::UNDEFINED_NETWORK,
            "volumes" => &rules::UNDEFINED_VOLUME,
            "configs" => &rules::UNDEFINED_CONFIG,
            "secrets" => &rules::UNDEFINED_SECRET,
            _ => &rules::UNDEFINED_MODEL,
        };
        let remedy = match did_you_mean(name, self.project.section(section).map(|(name, _)| name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if section == "volumes" => {
                format!("add `{name}:` to the top-level `volumes:`, or start a host path with `./` or `/`")
            }
            None => format!("add `{name}:` to the top-level `{section}:`"),
        };
        self.say_with(rule, place, format!("service {service:?} refers to undefined {kind} {name}"), remedy);
    }

    fn dependencies(&mut self, name: &str, service: &Map) {
        for (other, entry) in
            service.get("depends_on").and_then(Node::as_map).into_iter().flat_map(Map::entries)
        {
            let required = entry.node.get("required").and_then(Node::as_bool).unwrap_or(false);
            let disabled = self.project.is_disabled(other);
            if self.project.service(other).is_some() || disabled && !required {
                continue;
            }
            if self.project.job(other).is_some() {
                let message = format!("service {name:?} cannot depend on job {other:?}");
                self.say(&rules::JOB_DEPENDENCY, entry.key, message);
                continue;
            }
            let message = format!("service {name:?} depends on undefined service {other:?}");
            let remedy = self.inactive_or_meant(other, disabled);
            self.say_with(&rules::UNDEFINED_SERVICE, entry.key, message, remedy);
        }
        if let Some(mode) = service.get("network_mode")
            && let Some(other) = mode.as_str().and_then(|text| text.strip_prefix("service:"))
            && self.project.service(other).is_none()
        {
            let message = format!("service {other:?} not found for network_mode 'service:{other}'");
            self.say_with(&rules::UNDEFINED_SERVICE, mode.place, message, self.meant(other));
        }
    }

    fn inactive_or_meant(&self, name: &str, inactive: bool) -> String {
        if inactive {
            format!(
                "`{name}` has no active profile: activate one of its profiles, or write `required: false`"
            )
        } else {
            self.meant(name)
        }
    }

    fn meant(&self, name: &str) -> String {
        match did_you_mean(name, self.project.services().map(|(name, _)| name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("define `{name}`, or load the file that defines it with another `-f`"),
        }
    }

    /// Checks that numbers given twice are equal, and that a service with a fixed container name has one container.
    fn limits(&mut self, name: &str, service: &Map) {
        let integer = |node: Option<&Node>| match node.map(|node| &node.value) {
            Some(Value::Int(value)) => Some(*value),
            _ => None,
        };
        let deploy = service.get("deploy");
        let replicas = deploy.and_then(|deploy| deploy.get("replicas"));
        let scale = service.get("scale");
        let (count, declared) = (integer(scale), integer(replicas));
        if let (Some(scale), Some(place)) = (count, scale.map(|node| node.place)) {
            if declared.is_some_and(|declared| declared != scale) {
                let message =
                    format!("services.{name}: can't set distinct values on 'scale' and 'deploy.replicas'");
                self.say(&rules::DISTINCT_VALUES, place, message);
            }
            if scale < 0 {
                let message = format!("services.{name}.scale: must be greater than or equal to 0");
                self.say_with(&rules::OUT_OF_RANGE, place, message, "write 0 or more");
            }
        } else if let (Some(..0), Some(place)) = (declared, replicas.map(|node| node.place)) {
            let message = format!("services.{name}.deploy.replicas: must be greater than or equal to 0");
            self.say_with(&rules::OUT_OF_RANGE, place, message, "write 0 or more");
        }
        if count.or(declared).unwrap_or(1) > 1
            && let Some(fixed) = service.get("container_name")
        {
            let attribute = if scale.is_some() { "scale" } else { "deploy.replicas" };
            let message = format!(
                "services.{name}: can't set container_name and {attribute} as container name must be unique"
            );
            self.say(&rules::CONTAINER_NAME, fixed.place, message);
        }
        let resources = deploy.and_then(|deploy| deploy.get("resources"));
        for (key, part, other) in [
            ("cpus", "limits", "cpus"),
            ("mem_limit", "limits", "memory"),
            ("mem_reservation", "reservations", "memory"),
            ("pids_limit", "limits", "pids"),
        ] {
            let (Some(value), Some(part_node)) =
                (service.get(key), resources.and_then(|resources| resources.get(part)))
            else {
                continue;
            };
            if part_node.get(other) != Some(value) {
                let message = format!(
                    "services.{name}: can't set distinct values on '{key}' and 'deploy.resources.{part}.{other}'"
                );
                self.say(&rules::DISTINCT_VALUES, value.place, message);
            }
        }
    }

    /// Checks that no two mounts have the same path in the container.
    fn targets(&mut self, name: &str, service: &Map) {
        let mut taken: HashMap<&str, (&str, usize, Place), RandomState> = HashMap::default();
        let tmpfs = list(service.get("tmpfs")).iter().enumerate().filter_map(|(index, node)| {
            Some((node.as_str()?.split(':').next().unwrap_or_default(), "tmpfs", index, node.place))
        });
        let volumes = list(service.get("volumes"));
        let volumes = volumes
            .iter()
            .enumerate()
            .map(|(index, node)| (node.str_at("target").unwrap_or_default(), "volumes", index, node.place));
        for (target, key, index, place) in tmpfs.chain(volumes) {
            let (earlier, at, first) = *taken.entry(target).or_insert((key, index, place));
            if (earlier, at) != (key, index) {
                let message = format!(
                    "services.{name}.{key}[{index}]: target {target} already mounted as services.{name}.{earlier}[{at}]"
                );
                self.found.push(
                    Diagnostic::new(&rules::DUPLICATE_TARGET, place, message)
                        .note(first, "also mounted here"),
                );
            }
        }
    }
}

fn list(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_list).unwrap_or_default()
}

/// The number of services of a cycle that a message shows: the first and the last ones.
const MAX_SHOWN: usize = 20;

/// Returns an error where services depend on each other in a cycle.
fn cycle(project: &Project) -> Option<Diagnostic> {
    let mut done: HashSet<&str, RandomState> = HashSet::default();
    let mut on_way: HashSet<&str, RandomState> = HashSet::default();
    for (name, _) in project.services() {
        // Depth-first search. Each step has a service and its dependencies that are still to be visited.
        let mut way: Vec<(&str, Vec<(&str, Place)>)> = Vec::new();
        let open = |name: &str| -> Vec<(&str, Place)> {
            let dependencies =
                project.service(name).and_then(|service| service.get("depends_on")).and_then(Node::as_map);
            dependencies
                .into_iter()
                .flat_map(Map::entries)
                .map(|(name, entry)| (&**name, entry.key))
                .collect()
        };
        if done.contains(name) {
            continue;
        }
        way.push((name, open(name)));
        on_way.insert(name);
        while let Some((current, left)) = way.last_mut() {
            let Some((next, place)) = left.pop() else {
                done.insert(*current);
                on_way.remove(current);
                way.pop();
                continue;
            };
            if on_way.contains(next) {
                let start = way.iter().position(|(name, _)| *name == next).unwrap_or(0);
                let mut names: Vec<&str> = way[start..].iter().map(|(name, _)| *name).chain([next]).collect();
                if names.len() > MAX_SHOWN {
                    names.splice(MAX_SHOWN / 2..names.len() - MAX_SHOWN / 2, ["..."]);
                }
                let message = format!("dependency cycle detected: {}", names.join(" -> "));
                let error = Diagnostic::new(&rules::DEPENDENCY_CYCLE, place, message);
                let others = names.windows(2).take(names.len() - 2);
                return Some(others.fold(error, |error, pair| {
                    let depends_on = project.service(pair[0]).and_then(|service| service.get("depends_on"));
                    let entry = depends_on.and_then(Node::as_map).and_then(|map| map.entry(pair[1]));
                    let place = entry.map_or(Place::NONE, |entry| entry.key);
                    error.note(place, format!("{} depends on {}", pair[0], pair[1]))
                }));
            }
            if !done.contains(next) && project.service(next).is_some() {
                on_way.insert(next);
                way.push((next, open(next)));
            }
        }
    }
    None
}
