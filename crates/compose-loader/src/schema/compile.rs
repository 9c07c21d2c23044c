//! Compilation of the schema file to a table.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value as Json;

use crate::names::Names;
use crate::tree::Value;

/// The schema of the Compose Specification.
pub static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| Schemas::compile(include_str!("compose-spec.json")));

/// The parts of a schema. The first one is the whole schema.
pub struct Schemas(Vec<Schema>);

/// A part of a schema.
#[derive(Default)]
pub struct Schema {
    pub types: Types,
    pub reference: Option<usize>,
    properties: Names<usize>,
    pub patterns: Vec<(Pattern, usize)>,
    pub additional: Additional,
    pub unevaluated: bool,
    pub required: Vec<String>,
    pub items: Option<usize>,
    pub unique: bool,
    pub one_of: Vec<usize>,
    pub any_of: Vec<usize>,
    pub all_of: Vec<usize>,
    pub allowed: Vec<String>,
    pub pattern: Option<Pattern>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
}

/// The keys that are allowed beside the known ones.
#[derive(Clone, Copy, Default)]
pub enum Additional {
    #[default]
    Any,
    None,
}

impl Schema {
    pub fn property(&self, key: &str) -> Option<usize> {
        self.properties.get(key).copied()
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.properties.iter()
    }

    /// Reports whether the schema does not restrict keys.
    pub fn is_open(&self) -> bool {
        self.properties.is_empty()
            && self.patterns.is_empty()
            && !self.unevaluated
            && matches!(self.additional, Additional::Any)
    }
}

impl Schemas {
    /// Iterates over the schemas that a value must all match.
    pub fn parts<'s>(&'s self, schema: &'s Schema) -> impl Iterator<Item = &'s Schema> {
        schema.all_of.iter().map(|&part| {
            let part = self.get(part);
            part.reference.map_or(part, |reference| self.get(reference))
        })
    }

    /// Reports whether one of these schemas knows a key.
    pub fn evaluated(&self, schema: &Schema, key: &str) -> bool {
        self.parts(schema).any(|part| {
            part.property(key).is_some() || part.patterns.iter().any(|(pattern, _)| pattern.matches(key))
        })
    }

    /// Iterates over the keys that a schema knows.
    pub fn keys<'s>(&'s self, schema: &'s Schema) -> impl Iterator<Item = &'s str> {
        std::iter::once(schema).chain(self.parts(schema)).flat_map(Schema::keys)
    }

    pub fn compile(text: &str) -> Self {
        let root: Json = serde_json::from_str(text).unwrap_or_default();
        let mut compiler = Compiler { root: &root, table: Vec::new(), named: HashMap::new() };
        compiler.part(&root);
        Schemas(compiler.table)
    }

    pub fn get(&self, id: usize) -> &Schema {
        &self.0[id]
    }
}

struct Compiler<'a> {
    root: &'a Json,
    table: Vec<Schema>,
    named: HashMap<&'a str, usize>,
}

impl<'a> Compiler<'a> {
    fn part(&mut self, json: &'a Json) -> usize {
        if let (Some(name), Some(1)) = (json["$ref"].as_str(), json.as_object().map(serde_json::Map::len)) {
            return self.definition(name);
        }
        let id = self.table.len();
        self.table.push(Schema::default());
        self.fill(id, json);
        id
    }

