//! Lists in which a later entry replaces an earlier entry of the same key.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use crate::diagnostic::Diagnostic;
use crate::grammar::volume;
use crate::patterns::{At, Patterns};
use crate::rules;
use crate::trail::Trail;
use crate::tree::{Map, Node, Value};

/// The key of the entries of a list.
#[derive(Clone, Copy)]
pub enum Index {
    /// The string before `=`.
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
    /// The path of the file in the container. The folder is that of a relative path.
    File(&'static str),
}

static INDEXES: LazyLock<Patterns<Index>> = LazyLock::new(|| {
    use Index::{Device, EnvFile, Expose, File, KeyValue, Port, Volume};
    Patterns::new(&[
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

/// Removes the earlier of two entries with the same key from all such lists.
///
/// # Errors
/// Returns an error for an entry without a key.
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

/// Keeps one entry for each key: the last one, at the position of the first.
///
/// # Errors
/// Returns an error for an entry without a key.
pub fn unique(mut entries: Vec<Node>, index: Index, trail: &Trail<'_>) -> Result<Vec<Node>, Diagnostic> {
    let keys = entries.iter().enumerate().map(|(position, entry)| key(entry, index, &trail.index(position)));
    let repeated = repeated(&keys.collect::<Result<Vec<_>, _>>()?);
    for (first, later) in &repeated {
        entries.swap(*first, *later);
    }
    let mut replaced = repeated.iter().map(|(_, later)| *later).peekable();
    let mut position = 0..;
    entries.retain(|_| position.next().is_some_and(|position| replaced.next_if_eq(&position).is_none()));
    Ok(entries)
}

/// The number of keys from which a table is used.
const FEW: usize = 16;

/// Returns the positions of repeated keys: the first one and the repeated one.
fn repeated(keys: &[Cow<'_, str>]) -> Vec<(usize, usize)> {
    let mut table: HashMap<&str, usize, RandomState> = HashMap::default();
    let mut first = |at: usize| {
        if keys.len() <= FEW {
            return keys.iter().position(|key| *key == keys[at]).unwrap_or(at);
        }
        *table.entry(&keys[at]).or_insert(at)
    };
    (0..keys.len()).map(|at| (first(at), at)).filter(|(first, at)| first != at).collect()
}

fn key<'a>(entry: &'a Node, index: Index, trail: &Trail<'_>) -> Result<Cow<'a, str>, Diagnostic> {
    let wrong = |what: &str, remedy: &str| {
        Diagnostic::new(&rules::WRONG_TYPE, entry.place, format!("{trail} {what}")).remedy(remedy.to_owned())
    };
    let unexpected =
        || wrong(&format!("must be a string, not {}", entry.value.kind()), "put the value into quotes");
    let target = |map: &'a Map| {
        let target = map.get("target").and_then(Node::as_str);
        target
            .ok_or_else(|| wrong("is missing a mount target", "add `target:` with the path in the container"))
    };
    Ok(match (index, &entry.value) {
        (Index::KeyValue, Value::Str(text)) => text.split('=').next().unwrap_or_default().into(),
        (Index::Expose, value @ (Value::Str(_) | Value::Int(_))) => said(value),
        (Index::KeyValue | Index::Expose, _) => return Err(unexpected()),
        (Index::Volume, Value::Str(text)) => {
            volume::parse(text).map_err(|refused| refused.diagnostic(entry, trail))?.target.into()
        }
        (Index::Device, Value::Str(text)) => {
            let mut parts = text.split(':');
            let source = parts.next().unwrap_or_default();
            parts.next().unwrap_or(source).into()
        }
        (Index::Volume | Index::Device, Value::Map(map)) => target(map)?.into(),
        (Index::File(folder), Value::Str(source)) => format!("{folder}/{source}").into(),
        (Index::File(folder), Value::Map(map)) => match map.get("target") {
            Some(target) => said(&target.value),
            None => {
                let source = map.get("source").map_or(&Value::Null, |source| &source.value);
                format!("{folder}/{source}").into()
            }
        },
        (Index::File(_), _) => return Err(unexpected()),
        (Index::Port, value @ (Value::Int(_) | Value::Str(_))) => said(value),
        (Index::Port, Value::Map(map)) => {
            let Some(target) = map.get("target") else {
                return Err(wrong(
                    "is missing a target port",
                    "add `target:` with the port in the container",
                ));
            };
            let part = |key: &str, default: &'static str| {
                map.get(key).map_or(default.into(), |node| said(&node.value))
            };
            // As in compose-go, a number and a string are different published ports.
            let number = matches!(map.get("published"), Some(Node { value: Value::Int(_), .. }));
            let (published, kind) = (part("published", ""), if number { "int " } else { "" });
            let (host, protocol) = (part("host_ip", "0.0.0.0"), part("protocol", "tcp"));
            format!("{host}:{kind}{published}:{}/{protocol}", target.value).into()
        }
        (Index::EnvFile, Value::Str(path)) => (&**path).into(),
        (Index::EnvFile, Value::Map(map)) => match map.get("path") {
            Some(path) => said(&path.value),
            None => return Err(wrong("has no `path`", "add `path:` with the path of the env file")),
        },
        _ => Cow::default(),
    })
}

/// Returns a scalar as text.
fn said(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Str(text) => Cow::Borrowed(text),
        other => other.to_string().into(),
    }
}
