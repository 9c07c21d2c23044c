//! `stackwright crds`: the CustomResourceDefinition of Stack.

use super::terminal::print;
use crate::api;

/// Returns the CustomResourceDefinition as YAML, as `crds/` and the charts contain it.
///
/// # Errors
/// When the CustomResourceDefinition cannot be serialized, which a test excludes.
pub fn yaml() -> anyhow::Result<String> {
    Ok(serde_saphyr::to_string(&api::definition())?)
}

pub(super) fn run() -> anyhow::Result<()> {
    print(&yaml()?)
}
