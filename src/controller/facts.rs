//! What a Stack's translation needs to know of the cluster, from what the watches hold and from a
//! look at the objects that it names.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;

use super::context::{Context, Keys};
use crate::{
    api::{ServiceState, StackSpec},
    cluster::{StackKey, lock},
    plan::{ChildState, Memory, Observed, rolled_out},
    translate::{
        Facts, Kind, LiveClaim, LiveService, LiveWorkload, ObjectKind, content_digest, named_objects,
    },
};

/// Gathers the facts. An object that a Stack names is read once for each of its versions.
///
/// # Errors
/// When the API server cannot be asked.
pub(super) async fn gather(
    context: &Context,
    key: &StackKey,
    spec: &StackSpec,
    observed: &Observed,
    memory: &Memory,
) -> Result<Facts, kube::Error> {
    let named = named_objects(spec);
    let powers = {
        let mut index = lock(&context.index);
        index.set_reads(key, &named);
        index.powers(key)
    };
    let mut facts = Facts { powers, version: context.oldest.get(), ..context.facts.clone() };
    for (kind, name) in named {
        let Some(seen) = lock(&context.index).object(&key.namespace, kind, &name) else { continue };
        if kind == ObjectKind::PersistentVolumeClaim {
            let claim = LiveClaim { of_a_stack: seen.of_a_stack, ..LiveClaim::default() };
            facts.claims.insert(name, claim);
        } else if let Some(keys) = object_keys(context, &key.namespace, kind, &name, seen.version).await? {
            if kind == ObjectKind::Secret {
                facts.hash_keys.insert(name.clone(), seen.hash_key);
            }
            facts.objects.insert((kind, name), keys.as_ref().clone());
        }
    }
    add_live(&mut facts, observed, memory);
    Ok(facts)
}

/// Adds what of the Stack's own children and of its status decides how it is translated again.
pub(super) fn add_live(facts: &mut Facts, observed: &Observed, memory: &Memory) {
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
                    together: claim.together.clone(),
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
        facts.live_templates.extend(child.state.template().map(str::to_owned));
        if *kind == Kind::NetworkPolicy {
            facts.live_policies.insert(name.clone());
        }
    }
    let pods = observed.pods.iter().filter(|pod| !pod.ended);
    facts.live_templates.extend(pods.filter_map(|pod| pod.template.clone()));
    facts.live_workloads = live_workloads(observed);
    let let_through = memory.iter().filter_map(|(name, it)| Some((name.clone(), it.template.clone()?)));
    facts.let_through = let_through.collect();
    facts.completed.extend(ended_well(observed));
    // The annotation may have been taken off; the status remembers too.
    let completed = memory.values().filter(|service| service.state == ServiceState::Completed);
    facts.completed.extend(completed.filter_map(|it| Some((it.name.clone(), it.template.clone()?))));
}

/// Services whose every pod has ended with exit code 0, with the template of those pods.
fn ended_well(observed: &Observed) -> impl Iterator<Item = (String, String)> {
    let services: BTreeSet<&str> = observed.pods.iter().map(|pod| pod.service.as_str()).collect();
    services.into_iter().filter_map(|service| {
        // A pod that is kept running never ends by itself: one that has was evicted.
        let pods: Vec<_> = observed.live_pods(service).collect();
        let template = pods.first()?.template.clone()?;
        let all = pods.iter().all(|pod| {
            pod.template.as_deref() == Some(template.as_str())
                && pod.last_exit.as_ref().is_some_and(|(code, _)| *code == 0)
        });
        all.then(|| (service.to_owned(), template))
    })
}

/// What the services' workloads bear. One that is on its way out speaks only where no other does.
fn live_workloads(observed: &Observed) -> BTreeMap<String, LiveWorkload> {
    let mut children: Vec<_> = observed.children.values().collect();
    children.sort_by_key(|child| !child.deleting);
    let workloads = children.into_iter().filter_map(|child| {
        let (template, made_with) = match &child.state {
            ChildState::Workload(workload) => (&workload.template, &workload.made_with),
            ChildState::Job(job) => (&job.template, &job.made_with),
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

async fn object_keys(
    context: &Context,
    namespace: &str,
    kind: ObjectKind,
    name: &str,
    version: u64,
) -> Result<Option<Keys>, kube::Error> {
    let key = (namespace.to_owned(), kind, name.to_owned());
    if let Some(known) = context.known_keys(&key, version) {
        return Ok(Some(known));
    }
    let client = context.client.clone();
    let digests: Option<BTreeMap<String, String>> = if kind == ObjectKind::Secret {
        let secret = Api::<Secret>::namespaced(client, namespace).get_opt(name).await?;
        secret.map(|secret| {
            digests(secret.data.unwrap_or_default().iter().map(|(key, value)| (key, &value.0[..])))
        })
    } else {
        let map = Api::<ConfigMap>::namespaced(client, namespace).get_opt(name).await?;
        map.map(|map| {
            let (texts, bytes) = (map.data.unwrap_or_default(), map.binary_data.unwrap_or_default());
            let texts = texts.iter().map(|(key, text)| (key, text.as_bytes()));
            digests(texts.chain(bytes.iter().map(|(key, value)| (key, &value.0[..]))))
        })
    };
    let Some(digests) = digests.map(Arc::new) else { return Ok(None) };
    context.learn_keys(key, version, Arc::clone(&digests));
    Ok(Some(digests))
}

fn digests<'a>(values: impl Iterator<Item = (&'a String, &'a [u8])>) -> BTreeMap<String, String> {
    values.map(|(key, value)| (key.clone(), content_digest(value))).collect()
}
