//! Merging of definitions: a later file over an earlier one, and a service over the one that it extends.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::diagnostic::Diagnostic;
use crate::patterns::{At, Patterns};
use crate::rules;
use crate::source::Place;
use crate::trail::Trail;
use crate::tree::{Entry, Map, Node, Supplied, Value};
use crate::unicity::{Index, unique};

/// The exceptions from "mappings merge, lists append, other values replace".
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// Both become lists of `KEY=VALUE`. The last value of a key wins, at the position of the first.
    KeyValue,
    /// Both become lists without duplicates.
    List,
    /// Like `List`, but null where neither has an entry and the earlier one is not a list.
    ListOrNothing,
    /// The later one replaces the earlier one, even with null.
    Replace,
    /// A list of names becomes a mapping.
    Names,
    /// Like `Names`, with the default `condition` and `required` of each name.
    Dependencies,
    /// A string becomes the build context.
    Build,
    /// Options merge only where the drivers are equal or one is missing.
    Logging,
    /// Mappings merge. A number replaces.
    Ulimit,
    /// Pools with the same subnet merge.
    Ipam,
}

static RULES: LazyLock<Patterns<Rule>> = LazyLock::new(|| {
    use Rule::{Build, Dependencies, Ipam, KeyValue, List, ListOrNothing, Logging, Names, Replace, Ulimit};
    Patterns::new(&[
        ("networks.*.ipam.config", Ipam),
        ("networks.*.labels", KeyValue),
        ("volumes.*.labels", KeyValue),
        ("secrets.*.labels", KeyValue),
        ("configs.*.labels", KeyValue),
        ("services|jobs.*.annotations", KeyValue),
        ("services|jobs.*.build", Build),
        ("services|jobs.*.build.args", KeyValue),
        ("services|jobs.*.build.additional_contexts", KeyValue),
        ("services|jobs.*.build.extra_hosts", ListOrNothing),
        ("services|jobs.*.build.labels", KeyValue),
        ("services|jobs.*.command", Replace),
        ("services|jobs.*.depends_on", Dependencies),
        ("services.*.deploy.labels", KeyValue),
        ("services|jobs.*.dns", List),
        ("services|jobs.*.dns_opt", List),
        ("services|jobs.*.dns_search", List),
        ("services|jobs.*.entrypoint", Replace),
        ("services|jobs.*.env_file", List),
        ("services|jobs.*.label_file", ListOrNothing),
        ("services|jobs.*.environment", KeyValue),
        ("services|jobs.*.extra_hosts", ListOrNothing),
        ("services|jobs.*.healthcheck.test", Replace),
        ("services|jobs.*.labels", KeyValue),
        ("services|jobs.*.volumes.*.volume.labels", KeyValue),
        ("services|jobs.*.logging", Logging),
        ("services|jobs.*.models", Names),
        ("services|jobs.*.networks", Names),
        ("services|jobs.*.sysctls", KeyValue),
        ("services|jobs.*.tmpfs", List),
        ("services|jobs.*.ulimits.*", Ulimit),
    ])
});

/// The position of a merge in the table of rules.
pub(crate) type Point = Option<At<'static, Rule>>;

/// Returns the position of a whole project.
#[must_use]
pub(crate) fn project() -> Point {
    Some(RULES.root())
}

/// Returns the position of one service.
#[must_use]
pub(crate) fn service() -> Point {
    project()?.key("services")?.key("*")
}

/// Merges the project of one file over another. Lists can have duplicates afterwards, which [`unicity`](crate::unicity)
/// removes.
///
/// # Errors
/// Returns an error where two values have types that cannot be merged.
pub fn files(base: Node, over: Node) -> Result<Node, Diagnostic> {
    merge(base, over, project(), &Trail::ROOT)
}

/// Merges `over` over `base`.
///
/// # Errors
/// Returns an error where two values have types that cannot be merged.
pub(crate) fn merge(base: Node, over: Node, at: Point, trail: &Trail<'_>) -> Result<Node, Diagnostic> {
    if let Some(rule) = at.and_then(At::rule) {
        return special(rule, base, over, at, trail);
    }
    match (base.value, over.value) {
        (base_value, Value::Null) => Ok(Node { value: base_value, ..base }),
        (Value::Map(into), Value::Map(from)) => {
            Ok(Node::new(Value::Map(Box::new(mappings(*into, *from, at, trail)?)), base.place))
        }
        (Value::List(into), Value::List(from)) => Ok(Node::new(Value::List(append(into, from)), base.place)),
        (Value::Map(_) | Value::List(_), other) => Err(mismatch(&other, over.place, trail)),
        (_, value) => Ok(Node { value, place: over.place, trace: over.trace }),
    }
}

