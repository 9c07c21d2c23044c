//! What the API server takes as a Stack: structure, bounds, patterns and CEL rules of the definition.
//!
//! The schema that is judged by is the one that is generated for the cluster, so the two cannot differ.

mod field;
mod path;
mod rules;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use serde_json::Value;

use self::field::Field;
use self::path::Trail;
pub use self::path::{Path, Step};
use super::definition;

/// Why the API server does not take an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Where in the object.
    pub path: Path,
    /// Which kind of demand is not met.
    pub demand: Demand,
    /// What is there and what the API server takes, such as `has 2000 items, and at most 1024 are allowed`.
    pub message: String,
}

/// A kind of demand on a value.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Demand {
    /// The number of items, entries or characters.
    Length,
    /// The least and the greatest number.
    Range,
    /// The type of the value, the fields that it may have and those that it must have.
    Structure,
    /// A pattern, or a list of words.
    Form,
    /// A CEL rule.
    Rule,
}

static SCHEMA: LazyLock<Field> = LazyLock::new(|| {
    let version = definition().spec.versions.into_iter().next();
    let schema = version.and_then(|version| version.schema).and_then(|schema| schema.open_api_v3_schema);
    schema.as_ref().map(Field::of_object).unwrap_or_default()
});

/// Why the API server does not take a Stack, given as JSON; nothing where it does. The metadata, which have no
/// schema, are judged by the CEL rule on the name alone.
#[must_use]
pub fn violations(stack: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    SCHEMA.judge(stack, &Trail::Root, &mut found);
    found
}
