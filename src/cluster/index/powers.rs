//! What Namespaces allow, and the Stacks that this concerns.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Index, Source, StackKey, keys, namespace::Namespace};
use crate::translate::Powers;

impl Index {
    /// Takes in the labels of a Namespace. They wake its Stacks only where they allow other powers.
    pub fn apply_namespace(&mut self, name: &str, labels: &BTreeMap<String, String>) -> BTreeSet<StackKey> {
        self.saw(Source::Namespace, name, name);
        let powers = Powers::of_labels(labels);
        // Nothing is remembered of the many that have no Stack and allow nothing.
        if powers == Powers::default() {
            return self.delete_namespace(name);
        }
        self.change(name, |space| space.allow(name, powers))
    }

    /// Takes in that a Namespace is gone.
    pub fn delete_namespace(&mut self, name: &str) -> BTreeSet<StackKey> {
        self.change(name, |space| space.allow(name, Powers::default()))
    }

    /// The powers over nodes that a Stack's namespace allows. From now on their change wakes the Stack.
    pub fn powers(&mut self, stack: &StackKey) -> Powers {
        let space = self.namespaces.entry(stack.namespace.clone()).or_default();
        space.stacks.insert(stack.name.clone());
        space.powers.clone()
    }

    /// Forgets what a Stack that is gone wanted to be woken for, and what it was refused.
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
    pub fn keep_stacks(&mut self, stacks: &HashSet<StackKey>) {
        let mut gone = BTreeSet::new();
        for (namespace, space) in &self.namespaces {
            let asking = space.readers.values().chain(space.contenders.values()).flatten();
            let named = space.stacks.iter().chain(space.refused.keys()).chain(asking);
            gone.extend(keys(namespace, named.cloned()));
        }
        gone.into_iter().filter(|stack| !stacks.contains(stack)).for_each(|stack| self.forget_stack(&stack));
    }
}

impl Namespace {
    /// Sets the powers that it allows, and gives the Stacks that this concerns.
    pub(super) fn allow(&mut self, name: &str, powers: Powers) -> BTreeSet<StackKey> {
        if self.powers == powers {
            return BTreeSet::new();
        }
        self.powers = powers;
        keys(name, self.stacks.iter().cloned())
    }
}
