//! Default values, and checks of single resources.

use std::sync::LazyLock;

use crate::diagnostic::Diagnostic;
use crate::grammar::port::is_ip;
use crate::patterns::{At, Patterns};
use crate::rules;
use crate::trail::Trail;
use crate::tree::{Node, Value};

#[derive(Clone, Copy)]
enum Added {
    Bind,
    BuildContext,
    DeviceCount,
    Port,
    SecretTarget,
}

static DEFAULTS: LazyLock<Patterns<Added>> = LazyLock::new(|| {
    use Added::{Bind, BuildContext, DeviceCount, Port, SecretTarget};
    Patterns::new(&[
        ("services|jobs.*.build", BuildContext),
        ("services|jobs.*.secrets.*", SecretTarget),
        ("services|jobs.*.ports.*", Port),
        ("services|jobs.*.gpus.*", DeviceCount),
        ("services|jobs.*.volumes.*.bind", Bind),
        ("services.*.deploy.resources.reservations.devices.*", DeviceCount),
    ])
});

/// Adds the default values.
pub fn add(root: &mut Node) {
    add_below(root, DEFAULTS.root());
}

fn add_below(node: &mut Node, at: At<'_, Added>) {
    let place = node.place;
    match (&mut node.value, at.rule()) {
        (Value::Map(map), Some(rule)) => match rule {
            Added::Bind => map.insert_new("create_host_path", place, || Node::bool(true, place)),
            Added::BuildContext => map.insert_new("context", place, || Node::text(".", place)),
            Added::DeviceCount => {
                if !map.has("count") && !map.has("device_ids") {
                    map.insert("count", place, Node::text("all", place));
                }
            }
            Added::Port => {
                map.insert_new("protocol", place, || Node::text("tcp", place));
                map.insert_new("mode", place, || Node::text("ingress", place));
            }
            Added::SecretTarget => {
                let target = format!(
                    "/run/secrets/{}",
                    map.get("source").map_or(&Value::Null, |source| &source.value)
                );
                map.insert_new("target", place, || Node::text(target, place));
            }
        },
        (Value::Map(map), None) => {
            for (key, child) in map.iter_mut() {
                if let Some(at) = at.key(key) {
                    add_below(child, at);
                }
            }
        }
        (Value::List(items), None) => {
            if let Some(at) = at.item() {
                items.iter_mut().for_each(|item| add_below(item, at));
            }
        }
        _ => {}
    }
}

#[derive(Clone, Copy)]
enum Check {
    Config,
    DeviceRequest,
    HostIp,
    Secret,
    Volume,
    WatchPath,
}

static CHECKS: LazyLock<Patterns<Check>> = LazyLock::new(|| {
    use Check::{Config, DeviceRequest, HostIp, Secret, Volume, WatchPath};
    Patterns::new(&[
        ("volumes.*", Volume),
        ("configs.*", Config),
        ("secrets.*", Secret),
        ("services.*.ports.*", HostIp),
        ("services.*.develop.watch.*.path", WatchPath),
        ("services.*.deploy.resources.reservations.devices.*", DeviceRequest),
        ("services.*.gpus.*", DeviceRequest),
    ])
});

/// Returns the errors of values that are wrong by themselves.
#[must_use]
pub fn check(root: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    check_below(root, CHECKS.root(), &Trail::ROOT, &mut found);
    found
}

fn check_below(node: &Node, at: At<'_, Check>, trail: &Trail<'_>, found: &mut Vec<Diagnostic>) {
    if let Some(rule) = at.rule() {
        found.extend(check_one(rule, node, trail));
        return;
    }
    match &node.value {
        Value::Map(map) => {
            for (key, child) in map.iter() {
                if let Some(at) = at.key(key) {
                    check_below(child, at, &trail.key(key), found);
                }
            }
        }
        Value::List(items) => {
            let Some(at) = at.item() else { return };
            for (index, item) in items.iter().enumerate() {
                check_below(item, at, &trail.index(index), found);
            }
        }
        _ => {}
    }
}

fn check_one(rule: Check, node: &Node, trail: &Trail<'_>) -> Option<Diagnostic> {
    let error =
        |rule, message: String, remedy: &str| Some(Diagnostic::new(rule, node.place, message).remedy(remedy));
    match rule {
        Check::Volume => {
            let map = node.as_map()?;
            if map.get("external")?.as_bool() != Some(true) {
                return None;
            }
            let (key, entry) = map
                .entries()
                .find(|(key, _)| !matches!(&***key, "name" | "external") && !key.starts_with("x-"))?;
            let message = format!("{trail}: conflicting parameters \"external\" and {key:?} specified");
            let remedy = "an external volume exists already: keep only `name` beside `external`";
            Some(Diagnostic::new(&rules::EXTERNAL_CONFLICT, entry.key, message).remedy(remedy))
        }
        Check::Config => one_of(node, trail, &["file", "environment", "content"]),
        Check::Secret => one_of(node, trail, &["file", "environment"]),
        Check::HostIp => {
            let ip = node.get("host_ip")?;
            let text = ip.as_str()?;
            if is_ip(text) {
                return None;
            }
            Some(Diagnostic::new(
                &rules::INVALID_ADDRESS,
                ip.place,
                format!("{trail}: invalid ip address: {text}"),
            ))
        }
        Check::WatchPath if node.as_str() == Some("") => {
            error(&rules::BLANK_PATH, format!("{trail}: value can't be blank"), "name the path to watch")
        }
        Check::WatchPath => None,
        Check::DeviceRequest if node.get("count").is_some() && node.get("device_ids").is_some() => error(
            &rules::DEVICE_REQUEST,
            format!("{trail}: \"count\" and \"device_ids\" attributes are exclusive"),
            "keep one of the two",
        ),
        Check::DeviceRequest => None,
    }
}

fn one_of(node: &Node, trail: &Trail<'_>, keys: &[&str]) -> Option<Diagnostic> {
    let map = node.as_map()?;
    let set = keys.iter().filter(|key| map.has(key)).count();
    let names = keys.join("|");
    let message = match set {
        0 if map.has("driver") || map.has("external") => return None,
        0 => format!("{trail}: one of {names} must be set"),
        1 => return None,
        _ => format!("{trail}: {names} attributes are mutually exclusive"),
    };
    // `include` replaces `environment` by `content` at the same place.
    let place = |key| map.get(key).map(|node| node.place);
    let remedy = match map.get("environment").and_then(Node::as_str) {
        Some(name) if place("content") == place("environment") => format!(
            "Docker Compose rejects `environment` of a config in an included file if the variable is set: write `content: ${{{name}}}`"
        ),
        _ => format!("give exactly one of {}", keys.join(", ")),
    };
    Some(Diagnostic::new(&rules::ONE_SOURCE, node.place, message).remedy(remedy))
}
