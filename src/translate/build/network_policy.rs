//! Networks, published ports and internal networks -> NetworkPolicies.
//!
//! The pods of a network reach each other by a label. Templates of earlier editions bear a shorter one for the Stack's
//! own networks, and keep it until their service changes. So a network is in one of three states: all of its pods bear
//! the short label, all bear the long one, or each is there. In between two policies select the two kinds of pods,
//! and let in both; the short label then counts with the Stack's own, which no other Stack's pods bear.
//!
//! The policies of the two labels have names of their own. A policy that changed its selector in place would leave
//! the pods of the other label selected by nobody, and open, until the second one is there.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{
    edition::Edition,
    metadata::{Labels, labels, selector},
    pod::Template,
};
use crate::{
    api::Protocol,
    translate::{
        Activity, Facts, Kind,
        names::{internal_name, published_name},
        resolve::{Resolved, ResolvedService},
    },
};

/// The labels that the pods of a network bear.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Bear {
    /// The short one alone.
    Short,
    /// Some the short and some the long one.
    Both,
    /// The long one alone.
    Long,
}

/// The networks of services that are not inactive.
pub(super) struct Networks<'r> {
    resolved: &'r Resolved<'r>,
    bear: BTreeMap<&'r str, Bear>,
}

impl<'r> Networks<'r> {
    /// What the pods of each network bear, by the templates of the units and by what is on the cluster.
    pub(super) fn of(
        resolved: &'r Resolved<'r>,
        facts: &Facts,
        made: &[(Vec<&'r ResolvedService<'r>>, Template)],
    ) -> Self {
        let wanted: BTreeSet<&String> = made.iter().map(|(_, template)| &template.hash).collect();
        // Pods of a template that is on its way out, whatever label they bear.
        let has_others = facts.live_templates.iter().any(|hash| !wanted.contains(hash));
        let mut editions: BTreeMap<&str, BTreeSet<Edition>> = BTreeMap::new();
        for (services, template) in made {
            let Some(lead) = services.first() else { continue };
            for service in services.iter().filter(|service| service.activity != Activity::Inactive) {
                for network in &service.networks {
                    editions.entry(network).or_default().extend(has_pods(lead).then_some(template.edition));
                }
            }
        }
        let bear = editions.into_iter().map(|(network, editions)| {
            // Without its policy there have never been pods of a label.
            let may_have = |name: &String| has_others && facts.live_policies.contains(name);
            let has = |long: bool| editions.iter().any(|edition| edition.has_long_network_labels() == long);
            let has_short = has(false) || may_have(&short_name(resolved, network));
            let bear = match (has_short, has(true) || may_have(&long_name(resolved, network))) {
                _ if resolved.shared_name(network).is_some() => Bear::Short,
                (true, true) => Bear::Both,
                (true, false) => Bear::Short,
                (false, true) => Bear::Long,
                // Nobody is there, and the policy that is needs no change.
                (false, false) if facts.live_policies.contains(&short_name(resolved, network)) => Bear::Short,
                (false, false) => Bear::Long,
            };
            (network, bear)
        });
        Self { bear: bear.collect(), resolved }
    }

    /// The policies of the networks: the pods of each are reached by its pods. Every pod is on a network, so whoever
    /// shares none with it is shut out.
    pub(super) fn policies(&self) -> Vec<NetworkPolicy> {
        let of_network = |(network, bear): (&&str, &Bear)| {
            let short = (*bear != Bear::Long).then(|| {
                let name = short_name(self.resolved, network);
                self.policy(network, name, self.label(network, Edition::First))
            });
            let long = (*bear != Bear::Short).then(|| {
                let name = long_name(self.resolved, network);
                self.policy(network, name, self.label(network, Edition::NEWEST))
            });
            [short, long]
        };
        self.bear.iter().flat_map(of_network).flatten().collect()
    }

    fn policy(&self, network: &str, name: String, pods: Labels) -> NetworkPolicy {
        NetworkPolicy {
            metadata: self.resolved.metadata(name),
            spec: Some(NetworkPolicySpec {
                pod_selector: Some(selector(pods)),
                policy_types: Some(vec!["Ingress".to_owned()]),
                ingress: Some(vec![NetworkPolicyIngressRule {
                    from: Some(self.peers(network)),
                    ports: None,
                }]),
                egress: None,
            }),
        }
    }

