//! Builders of objects from a [`Resolved`], one for each kind of child. Builders cannot fail, and use only the resolved Stack
//! and the facts.

mod claim;
mod config_map;
mod container;
mod cron_job;
mod daemon_set;
mod deployment;
mod edition;
mod helper;
mod hooks;
mod ingress;
mod job;
mod join;
mod lifecycle;
mod metadata;
mod network_policy;
mod node;
mod placement;
mod pod;
mod pre_start;
mod probes;
mod reads;
mod same_node;
mod sequence;
mod service;
mod settings;
mod stateful_set;
mod unit;

use std::collections::BTreeMap;

pub use helper::helper_image;
use network_policy::Networks;

use super::{Desired, Facts, Object, findings::Findings, resolve::Resolved};
use crate::api::{TemplateHash, VolumePolicy};

/// Builds the desired state of a Stack.
pub(super) fn build(resolved: &Resolved<'_>, facts: &Facts) -> Desired {
    let findings = Findings::default();
    let mut desired = Desired {
        approximations: resolved.approximations.clone(),
        retains_claims: resolved.stack.spec.volume_policy.unwrap_or_default() == VolumePolicy::Retain,
        ..Desired::default()
    };
    desired.shared.extend(config_map::config_maps(resolved).iter().map(Object::from));
    desired.shared.extend(claim::claims(resolved).iter().map(Object::from));
    desired.shared.extend(claim::anonymous(resolved).iter().map(Object::from));
    desired.shared.extend(service::shared_aliases(resolved, facts).iter().map(Object::from));
    desired.shared.extend(service::external(resolved).iter().map(Object::from));

    // Dependencies come first, because a template can have the hashes of their templates.
    let mut templates: BTreeMap<&str, TemplateHash> = BTreeMap::new();
    let mut made = Vec::new();
    for names in &resolved.units {
        let services: Vec<_> = names.iter().map(|name| &resolved.services[name]).collect();
        let template = unit::template_of(resolved, &services, facts, &templates);
        templates.extend(services.iter().map(|service| (service.own.name, template.hash.clone())));
        made.push((services, template));
    }
    let networks = Networks::of(resolved, facts, &made);
    desired.shared.extend(networks.policies().iter().map(Object::from));
    for (services, template) in made {
        let Some((lead, others)) = services.split_first() else { continue };
        if let Some(triggers) = &lead.own.spec.triggers {
            let job = unit::job_unit(resolved, lead, triggers, facts, template, &networks);
            unit::approximate_job(lead, &findings);
            desired.jobs.insert(lead.own.name.to_owned(), job);
            continue;
        }
        let unit = unit::unit(resolved, lead, others, facts, template, &networks);
        for service in &services {
            unit::approximate(service, facts, &unit, &findings);
        }
        desired.units.insert(lead.own.name.to_owned(), unit);
    }
    desired.approximations.extend(findings.into_approximations());
    desired.approximations.sort_by(|a, b| a.path.cmp(&b.path));
    desired
}
