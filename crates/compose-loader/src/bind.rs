//! Conversion of a tree to its canonical shape: every value gets its type, and empty values are left out.

use std::sync::{Arc, LazyLock};

use crate::diagnostic::Diagnostic;
use crate::grammar::{duration, size, words};
use crate::names::{Names, same};
use crate::number::{boolean, float, integer, narrow};
use crate::rules::{self, Rule};
use crate::shape::{Field, JOB, Kind, PROJECT, SERVICE};
use crate::source::Place;
use crate::trail::Trail;
use crate::tree::{Entry, Map, Node, Value};

/// Converts a project to its canonical shape, and reports the values that have none.
#[must_use]
pub fn bind(root: Node) -> (Node, Vec<Diagnostic>) {
    let mut binder = Binder { faults: Vec::new() };
    let place = root.place;
    let bound = binder.node(root, Kind::Opt(PROJECT), &Trail::ROOT);
    (bound.unwrap_or_else(|| Node::new(Value::Map(Box::default()), place)), binder.faults)
}

struct Binder {
    faults: Vec<Diagnostic>,
}

/// Why a value cannot be converted: the rule and the message of the diagnostic.
type Refusal = (&'static Rule, String);

impl Binder {
    /// Returns the value in its shape, or `None` for an empty value.
    fn node(&mut self, node: Node, kind: Kind, trail: &Trail<'_>) -> Option<Node> {
        match kind {
            Kind::Part(fields) => {
                self.part(node, fields, trail).filter(|part| part.as_map().is_some_and(|map| !map.is_empty()))
            }
            Kind::Opt(fields) => self.part(node, fields, trail),
            Kind::List(item) => self.list(node, *item, trail),
            Kind::Map(value) => self.map(node, *value, trail),
            Kind::Command if node.as_str().is_some() => self.command(&node, trail),
            _ => {
                let place = node.place;
                let bound = if node.is_null() || !crate::pairs::is_bound(kind) {
                    scalar(node, kind).map_err(|(rule, message)| (rule, message, place))
                } else {
                    crate::pairs::bind(node, kind)
                };
                match bound {
                    Ok(bound) => bound,
                    Err((rule, message, place)) => {
                        self.faults.push(Diagnostic::new(rule, place, format!("{trail}: {message}")));
                        None
                    }
                }
            }
        }
    }

    /// Splits a command line into its words.
    fn command(&mut self, node: &Node, trail: &Trail<'_>) -> Option<Node> {
        let line = node.as_str()?;
        match words::split(line) {
            Ok(words) => {
                let words = words.iter().map(|word| node.part(word.at.start, word.at.end).made(&*word.text));
                Some(Node::new(Value::List(words.collect()), node.place))
            }
            Err(at) => {
                let end = at + line[at..].chars().next().map_or(0, char::len_utf8);
                let message = format!("{trail}: invalid command line string");
                self.faults.push(
                    Diagnostic::new(&rules::INVALID_COMMAND, node.place_of(at, end), message)
                        .supplied(node, at..end),
                );
                None
            }
        }
    }

    fn part(&mut self, node: Node, fields: &'static [Field], trail: &Trail<'_>) -> Option<Node> {
        let place = node.place;
        let map = self.mapping(node, trail)?;
        let mut found: Vec<(usize, Arc<str>, Entry)> = Vec::with_capacity(map.len());
        let mut extensions = Vec::new();
        for (key, entry) in map.into_entries() {
            // Without the schema, compose-go accepts keys in other letter case.
            let exact = names_of(fields).map_or_else(
                || fields.iter().position(|field| same(field.name, &key)),
                |names| names.get(&key).copied(),
            );
            if let Some(index) =
                exact.or_else(|| fields.iter().position(|field| field.name.eq_ignore_ascii_case(&key)))
            {
                let key = if exact.is_some() { key } else { fields[index].name.into() };
                found.retain(|(other, ..)| *other != index);
                found.push((index, key, entry));
            } else if key.starts_with("x-") {
                extensions.push((key, entry));
            }
        }
        // A field that is left out when true is false by default.
        for (index, field) in fields.iter().enumerate() {
            if matches!(field.kind, Kind::OptOut) && !found.iter().any(|(other, ..)| *other == index) {
                found.push((index, field.name.into(), Entry { key: place, node: Node::bool(false, place) }));
            }
        }
        found.sort_by_key(|(index, ..)| *index);
        let mut bound = Map::with_capacity(found.len() + extensions.len());
        for (index, key, entry) in found {
            if let Some(value) = self.node(entry.node, fields[index].kind, &trail.key(&key)) {
                bound.push(key, Entry { key: entry.key, node: value });
            }
        }
        for (key, entry) in extensions {
            bound.push(key, entry);
        }
        Some(Node::new(Value::Map(Box::new(bound)), place))
    }

    /// Returns the mapping of a node, and reports a node that is not a mapping.
    fn mapping(&mut self, node: Node, trail: &Trail<'_>) -> Option<Map> {
        match node.value {
            Value::Map(map) => Some(*map),
            Value::Null => None,
            other => {
                self.refuse("a mapping", &other, node.place, trail, "write a mapping, such as `name: value`")
            }
        }
    }

    /// Reports that another type is expected.
    fn refuse<T>(
        &mut self,
        what: &str,
        value: &Value,
        place: Place,
        trail: &Trail<'_>,
        remedy: &str,
    ) -> Option<T> {
        let (rule, message) = wanted(what, value);
        self.faults.push(Diagnostic::new(rule, place, format!("{trail}: {message}")).remedy(remedy));
        None
    }

    fn list(&mut self, node: Node, kind: Kind, trail: &Trail<'_>) -> Option<Node> {
        let place = node.place;
        let items = match node.value {
            Value::List(items) => items,
            Value::Null => return None,
            other => return self.refuse("a list", &other, place, trail, "write a list, such as `- value`"),
        };
        let mut bound = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let at = item.place;
            let value = self.node(item, kind, &trail.index(index));
            bound.push(value.unwrap_or_else(|| Node::new(Value::Map(Box::default()), at)));
        }
        (!bound.is_empty()).then(|| Node::new(Value::List(bound), place))
    }

    fn map(&mut self, node: Node, kind: Kind, trail: &Trail<'_>) -> Option<Node> {
        let place = node.place;
        let map = self.mapping(node, trail)?;
        let mut bound = Map::with_capacity(map.len());
        for (key, entry) in map.into_entries() {
            let at = entry.node.place;
            let nothing = if entry.node.is_null() && matches!(kind, Kind::Opt(_)) {
                Value::Null
            } else {
                Value::Map(Box::default())
            };
            // compose-go takes a job whose name begins with `x-` for an extension.
            let of_jobs = matches!(kind, Kind::Part(fields) if std::ptr::eq(fields, &JOB));
            let kind = if of_jobs && key.starts_with("x-") { Kind::Any } else { kind };
            let value = self.node(entry.node, kind, &trail.key(&key));
            bound.push(key, Entry { key: entry.key, node: value.unwrap_or_else(|| Node::new(nothing, at)) });
        }
        bound.sort();
        (!bound.is_empty()).then(|| Node::new(Value::Map(Box::new(bound)), place))
    }
}

