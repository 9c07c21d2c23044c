//! Violations of the schema.

use super::path::Path;

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