fn mismatch(value: &Value, place: Place, trail: &Trail<'_>) -> Diagnostic {
    Diagnostic::new(&rules::CANNOT_OVERRIDE, place, format!("cannot override {trail} with {}", value.kind()))
}

fn mappings(mut into: Map, from: Map, at: Point, trail: &Trail<'_>) -> Result<Map, Diagnostic> {
    for (key, Entry { key: place, node }) in from.into_entries() {
        match into.entry_mut(&key) {
            None => into.push(key, Entry { key: place, node }),
            Some(earlier) => {
                let base = std::mem::take(&mut earlier.node);
                earlier.node = merge(base, node, at.and_then(|at| at.key(&key)), &trail.key(&key))?;
                earlier.key = place;
            }
        }
    }
    Ok(into)
}

fn special(rule: Rule, base: Node, over: Node, at: Point, trail: &Trail<'_>) -> Result<Node, Diagnostic> {
    let place = if over.place == Place::NONE { base.place } else { over.place };
    match rule {
        Rule::Replace => Ok(over),
        Rule::KeyValue => {
            let mut all = into_list(base);
            all.extend(into_list(over));
            Ok(Node::new(Value::List(unique(all, Index::KeyValue, trail)?), place))
        }
        Rule::List => Ok(Node::new(Value::List(append(into_list(base), into_list(over))), place)),
        Rule::ListOrNothing => {
            let was_list = matches!(base.value, Value::List(_));
            let merged = append(into_list(base), into_list(over));
            let value = if merged.is_empty() && !was_list { Value::Null } else { Value::List(merged) };
            Ok(Node::new(value, place))
        }
        Rule::Names | Rule::Dependencies => {
            let defaults = matches!(rule, Rule::Dependencies);
            let into = into_names(base, defaults, trail)?;
            let from = into_names(over, defaults, trail)?;
            Ok(Node::new(Value::Map(Box::new(mappings(into, from, at, trail)?)), place))
        }
        Rule::Build => {
            let merged = mappings(into_build(base), into_build(over), at, trail)?;
            Ok(Node::new(Value::Map(Box::new(merged)), place))
        }
        Rule::Logging => {
            let (Value::Map(into), Value::Map(from)) = (base.value, over.value) else {
                return Err(Diagnostic::new(
                    &rules::CANNOT_OVERRIDE,
                    place,
                    format!("{trail}: cannot merge logging: a mapping is expected"),
                )
                .remedy("write `driver` and `options`"));
            };
            match (into.get("driver"), from.get("driver")) {
                (Some(earlier), Some(later)) if earlier != later => Ok(Node::new(Value::Map(from), place)),
                _ => Ok(Node::new(Value::Map(Box::new(mappings(*into, *from, at, trail)?)), place)),
            }
        }
        Rule::Ulimit => match (base.value, over.value) {
            (Value::Map(into), Value::Map(from)) => {
                Ok(Node::new(Value::Map(Box::new(mappings(*into, *from, at, trail)?)), place))
            }
            (_, value) => Ok(Node { value, place, trace: over.trace }),
        },
        Rule::Ipam => pools(base, over, at, trail),
    }
}

/// Merges IPAM pools of the same subnet, and adds the others.
fn pools(base: Node, over: Node, at: Point, trail: &Trail<'_>) -> Result<Node, Diagnostic> {
    let place = over.place;
    let (Value::List(configs), Value::List(overrides)) = (base.value, over.value) else {
        return Err(Diagnostic::new(
            &rules::CANNOT_OVERRIDE,
            place,
            format!("{trail}: a list of pools is expected"),
        ));
    };
    // Pools are shared by index: as in compose-go, when a merged pool is merged again, the result replaces it
    // everywhere.
    let added = configs.len();
    let all = configs.into_iter().chain(overrides).map(|item| into_names(item, false, trail));
    let mut all: Vec<Map> = all.collect::<Result<_, _>>()?;
    let same = |a: &Map, b: &Map| a.get("subnet") == b.get("subnet");
    let mut pools: Vec<usize> = Vec::new();
    for right in 0..added {
        for left in added..all.len() {
            if !same(&all[left], &all[right]) && !pools.iter().any(|&pool| same(&all[pool], &all[left])) {
                pools.push(left);
                continue;
            }
            all[right] = mappings(std::mem::take(&mut all[right]), all[left].clone(), at, trail)?;
            match pools.iter().position(|&pool| same(&all[pool], &all[right])) {
                Some(index) => pools[index] = right,
                None => pools.push(right),
            }
        }
    }
    if pools.is_empty() {
        // Null, since the schema rejects an empty list.
        return Ok(Node::new(Value::Null, place));
    }
    let items = pools.into_iter().map(|pool| Node::new(Value::Map(Box::new(all[pool].clone())), place));
    let items = items.collect();
    Ok(Node::new(Value::List(items), place))
}