/// Returns an index of the fields of a service, which has too many for a linear search.
fn names_of(fields: &'static [Field]) -> Option<&'static Names<usize>> {
    static OF_SERVICES: LazyLock<Names<usize>> =
        LazyLock::new(|| Names::new(SERVICE.iter().zip(0..).map(|(field, index)| (field.name, index))));
    std::ptr::eq(fields, &SERVICE).then(|| &*OF_SERVICES)
}

fn wanted(what: &str, value: &Value) -> Refusal {
    (&rules::WRONG_TYPE, format!("{what} is expected, not {}", value.kind()))
}

fn scalar(node: Node, kind: Kind) -> Result<Option<Node>, Refusal> {
    if node.is_null() && !matches!(kind, Kind::Any) {
        return Ok(None);
    }
    let place = node.place;
    let int = |value: i64| Some(Node::new(Value::Int(value), place));
    Ok(match kind {
        Kind::Str => Some(string(node)?).filter(|node| node.as_str() != Some("")),
        Kind::Bool => truth(&node.value)?.then(|| Node::bool(true, place)),
        Kind::OptBool => Some(Node::bool(truth(&node.value)?, place)),
        Kind::OptOut => (!truth(&node.value)?).then(|| Node::bool(false, place)),
        Kind::Int => Some(whole(&node.value)?).filter(|value| *value != 0).and_then(int),
        Kind::OptInt => int(whole(&node.value)?),
        Kind::Uint(bits) => Some(natural(&node.value, bits)?)
            .filter(|value| *value != Value::Int(0))
            .map(|value| Node::new(value, place)),
        Kind::OptUint(bits) => Some(Node::new(natural(&node.value, bits)?, place)),
        Kind::Float => {
            let value = number(&node.value)?;
            (value != 0.0).then(|| Node::new(Value::Float(value), place))
        }
        Kind::Bytes => {
            let bytes = match &node.value {
                Value::Int(value) => *value,
                Value::Str(text) => size::parse(text).map_err(|reason| (&rules::INVALID_SIZE, reason))?,
                // compose-go ignores all others.
                _ => 0,
            };
            (bytes != 0).then(|| node.made(bytes.to_string()))
        }
        Kind::Duration | Kind::OptDuration => {
            let value = duration::parse(&node.value.to_string())
                .map_err(|reason| (&rules::INVALID_DURATION, reason))?;
            (value != 0 || matches!(kind, Kind::OptDuration)).then(|| node.made(duration::print(value)))
        }
        Kind::Command => command(node)?,
        Kind::HealthTest => match node.value {
            Value::Str(_) => Some(Node::new(Value::List(vec![Node::text("CMD-SHELL", place), node]), place)),
            _ => strings(node)?,
        },
        Kind::StringList if matches!(node.value, Value::Str(_)) => {
            Some(Node::new(Value::List(vec![node]), place))
        }
        Kind::StringList | Kind::Strings => strings(node)?,
        Kind::Texts => match node.value {
            Value::List(items) => Node::filled(items.into_iter().map(Node::into_text).collect(), place),
            _ => Some(Node::new(Value::List(vec![node]), place)),
        },
        Kind::Ulimit => Some(ulimit(node)?),
        Kind::Mode => {
            let mode = match &node.value {
                Value::Int(mode) => *mode,
                Value::Str(text) => i64::from_str_radix(text, 8).map_err(|_| {
                    (&rules::INVALID_MODE, format!("{text:?} is not a file mode in octal digits"))
                })?,
                other => return Err(wanted("a file mode", other)),
            };
            Some(node.made(format!("0{mode:o}")))
        }
        Kind::Count => {
            let count = match &node.value {
                Value::Int(count) => *count,
                Value::Str(text) if text.eq_ignore_ascii_case("all") => -1,
                Value::Str(text) => integer(text).ok_or_else(|| {
                    (
                        &rules::INVALID_NUMBER,
                        format!("invalid value {text:?}, the only value allowed is 'all' or a number"),
                    )
                })?,
                other => return Err(wanted("`all` or a number", other)),
            };
            Some(count).filter(|count| *count != 0).and_then(int)
        }
        // The caller handles the other kinds.
        _ => Some(node),
    })
}

fn string(node: Node) -> Result<Node, Refusal> {
    match &node.value {
        Value::Str(_) => Ok(node),
        Value::Int(value) => Ok(Node::text(value.to_string(), node.place)),
        Value::Null => Ok(Node::text("", node.place)),
        other => Err(wanted("a string", other)),
    }
}

fn strings(node: Node) -> Result<Option<Node>, Refusal> {
    match node.value {
        Value::List(items) => {
            Ok(Node::filled(items.into_iter().map(string).collect::<Result<_, _>>()?, node.place))
        }
        other => Err(wanted("a list", &other)),
    }
}

fn truth(value: &Value) -> Result<bool, Refusal> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::Str(text) => boolean(text)
            .map(|(value, _)| value)
            .ok_or_else(|| (&rules::INVALID_BOOLEAN, format!("invalid boolean: {text}"))),
        other => Err(wanted("a boolean", other)),
    }
}