    fn fill(&mut self, id: usize, json: &'a Json) {
        let texts = |key: &str| -> Vec<String> {
            json[key].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
        };
        let properties = json["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), self.part(value)));
        let properties = Names::new(properties);
        let patterns = json["patternProperties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (Pattern::of(key), self.part(value)))
            .collect();
        self.table[id] = Schema {
            types: Types::of(&json["type"]),
            reference: json["$ref"].as_str().map(|name| self.definition(name)),
            properties,
            patterns,
            additional: if json["additionalProperties"] == false {
                Additional::None
            } else {
                Additional::Any
            },
            unevaluated: json["unevaluatedProperties"] == false,
            required: texts("required"),
            items: json["items"].is_object().then(|| self.part(&json["items"])),
            unique: json["uniqueItems"] == true,
            one_of: self.parts(&json["oneOf"]),
            any_of: self.parts(&json["anyOf"]),
            all_of: self.parts(&json["allOf"]),
            allowed: texts("enum"),
            pattern: json["pattern"].as_str().map(Pattern::of),
            minimum: json["minimum"].as_f64(),
            maximum: json["maximum"].as_f64(),
        };
    }

    fn parts(&mut self, json: &'a Json) -> Vec<usize> {
        json.as_array().into_iter().flatten().map(|part| self.part(part)).collect()
    }

    fn definition(&mut self, reference: &'a str) -> usize {
        let name = reference.trim_start_matches("#/$defs/");
        if let Some(&id) = self.named.get(name) {
            return id;
        }
        let id = self.table.len();
        self.table.push(Schema::default());
        self.named.insert(name, id);
        self.fill(id, &self.root["$defs"][name]);
        id
    }
}

/// The types that a value can have. An empty set means all types.
#[derive(Clone, Copy, Default)]
pub struct Types(u8);

const TYPES: [(&str, &str); 7] = [
    ("string", "a string"),
    ("integer", "an integer"),
    ("number", "a number"),
    ("boolean", "a boolean"),
    ("object", "a mapping"),
    ("array", "a list"),
    ("null", "nothing"),
];

impl Types {
    fn of(json: &Json) -> Self {
        let bit = |name: &Json| TYPES.iter().position(|(known, _)| name == known).map_or(0, |bit| 1 << bit);
        match json {
            Json::Array(names) => Types(names.iter().map(bit).fold(0, |all, bit| all | bit)),
            name => Types(bit(name)),
        }
    }

    pub fn accepts(self, value: &Value) -> bool {
        let bits = match value {
            Value::Str(_) | Value::Time(_) => 1,
            Value::Int(_) | Value::Uint(_) => 2 | 4,
            Value::Float(value) if value.fract() == 0.0 => 2 | 4,
            Value::Float(_) => 4,
            Value::Bool(_) => 8,
            Value::Map(_) => 16,
            Value::List(_) => 32,
            Value::Null => 64,
        };
        self.0 == 0 || self.0 & bits != 0
    }

    pub fn words(self) -> Vec<&'static str> {
        TYPES
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.0 & (1 << bit) != 0)
            .map(|(_, (_, words))| *words)
            .collect()
    }
}

/// The patterns of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    Name,
    Extension,
    Line,
    Text,
    Lower,
    ContainerName,
    PullPolicy,
    Unknown,
}

impl Pattern {
    fn of(source: &str) -> Self {
        match source {
            "^[a-zA-Z0-9._-]+$" => Pattern::Name,
            "^x-" => Pattern::Extension,
            "^.+$" => Pattern::Line,
            ".+" => Pattern::Text,
            "^[a-z]+$" => Pattern::Lower,
            "[a-zA-Z0-9][a-zA-Z0-9_.-]+" => Pattern::ContainerName,
            "^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$" => {
                Pattern::PullPolicy
            }
            _ => Pattern::Unknown,
        }
    }

    pub fn source(self) -> &'static str {
        match self {
            Pattern::ContainerName => "'[a-zA-Z0-9][a-zA-Z0-9_.-]+'",
            Pattern::PullPolicy => {
                "'always|never|build|if_not_present|missing|refresh|daily|weekly|every_<duration>'"
            }
            _ => "of its kind",
        }
    }

    pub fn remedy(self) -> &'static str {
        match self {
            Pattern::ContainerName => "write at least two letters, digits, `_`, `.` or `-`",
            _ => "write one of these values, such as `always` or `every_12h`",
        }
    }

    pub fn matches(self, text: &str) -> bool {
        let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match self {
            Pattern::Name => !text.is_empty() && text.bytes().all(name),
            Pattern::Extension => text.starts_with("x-"),
            Pattern::Line => !text.is_empty() && !text.contains('\n'),
            Pattern::Text => text.chars().any(|c| c != '\n'),
            Pattern::Lower => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase()),
            Pattern::ContainerName => {
                text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_alphanumeric() && name(pair[1]))
            }
            Pattern::PullPolicy => {
                matches!(
                    text,
                    "always"
                        | "never"
                        | "build"
                        | "if_not_present"
                        | "missing"
                        | "refresh"
                        | "daily"
                        | "weekly"
                ) || text.strip_prefix("every_").is_some_and(every)
            }
            Pattern::Unknown => false,
        }
    }
}

/// `([0-9]+[wdhms])+`
fn every(text: &str) -> bool {
    let mut digits = 0;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'w' | b'd' | b'h' | b'm' | b's' if digits > 0 => digits = 0,
            _ => return false,
        }
    }
    digits == 0 && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Schemas};

    #[test]
    fn every_pattern_of_the_schema_is_supported() {
        let schemas = Schemas::compile(include_str!("compose-spec.json"));
        assert!(schemas.0.len() > 300);
        for schema in &schemas.0 {
            assert!(schema.patterns.iter().all(|(pattern, _)| *pattern != Pattern::Unknown));
            assert_ne!(schema.pattern, Some(Pattern::Unknown));
        }
    }
}
