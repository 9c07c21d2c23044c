//! Networks, published ports and internal networks -> NetworkPolicies.

use std::collections::BTreeSet;

use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::metadata::{Labels, labels, selector};
use crate::{
    api::Protocol,
    translate::{
        Activity,
        names::{internal_name, published_name},
        resolve::{Resolved, ResolvedService},
    },
};

/// One policy for each network in use: its pods are reached by its pods. Every pod is on a network,
/// so whoever shares none with it is shut out.
pub(super) fn networks(resolved: &Resolved<'_>) -> Vec<NetworkPolicy> {
    let on_cluster = resolved.services.values().filter(|service| service.activity != Activity::Inactive);
    let in_use: BTreeSet<&str> = on_cluster.flat_map(|service| service.networks.iter().copied()).collect();
    let policy = |network: &str| {
        let members: Labels = [(resolved.network_label(network), String::new())].into();
        NetworkPolicy {
            metadata: resolved.metadata(resolved.object_name(network)),
            spec: Some(NetworkPolicySpec {
                pod_selector: Some(selector(members.clone())),
                policy_types: Some(vec!["Ingress".to_owned()]),
                ingress: Some(vec![NetworkPolicyIngressRule {
                    from: Some(vec![pods(members)]),
                    ports: None,
                }]),
                egress: None,
            }),
        }
    };
    in_use.into_iter().map(policy).collect()
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

/// The policy that keeps a service inside its networks, if all of them are internal: it reaches its
/// peers and DNS.
pub(super) fn internal(resolved: &Resolved<'_>, service: &ResolvedService<'_>) -> Option<NetworkPolicy> {
    let labels_of_networks: BTreeSet<_> =
        service.networks.iter().map(|network| resolved.network_label(network)).collect();
    let members = |label: String| pods([(label, String::new())].into());
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
                    to: Some(labels_of_networks.into_iter().map(members).collect()),
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