fn whole(value: &Value) -> Result<i64, Refusal> {
    match value {
        Value::Int(value) => Ok(*value),
        // A number out of range wraps, as in compose-go.
        Value::Uint(value) => Ok(*value as i64),
        Value::Float(value) if *value >= i64::MAX as f64 || value.is_nan() => Ok(i64::MIN),
        Value::Float(value) => Ok(*value as i64),
        Value::Str(text) => {
            integer(text).ok_or_else(|| (&rules::INVALID_NUMBER, format!("{text:?} is not an integer")))
        }
        other => Err(wanted("an integer", other)),
    }
}

fn natural(value: &Value, bits: u32) -> Result<Value, Refusal> {
    let number = match value {
        Value::Uint(value) => *value,
        Value::Float(float) if *float >= u64::MAX as f64 => 1 << 63,
        Value::Float(float) if *float >= i64::MAX as f64 => *float as u64,
        Value::Str(text) => {
            return Err((&rules::WRONG_TYPE, format!("an integer is expected, not the text {text:?}")));
        }
        value => {
            let value = whole(value)?;
            u64::try_from(value)
                .map_err(|_| (&rules::INVALID_NUMBER, format!("{value} must not be negative")))?
        }
    };
    // compose-go truncates a number that is too large to its lower bits.
    let kept = number & (u64::MAX >> (64 - bits));
    Ok(i64::try_from(kept).map_or(Value::Uint(kept), Value::Int))
}

