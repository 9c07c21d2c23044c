//! Validation of a Stack as by the API server: structure, bounds, patterns and CEL rules of the definition.
//!
//! The schema is the one that is generated for the cluster, so the two cannot differ.

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

/// A reason for which the API server rejects an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// The place in the object.
    pub path: Path,
    /// The kind of the constraint that is violated.
    pub demand: Demand,
    /// The value and the constraint, such as `has 2000 items, but at most 1024 are allowed`.
    pub message: String,
}

/// The kind of a constraint.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Demand {
    /// The number of items, entries or characters.
    Length,
    /// The minimum and the maximum of a number.
    Range,
    /// The type of the value, and its known and required fields.
    Structure,
    /// A pattern, or a list of allowed values.
    Form,
    /// A CEL rule.
    Rule,
}

static SCHEMA: LazyLock<Field> = LazyLock::new(|| {
    let version = definition().spec.versions.into_iter().next();
    let schema = version.and_then(|version| version.schema).and_then(|schema| schema.open_api_v3_schema);
    schema.as_ref().map(Field::of_object).unwrap_or_default()
});

/// Returns the reasons for which the API server rejects a Stack, given as JSON. The metadata has no schema, so only the
/// CEL rule on the name applies to it.
#[must_use]
pub fn violations(stack: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    SCHEMA.judge(stack, &Trail::Root, &mut found);
    found
}
