//! Powers over nodes: what a Stack may do there only where its namespace's administrator allows it.
//!
//! Each is allowed by a label of the Namespace, `allow.stackwright.dev/<power>: "true"`, which who may
//! create Stacks or pods there cannot set. Pod Security Admission and quotas go on to hold as ever: a
//! power that is allowed here may still be refused there.
//!
//! | power | what it lets a Stack do |
//! |---|---|
//! | `host-path` | mount folders and files of the node |
//! | `privileged` | run containers with all powers over the node (`privileged`) |
//! | `host-namespaces` | use the node's network, processes or IPC (`networkMode`, `pid`, `ipc`: `host`) |
//! | `host-ports` | publish ports on the nodes themselves |
//! | `capabilities` | add kernel capabilities beyond Docker's default ones (`capAdd`) |
//! | `devices` | use devices of the node, which needs `privileged` too |

use std::collections::{BTreeMap, BTreeSet};

/// What every label that allows a power begins with.
const PREFIX: &str = "allow.stackwright.dev/";

/// Something that a Stack may do on a node only where its namespace allows it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Power {
    /// Folders and files of the node.
    HostPath,
    /// Containers with all powers.
    Privileged,
    /// The node's network, processes or IPC.
    HostNamespaces,
    /// Ports of the nodes.
    HostPorts,
    /// Kernel capabilities beyond the default ones.
    Capabilities,
    /// Devices of the node.
    Devices,
}

impl Power {
    /// Every power.
    pub const ALL: [Self; 6] = [
        Self::HostPath,
        Self::Privileged,
        Self::HostNamespaces,
        Self::HostPorts,
        Self::Capabilities,
        Self::Devices,
    ];

    /// Its name, with which its label ends.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HostPath => "host-path",
            Self::Privileged => "privileged",
            Self::HostNamespaces => "host-namespaces",
            Self::HostPorts => "host-ports",
            Self::Capabilities => "capabilities",
            Self::Devices => "devices",
        }
    }

    /// The label of a Namespace that allows it, when its value is `true`.
    pub fn label(self) -> String {
        format!("{PREFIX}{}", self.as_str())
    }

    /// What it is a power over, as in "the namespace does not allow …".
    pub(super) fn object(self) -> &'static str {
        match self {
            Self::HostPath => "folders and files of the node",
            Self::Privileged => "privileged containers",
            Self::HostNamespaces => "the node's network, processes and IPC",
            Self::HostPorts => "ports of the nodes",
            Self::Capabilities => "added kernel capabilities",
            Self::Devices => "devices of the node",
        }
    }
}

/// The powers that a namespace allows; none by default.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Powers(pub BTreeSet<Power>);

impl Powers {
    /// Those that the labels of a Namespace allow.
    pub fn of_labels(labels: &BTreeMap<String, String>) -> Self {
        let allowed = |power: &Power| labels.get(&power.label()).is_some_and(|value| value == "true");
        Self(Power::ALL.into_iter().filter(allowed).collect())
    }

    /// Whether a power is allowed.
    pub fn allows(&self, power: Power) -> bool {
        self.0.contains(&power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_allows_a_power_only_with_the_value_true() {
        let labels = [
            ("allow.stackwright.dev/privileged", "true"),
            ("allow.stackwright.dev/devices", "false"),
            ("allow.stackwright.dev/host-path", "True"),
            ("stackwright.dev/host-ports", "true"),
            ("allow.stackwright.dev/everything", "true"),
        ];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        assert_eq!(Powers::of_labels(&labels), Powers([Power::Privileged].into()));
    }
}
