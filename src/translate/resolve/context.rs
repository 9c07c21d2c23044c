//! What services are resolved with.

use std::collections::BTreeMap;

use super::{sharing::Sharing, siblings::Siblings, volumes::DeclaredVolume, writers::Writers};
use crate::{
    api::StackSpec,
    translate::{
        Facts,
        findings::{Findings, Grants},
    },
};

/// The context in which services are resolved.
pub(super) struct Context<'c, 'a> {
    pub stack: &'a str,
    pub grants: Grants<'a>,
    pub findings: &'c Findings,
    pub spec: &'a StackSpec,
    pub siblings: &'c Siblings<'a>,
    pub sharing: &'c Sharing<'a>,
    pub facts: &'a Facts,
    pub volumes: &'c BTreeMap<&'a str, DeclaredVolume<'a>>,
    /// The group of services that must share a node, by service.
    pub node_groups: &'c BTreeMap<&'a str, String>,
    /// The users that write each volume.
    pub writers: &'c BTreeMap<&'a str, Writers>,
}