/// Converts a mapping to a sorted list of `KEY=VALUE`, a string to a list of one item, and other values to an empty list.
fn into_list(node: Node) -> Vec<Node> {
    match node.value {
        Value::List(items) => items,
        Value::Str(_) => vec![node],
        Value::Map(map) => {
            let mut items = Vec::with_capacity(map.len());
            for (key, entry) in map.into_entries() {
                match entry.node.value {
                    Value::Null => items.push(Node::text(key, entry.key)),
                    Value::List(values) => items.extend(values.iter().map(|value| pair(&key, value))),
                    _ => items.push(pair(&key, &entry.node)),
                }
            }
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            items
        }
        _ => Vec::new(),
    }
}

/// Returns `KEY=VALUE` with the trace of the value.
fn pair(key: &str, value: &Node) -> Node {
    let shift = u32::try_from(key.len() + 1).unwrap_or(0);
    let parts = value.trace.iter().flat_map(|parts| parts.iter());
    let shifted =
        parts.map(|part| Supplied { start: part.start + shift, end: part.end + shift, ..part.clone() });
    let text = format!("{key}={}", value.value);
    Node { value: Value::Str(text.into()), place: value.place, trace: Some(shifted.collect()) }
}

fn into_names(node: Node, dependencies: bool, trail: &Trail<'_>) -> Result<Map, Diagnostic> {
    let place = node.place;
    let names = match node.value {
        Value::Map(map) => return Ok(*map),
        Value::Null => return Ok(Map::default()),
        Value::Str(_) => vec![node],
        Value::List(items) => items,
        other => return Err(not_names(&other, place, trail)),
    };
    let mut map = Map::default();
    for item in names {
        let Value::Str(name) = item.value else { return Err(not_names(&item.value, item.place, trail)) };
        let value = if dependencies { dependency(item.place) } else { Node::new(Value::Null, item.place) };
        map.insert(name, item.place, value);
    }
    Ok(map)
}

fn not_names(value: &Value, place: Place, trail: &Trail<'_>) -> Diagnostic {
    Diagnostic::new(&rules::WRONG_TYPE, place, format!("{trail}: {} cannot be used as a name", value.kind()))
        .remedy("write a list of names, or a mapping with the names as keys")
}

/// Returns the long form of a name in `depends_on`.
#[must_use]
pub fn dependency(place: Place) -> Node {
    Node::map(
        [("condition", Node::text("service_started", place)), ("required", Node::bool(true, place))],
        place,
    )
}

fn into_build(node: Node) -> Map {
    match node.value {
        Value::Map(map) => *map,
        Value::Str(_) => {
            let place = node.place;
            let mut map = Map::default();
            map.insert("context", place, node);
            map
        }
        _ => Map::default(),
    }
}

/// The length from which lists are searched by digest.
const FEW: usize = 16;

/// Appends the items that are not in the list yet.
fn append(mut base: Vec<Node>, over: Vec<Node>) -> Vec<Node> {
    if base.len() + over.len() <= FEW {
        over.into_iter().for_each(|item| {
            if !base.contains(&item) {
                base.push(item)
            }
        });
        return base;
    }
    let mut known: HashMap<u64, Vec<usize>> = HashMap::with_capacity(base.len() + over.len());
    for (index, item) in base.iter().enumerate() {
        known.entry(digest(&item.value)).or_default().push(index);
    }
    for item in over {
        let same = known.entry(digest(&item.value)).or_default();
        if !same.iter().any(|&index| base.get(index) == Some(&item)) {
            same.push(base.len());
            base.push(item);
        }
    }
    base
}

/// Returns a hash, which is the same for equal values.
pub(crate) fn digest(value: &Value) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Null => {}
        Value::Bool(value) => value.hash(&mut hasher),
        Value::Int(value) => value.hash(&mut hasher),
        Value::Uint(value) => value.hash(&mut hasher),
        Value::Float(value) => value.to_bits().hash(&mut hasher),
        Value::Time(text) | Value::Str(text) => text.hash(&mut hasher),
        Value::List(items) => items.iter().for_each(|item| digest(&item.value).hash(&mut hasher)),
        // The order of keys does not matter.
        Value::Map(map) => map
            .iter()
            .fold(0u64, |sum, (key, node)| {
                let mut hasher = DefaultHasher::new();
                (key, digest(&node.value)).hash(&mut hasher);
                sum.wrapping_add(hasher.finish())
            })
            .hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
