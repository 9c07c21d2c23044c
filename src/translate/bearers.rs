//! Names of several services. Docker resolves a name for the network of the client. The cluster DNS has one answer for all
//! clients of a namespace.

use std::collections::{BTreeMap, BTreeSet};

/// A Pod that has a name, with the networks of the name.
#[derive(Clone, Debug)]
pub(crate) struct Bearer<P, N> {
    /// The Pod.
    pub pod: P,
    /// The networks on which the Pod has the name. A Pod can have a name several times.
    pub networks: BTreeSet<N>,
}

/// The comparison of one Service over all Pods of a name with the answers of Docker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Meeting<P, N> {
    /// Each network with the name resolves it to all Pods.
    Same,
    /// On these networks, Docker resolves the name to only some of the Pods. All clients there are also on a network with all
    /// Pods, and so can connect to each.
    Fewer(BTreeSet<N>),
    /// On `network`, Docker resolves the name only to `meant`, and the cluster DNS also to `other`.
    Astray {
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
/// `askers` are the networks of each service. A network that is `open` can have other clients, such as one that several
/// Stacks share.
pub(crate) fn meeting<'n, P: Copy + Ord, N: Copy + Ord + 'n>(
    bearers: &[Bearer<P, N>],
    askers: impl Iterator<Item = &'n BTreeSet<N>>,
    open: impl Fn(N) -> bool,
) -> Meeting<P, N> {
    let mut pods: BTreeMap<P, BTreeSet<N>> = BTreeMap::new();
    for bearer in bearers {
        pods.entry(bearer.pod).or_default().extend(&bearer.networks);
    }
    let mut knowing: BTreeMap<N, usize> = BTreeMap::new();
    for network in pods.values().flatten() {
        *knowing.entry(*network).or_default() += 1;
    }
    let of = |wanted: fn(usize, usize) -> bool| -> BTreeSet<N> {
        let fitting = knowing.iter().filter(|(_, count)| wanted(**count, pods.len()));
        fitting.map(|(network, _)| *network).collect()
    };
    let (all, some) = (of(|count, pods| count == pods), of(|count, pods| count < pods));
    let lost = if all.is_empty() {
        some.first().copied()
    } else {
        // A client on a network with all Pods can connect to each.
        let asked = askers.filter(|networks| networks.is_disjoint(&all));
        let asked = asked.flatten().copied().filter(|network| some.contains(network));
        some.iter().copied().find(|network| open(*network)).or(asked.min())
    };
    let knows = |network: N, knows: bool| {
        pods.iter().find(|(_, networks)| networks.contains(&network) == knows).map(|(pod, _)| *pod)
    };
    match lost.and_then(|network| Some((network, knows(network, true)?, knows(network, false)?))) {
        Some((network, meant, other)) => Meeting::Astray { network, meant, other },
        None if some.is_empty() => Meeting::Same,
        None => Meeting::Fewer(some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> BTreeSet<&str> {
        text.split('+').filter(|it| !it.is_empty()).collect()
    }

    /// Bearers are written `pod:network+network`, askers `network+network`.
    fn met(bearers: &str, askers: &str) -> String {
        let bearers: Vec<_> = bearers
            .split_whitespace()
            .filter_map(|bearer| bearer.split_once(':'))
            .map(|(pod, on)| Bearer { pod, networks: networks(on) })
            .collect();
        let askers: Vec<_> = askers.split_whitespace().map(networks).collect();
        match meeting(&bearers, askers.iter(), |network| network == "edge") {
            Meeting::Same => "same".to_owned(),
            Meeting::Fewer(on) => format!("fewer on {}", on.into_iter().collect::<Vec<_>>().join("+")),
            Meeting::Astray { network, meant, other } => format!("{network}: {meant}, not {other}"),
        }
    }

    #[test]
    fn a_name_is_right_where_every_network_that_knows_it_has_the_same_pods() {
        for (bearers, askers, expected) in [
            ("a:x", "x y", "same"),
            ("a:x b:x", "x", "same"),
            ("a:x+y b:x+y", "x y x+y", "same"),
            // A pod that has the name in two ways is one pod.
            ("a:x a:y", "x y", "same"),
            ("a:x b:y", "x y", "x: a, not b"),
            ("a:x b:y", "x+y", "x: a, not b"),
            ("a:x b:x c:y", "x y", "x: a, not c"),
            // Who asks on y alone means b.
            ("a:x b:x+y", "x y", "y: b, not a"),
            ("a:x b:x+y", "x x+y", "fewer on y"),
            ("a:x b:x+y", "x z", "fewer on y"),
            ("a:x+y b:y+z", "y", "fewer on x+z"),
            ("a:x+y b:y+z", "z", "z: b, not a"),
            // Others ask on a network that several Stacks share.
            ("a:x b:x+edge", "x", "edge: b, not a"),
            ("a:edge b:edge", "x", "same"),
            ("", "x", "same"),
        ] {
            assert_eq!(met(bearers, askers), expected, "{bearers} asked on {askers}");
        }
    }
}
