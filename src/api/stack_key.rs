//! The key of a Stack.

use kube::ResourceExt;

/// A Stack by namespace and name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StackKey {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl StackKey {
    /// Returns the key of a Stack or of an object that stands for one.
    pub fn of(stack: &impl ResourceExt) -> Self {
        Self { namespace: stack.namespace().unwrap_or_default(), name: stack.name_any() }
    }
}
