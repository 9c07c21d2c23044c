//! What a namespace's administrator allows its Stacks of the nodes that they run on.

use std::collections::BTreeSet;

/// Something of a node that a Stack may use only where the namespace allows it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Power {
    /// Folders and files of the nodes.
    HostPath,
    /// Ports of the nodes.
    HostPorts,
}

impl Power {
    /// Its name in the Namespace's label `allow.stackwright.dev/<power>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HostPath => "host-path",
            Self::HostPorts => "host-ports",
        }
    }
}

/// The powers that a namespace allows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Powers(pub BTreeSet<Power>);

impl Powers {
    /// Whether a power is allowed.
    pub fn allows(&self, power: Power) -> bool {
        self.0.contains(&power)
    }
}
