//! Pods that must run on one node because they share a claim that only one node can mount.
//!
//! Services that share claims form a graph. The Pods of a connected component have one label, and Pod affinity by this
//! label keeps them on one node. An affinity term for each claim is not enough, because Pods on different nodes could
//! satisfy different terms.

use std::collections::{BTreeMap, BTreeSet};

use super::{sharing::Sharing, volumes::DeclaredVolume};
use crate::{
    api::{AccessMode, Mode, Service, StackSpec},
    text::{short_hash, validation::LONGEST_LABEL},
    translate::{Facts, LiveClaim},
};

/// Sets the access mode of claims that do not set it, and the label of each component on its volumes. Returns the labels of
/// services that must share a node. Services of one Pod count as one.
pub(super) fn tie<'a>(
    spec: &'a StackSpec,
    volumes: &mut BTreeMap<&'a str, DeclaredVolume<'a>>,
    sharing: &Sharing<'a>,
    facts: &Facts,
) -> BTreeMap<&'a str, String> {
    let lead = |(service, _): (&'a String, &'a Service)| sharing.lead(service);
    let pods = |leads: BTreeSet<&str>| leads.iter().map(|lead| pods(&spec.services[*lead])).sum::<i64>();
    for (name, volume) in volumes.iter_mut() {
        let mounting = spec.services.iter().filter(|(_, service)| mounts(service, name)).map(lead);
        let is_settled = volume.spec.access_mode.is_some()
            || volume.claim().is_none_or(|claim| facts.claims.contains_key(claim));
        let class = volume.spec.storage_class_name.as_ref();
        if !is_settled
            && class.is_some_and(|class| facts.shared_classes.contains(class))
            && pods(mounting.collect()) > 1
        {
            volume.access_mode = AccessMode::ReadWriteMany;
        }
    }
    let mut claims_of: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, service) in &spec.services {
        let sources = service.volumes.iter().filter_map(|mount| mount.source.as_deref());
        let bound = sources.filter_map(|source| volumes.get(source)).filter(|volume| is_of_one_node(volume));
        let claims: BTreeSet<_> = bound.filter_map(|volume| volume.claim().map(str::to_owned)).collect();
        if !claims.is_empty() {
            claims_of.entry(sharing.lead(name)).or_default().extend(claims);
        }
    }
    let mut tied = BTreeMap::new();
    for claims in components(claims_of.values()) {
        let members: BTreeSet<_> =
            claims_of.iter().filter(|(_, of)| !of.is_disjoint(&claims)).map(|(lead, _)| *lead).collect();
        let shared = pods(members.clone()) > 1;
        let Some(node_group) = name(&claims, shared, &facts.claims) else { continue };
        for volume in volumes.values_mut() {
            if is_of_one_node(volume) && volume.claim().is_some_and(|claim| claims.contains(claim)) {
                volume.node_group = Some(node_group.clone());
            }
        }
        // A Pod on each node and all Pods on one node exclude each other.
        let movable = spec.services.iter().filter(|(name, _)| {
            let lead = sharing.lead(name);
            members.contains(lead) && !is_everywhere(&spec.services[lead])
        });
        tied.extend(movable.map(|(name, _)| (name.as_str(), node_group.clone())));
    }
    tied
}

fn mounts(service: &Service, volume: &str) -> bool {
    service.volumes.iter().any(|mount| mount.source.as_deref() == Some(volume))
}

/// Returns the number of Pods of a service when it runs. It does not depend on whether the service runs now, so starting it
/// does not replace other Pods.
fn pods(service: &Service) -> i64 {
    let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas).unwrap_or(1);
    i64::from(replicas.max(1))
}

/// Reports whether the service has one container on each node.
pub(super) fn is_everywhere(service: &Service) -> bool {
    let mode = service.deploy.as_ref().and_then(|deploy| deploy.mode);
    matches!(mode, Some(Mode::Global | Mode::GlobalJob))
}

fn is_of_one_node(volume: &DeclaredVolume<'_>) -> bool {
    volume.access_mode == AccessMode::ReadWriteOnce
}

/// Returns the connected components of the graph of claims. Claims that one service mounts are connected.
fn components<'a>(services: impl Iterator<Item = &'a BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    let mut components: Vec<BTreeSet<String>> = Vec::new();
    for claims in services {
        let (joined, apart): (Vec<_>, Vec<_>) =
            components.into_iter().partition(|component| !component.is_disjoint(claims));
        components = apart;
        components.push(joined.into_iter().flatten().chain(claims.iter().cloned()).collect());
    }
    components
}

