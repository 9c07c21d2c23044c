//! Privileges that the administrator of a namespace grants to its Stacks. They affect nodes, Ingress controllers and
//! other namespaces.
//!
//! A privilege is a label of the Namespace, such as `allow.stackwright.dev/host-ports: "true"`. A Stack that needs a
//! privilege is refused without the label, so the right to write Stacks of a namespace gives no access to anything
//! outside the namespace.

use std::collections::{BTreeMap, BTreeSet};

/// An ability beyond an ordinary Pod, which the namespace must grant.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Privilege {
    /// Kernel capabilities beyond the default set of Docker.
    Capabilities,
    /// Devices of nodes.
    Devices,
    /// The network, the processes or the IPC namespace of nodes.
    HostNamespaces,
    /// Host paths.
    HostPath,
    /// Host ports.
    HostPorts,
    /// Annotations that configure Ingress controllers, which namespaces share.
    IngressAnnotations,
    /// Names of Services in other namespaces.
    OtherNamespaces,
    /// Privileged containers.
    Privileged,
    /// Containers without the profiles that confine them.
    Unconfined,
}

/// The prefix of the labels of a Namespace that grant privileges.
const PREFIX: &str = "allow.stackwright.dev/";

impl Privilege {
    /// All privileges.
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

    /// Returns the label of a Namespace that grants the privilege.
    pub fn label(self) -> String {
        format!("{PREFIX}{}", self.as_str())
    }

    /// Returns the name, which is the last part of the label.
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

/// The privileges that a namespace grants.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Privileges(pub BTreeSet<Privilege>);

impl Privileges {
    /// Returns the privileges of a Namespace with these labels. The value of a label must be `true`.
    pub fn of_labels(labels: &BTreeMap<String, String>) -> Self {
        let is_set =
            |privilege: &Privilege| labels.get(&privilege.label()).is_some_and(|value| value == "true");
        Self(Privilege::ALL.into_iter().filter(is_set).collect())
    }

    /// Reports whether a privilege is granted.
    pub fn allows(&self, privilege: Privilege) -> bool {
        self.0.contains(&privilege)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_label_with_the_value_true_grants_a_privilege() {
        let labels = [("host-path", "true"), ("devices", "false"), ("privileged", ""), ("all", "true")];
        let labels = labels.map(|(name, value)| (format!("{PREFIX}{name}"), value.to_owned()));
        assert_eq!(Privileges::of_labels(&labels.into()), Privileges([Privilege::HostPath].into()));
    }
}
