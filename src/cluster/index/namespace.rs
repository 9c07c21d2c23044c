//! The index of one namespace.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use super::key::{ChildKey, ObjectKey};
use crate::{
    plan::{
        Child, ChildState, ClaimState, Eviction, Identity, Notice, Observed, Owner, Pod, Refused, Settled,
    },
    translate::{HashKey, Kind, ObjectKind, Privileges},
};

/// The projections of one namespace, with lookups.
#[derive(Debug, Default)]
pub(super) struct Namespace {
    pub(super) children: BTreeMap<ChildKey, Versioned<Child>>,
    /// Children by Stack.
    pub(super) of_stack: HashMap<String, BTreeSet<ChildKey>>,
    pub(super) pods: HashMap<String, Versioned<Pod>>,
    pub(super) pods_of_stack: HashMap<String, BTreeSet<String>>,
    /// The last warning about each Pod or claim, by UID.
    pub(super) warnings: HashMap<String, Notice>,
    /// The first eviction of each unit since a Pod of it started, by Stack and service.
    pub(super) evictions: HashMap<(String, String), Eviction>,
    pub(super) settled: BTreeMap<ChildKey, Settled>,
    /// Children that the API server refused for good, and when, by Stack.
    pub(super) refused: HashMap<String, BTreeMap<ChildKey, (Refused, Instant)>>,
    /// Secrets, ConfigMaps and claims, of Stacks and of others.
    pub(super) objects: HashMap<ObjectKey, Seen>,
    /// The Stacks that read an object.
    pub(super) readers: HashMap<ObjectKey, BTreeSet<String>>,
    /// The privileges that the Namespace grants.
    pub(super) privileges: Privileges,
    /// The Stacks that depend on the privileges.
    pub(super) stacks: BTreeSet<String>,
    /// The Stacks that want a taken name.
    pub(super) contenders: HashMap<ChildKey, BTreeSet<String>>,
}

/// An object of which only the metadata is watched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seen {
    /// The resourceVersion.
    pub version: u64,
    /// The key of hashes, derived from the UID.
    pub hash_key: HashKey,
    /// Whether a Stack created the object.
    pub of_a_stack: bool,
}

/// A projection with its resourceVersion.
#[derive(Debug)]
pub(super) struct Versioned<T> {
    pub(super) version: u64,
    /// The Stack in the object's label.
    pub(super) stack: Option<String>,
    pub(super) value: T,
}

impl Namespace {
    pub(super) fn pod(&self, name: &str) -> Option<Pod> {
        let pod = &self.pods.get(name)?.value;
        Some(Pod { warning: self.warnings.get(&pod.uid).cloned(), ..pod.clone() })
    }

    pub(super) fn show(&self, key: &ChildKey, stack: Identity<'_>, observed: &mut Observed) {
        let Some(held) = self.children.get(key) else { return };
        if let (ChildState::Run(run), Owner::CronJob { stack: of }) = (&held.value.state, &held.value.owner)
            && of == stack.name
        {
            observed.runs.insert(run.name.clone(), run.clone());
        }
        if held.value.belongs_to(stack, key.0) {
            let mut child = held.value.clone();
            if let ChildState::Claim(ClaimState { unbound: Some(unbound), .. }) = &mut child.state {
                unbound.warning = self.warnings.get(&child.uid).map(|warning| warning.message.clone());
            }
            observed.children.insert(key.clone(), child);
        } else {
            observed.name_holders.insert(key.clone(), held.value.holder(stack));
        }
        if let Some(settled) = self.settled.get(key) {
            observed.settled.insert(key.clone(), settled.clone());
        }
    }

    /// Returns the Stacks to wake for an event of a child, beside its former owner.
    pub(super) fn wants(&self, key: &ChildKey, owner: &Owner) -> BTreeSet<String> {
        let mut woken: BTreeSet<String> = self.contenders.get(key).into_iter().flatten().cloned().collect();
        woken.extend(owner.stack().map(str::to_owned));
        woken
    }

    /// Reports whether the namespace has no entries.
    pub(super) fn is_empty(&self) -> bool {
        let Self { children, of_stack, pods, pods_of_stack, warnings, evictions, settled, .. } = self;
        let Self { refused, objects, readers, privileges, stacks, contenders, .. } = self;
        let of_children =
            children.is_empty() && of_stack.is_empty() && settled.is_empty() && refused.is_empty();
        let of_pods =
            pods.is_empty() && pods_of_stack.is_empty() && warnings.is_empty() && evictions.is_empty();
        let of_stacks = readers.is_empty() && stacks.is_empty() && contenders.is_empty();
        of_children && of_pods && of_stacks && objects.is_empty() && *privileges == Privileges::default()
    }

    /// Removes a deleted child with everything that depends on it, and returns the Stacks to wake.
    pub(super) fn end_child(&mut self, key: &ChildKey) -> BTreeSet<String> {
        if let Some(held) = self.children.get(key) {
            self.warnings.remove(&held.value.uid);
        }
        self.forget_evictions_of(key);
        self.settled.remove(key);
        let stack = self.children.get(key).and_then(|held| held.stack.clone());
        let mut woken = self.forget_child(key);
        if let Some(stack) = stack {
            self.forget_evictions_of_none(&stack);
        }
        woken.extend(self.contenders.get(key).into_iter().flatten().cloned());
        woken
    }

    /// Removes a deleted Pod with everything that depends on it, and returns the Stack to wake.
    pub(super) fn end_pod(&mut self, name: &str) -> Option<String> {
        if let Some(held) = self.pods.get(name) {
            self.warnings.remove(&held.value.uid);
        }
        let stack = self.forget_pod(name)?;
        self.forget_evictions_of_none(&stack);
        Some(stack)
    }

    /// Removes a deleted object, and returns the Stacks to wake.
    pub(super) fn end_object(&mut self, key: &ObjectKey) -> BTreeSet<String> {
        self.objects.remove(key);
        let mut woken: BTreeSet<String> = self.readers.get(key).into_iter().flatten().cloned().collect();
        let kind = match key.0 {
            ObjectKind::ConfigMap => Some(Kind::ConfigMap),
            ObjectKind::PersistentVolumeClaim => Some(Kind::PersistentVolumeClaim),
            ObjectKind::Secret => None,
        };
        let contenders = kind.and_then(|kind| self.contenders.get(&(kind, key.1.clone())));
        woken.extend(contenders.into_iter().flatten().cloned());
        woken
    }

    pub(super) fn forget_child(&mut self, key: &ChildKey) -> BTreeSet<String> {
        let Some(held) = self.children.remove(key) else { return BTreeSet::new() };
        if let Some(stack) = &held.stack {
            remove(&mut self.of_stack, stack, key);
        }
        let mut woken = self.wants(key, &held.value.owner);
        woken.extend(held.stack);
        woken
    }

    pub(super) fn forget_pod(&mut self, name: &str) -> Option<String> {
        let pod = self.pods.remove(name)?;
        let stack = pod.stack?;
        remove(&mut self.pods_of_stack, &stack, &name.to_owned());
        Some(stack)
    }
}

fn remove<K: Ord>(sets: &mut HashMap<String, BTreeSet<K>>, stack: &str, key: &K) {
    if let Some(set) = sets.get_mut(stack) {
        set.remove(key);
        if set.is_empty() {
            sets.remove(stack);
        }
    }
}
