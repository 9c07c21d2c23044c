//! Facts about the cluster that the translation of a Stack depends on, from the index and from the objects that the
//! Stack names.

use std::collections::{BTreeMap, BTreeSet};

use super::{contents::Wanted, context::Context};
use crate::{
    api::{ServiceState, StackKey, StackSpec, TemplateHash},
    cluster::lock,
    plan::{ChildState, LastStatus, Observed, rolled_out},
    translate::{Facts, Kind, LiveClaim, LiveService, LiveWorkload, ObjectKind, named_keys},
};

/// Gathers the facts. An object that a Stack names is read once per resourceVersion.
///
/// # Errors
/// When the API server cannot be asked.
pub(super) async fn gather(
    context: &Context,
    key: &StackKey,
    spec: &StackSpec,
    observed: &Observed,
    memory: &LastStatus,
) -> Result<Facts, kube::Error> {
    let named = named_keys(spec);
    let (privileges, seen) = {
        let mut index = lock(&context.index);
        index.set_reads(key, &named.keys().cloned().collect());
        let seen = named.iter().filter_map(|((kind, name), keys)| {
            Some((*kind, name, keys, index.object(&key.namespace, *kind, name)?))
        });
        let seen: Vec<_> = seen.collect();
        (index.privileges(key), seen)
    };
    let mut facts = Facts { privileges, version: context.oldest.get(), ..context.facts.clone() };
    let mut wanted = Vec::new();
    for (kind, name, keys, seen) in seen {
        if kind == ObjectKind::PersistentVolumeClaim {
            let claim = LiveClaim { of_a_stack: seen.of_a_stack, ..LiveClaim::default() };
            facts.claims.insert(name.clone(), claim);
        } else {
            if kind == ObjectKind::Secret {
                facts.hash_keys.insert(name.clone(), seen.hash_key);
            }
            wanted.push(Wanted { kind, name, version: seen.version, keys });
        }
    }
    facts.objects = context.contents.digests(key, &wanted).await?;
    add_live(&mut facts, observed, memory);
    Ok(facts)
}

/// Adds the facts about the Stack's own children and its status.
pub(super) fn add_live(facts: &mut Facts, observed: &Observed, memory: &LastStatus) {
    for ((kind, name), child) in &observed.children {
        match &child.state {
            ChildState::Service(service) => {
                let live = LiveService {
                    headless: service.headless,
                    publishes_not_ready: service.publishes_not_ready,
                };
                facts.live_services.insert(name.clone(), live);
            }
            ChildState::Claim(claim) => {
                let live = LiveClaim {
                    of_a_stack: true,
                    access_mode: claim.access_mode,
                    node_group: claim.node_group.clone(),
                    created: claim.created,
                };
                facts.claims.insert(name.clone(), live);
            }
            ChildState::Workload(workload) => {
                let Some(service) = &child.service else { continue };
                let wanted = workload.wanted;
                if wanted > 0 && workload.ready >= wanted && rolled_out(workload, wanted) {
                    facts.healthy.insert(service.clone());
                }
                if let Some(template) = &workload.completed {
                    facts.completed.insert(service.clone(), template.clone());
                }
            }
            _ => {}
        }
        facts.live_templates.extend(child.state.template().cloned());
        if *kind == Kind::NetworkPolicy {
            facts.live_policies.insert(name.clone());
        }
    }
    let pods = observed.pods.iter().filter(|pod| !pod.ended);
    facts.live_templates.extend(pods.filter_map(|pod| pod.template.clone()));
    facts.live_workloads = live_workloads(observed);
    let released = memory.iter().filter_map(|(name, it)| Some((name.clone(), it.template.clone()?)));
    facts.released_templates = released.collect();
    facts.completed.extend(ended_well(observed));
    // The status is a second record, since a user can remove the annotation.
    let completed = memory.values().filter(|service| service.state == ServiceState::Completed);
    facts.completed.extend(completed.filter_map(|it| Some((it.name.clone(), it.template.clone()?))));
}

/// Returns the services of which every Pod has ended with exit code 0, with the template of the Pods.
fn ended_well(observed: &Observed) -> impl Iterator<Item = (String, TemplateHash)> {
    let services: BTreeSet<&str> = observed.pods.iter().map(|pod| pod.service.as_str()).collect();
    services.into_iter().filter_map(|service| {
        // A Pod with restartPolicy Always ends only by eviction, so ended Pods are not live Pods.
        let pods: Vec<_> = observed.live_pods(service).collect();
        let template = pods.first()?.template.clone()?;
        let all = pods.iter().all(|pod| pod.template.as_ref() == Some(&template) && pod.succeeded());
        all.then(|| (service.to_owned(), template))
    })
}

/// Returns the live workload of each service. A workload that is being deleted counts only if there is no other.
fn live_workloads(observed: &Observed) -> BTreeMap<String, LiveWorkload> {
    let mut children: Vec<_> = observed.children.values().collect();
    children.sort_by_key(|child| !child.deleting);
    let workloads = children.into_iter().filter_map(|child| {
        let (template, made_with) = match &child.state {
            ChildState::Workload(workload) => (&workload.template, &workload.made_with),
            ChildState::Job(job) => (&job.template, &job.made_with),
            ChildState::CronJob(job) => (&job.template, &job.made_with),
            _ => return None,
        };
        let live = LiveWorkload {
            template: template.clone(),
            reads: made_with.reads.clone(),
            helper_image: made_with.helper_image.clone(),
        };
        Some((child.service.clone()?, live))
    });
    workloads.collect()
}
