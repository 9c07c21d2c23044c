//! Builder of NetworkPolicies for networks, published ports and internal networks.
//!
//! Pods of a network have a label, and can connect to each other. Templates of earlier editions have a shorter label for
//! networks of the Stack, and keep it until their service changes. So the Pods of a network have the short label, the long
//! one, or each label on some Pods. In the last case, two policies select the Pods of each label, and allow traffic from
//! both. The short label then counts only together with the label of the Stack.
//!
//! The policies of the two labels have different names. If one policy changed its selector, the Pods of the other label would
//! be selected by no policy, and so be open, until the second policy exists.

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
    text::names::{internal_name, published_name},
    translate::{
        Activity, Facts, Kind,
        resolve::{Resolved, ResolvedService},
    },
};

/// The labels of the Pods of a network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Bear {
    /// Only the short label.
    Short,
    /// The short label on some Pods, and the long label on others.
    Both,
    /// Only the long label.
    Long,
}

/// The networks of services that are not inactive.
pub(super) struct Networks<'r> {
    resolved: &'r Resolved<'r>,
    bear: BTreeMap<&'r str, Bear>,
}

impl<'r> Networks<'r> {
    /// Determines the labels of the Pods of each network, from the templates of the units and the live Pods.
    pub(super) fn of(
        resolved: &'r Resolved<'r>,
        facts: &Facts,
        made: &[(Vec<&'r ResolvedService<'r>>, Template)],
    ) -> Self {
        let wanted: BTreeSet<_> = made.iter().map(|(_, template)| &template.hash).collect();
        // Pods of an earlier template can have either label.
        let has_others = facts.live_templates.iter().any(|hash| !wanted.contains(hash));
        let mut editions: BTreeMap<&str, BTreeSet<Edition>> = BTreeMap::new();
        for (services, template) in made {
            let Some(lead) = services.first() else { continue };
            for service in services.iter().filter(|service| service.own.activity != Activity::Inactive) {
                for network in &service.pod.networks {
                    editions.entry(network).or_default().extend(has_pods(lead).then_some(template.edition));
                }
            }
        }
        let bear = editions.into_iter().map(|(network, editions)| {
            // Without the policy of a label, no Pod has the label.
            let may_have = |name: &String| has_others && facts.live_policies.contains(name);
            let has = |long: bool| editions.iter().any(|edition| edition.has_long_network_labels() == long);
            let has_short = has(false) || may_have(&short_name(resolved, network));
            let bear = match (has_short, has(true) || may_have(&long_name(resolved, network))) {
                _ if resolved.shared_name(network).is_some() => Bear::Short,
                (true, true) => Bear::Both,
                (true, false) => Bear::Short,
                (false, true) => Bear::Long,
                // Without Pods, the existing policy stays.
                (false, false) if facts.live_policies.contains(&short_name(resolved, network)) => Bear::Short,
                (false, false) => Bear::Long,
            };
            (network, bear)
        });
        Self { bear: bear.collect(), resolved }
    }

    /// Builds the policies of networks, which allow traffic between the Pods of a network. Every Pod has a network, so all
    /// other traffic to Pods is denied.
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

    /// Returns the peers of a network.
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

    /// Builds the policy of a service that has only internal networks. It allows traffic only to peers and to DNS.
    pub(super) fn internal(&self, service: &ResolvedService<'_>) -> Option<NetworkPolicy> {
        let resolved = self.resolved;
        // The order is that of labels. Several networks can have one label.
        let networks: BTreeMap<_, _> =
            service.pod.networks.iter().map(|it| (self.label(it, Edition::First), *it)).collect();
        let dns = NetworkPolicyPeer {
            namespace_selector: Some(selector(labels([("kubernetes.io/metadata.name", "kube-system")]))),
            ..NetworkPolicyPeer::default()
        };
        // A rule without peers allows all traffic.
        if service.pod.only_internal && service.pod.networks.is_empty() {
            return Some(nothing(resolved, service));
        }
        service.pod.only_internal.then(|| NetworkPolicy {
            metadata: resolved.metadata_of(service, resolved.object_name(&internal_name(service.own.name))),
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

/// Reports whether a service can have Pods. A stopped DaemonSet or Job has no workload.
fn has_pods(lead: &ResolvedService<'_>) -> bool {
    match lead.own.activity {
        Activity::Active => true,
        Activity::Stopped => !matches!(lead.pod.kind, Kind::Job | Kind::DaemonSet),
        Activity::Inactive => false,
    }
}

/// Returns the name of the policy of Pods with the short label.
fn short_name(resolved: &Resolved<'_>, network: &str) -> String {
    resolved.object_name(network)
}

/// Returns the name of the policy of Pods with the long label. Only these names have a dot.
fn long_name(resolved: &Resolved<'_>, network: &str) -> String {
    format!("{}.network", resolved.object_name(network))
}

/// Builds the policy that allows all traffic to the published ports of a service and the ports of its routes, if it has any.
/// An Ingress controller can run anywhere, so routes allow traffic from everywhere.
pub(super) fn published(resolved: &Resolved<'_>, service: &ResolvedService<'_>) -> Option<NetworkPolicy> {
    let targets: BTreeSet<_> = service.opened_ports().collect();
    let ports =
        targets.into_iter().map(|target| port(target.port.into(), target.protocol)).collect::<Vec<_>>();
    (!ports.is_empty()).then(|| NetworkPolicy {
        metadata: resolved.metadata_of(service, resolved.object_name(&published_name(service.own.name))),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(selector(resolved.pods_of(service))),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ingress: Some(vec![NetworkPolicyIngressRule { from: None, ports: Some(ports) }]),
            egress: None,
        }),
    })
}

/// Builds the policy of a service without a network, which denies all traffic.
fn nothing(resolved: &Resolved<'_>, service: &ResolvedService<'_>) -> NetworkPolicy {
    NetworkPolicy {
        metadata: resolved.metadata_of(service, resolved.object_name(&internal_name(service.own.name))),
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
