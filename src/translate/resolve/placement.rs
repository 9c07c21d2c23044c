//! Where containers may run: Compose's placement, in the terms of nodes.

use k8s_openapi::api::core::v1::NodeSelectorRequirement;

use super::{
    Problems,
    labels::{is_key, is_label_value},
};
use crate::{api::Service, translate::Approximation};

/// What a service asks of the nodes that it runs on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Placement {
    /// What the labels of a node must be.
    pub labels: Vec<NodeSelectorRequirement>,
    /// What the fields of a node must be: its name.
    pub fields: Vec<NodeSelectorRequirement>,
    /// The labels over whose values the containers are spread.
    pub spread: Vec<String>,
    /// How many containers of the service a node takes at most.
    pub per_node: Option<i32>,
}

/// The label that every node bears with its host name.
pub(in crate::translate) const HOST_NAME: &str = "kubernetes.io/hostname";
/// The label of the nodes that run the control plane; what it says is that it is there.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

impl Placement {
    /// Takes in what another service asks that shares the pod: a node must suit both.
    pub(super) fn join(&mut self, other: &Self) {
        fn add<T: Clone + PartialEq>(all: &mut Vec<T>, more: &[T]) {
            for one in more {
                if !all.contains(one) {
                    all.push(one.clone());
                }
            }
        }
        add(&mut self.labels, &other.labels);
        add(&mut self.fields, &other.fields);
        add(&mut self.spread, &other.spread);
        self.per_node = [self.per_node, other.per_node].into_iter().flatten().min();
    }
}

/// Reads a service's `deploy.placement`.
pub(super) fn placement(
    service: &Service,
    path: &str,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> Placement {
    let mut found = Placement::default();
    let Some(given) = service.deploy.as_ref().and_then(|deploy| deploy.placement.as_ref()) else {
        return found;
    };
    let path = format!("{path}.deploy.placement");
    for (index, text) in given.constraints.iter().enumerate() {
        match constraint(text) {
            Ok(Requirement::Label(requirement)) => found.labels.push(requirement),
            Ok(Requirement::Field(requirement)) => found.fields.push(requirement),
            Err(message) => problems.value(format!("{path}.constraints[{index}]"), message),
        }
    }
    for (index, text) in given.spread.iter().enumerate() {
        match node_label(text.trim()) {
            Some(label) if found.spread.contains(&label) => {}
            Some(label) => found.spread.push(label),
            None => problems.value(format!("{path}.spread[{index}]"), UNKNOWN_SPREAD),
        }
    }
    found.per_node = given.max_replicas_per_node;
    if found.per_node.is_some_and(|most| most > 1) {
        let message =
            "Kubernetes bounds how unevenly the nodes are filled, not what one node takes: as soon as every \
                       node has a container, one may take more than this number"
                .to_owned();
        approximations.push(Approximation { path: format!("{path}.maxReplicasPerNode"), message });
    }
    found
}

enum Requirement {
    Label(NodeSelectorRequirement),
    Field(NodeSelectorRequirement),
}

const UNKNOWN: &str = "this is nothing that Kubernetes knows of a node: write node.labels.<label>, node.hostname, node.id, \
                       node.role, node.platform.os or node.platform.arch";
const UNKNOWN_SPREAD: &str =
    "containers are spread over the values of a node's label: write node.labels.<label> or node.hostname";

/// One constraint, as Docker's Swarm reads it: `<what>==<value>` or `<what>!=<value>`.
fn constraint(text: &str) -> Result<Requirement, String> {
    let split =
        |operator| text.split_once(operator).map(|(key, value): (&str, &str)| (key.trim(), value.trim()));
    let (key, value, equal) = match (split("=="), split("!=")) {
        (Some((key, value)), _) => (key, value, true),
        (None, Some((key, value))) => (key, value, false),
        (None, None) => return Err("write <what>==<value> or <what>!=<value>".to_owned()),
    };
    let requirement = |key: &str, value: &str| NodeSelectorRequirement {
        key: key.to_owned(),
        operator: if equal { "In" } else { "NotIn" }.to_owned(),
        values: Some(vec![value.to_owned()]),
    };
    let label = |key: &str, value: &str| {
        if value.is_empty() || !is_label_value(value) {
            return Err(format!(
                "no label of a node has the value '{value}': write at most 63 letters, digits, '-', '_' and '.'"
            ));
        }
        Ok(Requirement::Label(requirement(key, value)))
    };
    match key {
        "node.id" => Ok(Requirement::Field(requirement("metadata.name", value))),
        "node.platform.os" => label("kubernetes.io/os", &value.to_lowercase()),
        "node.platform.arch" => label("kubernetes.io/arch", architecture(&value.to_lowercase())),
        "node.role" => {
            let manager = match value.to_lowercase().as_str() {
                "manager" => equal,
                "worker" => !equal,
                _ => return Err("a node's role is manager or worker".to_owned()),
            };
            Ok(Requirement::Label(NodeSelectorRequirement {
                key: CONTROL_PLANE.to_owned(),
                operator: if manager { "Exists" } else { "DoesNotExist" }.to_owned(),
                values: None,
            }))
        }
        _ => label(&node_label(key).ok_or(UNKNOWN)?, value),
    }
}

/// The label that Compose calls `node.labels.<label>` or `node.hostname`.
fn node_label(key: &str) -> Option<String> {
    if key == "node.hostname" {
        return Some(HOST_NAME.to_owned());
    }
    key.strip_prefix("node.labels.").filter(|label| is_key(label)).map(str::to_owned)
}

/// The operating systems that images are made for.
const SYSTEMS: [&str; 4] = ["linux", "windows", "darwin", "freebsd"];

/// The labels of the nodes that images of a platform run on: `os`, `os/arch`, `os/arch/variant` or `arch`.
/// No node tells the variant.
pub(in crate::translate) fn node_labels(platform: &str) -> Vec<(String, String)> {
    let (first, rest) = platform.split_once('/').unwrap_or((platform, ""));
    let arch = rest.split('/').next().unwrap_or_default();
    let (os, arch) = if SYSTEMS.contains(&first) { (first, arch) } else { ("", first) };
    let labels = [("kubernetes.io/os", os), ("kubernetes.io/arch", architecture(arch))];
    let given = labels.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(label, value)| (label.to_owned(), value.to_owned())).collect()
}

