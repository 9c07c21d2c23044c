//! What a Stack's translation needs to know of the cluster, from what the watches hold and from a
//! look at the objects that it names.

use std::{collections::BTreeSet, sync::Arc};

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;

use super::context::Context;
use crate::{
    api::{ServiceState, StackSpec},
    cluster::{StackKey, lock},
    plan::{ChildState, Memory, Observed, rolled_out},
    translate::{Facts, LiveService, ObjectKind, named_objects},
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
    let mut facts = Facts { version: context.version, powers, ..Facts::default() };
    for (kind, name) in named {
        if let Some(keys) = object_keys(context, &key.namespace, kind, &name).await? {
            facts.objects.insert((kind, name), keys.as_ref().clone());
        }
    }
    for ((_, name), child) in &observed.children {
        match &child.state {
            ChildState::Service(service) => {
                let live = LiveService {
                    headless: service.headless,
                    publishes_not_ready: service.publishes_not_ready,
                };
                facts.live_services.insert(name.clone(), live);
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
    }
    facts.completed.extend(ended_well(observed));
    // The annotation may have been taken off; the status remembers too.
    let completed = memory.values().filter(|service| service.state == ServiceState::Completed);
    facts.completed.extend(completed.filter_map(|it| Some((it.name.clone(), it.template.clone()?))));
    Ok(facts)
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

async fn object_keys(
    context: &Context,
    namespace: &str,
    kind: ObjectKind,
    name: &str,
) -> Result<Option<Arc<BTreeSet<String>>>, kube::Error> {
    let Some(version) = lock(&context.index).object_version(namespace, kind, name) else { return Ok(None) };
    let key = (namespace.to_owned(), kind, name.to_owned());
    if let Some(known) = context.known_keys(&key, version) {
        return Ok(Some(known));
    }
    let client = context.client.clone();
    // Only the names of the keys are kept: no value is ever held.
    let keys: Option<BTreeSet<String>> = match kind {
        ObjectKind::ConfigMap => {
            Api::<ConfigMap>::namespaced(client, namespace).get_opt(name).await?.map(|map| {
                map.data
                    .unwrap_or_default()
                    .into_keys()
                    .chain(map.binary_data.unwrap_or_default().into_keys())
                    .collect()
            })
        }
        ObjectKind::Secret => Api::<Secret>::namespaced(client, namespace)
            .get_opt(name)
            .await?
            .map(|secret| secret.data.unwrap_or_default().into_keys().collect()),
    };
    let Some(keys) = keys.map(Arc::new) else { return Ok(None) };
    context.learn_keys(key, version, Arc::clone(&keys));
    Ok(Some(keys))
}
