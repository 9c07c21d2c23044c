//! Resolution of a Stack to [`Resolved`]: looks up names, reads values and collects problems. Builders get only a
//! [`Resolved`], so they cannot fail.
//!
//! `draft` reads each service by itself, and `pods` brings the services of each Pod into agreement.

mod activity;
mod agreement;
mod budget;
mod capabilities;
mod context;
mod dependencies;
mod devices;
mod draft;
mod environment;
mod external;
mod file_keys;
mod health;
mod hooks;
mod host;
mod image;
mod ingress;
mod jobs;
mod kind;
mod labels;
mod mounts;
mod naming;
mod node_use;
mod placement;
mod pod_order;
mod pods;
mod ports;
mod pre_start;
mod reads;
mod resolved;
mod resolver;
mod resources;
mod same_node;
mod security;
mod service;
mod shared_names;
mod sharing;
mod shutdown;
mod siblings;
mod stage;
mod update;
mod user;
mod volumes;
mod writers;

use std::collections::BTreeMap;

use activity::is_inactive;
use context::Context;
use draft::draft;
use pods::agreed;
use shared_names::SharedNames;
use sharing::Sharing;
use siblings::Siblings;

use super::{
    Activity, Facts, Invalid,
    findings::{Findings, Grants},
};
use crate::api::Stack;

pub use activity::activity;
#[cfg(test)]
pub(super) use budget::objects as count_objects;
pub(super) use devices::{kind as kind_of_device, target as target_of_device};
pub(super) use file_keys::CONTENT;
pub(super) use health::Health;
pub(super) use hooks::HookBefore;
pub(super) use ingress::Route;
pub use jobs::join_jobs;
pub(super) use jobs::{joined, path as path_of_job, with_paths};
pub(super) use kind::Restart;
pub use kind::one_shots_by_default;
pub(super) use mounts::{Copied, HelperTasks, OpenedFolder, ProjectFiles};
pub(super) use placement::{HOST_NAME, Placement, node_labels};
pub(super) use ports::{KnownPort, Published, has_too_many_for_nodes};
pub(super) use pre_start::Before;
pub(super) use reads::Read;
pub(super) use resolved::Resolved;
pub(super) use resources::Resources;
pub(super) use service::ResolvedService;
pub(super) use sharing::shares_processes;
pub(super) use shutdown::{Command, is_shell};
pub(super) use stage::Stage;
pub(super) use update::AtOnce;
pub(super) use user::{Owner, User};
pub(super) use volumes::{DeclaredVolume, Origin, VOLUME_SIZE};

/// Resolves a Stack.
///
/// # Errors
/// Returns all problems of the spec.
pub(super) fn resolve<'a>(stack: &'a Stack, facts: &'a Facts) -> Result<Resolved<'a>, Invalid> {
    // Without a name, `check_names` reports the problem.
    let (name, spec) = (stack.metadata.name.as_deref().unwrap_or(""), &stack.spec);
    let findings = Findings::default();
    let grants = Grants { privileges: &facts.privileges, namespace: stack.metadata.namespace.as_deref() };
    let memory = budget::check_spec(spec, facts)?;
    let siblings = Siblings::of(spec);
    budget::check_ports(spec, &siblings, facts, &memory)?;
    naming::check_names(name, spec, &findings);
    file_keys::check_declarations(spec, &findings);
    jobs::check(spec, &findings);
    let sharing = Sharing::of(spec, |name| is_inactive(&spec.services[name], spec), &findings);
    let mut volumes = volumes::volumes((name, stack), facts, grants, &findings);
    let node_groups = same_node::tie(spec, &mut volumes, &sharing, facts);
    let writers = writers::writers(spec, facts);
    let context = Context {
        stack: name,
        grants,
        findings: &findings,
        spec,
        siblings: &siblings,
        sharing: &sharing,
        facts,
        node_groups: &node_groups,
        volumes: &volumes,
        writers: &writers,
    };
    let drafts: BTreeMap<&str, _> =
        spec.services.iter().map(|(name, service)| (name.as_str(), draft(&context, name, service))).collect();
    budget::check_services(&volumes, &drafts, facts)?;
    let services = agreed(&context, drafts);
    let active = || services.values().filter(|service| service.own.activity != Activity::Inactive);
    let units = dependencies::dependencies(spec, &services, &sharing, &findings);
    ingress::check_routes(active().map(|service| (service.own.name, service.own.spec)), &findings);
    let external_links = external::external_links(&services, grants, &findings);
    naming::check_clashes(name, spec, &volumes, &services, &findings);
    let shared_names = SharedNames::of(spec, &services, &findings);
    shared_names.check(&findings);
    let running = services.values().filter(|service| service.own.activity == Activity::Active);
    ports::check_published(
        running.map(|service| (service.own.name, service.own.published.as_slice())),
        &findings,
    );
    findings.check()?;

    let seeds = active().flat_map(|service| &service.own.mounts.tasks.seeds);
    mounts::report_not_seeded(seeds, facts, &findings);
    let names = shared_names.into_names(&services, &findings);
    let approximations = findings.into_approximations();
    let resolved = Resolved { stack, name, services, units, names, external_links, volumes, approximations };
    budget::check(&resolved, facts)?;
    Ok(resolved)
}
