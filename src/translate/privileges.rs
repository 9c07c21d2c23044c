//! What a namespace's administrator allows its Stacks beyond the namespace: of the nodes that they run on, of Ingress
//! controllers and of other namespaces.
//!
//! Each privilege is a label of the Namespace, such as `allow.stackwright.dev/host-ports: "true"`. Without
//! it a Stack that asks for the privilege is refused: whoever may write Stacks in a namespace gets no hold
//! of anything outside of it by that alone.

use std::collections::{BTreeMap, BTreeSet};

/// Something that a Stack may use only where the namespace allows it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Privilege {
    /// Kernel capabilities beyond the container runtime's default set.
    Capabilities,
    /// Devices of the nodes.
    Devices,
    /// The network, the processes or the IPC of the nodes.
    HostNamespaces,
    /// Folders and files of the nodes.
    HostPath,
    /// Ports of the nodes.
    HostPorts,
    /// Annotations that configure Ingress controllers, which others share.
    IngressAnnotations,
    /// Names for what other namespaces have.
    OtherNamespaces,
    /// All privileges over the node at once.
    Privileged,
    /// Programs without the profiles that confine them.
    Unconfined,
}

/// Prefix of the labels by which a Namespace allows privileges.
const PREFIX: &str = "allow.stackwright.dev/";

impl Privilege {
    /// Every privilege.
    pub const ALL: [Self; 9] = [
        Self::Capabilities,
        Self::Devices,
        Self::HostNamespaces,
        Self::HostPath,
        Self::HostPorts,
        Self::IngressAnnotations,
        Self::OtherNamespaces,
        Self::Privileged,
        Self::Unconfined,
    ];

    /// The label by which a Namespace allows it.
    pub fn label(self) -> String {
        format!("{PREFIX}{}", self.as_str())
    }

    /// Its name, the last part of the label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::Devices => "devices",
            Self::HostNamespaces => "host-namespaces",
            Self::HostPath => "host-path",
            Self::HostPorts => "host-ports",
            Self::IngressAnnotations => "ingress-annotations",
            Self::OtherNamespaces => "other-namespaces",
            Self::Privileged => "privileged",
            Self::Unconfined => "unconfined",
        }
    }
}

/// The privileges that a namespace allows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Privileges(pub BTreeSet<Privilege>);

impl Privileges {
    /// The privileges that a Namespace with these labels allows: those whose label is `true`.
    pub fn of_labels(labels: &BTreeMap<String, String>) -> Self {
        let is_set =
            |privilege: &Privilege| labels.get(&privilege.label()).is_some_and(|value| value == "true");
        Self(Privilege::ALL.into_iter().filter(is_set).collect())
    }

    /// Whether a privilege is allowed.
    pub fn allows(&self, privilege: Privilege) -> bool {
        self.0.contains(&privilege)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_not_true_allows_nothing() {
        let labels = [("host-path", "true"), ("devices", "false"), ("privileged", ""), ("all", "true")];
        let labels = labels.map(|(name, value)| (format!("{PREFIX}{name}"), value.to_owned()));
        assert_eq!(Privileges::of_labels(&labels.into()), Privileges([Privilege::HostPath].into()));
    }
}