fn number(value: &Value) -> Result<f64, Refusal> {
    match value {
        Value::Int(value) => Ok(narrow(*value as f64)),
        Value::Uint(value) => Ok(narrow(*value as f64)),
        // compose-go reads an infinite number here, and then cannot print it.
        Value::Float(value) if narrow(*value).is_infinite() => {
            Err((&rules::INVALID_NUMBER, format!("{value:e} is too large for this field")))
        }
        Value::Float(value) => Ok(narrow(*value)),
        Value::Str(text) => {
            float(text, false).ok_or_else(|| (&rules::INVALID_NUMBER, format!("{text:?} is not a number")))
        }
        other => Err(wanted("a number", other)),
    }
}

/// Keeps an empty command, which differs from none.
fn command(node: Node) -> Result<Option<Node>, Refusal> {
    let place = node.place;
    let words = match &node.value {
        Value::List(items) => items.iter().cloned().map(string).collect::<Result<_, _>>()?,
        _ => return Ok(None),
    };
    Ok(Some(Node::new(Value::List(words), place)))
}

fn ulimit(node: Node) -> Result<Node, Refusal> {
    let place = node.place;
    let limits = |soft: i64, hard: i64| {
        let number = |value| Node::new(Value::Int(value), place);
        Node::map([("soft", number(soft)), ("hard", number(hard))], place)
    };
    match &node.value {
        Value::Int(0) => Ok(limits(0, 0)),
        Value::Int(_) => Ok(node),
        Value::Map(map) => {
            // compose-go converts no strings here.
            let of = |key: &str| match map.get(key).map(|node| &node.value) {
                None => Ok(0),
                Some(Value::Int(limit)) => Ok(*limit),
                Some(_) => Err((
                    &rules::INVALID_NUMBER,
                    format!("`{key}` must be an integer of 64 bits, without a fraction or an exponent"),
                )),
            };
            Ok(limits(of("soft")?, of("hard")?))
        }
        other => Err(wanted("a number, or `soft` and `hard`", other)),
    }
}
