//! Conversion of names with text values: labels, variables, options, hosts and SSH keys.

use crate::rules::{self, Rule};
use crate::shape::Kind;
use crate::source::Place;
use crate::tree::{Entry, Map, Node, Value};

/// Why a value cannot be converted: the rule, the message and the place of the diagnostic.
type Refusal = (&'static Rule, String, Place);

/// Converts a value of one of the kinds for which [`is_bound`] returns true.
pub fn bind(node: Node, kind: Kind) -> Result<Option<Node>, Refusal> {
    match kind {
        Kind::MultiOptions => multi(node),
        Kind::Hosts => hosts(node),
        Kind::Ssh => ssh(node),
        _ => pairs(node, kind),
    }
}

/// Reports whether values of a kind are names with text values.
pub fn is_bound(kind: Kind) -> bool {
    use Kind::{Environment, Hosts, Labels, Mapping, MultiOptions, Options, Ssh, StringMap};
    matches!(kind, Mapping | Environment | Labels | Options | StringMap | MultiOptions | Hosts | Ssh)
}

/// Converts labels, variables or options from a mapping or a list of `KEY=VALUE`.
fn pairs(node: Node, kind: Kind) -> Result<Option<Node>, Refusal> {
    let place = node.place;
    let mut pairs = Map::default();
    match node.value {
        Value::Map(map) => {
            for (key, entry) in map.into_entries() {
                let value = match (&entry.node.value, kind) {
                    (Value::Null, Kind::Environment) => entry.node,
                    (Value::Null, _) => Node::text("", entry.node.place),
                    (Value::Str(_) | Value::Int(_), _) => entry.node.into_text(),
                    (other, Kind::StringMap) => {
                        return Err((
                            &rules::WRONG_TYPE,
                            format!("{key}: a string is expected, not {}", other.kind()),
                            entry.node.place,
                        ));
                    }
                    _ => entry.node.into_text(),
                };
                pairs.push(key, Entry { key: entry.key, node: value });
            }
        }
        Value::List(items) if matches!(kind, Kind::Mapping | Kind::Environment | Kind::Labels) => {
            for item in items {
                let item = item.into_text();
                let whole = item.as_str().unwrap_or_default();
                let cut = whole.find('=');
                let key = &whole[..cut.unwrap_or(whole.len())];
                if matches!(kind, Kind::Environment) && key.ends_with(char::is_whitespace) {
                    return Err((
                        &rules::TRAILING_SPACE,
                        format!("environment variable {key} is declared with a trailing space"),
                        item.place_of(0, key.len()),
                    ));
                }
                let value = match cut {
                    Some(cut) => item.part(cut + 1, whole.len()),
                    None if matches!(kind, Kind::Environment) => Node::new(Value::Null, item.place),
                    None => Node::text("", item.place),
                };
                pairs.insert(key, item.place, value);
            }
        }
        other => {
            return Err((&rules::WRONG_TYPE, format!("a mapping is expected, not {}", other.kind()), place));
        }
    }
    Ok(sorted(pairs, place))
}

fn sorted(mut map: Map, place: Place) -> Option<Node> {
    map.sort();
    (!map.is_empty()).then(|| Node::new(Value::Map(Box::new(map)), place))
}

/// Converts options that can occur several times.
fn multi(node: Node) -> Result<Option<Node>, Refusal> {
    let place = node.place;
    let Value::Map(map) = node.value else {
        return Err((&rules::WRONG_TYPE, "a mapping is expected".to_owned(), place));
    };
    let mut options = Map::default();
    for (key, entry) in map.into_entries() {
        let at = entry.node.place;
        let values = match entry.node.value {
            Value::List(items) => items.into_iter().map(Node::into_text).collect(),
            _ => vec![entry.node.into_text()],
        };
        if let Some(values) = Node::filled(values, at) {
            options.insert(key, entry.key, values);
        }
    }
    Ok(sorted(options, place))
}

/// Converts names and addresses of hosts to a sorted list of `HOST=ADDRESS`.
fn hosts(node: Node) -> Result<Option<Node>, Refusal> {
    let place = node.place;
    let mut found: Vec<Node> = Vec::new();
    let mut add = |host: &str, address: &str, from: &Node| {
        if host.is_empty() || host.contains([':', '=']) {
            return Err((&rules::INVALID_HOST, format!("bad host name '{host}'"), from.place));
        }
        let bare = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .filter(|inner| !inner.is_empty());
        found.push(from.made(format!("{host}={}", bare.unwrap_or(address))));
        Ok(())
    };
    match &node.value {
        Value::Map(map) => {
            for (host, value) in map.iter() {
                match &value.value {
                    Value::Null => add(host, "", value)?,
                    Value::Str(address) => add(host, address, value)?,
                    Value::List(items) => {
                        for item in items {
                            add(host, &item.value.to_string(), item)?;
                        }
                    }
                    other => {
                        return Err((
                            &rules::WRONG_TYPE,
                            format!("an address is expected, not {}", other.kind()),
                            value.place,
                        ));
                    }
                }
            }
        }
        Value::List(items) => {
            for item in items {
                let whole = item.value.to_string();
                let (host, addresses) =
                    whole.split_once('=').or_else(|| whole.split_once(':')).ok_or_else(|| {
                        (
                            &rules::INVALID_HOST,
                            format!("invalid additional host, missing IP: {whole}"),
                            item.place,
                        )
                    })?;
                for address in addresses.split(',') {
                    add(host, address, item)?;
                }
            }
        }
        other => {
            return Err((
                &rules::WRONG_TYPE,
                format!("a mapping or a list is expected, not {}", other.kind()),
                place,
            ));
        }
    }
    found.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(Node::filled(found, place))
}

/// Converts SSH keys, which are `ID` or `ID: PATH`.
fn ssh(node: Node) -> Result<Option<Node>, Refusal> {
    let place = node.place;
    let Value::Map(map) = node.value else {
        return Err((&rules::WRONG_TYPE, "a mapping is expected".to_owned(), place));
    };
    let mut keys: Vec<Node> = map
        .iter()
        .map(|(id, path)| match &path.value {
            Value::Null => Node::text(id.clone(), path.place),
            value if value.to_string().is_empty() => Node::text(id.clone(), path.place),
            value => path.made(format!("{id}: {value}")),
        })
        .collect();
    keys.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(Node::filled(keys, place))
}