    /// The pods of a network.
    fn peers(&self, network: &str) -> Vec<NetworkPolicyPeer> {
        let (short, long) = (self.label(network, Edition::First), self.label(network, Edition::NEWEST));
        let of_stack = || short.clone().into_iter().chain(self.resolved.of_stack()).collect();
        match self.bear.get(network) {
            Some(Bear::Short) => vec![pods(short)],
            Some(Bear::Both) => vec![pods(long), pods(of_stack())],
            Some(Bear::Long) | None => vec![pods(long)],
        }
    }

    fn label(&self, network: &str, edition: Edition) -> Labels {
        [(self.resolved.network_label(network, edition), String::new())].into()
    }

    /// The policy that keeps a service inside its networks, if all of them are internal: it reaches its
    /// peers and DNS.
    pub(super) fn internal(&self, service: &ResolvedService<'_>) -> Option<NetworkPolicy> {
        let resolved = self.resolved;
        // In the order of the labels, which names of networks do not have; several may be of one label.
        let networks: BTreeMap<_, _> =
            service.networks.iter().map(|it| (self.label(it, Edition::First), *it)).collect();
        let dns = NetworkPolicyPeer {
            namespace_selector: Some(selector(labels([("kubernetes.io/metadata.name", "kube-system")]))),
            ..NetworkPolicyPeer::default()
        };
        // A rule without a peer would let everything out.
        if service.only_internal && service.networks.is_empty() {
            return Some(nothing(resolved, service));
        }
        service.only_internal.then(|| NetworkPolicy {
            metadata: resolved.metadata_of(service, resolved.object_name(&internal_name(service.name))),
            spec: Some(NetworkPolicySpec {
                pod_selector: Some(selector(resolved.pods_of(service))),
                policy_types: Some(vec!["Egress".to_owned()]),
                ingress: None,
                egress: Some(vec![
                    NetworkPolicyEgressRule {
                        to: Some(networks.into_values().flat_map(|network| self.peers(network)).collect()),
                        ports: None,
                    },
                    NetworkPolicyEgressRule {
                        to: Some(vec![dns]),
                        ports: Some(vec![port(53, Protocol::Udp), port(53, Protocol::Tcp)]),
                    },
                ]),
            }),
        })
    }
}

/// Whether there may be pods of a service: a DaemonSet or Job that is stopped is none.
fn has_pods(lead: &ResolvedService<'_>) -> bool {
    match lead.activity {
        Activity::Active => true,
        Activity::Stopped => !matches!(lead.kind, Kind::Job | Kind::DaemonSet),
        Activity::Inactive => false,
    }
}

/// The name of the policy of the pods that bear the short label.
fn short_name(resolved: &Resolved<'_>, network: &str) -> String {
    resolved.object_name(network)
}

/// The name of the policy of the pods that bear the long label: no other has a dot.
fn long_name(resolved: &Resolved<'_>, network: &str) -> String {
    format!("{}.network", resolved.object_name(network))
}

/// The policy by which everyone reaches the published ports of a service, and those that routes
/// lead to, if it has any. Who asks for a route is a controller that may run anywhere.
pub(super) fn published(resolved: &Resolved<'_>, service: &ResolvedService<'_>) -> Option<NetworkPolicy> {
    let targets: BTreeSet<_> = service.opened_ports().collect();
    let ports = targets.into_iter().map(|(target, protocol)| port(target, protocol)).collect::<Vec<_>>();
    (!ports.is_empty()).then(|| NetworkPolicy {
        metadata: resolved.metadata_of(service, resolved.object_name(&published_name(service.name))),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(selector(resolved.pods_of(service))),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ingress: Some(vec![NetworkPolicyIngressRule { from: None, ports: Some(ports) }]),
            egress: None,
        }),
    })
}

/// The policy of a service without a network: nothing comes in and nothing goes out.
fn nothing(resolved: &Resolved<'_>, service: &ResolvedService<'_>) -> NetworkPolicy {
    NetworkPolicy {
        metadata: resolved.metadata_of(service, resolved.object_name(&internal_name(service.name))),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(selector(resolved.pods_of(service))),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: None,
            egress: None,
        }),
    }
}

fn pods(labels: Labels) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(selector(labels)), ..NetworkPolicyPeer::default() }
}

fn port(number: i32, protocol: Protocol) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(number)),
        protocol: Some(protocol.as_str().to_owned()),
        end_port: None,
    }
}
