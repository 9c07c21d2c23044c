//! Powers over the node that a namespace's administrator grants to the Stacks in it.

use std::collections::BTreeSet;

/// A power over the node.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Power {
    /// Folders and files of the node.
    HostPath,
}

/// The powers that a namespace allows; none by default.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Powers(pub BTreeSet<Power>);

impl Powers {
    /// Whether the namespace allows `power`.
    pub fn allows(&self, power: Power) -> bool {
        self.0.contains(&power)
    }
}
