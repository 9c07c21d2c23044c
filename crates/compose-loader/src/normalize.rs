//! Values that follow from others: the default network, names of resources, implied dependencies.

use crate::diagnostic::Diagnostic;
use crate::environment::{Environment, Variable};
use crate::merge;
use crate::shape::PRE_START;
use crate::source::Place;
use crate::trail::Trail;
use crate::tree::{Map, Node, Supplied, Value};

/// Adds the values that follow from others.
///
/// # Errors
/// Returns an error where a `pre_start` hook cannot inherit from its service.
pub fn normalize(root: &mut Node, project: &str, environment: &Environment) -> Result<(), Diagnostic> {
    let Some(map) = root.as_map_mut() else { return Ok(()) };
    let mut uses_default = false;
    for workload in workloads(map) {
        uses_default |= default_network(workload);
    }
    if uses_default {
        let place = Place::NONE;
        map.insert_new("networks", place, || Node::new(Value::Map(Box::default()), place));
        if let Some(networks) = map.get_mut("networks").and_then(Node::as_map_mut) {
            networks.insert_new("default", place, || Node::new(Value::Null, place));
        }
    }
    for workload in workloads(map) {
        one(workload, environment)?;
    }
    for kind in ["networks", "volumes", "configs", "secrets"] {
        for (key, node) in map.get_mut(kind).and_then(Node::as_map_mut).into_iter().flat_map(Map::iter_mut) {
            name_resource(key, node, project);
        }
    }
    Ok(())
}

/// Iterates over the services and jobs.
fn workloads(map: &mut Map) -> impl Iterator<Item = &mut Map> {
    let sections = map.iter_mut().filter(|(name, _)| matches!(&***name, "services" | "jobs"));
    let entries = sections.filter_map(|(_, section)| section.as_map_mut()).flat_map(Map::iter_mut);
    entries.filter_map(|(_, node)| node.as_map_mut())
}

/// Connects a service without networks to the default one. Reports whether the service uses it.
fn default_network(service: &mut Map) -> bool {
    if service.has("provider") || service.has("network_mode") {
        return false;
    }
    let place = Place::NONE;
    match service.get("networks").and_then(Node::as_map) {
        Some(networks) if !networks.is_empty() => networks.has("default"),
        _ => {
            service.insert("networks", place, Node::map([("default", Node::new(Value::Null, place))], place));
            true
        }
    }
}

fn one(service: &mut Map, environment: &Environment) -> Result<(), Diagnostic> {
    if let Some(policy) = service.get_mut("pull_policy")
        && policy.as_str() == Some("if_not_present")
    {
        policy.value = Value::Str("missing".into());
    }
    if let Some(build) = service.get_mut("build") {
        let place = build.place;
        if let Some(build) = build.as_map_mut() {
            if build.get("context").is_none_or(Node::is_null) {
                build.insert("context", place, Node::text(".", place));
            }
            let given = |key| build.get(key).is_some_and(|node: &Node| !node.is_null());
            if !given("dockerfile") && !given("dockerfile_inline") {
                build.insert("dockerfile", place, Node::text("Dockerfile", place));
            }
            if let Some(args) = build.get_mut("args") {
                from_environment(args, environment, false);
            }
        }
    }
    if let Some(variables) = service.get_mut("environment") {
        from_environment(variables, environment, true);
    }
    implied_dependencies(service);
    for mount in service.get_mut("volumes").into_iter().flat_map(|node| match &mut node.value {
        Value::List(items) => items.iter_mut(),
        _ => [].iter_mut(),
    }) {
        if let Some(target) = mount.as_map_mut().and_then(|mount| mount.get_mut("target"))
            && let Some(text) = target.as_str()
        {
            let cleaned = if text.is_empty() { ".".to_owned() } else { crate::paths::clean(text) };
            if cleaned != text {
                *target = target.made(cleaned);
            }
        }
    }
    complete_hooks(service)
}

/// Returns the value of a variable as a node with a trace.
fn supplied(name: &str, variable: &Variable, prefix: &str, place: Place) -> Node {
    let start = u32::try_from(prefix.len()).unwrap_or(0);
    let end = start + u32::try_from(variable.value.len()).unwrap_or(0);
    let part = Supplied { start, end, variable: name.into(), origin: variable.origin.clone() };
    Node {
        value: Value::Str(format!("{prefix}{}", variable.value).into()),
        place,
        trace: Some(Box::new([part])),
    }
}

/// Sets names without a value to their value in the environment.
fn from_environment(node: &mut Node, environment: &Environment, keep: bool) {
    match &mut node.value {
        Value::Map(map) => {
            map.retain(|key, value| {
                if value.is_null() {
                    match environment.get(key) {
                        Some(variable) => *value = supplied(key, variable, "", value.place),
                        None => return keep,
                    }
                }
                true
            });
        }
        Value::List(items) => items.retain_mut(|item| {
            let Some(name) = item.as_str() else { return false };
            if name.contains('=') {
                return true;
            }
            match environment.get(name) {
                Some(variable) => {
                    *item = supplied(name, variable, &format!("{name}="), item.place);
                    true
                }
                None => keep,
            }
        }),
        _ => {}
    }
}

