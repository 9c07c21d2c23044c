//! A finding of the checks.

use crate::api::schema::Path;
use crate::rules::Rule;

/// A finding about a path of the Stack.
pub(super) struct Finding {
    pub path: Path,
    pub rule: &'static Rule,
    pub detail: String,
}
