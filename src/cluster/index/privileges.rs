//! Privileges that Namespaces grant, and the Stacks that depend on them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Index, Source, keys, namespace::Namespace};
use crate::{api::StackKey, translate::Privileges};

impl Index {
    /// Updates the labels of a Namespace. Only a change of the privileges wakes its Stacks.
    pub fn apply_namespace(&mut self, name: &str, labels: &BTreeMap<String, String>) -> BTreeSet<StackKey> {
        self.saw(Source::Namespace, name, name);
        let privileges = Privileges::of_labels(labels);
        // Most Namespaces have no Stack and grant nothing, so they have no entry.
        if privileges == Privileges::default() {
            return self.delete_namespace(name);
        }
        self.change(name, |space| space.allow(name, privileges))
    }

    /// Removes a deleted Namespace.
    pub fn delete_namespace(&mut self, name: &str) -> BTreeSet<StackKey> {
        self.change(name, |space| space.allow(name, Privileges::default()))
    }

    /// Returns the privileges that a Stack's namespace grants. From now on, a change of them wakes the Stack.
    pub fn privileges(&mut self, stack: &StackKey) -> Privileges {
        let space = self.namespaces.entry(stack.namespace.clone()).or_default();
        space.stacks.insert(stack.name.clone());
        space.privileges.clone()
    }

    /// Forgets the wake-ups and refusals of a deleted Stack.
    pub fn forget_stack(&mut self, stack: &StackKey) {
        self.set_reads(stack, &BTreeSet::new());
        self.set_contended(stack, &BTreeSet::new());
        self.change(&stack.namespace, |space| {
            space.stacks.remove(&stack.name);
            space.refused.remove(&stack.name);
            space.forget_evictions_of_none(&stack.name);
        });
    }

    /// Forgets all Stacks but these.
    pub fn keep_stacks(&mut self, is_known: impl Fn(&StackKey) -> bool) {
        let mut gone = BTreeSet::new();
        for (namespace, space) in &self.namespaces {
            let asking = space.readers.values().chain(space.contenders.values()).flatten();
            let named = space.stacks.iter().chain(space.refused.keys()).chain(asking);
            gone.extend(keys(namespace, named.cloned()));
        }
        gone.into_iter().filter(|stack| !is_known(stack)).for_each(|stack| self.forget_stack(&stack));
    }
}

impl Namespace {
    /// Sets the privileges, and returns the Stacks to wake.
    pub(super) fn allow(&mut self, name: &str, privileges: Privileges) -> BTreeSet<StackKey> {
        if self.privileges == privileges {
            return BTreeSet::new();
        }
        self.privileges = privileges;
        keys(name, self.stacks.iter().cloned())
    }
}
