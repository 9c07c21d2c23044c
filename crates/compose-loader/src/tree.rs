//! The tree of a compose project: values that know where they were written and who supplied them.

use std::fmt;
use std::sync::Arc;

pub use super::map::Map;
use super::source::Place;

/// A value and where it stands.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What the value is.
    pub value: Value,
    /// Where it was written; [`Place::NONE`] for what the loader adds by itself.
    pub place: Place,
    /// Which parts of the text came from variables, in order; nothing where it reads as it was written.
    pub trace: Trace,
}

/// The parts of a text that variables supplied.
pub type Trace = Option<Box<[Supplied]>>;

/// A part of an interpolated text, in bytes of the result, and the variable that supplied it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supplied {
    /// Where the part begins.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// The variable's name.
    pub variable: Arc<str>,
    /// Where the variable had its value from.
    pub origin: Origin,
}

/// Where a variable has its value from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The environment of the process.
    #[default]
    Process,
    /// A line of an env file.
    File(Place),
    /// The loader itself, as `COMPOSE_PROJECT_NAME`.
    Loader,
    /// Nowhere: it is not set, and the part that it supplies is empty.
    Nowhere,
}

/// What a node can hold: the types that YAML text has in Compose's reading.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// true or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number past the range of `Int`.
    Uint(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A date or a time, which stays what it is when the value is asked for as text.
    Time(Arc<str>),
    /// Text.
    Str(Arc<str>),
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Map(Box<Map>),
}

/// A key's place and its value.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Where the key was written.
    pub key: Place,
    /// The value.
    pub node: Node,
}

impl Node {
    /// A value at a place.
    #[must_use]
    pub fn new(value: Value, place: Place) -> Self {
        Self { value, place, trace: None }
    }

    /// A text at a place.
    #[must_use]
    pub fn text(text: impl Into<Arc<str>>, place: Place) -> Self {
        Self::new(Value::Str(text.into()), place)
    }

    /// A truth value at a place.
    #[must_use]
    pub fn bool(value: bool, place: Place) -> Self {
        Self::new(Value::Bool(value), place)
    }

    /// A mapping of the given pairs, all at one place.
    #[must_use]
    pub fn map<const N: usize>(pairs: [(&str, Node); N], place: Place) -> Self {
        let mut map = Map::default();
        for (key, node) in pairs {
            map.insert(key, place, node);
        }
        Self::new(Value::Map(Box::new(map)), place)
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping, to be changed, if it is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value of a key, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The value of a key as text.
    #[must_use]
    pub fn str_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Whether there is nothing here.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// A part of this node's text as a node of its own, with its own place and the part of the trace that
    /// falls into it.
    #[must_use]
    pub fn part(&self, start: usize, end: usize) -> Self {
        let text = self.as_str().and_then(|text| text.get(start..end)).unwrap_or_default();
        Self {
            value: Value::Str(text.into()),
            place: self.place_of(start, end),
            trace: self.trace_within(start, end),
        }
    }

    /// Where a part of this node's text stands: within its quotes, or the whole place where the text does not
    /// read as it is written.
    #[must_use]
    pub fn place_of(&self, start: usize, end: usize) -> Place {
        let Some(length) = self.as_str().map(str::len) else { return self.place };
        let written = self.place.end.saturating_sub(self.place.start) as usize;
        let quote = match written.checked_sub(length) {
            Some(0) => 0,
            Some(2) => 1,
            _ => return self.place,
        };
        let at = |offset: usize| u32::try_from(offset + quote).ok().map(|offset| self.place.start + offset);
        match (at(start), at(end), &self.trace) {
            (Some(start), Some(end), None) => Place { start, end, ..self.place },
            _ => self.place,
        }
    }

    /// A text made of this node's: every variable of the trace is kept, for the whole of a text that differs.
    #[must_use]
    pub fn made(&self, text: impl AsRef<str> + Into<Arc<str>>) -> Self {
        if self.as_str() == Some(text.as_ref()) {
            return self.clone();
        }
        let text: Arc<str> = text.into();
        let whole = u32::try_from(text.len()).unwrap_or(u32::MAX);
        // What was empty is nowhere in the new text.
        let parts = self.trace.iter().flat_map(|parts| parts.iter()).filter(|part| part.start < part.end);
        let trace = parts.map(|part| Supplied { start: 0, end: whole, ..part.clone() }).collect();
        Self { value: Value::Str(text), place: self.place, trace: Some(trace) }
    }

    fn trace_within(&self, start: usize, end: usize) -> Trace {
        let (start, end) = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
        let parts: Box<[Supplied]> = self
            .trace
            .as_ref()?
            .iter()
            .filter(|part| {
                let touches = part.start == part.end && (start..=end).contains(&part.start);
                touches || part.start < end && part.end > start
            })
            .map(|part| Supplied {
                start: part.start.max(start) - start,
                end: part.end.min(end) - start,
                ..part.clone()
            })
            .collect();
        Some(parts)
    }
}

impl Value {
    /// The kind of value in the words of a compose file's author.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Uint(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Time(_) => "a date",
            Value::Str(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// Scalars read as the reference prints them where it wants text (`1.10` is `1.1`, `1e6` is `1e+06`).
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("<nil>"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Uint(value) => write!(f, "{value}"),
            Value::Float(value) => f.write_str(&super::number::print(*value)),
            Value::Time(text) | Value::Str(text) => f.write_str(text),
            Value::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { "" } else { " " }, item.value)?;
                }
                f.write_str("]")
            }
            Value::Map(map) => {
                let mut pairs: Vec<_> = map.iter().collect();
                pairs.sort_by_key(|(key, _)| *key);
                f.write_str("map[")?;
                for (index, (key, node)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}:{}", if index == 0 { "" } else { " " }, node.value)?;
                }
                f.write_str("]")
            }
        }
    }
}

/// Nodes are equal when their values are, wherever they stand.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Uint(a), Value::Uint(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Str(a), Value::Str(b)) | (Value::Time(a), Value::Time(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
            _ => false,
        }
    }
}