/// That a platform's variant cannot be asked of a node, unless it is what every node of its kind is.
pub(super) fn variant(service: &Service, path: &str) -> Option<Approximation> {
    let mut parts = service.platform.as_deref()?.split('/').skip(1);
    let (arch, variant) = (architecture(parts.next()?), parts.next()?);
    let is_usual = matches!((arch, variant), ("arm64", "v8") | ("amd64", "v1") | ("arm", "v7"));
    let message =
        format!("no node tells its variant, so '{variant}' is left out: any {arch} node may run it");
    (!is_usual).then(|| Approximation { path: format!("{path}.platform"), message })
}

/// Docker tells the kernel's name of an architecture, Kubernetes Go's.
fn architecture(name: &str) -> &str {
    match name {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "armv7l" | "armv6l" | "armhf" => "arm",
        "i386" | "i686" => "386",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_read_or_refused() {
        for (text, expected) in [
            ("node.labels.disk==ssd", Some("disk In ssd")),
            ("node.labels.disk != ssd", Some("disk NotIn ssd")),
            ("node.labels.topology.kubernetes.io/zone == a", Some("topology.kubernetes.io/zone In a")),
            ("node.hostname==n1", Some("kubernetes.io/hostname In n1")),
            ("node.id!=n1", Some("metadata.name NotIn n1")),
            ("node.role==manager", Some("node-role.kubernetes.io/control-plane Exists ")),
            ("node.role != manager", Some("node-role.kubernetes.io/control-plane DoesNotExist ")),
            ("node.role==worker", Some("node-role.kubernetes.io/control-plane DoesNotExist ")),
            ("node.platform.os==Linux", Some("kubernetes.io/os In linux")),
            ("node.platform.arch==x86_64", Some("kubernetes.io/arch In amd64")),
            ("node.platform.arch!=aarch64", Some("kubernetes.io/arch NotIn arm64")),
            ("node.role==boss", None),
            ("node.labels.disk==", None),
            ("node.labels.disk==a b", None),
            ("node.labels.==x", None),
            ("node.labels.disk=ssd", None),
            ("engine.labels.os==linux", None),
        ] {
            let got = constraint(text).ok().map(|requirement| {
                let (Requirement::Label(it) | Requirement::Field(it)) = requirement;
                format!("{} {} {}", it.key, it.operator, it.values.unwrap_or_default().join(","))
            });
            assert_eq!(got.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_platform_asks_for_nodes_of_its_kind() {
        for (platform, expected) in [
            ("linux", "kubernetes.io/os=linux"),
            ("linux/arm64", "kubernetes.io/os=linux kubernetes.io/arch=arm64"),
            ("linux/arm/v7", "kubernetes.io/os=linux kubernetes.io/arch=arm"),
            ("x86_64", "kubernetes.io/arch=amd64"),
        ] {
            let labels = node_labels(platform).into_iter().map(|(label, value)| format!("{label}={value}"));
            assert_eq!(labels.collect::<Vec<_>>().join(" "), expected, "{platform}");
        }
    }

    #[test]
    fn a_node_suits_two_services_that_suits_each() {
        let asks = |constraint: &str, per_node| Placement {
            spread: vec![constraint.to_owned()],
            per_node,
            ..Placement::default()
        };
        let mut both = asks("zone", Some(3));
        both.join(&asks("zone", None));
        both.join(&asks("rack", Some(2)));
        assert_eq!((both.spread, both.per_node), (vec!["zone".to_owned(), "rack".to_owned()], Some(2)));
    }
}
