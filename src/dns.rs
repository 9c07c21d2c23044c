//! DNS names of several Pods. Docker resolves a name for the network of the client. The cluster DNS has one answer for all
//! clients of a namespace.

use std::collections::{BTreeMap, BTreeSet};

/// A Pod with a DNS name.
#[derive(Clone, Debug)]
pub(crate) struct NamedPod<P, N> {
    /// The Pod.
    pub pod: P,
    /// The networks on which the Pod has the name. A Pod can have a name several times.
    pub networks: BTreeSet<N>,
}

/// The difference between the answers of Docker and that of one Service, which selects all Pods with the name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Difference<P, N> {
    /// Each network with the name resolves it to all Pods.
    None,
    /// On these networks, Docker resolves the name to only some of the Pods. All clients there are also on a network with all
    /// Pods, and so can connect to each.
    MorePods(BTreeSet<N>),
    /// On `network`, Docker resolves the name only to `meant`, and the cluster DNS also to `other`.
    WrongPod {
        /// The network.
        network: N,
        /// A Pod that has the name on the network.
        meant: P,
        /// A Pod that does not.
        other: P,
    },
}

/// Compares the answers of Docker and the cluster DNS for a name.
///
/// `clients` are the networks of each service. A network that is `open` can have other clients, such as one that several
/// Stacks share.
pub(crate) fn difference<'n, P: Copy + Ord, N: Copy + Ord + 'n>(
    named: &[NamedPod<P, N>],
    clients: impl Iterator<Item = &'n BTreeSet<N>>,
    open: impl Fn(N) -> bool,
) -> Difference<P, N> {
    let mut pods: BTreeMap<P, BTreeSet<N>> = BTreeMap::new();
    for one in named {
        pods.entry(one.pod).or_default().extend(&one.networks);
    }
    let mut counts: BTreeMap<N, usize> = BTreeMap::new();
    for network in pods.values().flatten() {
        *counts.entry(*network).or_default() += 1;
    }
    let of = |wanted: fn(usize, usize) -> bool| -> BTreeSet<N> {
        let fitting = counts.iter().filter(|(_, count)| wanted(**count, pods.len()));
        fitting.map(|(network, _)| *network).collect()
    };
    let (all, some) = (of(|count, pods| count == pods), of(|count, pods| count < pods));
    let wrong = if all.is_empty() {
        some.first().copied()
    } else {
        // A client on a network with all Pods can connect to each.
        let asked = clients.filter(|networks| networks.is_disjoint(&all));
        let asked = asked.flatten().copied().filter(|network| some.contains(network));
        some.iter().copied().find(|network| open(*network)).or(asked.min())
    };
    let first = |network: N, has_name: bool| {
        pods.iter().find(|(_, networks)| networks.contains(&network) == has_name).map(|(pod, _)| *pod)
    };
    match wrong.and_then(|network| Some((network, first(network, true)?, first(network, false)?))) {
        Some((network, meant, other)) => Difference::WrongPod { network, meant, other },
        None if some.is_empty() => Difference::None,
        None => Difference::MorePods(some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> BTreeSet<&str> {
        text.split('+').filter(|it| !it.is_empty()).collect()
    }

    /// Pods with the name are written `pod:network+network`, clients `network+network`.
    fn compared(named: &str, clients: &str) -> String {
        let named: Vec<_> = named
            .split_whitespace()
            .filter_map(|one| one.split_once(':'))
            .map(|(pod, on)| NamedPod { pod, networks: networks(on) })
            .collect();
        let clients: Vec<_> = clients.split_whitespace().map(networks).collect();
        match difference(&named, clients.iter(), |network| network == "edge") {
            Difference::None => "same".to_owned(),
            Difference::MorePods(on) => format!("more on {}", on.into_iter().collect::<Vec<_>>().join("+")),
            Difference::WrongPod { network, meant, other } => format!("{network}: {meant}, not {other}"),
        }
    }

    #[test]
    fn a_name_is_right_where_every_network_that_knows_it_has_the_same_pods() {
        for (named, clients, expected) in [
            ("a:x", "x y", "same"),
            ("a:x b:x", "x", "same"),
            ("a:x+y b:x+y", "x y x+y", "same"),
            // A pod that has the name in two ways is one pod.
            ("a:x a:y", "x y", "same"),
            ("a:x b:y", "x y", "x: a, not b"),
            ("a:x b:y", "x+y", "x: a, not b"),
            ("a:x b:x c:y", "x y", "x: a, not c"),
            // A client on y alone means b.
            ("a:x b:x+y", "x y", "y: b, not a"),
            ("a:x b:x+y", "x x+y", "more on y"),
            ("a:x b:x+y", "x z", "more on y"),
            ("a:x+y b:y+z", "y", "more on x+z"),
            ("a:x+y b:y+z", "z", "z: b, not a"),
            // A network that several Stacks share has other clients.
            ("a:x b:x+edge", "x", "edge: b, not a"),
            ("a:edge b:edge", "x", "same"),
            ("", "x", "same"),
        ] {
            assert_eq!(compared(named, clients), expected, "{named} asked on {clients}");
        }
    }
}
