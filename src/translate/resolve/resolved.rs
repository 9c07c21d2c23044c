//! A resolved Stack.

use std::collections::BTreeMap;

use super::{service::ResolvedService, shared_names::DnsNames, volumes::DeclaredVolume};
use crate::{api::Stack, translate::Approximation};

/// A Stack that has passed all checks.
pub(in crate::translate) struct Resolved<'a> {
    pub stack: &'a Stack,
    pub name: &'a str,
    /// The services by name.
    pub services: BTreeMap<&'a str, ResolvedService<'a>>,
    /// The services of each unit. The first service names the unit. A unit comes after its dependencies.
    pub units: Vec<Vec<&'a str>>,
    /// The additional DNS names of services.
    pub names: DnsNames<'a>,
    /// The target of each external link, by name.
    pub external_links: BTreeMap<&'a str, &'a str>,
    /// The declared volumes by name.
    pub volumes: BTreeMap<&'a str, DeclaredVolume<'a>>,
    pub approximations: Vec<Approximation>,
}
