//! Lists in which a later entry replaces an earlier one of the same key.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::diagnostic::Diagnostic;
use super::grammar::volume;
use super::rules::{At, Rules};
use super::trail::Trail;
use super::tree::{Node, Value};

/// What tells the entries of a list apart.
#[derive(Clone, Copy)]
pub enum Index {
    /// The text before `=`.
    KeyValue,
    /// The path of an env file.
    EnvFile,
    /// The port or range as written.
    Expose,
    /// Address, published and target port, and protocol.
    Port,
    /// The path of the mount in the container.
    Volume,
    /// The path of the device in the container.
    Device,
    /// The path of the file in the container, below a folder where none is given.
    File(&'static str),
}

static INDEXES: LazyLock<Rules<Index>> = LazyLock::new(|| {
    use Index::{Device, EnvFile, Expose, File, KeyValue, Port, Volume};
    Rules::new(&[
        ("networks.*.labels", KeyValue),
        ("networks.*.ipam.options", KeyValue),
        ("services.*.annotations", KeyValue),
        ("services.*.build.args", KeyValue),
        ("services.*.build.additional_contexts", KeyValue),
        ("services.*.build.platform", KeyValue),
        ("services.*.build.tags", KeyValue),
        ("services.*.build.labels", KeyValue),
        ("services.*.cap_add", KeyValue),
        ("services.*.cap_drop", KeyValue),
        ("services.*.devices", Device),
        ("services.*.configs", File("")),
        ("services.*.deploy.labels", KeyValue),
        ("services.*.dns", KeyValue),
        ("services.*.dns_opt", KeyValue),
        ("services.*.dns_search", KeyValue),
        ("services.*.environment", KeyValue),
        ("services.*.env_file", EnvFile),
        ("services.*.expose", Expose),
        ("services.*.labels", KeyValue),
        ("services.*.links", KeyValue),
        ("services.*.networks.*.aliases", KeyValue),
        ("services.*.networks.*.link_local_ips", KeyValue),
        ("services.*.ports", Port),
        ("services.*.profiles", KeyValue),
        ("services.*.secrets", File("/run/secrets")),
        ("services.*.sysctls", KeyValue),
        ("services.*.tmpfs", KeyValue),
        ("services.*.volumes", Volume),
    ])
});

/// Removes from all such lists what is defined again later in them.
///
/// # Errors
/// Where an entry has no key.
pub fn enforce(root: &mut Node) -> Result<(), Diagnostic> {
    walk(root, INDEXES.root(), &Trail::ROOT)
}

fn walk(node: &mut Node, at: At<'_, Index>, trail: &Trail<'_>) -> Result<(), Diagnostic> {
    match &mut node.value {
        Value::Map(map) => {
            for (key, child) in map.iter_mut() {
                if let Some(at) = at.key(key) {
                    walk(child, at, &trail.key(key))?;
                }
            }
        }
        Value::List(items) => {
            if let Some(index) = at.rule() {
                *items = unique(std::mem::take(items), index, trail)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// One entry for each key: the last one, at the place of the first.
///
/// # Errors
/// Where an entry has no key.
pub fn unique(entries: Vec<Node>, index: Index, trail: &Trail<'_>) -> Result<Vec<Node>, Diagnostic> {
    let mut kept: Vec<Node> = Vec::with_capacity(entries.len());
    let mut keys: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    for (position, entry) in entries.into_iter().enumerate() {
        let key = key(&entry, index, &trail.index(position))?;
        match keys.get(&key) {
            Some(&earlier) => kept[earlier] = entry,
            None => {
                keys.insert(key, kept.len());
                kept.push(entry);
            }
        }
    }
    Ok(kept)
}

fn key(entry: &Node, index: Index, trail: &Trail<'_>) -> Result<String, Diagnostic> {
    let wrong = |what: &str, remedy: &str| {
        Diagnostic::error("wrong-type", entry.place, format!("{trail} {what}")).remedy(remedy.to_owned())
    };
    let unexpected = || wrong(&format!("must be a string, not {}", entry.value.kind()), "put it into quotes");
    Ok(match (index, &entry.value) {
        (Index::KeyValue, Value::Str(text)) => text.split('=').next().unwrap_or_default().to_owned(),
        (Index::KeyValue, _) => return Err(unexpected()),
        (Index::Expose, Value::Str(text)) => text.to_string(),
        (Index::Expose, Value::Int(port)) => port.to_string(),
        (Index::Expose, _) => return Err(unexpected()),
        (Index::Volume, Value::Str(text)) => {
            volume::parse(text).map_err(|refused| refused.told(entry, trail))?.target
        }
        (Index::Volume, Value::Map(map)) => match map.get("target").and_then(Node::as_str) {
            Some(target) => target.to_owned(),
            None => {
                return Err(wrong("is missing a mount target", "add `target:`, the path in the container"));
            }
        },
        (Index::Device, Value::Str(text)) => {
            let mut parts = text.split(':');
            let source = parts.next().unwrap_or_default();
            parts.next().unwrap_or(source).to_owned()
        }
        (Index::Device, Value::Map(map)) => match map.get("target").and_then(Node::as_str) {
            Some(target) => target.to_owned(),
            None => {
                return Err(wrong("is missing a mount target", "add `target:`, the path in the container"));
            }
        },
        (Index::File(folder), Value::Str(source)) => format!("{folder}/{source}"),
        (Index::File(folder), Value::Map(map)) => match map.get("target") {
            Some(target) => target.value.to_string(),
            None => format!("{folder}/{}", map.get("source").map_or(&Value::Null, |source| &source.value)),
        },
        (Index::File(_), _) => return Err(unexpected()),
        (Index::Port, Value::Int(port)) => port.to_string(),
        (Index::Port, Value::Str(text)) => text.to_string(),
        (Index::Port, Value::Map(map)) => {
            let Some(target) = map.get("target") else {
                return Err(wrong("is missing a target port", "add `target:`, the port in the container"));
            };
            let part = |key: &str, default: &str| {
                map.get(key).map_or(default.to_owned(), |node| node.value.to_string())
            };
            // A number and a text are not the same published port, though they read alike.
            let published = match map.get("published").map(|node| &node.value) {
                Some(Value::Int(port)) => format!("int {port}"),
                Some(other) => other.to_string(),
                None => String::new(),
            };
            format!("{}:{published}:{}/{}", part("host_ip", "0.0.0.0"), target.value, part("protocol", "tcp"))
        }
        (Index::EnvFile, Value::Str(path)) => path.to_string(),
        (Index::EnvFile, Value::Map(map)) => match map.get("path") {
            Some(path) => path.value.to_string(),
            None => return Err(wrong("has no `path`", "add the path of the env file")),
        },
        _ => String::new(),
    })
}
