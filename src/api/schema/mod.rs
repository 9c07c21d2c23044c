//! Validation of a Stack as by the API server: structure, bounds, patterns and CEL rules of the definition.
//!
//! The schema is the one that is generated for the cluster, so the two cannot differ.

mod field;
mod path;
mod rules;
#[cfg(test)]
mod tests;
mod violation;

use std::sync::LazyLock;

use serde_json::Value;

use self::field::Field;
use self::path::Trail;
pub use self::path::{Path, Step};
pub use self::violation::{Demand, Violation};
use super::definition;

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
