//! The tree of a Compose project, whose values know their places and the variables that supplied them.

use std::fmt;
use std::sync::Arc;

use crate::map;
use crate::source::Place;

/// A value and its place.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// The place of the value, or [`Place::NONE`] for values that the loader adds.
    pub place: Place,
    /// The parts of a string that came from variables, in their order. `None` where the string has no variables.
    pub trace: Trace,
}

/// The parts of a string that variables supplied.
pub type Trace = Option<Box<[Supplied]>>;

/// A part of an interpolated string, in bytes of the result, and the variable that supplied it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supplied {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
    /// The name of the variable.
    pub variable: Arc<str>,
    /// The origin of its value.
    pub origin: Origin,
}

/// The origin of the value of a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The environment of the process.
    #[default]
    Process,
    /// A line of an env file.
    File(Place),
    /// The loader, for `COMPOSE_PROJECT_NAME`.
    Loader,
    /// No origin: the variable is not set, and supplies an empty part.
    Nowhere,
}

/// A YAML value, in the types that Docker Compose gives it.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Null.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above the range of `Int`.
    Uint(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A date or a time, in the notation of Go.
    Time(Arc<str>),
    /// A string.
    Str(Arc<str>),
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Map(Box<Map>),
}

/// A mapping that keeps the order of its keys.
pub type Map = map::Map<Node>;

/// The place of a key and its value.
pub type Entry = map::Entry<Node>;

impl Node {
    /// Creates a node.
    #[must_use]
    pub fn new(value: Value, place: Place) -> Self {
        Self { value, place, trace: None }
    }

    /// Creates a string.
    #[must_use]
    pub fn text(text: impl Into<Arc<str>>, place: Place) -> Self {
        Self::new(Value::Str(text.into()), place)
    }

    /// Creates a boolean.
    #[must_use]
    pub fn bool(value: bool, place: Place) -> Self {
        Self::new(Value::Bool(value), place)
    }

    /// Creates a mapping of pairs, whose keys have one place.
    #[must_use]
    pub fn map<const N: usize>(pairs: [(&str, Node); N], place: Place) -> Self {
        let mut map = Map::default();
        for (key, node) in pairs {
            map.insert(key, place, node);
        }
        Self::new(Value::Map(Box::new(map)), place)
    }

    /// Creates a list. Returns `None` if it has no item.
    #[must_use]
    pub(crate) fn filled(items: Vec<Node>, place: Place) -> Option<Self> {
        (!items.is_empty()).then(|| Self::new(Value::List(items), place))
    }

    /// Converts a scalar to a string.
    #[must_use]
    pub(crate) fn into_text(self) -> Self {
        match &self.value {
            Value::Str(_) => self,
            other => Self::text(other.to_string(), self.place),
        }
    }

    /// Returns a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Returns a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns a mapping.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns a mapping mutably.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns the value of a key of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// Returns the string of a key of a mapping.
    #[must_use]
    pub fn str_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Reports whether the value is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Returns a part of a string, with its place and its part of the trace.
    #[must_use]
    pub(crate) fn part(&self, start: usize, end: usize) -> Self {
        let text = self.as_str().and_then(|text| text.get(start..end)).unwrap_or_default();
        Self {
            value: Value::Str(text.into()),
            place: self.place_of(start, end),
            trace: self.trace_within(start, end),
        }
    }

    /// Returns the place of a part of a string. The place is that of the whole string where the string does not read as
    /// it is written, because of escapes, folding or variables.
    #[must_use]
    pub(crate) fn place_of(&self, start: usize, end: usize) -> Place {
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

    /// Returns a string that was derived from this one. Where it differs, every variable of the trace supplies the whole
    /// of it.
    #[must_use]
    pub(crate) fn made(&self, text: impl AsRef<str> + Into<Arc<str>>) -> Self {
        if self.as_str() == Some(text.as_ref()) {
            return self.clone();
        }
        let text: Arc<str> = text.into();
        let whole = u32::try_from(text.len()).unwrap_or(u32::MAX);
        // An empty part has no position in the new string.
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
    /// Returns the name of the type for messages, such as "a string".
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

/// Prints a value as compose-go does where it needs a string: `1.10` as `1.1`, and `1e6` as `1e+06`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("<nil>"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Uint(value) => write!(f, "{value}"),
            Value::Float(value) => f.write_str(&crate::number::print(*value)),
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

/// Compares values, and ignores places and traces.
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
