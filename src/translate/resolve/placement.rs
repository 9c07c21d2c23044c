//! Placement of containers on nodes.

use k8s_openapi::api::core::v1::NodeSelectorRequirement;

use crate::{
    api::Service,
    text::validation::{is_label_value, is_qualified_name},
    translate::findings::FieldPath,
};

/// The requirements of a service on its nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Placement {
    /// The requirements on the labels of a node.
    pub labels: Vec<NodeSelectorRequirement>,
    /// The requirements on the fields of a node: its name.
    pub fields: Vec<NodeSelectorRequirement>,
    /// The labels by whose values the containers are spread.
    pub spread: Vec<String>,
    /// The maximum number of containers of the service on a node.
    pub per_node: Option<i32>,
}

/// The label of every node with its host name.
pub(in crate::translate) const HOST_NAME: &str = "kubernetes.io/hostname";
/// The label of nodes of the control plane. Only its presence counts.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

impl Placement {
    /// Adds the requirements of another service of the Pod. A node must meet those of both.
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

/// Reads `deploy.placement` of a service.
pub(super) fn placement(service: &Service, at: &FieldPath<'_>) -> Placement {
    let mut found = Placement::default();
    let Some(given) = service.deploy.as_ref().and_then(|deploy| deploy.placement.as_ref()) else {
        return found;
    };
    let at = &at.child("deploy.placement");
    for (index, text) in given.constraints.iter().enumerate() {
        match constraint(text) {
            Ok(Requirement::Label(requirement)) => found.labels.push(requirement),
            Ok(Requirement::Field(requirement)) => found.fields.push(requirement),
            Err(message) => at.index("constraints", index).invalid(message),
        }
    }
    for (index, text) in given.spread.iter().enumerate() {
        match node_label(text.trim()) {
            Some(label) if found.spread.contains(&label) => {}
            Some(label) => found.spread.push(label),
            None => at.index("spread", index).invalid(UNKNOWN_SPREAD),
        }
    }
    found.per_node = given.max_replicas_per_node;
    if found.per_node.is_some_and(|most| most > 1) {
        at.child("maxReplicasPerNode").approximate(
            "Kubernetes limits the difference between nodes, not the number of containers on a node: when every \
             node has a container, a node can get more than this number",
        );
    }
    found
}

enum Requirement {
    Label(NodeSelectorRequirement),
    Field(NodeSelectorRequirement),
}

const UNKNOWN: &str = "the attribute of a node is not supported: write node.labels.<label>, node.hostname, node.id, \
                       node.role, node.platform.os or node.platform.arch";
const UNKNOWN_SPREAD: &str = "the value is not a label of nodes: write node.labels.<label> or node.hostname";

/// Parses a constraint in the syntax of Docker Swarm: `<attribute>==<value>` or `<attribute>!=<value>`.
fn constraint(text: &str) -> Result<Requirement, String> {
    let split =
        |operator| text.split_once(operator).map(|(key, value): (&str, &str)| (key.trim(), value.trim()));
    let (key, value, equal) = match (split("=="), split("!=")) {
        (Some((key, value)), _) => (key, value, true),
        (None, Some((key, value))) => (key, value, false),
        (None, None) => {
            return Err("the value is not a constraint: write <attribute>==<value> or <attribute>!=<value>"
                .to_owned());
        }
    };
    let requirement = |key: &str, value: &str| NodeSelectorRequirement {
        key: key.to_owned(),
        operator: if equal { "In" } else { "NotIn" }.to_owned(),
        values: Some(vec![value.to_owned()]),
    };
    let label = |key: &str, value: &str| {
        if value.is_empty() || !is_label_value(value) {
            return Err(format!(
                "'{value}' is not a valid value of a label: write at most 63 letters, digits, '-', '_' and '.'"
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
                _ => return Err("the role of a node is unknown: write manager or worker".to_owned()),
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

/// Returns the label of `node.labels.<label>` or `node.hostname`.
fn node_label(key: &str) -> Option<String> {
    if key == "node.hostname" {
        return Some(HOST_NAME.to_owned());
    }
    key.strip_prefix("node.labels.").filter(|label| is_qualified_name(label)).map(str::to_owned)
}

/// The operating systems of image platforms.
const SYSTEMS: [&str; 4] = ["linux", "windows", "darwin", "freebsd"];

/// Returns the labels of the nodes for a platform, which is `os`, `os/arch`, `os/arch/variant` or `arch`. Nodes have no label
/// for the variant.
pub(in crate::translate) fn node_labels(platform: &str) -> Vec<(String, String)> {
    let (first, rest) = platform.split_once('/').unwrap_or((platform, ""));
    let arch = rest.split('/').next().unwrap_or_default();
    let (os, arch) = if SYSTEMS.contains(&first) { (first, arch) } else { ("", first) };
    let labels = [("kubernetes.io/os", os), ("kubernetes.io/arch", architecture(arch))];
    let given = labels.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(label, value)| (label.to_owned(), value.to_owned())).collect()
}

/// Reports that the variant of a platform is omitted, unless it is the usual one of the architecture.
pub(super) fn approximate_variant(service: &Service, at: &FieldPath<'_>) {
    let mut parts = service.platform.iter().flat_map(|platform| platform.split('/')).skip(1);
    let (Some(arch), Some(variant)) = (parts.next().map(architecture), parts.next()) else { return };
    if !matches!((arch, variant), ("arm64", "v8") | ("amd64", "v1") | ("arm", "v7")) {
        at.child("platform").approximate(format!(
            "nodes do not report the variant of their platform, so '{variant}' is omitted: the service can run \
             on any {arch} node"
        ));
    }
}

/// Translates the kernel's name of an architecture, which Docker accepts, to the name in Go, which Kubernetes uses.
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
    fn constraints_are_parsed_or_refused() {
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
    fn a_platform_selects_nodes_by_label() {
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
    fn a_pod_has_the_requirements_of_all_its_services() {
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
