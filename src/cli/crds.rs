//! `stackwright crds`

use crate::api;

/// The CRD as YAML, as it stands in `crds/` and in the chart.
///
/// # Errors
/// Never in practice: the CRD always serialises.
pub fn yaml() -> anyhow::Result<String> {
    Ok(serde_saphyr::to_string(&api::definition())?)
}

pub(super) fn run() -> anyhow::Result<()> {
    print!("{}", yaml()?);
    Ok(())
}