/// Sets the variables of lists from the environment, which compose-go does even without normalization.
pub fn resolve_listed(root: &mut Node, environment: &Environment) {
    let Some(map) = root.as_map_mut() else { return };
    for workload in workloads(map) {
        if let Some(variables) = workload.get_mut("environment")
            && matches!(variables.value, Value::List(_))
        {
            from_environment(variables, environment, true);
        }
    }
}

/// Sets the content of configs from variables, as compose-go does for an included project. Such a config then has two
/// sources, and is rejected unless the including file resets one of them.
pub fn resolve_configs(root: &mut Node, environment: &Environment) {
    let configs = root.as_map_mut().and_then(|map| map.get_mut("configs")).and_then(Node::as_map_mut);
    for config in configs.into_iter().flat_map(Map::iter_mut).filter_map(|(_, config)| config.as_map_mut()) {
        let Some((name, place)) =
            config.get("environment").and_then(|node| Some((node.as_str()?, node.place)))
        else {
            continue;
        };
        if let Some(variable) = environment.get(name) {
            let content = supplied(name, variable, "", place);
            config.insert("content", place, content);
        }
    }
}

/// Adds the dependencies that other values imply to `depends_on`.
fn implied_dependencies(service: &mut Map) {
    let texts = |node: Option<&Node>| -> Vec<(String, Place)> {
        let items = node.and_then(Node::as_list).unwrap_or_default();
        items.iter().filter_map(|item| Some((item.as_str()?.to_owned(), item.place))).collect()
    };
    let mut implied: Vec<(String, Place, bool)> = Vec::new();
    for (link, place) in texts(service.get("links")) {
        let name = match link.split(':').collect::<Vec<_>>().as_slice() {
            [name, _] => (*name).to_owned(),
            _ => link,
        };
        implied.push((name, place, true));
    }
    for namespace in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(node) = service.get(namespace)
            && let Some(name) = node.as_str().and_then(|text| text.strip_prefix("service:"))
        {
            implied.push((name.to_owned(), node.place, true));
        }
    }
    for (from, place) in texts(service.get("volumes_from")) {
        if !from.starts_with("container:") {
            implied.push((from.split(':').next().unwrap_or_default().to_owned(), place, false));
        }
    }
    if implied.is_empty() {
        return;
    }
    let place = implied.first().map_or(Place::NONE, |(_, place, _)| *place);
    service.insert_new("depends_on", place, || Node::new(Value::Map(Box::default()), place));
    let Some(dependencies) = service.get_mut("depends_on").and_then(Node::as_map_mut) else { return };
    for (name, place, restart) in implied {
        dependencies.insert_new(&name, place, || {
            let condition = Node::text("service_started", place);
            Node::map(
                [
                    ("condition", condition),
                    ("restart", Node::bool(restart, place)),
                    ("required", Node::bool(true, place)),
                ],
                place,
            )
        });
    }
}

/// Merges the hooks of `pre_start` over their service, except for mounts.
fn complete_hooks(service: &mut Map) -> Result<(), Diagnostic> {
    let Some(Value::List(hooks)) = service.get("pre_start").map(|node| &node.value) else { return Ok(()) };
    if hooks.is_empty() {
        return Ok(());
    }
    let mut base = Map::default();
    for (key, entry) in service.entries() {
        let shared = PRE_START.iter().any(|field| field.name == &**key)
            && !matches!(&**key, "volumes" | "per_replica");
        if shared {
            base.insert(key.clone(), entry.key, entry.node.clone());
        }
    }
    let Some(Node { value: Value::List(hooks), .. }) = service.get_mut("pre_start") else { return Ok(()) };
    for hook in hooks {
        if hook.as_map().is_some() {
            let over = std::mem::take(hook);
            let base = Node::new(Value::Map(Box::new(base.clone())), over.place);
            *hook = merge::merge(base, over, merge::service(), &Trail::ROOT.key("pre_start"))?;
        }
    }
    Ok(())
}

/// Names a resource without a name: by the project and the key, or by the key alone where it is external.
fn name_resource(key: &str, node: &mut Node, project: &str) {
    let place = node.place;
    if node.is_null() {
        node.value = Value::Map(Box::default());
    }
    let Some(resource) = node.as_map_mut() else { return };
    if resource.get("name").is_none_or(Node::is_null) {
        let external = resource.get("external").is_some_and(|external| match &external.value {
            Value::Bool(external) => *external,
            Value::Str(text) => matches!(&**text, "1" | "t" | "T" | "true" | "TRUE" | "True"),
            _ => false,
        });
        let name = if external { key.to_owned() } else { format!("{project}_{key}") };
        resource.insert("name", place, Node::text(name, place));
    }
}