/// Returns the label of a component. It is the label of its oldest claim, so that Pods are not replaced when another service
/// joins or leaves. A claim that was never shared has no label, and a component of one Pod needs none.
fn name(claims: &BTreeSet<String>, shared: bool, live: &BTreeMap<String, LiveClaim>) -> Option<String> {
    let written = claims.iter().filter_map(|name| {
        let claim = live.get(name)?;
        Some((claim.created, name, claim.node_group.as_ref()?))
    });
    if let Some((_, _, node_group)) = written.min() {
        return Some(node_group.clone());
    }
    let first = claims.first().filter(|_| shared)?;
    // The name of an external claim can be longer than a label.
    Some(if first.len() <= LONGEST_LABEL { first.clone() } else { short_hash(first) })
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prelude::*, sample::select};
    use serde_json::json;

    use super::*;
    use crate::{
        api::Stack,
        translate::{
            findings::{Findings, Grants},
            resolve::volumes::{Origin, volumes},
        },
    };

    const CLAIMS: [&str; 5] = ["a", "b", "c", "d", "e"];

    /// The claims that each service mounts, and how many pods it has.
    type Graph = BTreeMap<String, (BTreeSet<&'static str>, i32)>;

    fn graph() -> impl Strategy<Value = Graph> {
        let mounts = collection::btree_set(select(CLAIMS.to_vec()), 0..3);
        collection::btree_map("[q-z]", (mounts, prop_oneof![5 => 1..2_i32, 1 => 0..4_i32]), 0..6)
    }

    fn stack(graph: &Graph) -> Stack {
        let service = |(name, (claims, replicas)): (&String, &(BTreeSet<&str>, i32))| {
            let mounts: Vec<_> =
                claims.iter().map(|claim| json!({"source": claim, "target": format!("/{claim}")})).collect();
            (name.clone(), json!({"image": "i", "volumes": mounts, "deploy": {"replicas": replicas}}))
        };
        let services: serde_json::Map<_, _> = graph.iter().map(service).collect();
        let volumes: serde_json::Map<_, _> =
            CLAIMS.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        let spec = json!({"services": services, "volumes": volumes});
        Stack::new("s", serde_json::from_value(spec).unwrap())
    }

    /// What each service is tied to, and the claims as they are on the cluster after that.
    fn shared(stack: &Stack, facts: &Facts) -> (BTreeMap<String, String>, Facts) {
        let grants = Grants { privileges: &facts.privileges, namespace: None };
        let mut volumes = volumes(("s", stack), facts, grants, &Findings::default());
        let tied = tie(&stack.spec, &mut volumes, &Sharing::default(), facts);
        let tied = tied.into_iter().map(|(service, name)| (service.to_owned(), name)).collect();
        let mut after = facts.clone();
        for (at, volume) in volumes.values().enumerate() {
            let Origin::Claim(name) = &volume.origin else { continue };
            let created = i64::try_from(at).unwrap();
            let claim = after.claims.entry(name.clone()).or_insert(LiveClaim {
                of_a_stack: true,
                created,
                ..LiveClaim::default()
            });
            claim.access_mode = Some(volume.access_mode);
            claim.node_group = volume.node_group.clone().or(claim.node_group.take());
        }
        (tied, after)
    }

    /// The services that reach each other over claims, found by walking from each of them.
    fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::from([from.to_owned()]);
        loop {
            let claims: BTreeSet<_> = reached.iter().flat_map(|name| &graph[name].0).collect();
            let more: BTreeSet<_> = graph
                .iter()
                .filter(|(name, (of, _))| {
                    reached.contains(*name) || of.iter().any(|claim| claims.contains(claim))
                })
                .map(|(name, _)| name.clone())
                .collect();
            if more == reached {
                return reached;
            }
            reached = more;
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn services_are_tied_if_and_only_if_claims_lead_from_one_to_the_other(graph in graph()) {
            let (tied, _) = shared(&stack(&graph), &Facts::default());
            for (one, (claims, _)) in &graph {
                let peers = reached(&graph, one);
                let pods: i32 = peers.iter().map(|peer| graph[peer].1.max(1)).sum();
                prop_assert_eq!(tied.contains_key(one), pods > 1 && !claims.is_empty());
                for other in graph.keys().filter(|_| tied.contains_key(one)) {
                    prop_assert_eq!(tied.get(one) == tied.get(other), peers.contains(other));
                }
            }
        }

        #[test]
        fn who_joins_and_leaves_a_shared_volume_rolls_nobody_else(
            graph in graph(), claim in select(CLAIMS.to_vec()),
        ) {
            let (before, facts) = shared(&stack(&graph), &Facts::default());
            let mut more = graph.clone();
            more.insert("a-joins".to_owned(), (BTreeSet::from([claim]), 1));
            let (with, facts) = shared(&stack(&more), &facts);
            for (service, node_group) in &before {
                prop_assert_eq!(with.get(service), Some(node_group));
            }
            let (without, _) = shared(&stack(&graph), &facts);
            for service in graph.keys() {
                prop_assert_eq!(with.get(service), without.get(service));
            }
        }
    }
}
