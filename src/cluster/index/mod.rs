//! Index of everything that is watched. Each event updates the index and returns the Stacks to wake.

mod child_update;
mod key;
mod namespace;
mod privileges;
#[cfg(test)]
mod tests;
mod warnings;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::{Duration, Instant},
};

use k8s_openapi::api::core::v1::Pod as ApiPod;
use kube::ResourceExt;

use super::{Part, project};
use crate::{
    api::StackKey,
    plan::{Child, Identity, Observed, Refused, Settled},
    translate::{Kind, ObjectKind, Privileges},
};
pub use child_update::ChildUpdate;
use key::{ChildKey, ObjectKey};
pub use namespace::Seen;
use namespace::{Namespace, Versioned};

/// Time for which a refused object is not sent again. A policy of the cluster, which can be the cause, can change.
pub const REFUSED_FOR: Duration = Duration::from_secs(300);

/// Projections of the watched objects.
#[derive(Debug, Default)]
pub struct Index {
    namespaces: HashMap<String, Namespace>,
    /// The newest resourceVersion from the watch of each kind.
    newest: HashMap<Kind, u64>,
    /// The lists that have started and not ended, of each source.
    listing: HashMap<Source, Vec<List>>,
}

/// The source of a list or an event.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Source {
    Child(Kind),
    Pod,
    Warning,
    Object(ObjectKind),
    Namespace,
}

/// A list of a part of the scope, with the namespaces and names seen since its start.
#[derive(Debug)]
struct List {
    part: Part,
    seen: HashSet<(String, String)>,
}

impl Index {
    /// Updates a child from a watch. A state older than the indexed one is ignored: the indexed one can be the reply to
    /// the operator's own write.
    ///
    /// A state from a list replaces the indexed one in any case, unless a reply arrived since the list started: after a
    /// restore of etcd from a backup, resourceVersions continue from an older one.
    pub fn apply_child(&mut self, update: ChildUpdate) -> BTreeSet<StackKey> {
        let wins = self.saw(Source::Child(update.kind), &update.namespace, &update.name);
        self.take_child(update, wins).unwrap_or_default()
    }

    /// Updates a child from the reply to a write, unless the watch has delivered a newer event. The object can have been
    /// deleted since, and no later event would report the deletion.
    pub fn apply_reply(&mut self, update: ChildUpdate) {
        let (kind, namespace, name) = (update.kind, update.namespace.clone(), update.name.clone());
        let key = (kind, name);
        let is_held = self.namespaces.get(&namespace).is_some_and(|space| space.children.contains_key(&key));
        let newest = self.newest.get(&kind).copied().unwrap_or_default();
        if (is_held || update.version > newest) && self.take_child(update, false).is_some() {
            self.saw(Source::Child(kind), &namespace, &key.1);
        }
    }

    /// Updates a child, unless a newer state is indexed and `wins` is false.
    fn take_child(&mut self, update: ChildUpdate, wins: bool) -> Option<BTreeSet<StackKey>> {
        let ChildUpdate { kind, namespace, name, version, child } = update;
        let space = self.namespaces.entry(namespace.clone()).or_default();
        let key = (kind, name);
        let is_older = space.children.get(&key).is_some_and(|held| held.version > version);
        let newest = self.newest.entry(kind).or_default();
        if is_older && wins {
            *newest = version;
        } else {
            *newest = version.max(*newest);
        }
        if is_older && !wins {
            return None;
        }
        let same = space.children.get(&key).is_some_and(|held| held.value == child);
        let mut woken = space.forget_child(&key);
        woken.extend(space.wants(&key, &child.owner));
        let stack = child.owner.stack().map(str::to_owned);
        if let Some(stack) = &stack {
            space.of_stack.entry(stack.clone()).or_default().insert(key.clone());
        }
        space.children.insert(key, Versioned { version, stack, value: child });
        // Most changes of a status do not change the projection.
        Some(if same { BTreeSet::new() } else { keys(&namespace, woken) })
    }

    /// Removes a deleted child.
    pub fn delete_child(&mut self, update: ChildUpdate) -> BTreeSet<StackKey> {
        let ChildUpdate { kind, namespace, name, version, child: Child { uid, .. } } = update;
        let newest = self.newest.entry(kind).or_default();
        *newest = version.max(*newest);
        let key = (kind, name);
        self.change(&namespace, |space| match space.children.get(&key) {
            // A successor with the same name is already indexed.
            Some(held) if held.value.uid != uid => BTreeSet::new(),
            _ => keys(&namespace, space.end_child(&key)),
        })
    }

    /// Updates a Pod.
    pub fn apply_pod(&mut self, pod: &ApiPod) -> BTreeSet<StackKey> {
        let (name, namespace) = (pod.name_any(), pod.namespace().unwrap_or_default());
        self.saw(Source::Pod, &namespace, &name);
        let Some((stack, projection)) = project::pod(pod) else { return BTreeSet::new() };
        let version = pod.resource_version().and_then(|version| version.parse().ok()).unwrap_or_default();
        let space = self.namespaces.entry(namespace.clone()).or_default();
        let same = space.pods.get(&name).is_some_and(|held| held.value == projection);
        if let Some(before) = space.pods.get(&name).filter(|held| held.value.uid != projection.uid) {
            space.warnings.remove(&before.value.uid);
        }
        space.forget_pod(&name);
        space.forget_evictions_before(&stack, &projection);
        space.pods_of_stack.entry(stack.clone()).or_default().insert(name.clone());
        space.pods.insert(name, Versioned { version, stack: Some(stack.clone()), value: projection });
        if same { BTreeSet::new() } else { keys(&namespace, [stack]) }
    }

    /// Removes a deleted Pod.
    pub fn delete_pod(&mut self, pod: &ApiPod) -> BTreeSet<StackKey> {
        let (name, namespace) = (pod.name_any(), pod.namespace().unwrap_or_default());
        self.change(&namespace, |space| keys(&namespace, space.end_pod(&name)))
    }

    /// Updates a Secret, ConfigMap or claim that does not belong to a Stack. Only the content of Secrets and ConfigMaps is
    /// read, so a new status of a claim wakes no Stack.
    pub fn apply_object(
        &mut self,
        kind: ObjectKind,
        namespace: &str,
        name: &str,
        seen: Seen,
    ) -> BTreeSet<StackKey> {
        self.saw(Source::Object(kind), namespace, name);
        let space = self.namespaces.entry(namespace.to_owned()).or_default();
        let key = (kind, name.to_owned());
        let before = space.objects.insert(key.clone(), seen);
        let same = match kind {
            ObjectKind::PersistentVolumeClaim => before.map(|it| it.of_a_stack) == Some(seen.of_a_stack),
            ObjectKind::ConfigMap | ObjectKind::Secret => before == Some(seen),
        };
        if same {
            return BTreeSet::new();
        }
        keys(namespace, space.readers.get(&key).into_iter().flatten().cloned())
    }

    /// Removes a deleted Secret, ConfigMap or claim.
    pub fn delete_object(&mut self, kind: ObjectKind, namespace: &str, name: &str) -> BTreeSet<StackKey> {
        let key = (kind, name.to_owned());
        self.change(namespace, |space| keys(namespace, space.end_object(&key)))
    }

    /// Starts a list. Objects that are not seen until its end are deleted.
    pub(super) fn begin_list(&mut self, source: Source, part: &Part) {
        let lists = self.listing.entry(source).or_default();
        lists.retain(|list| list.part != *part);
        lists.push(List { part: part.clone(), seen: HashSet::new() });
    }

    /// Ends a list, and removes the objects that it did not contain.
    pub(super) fn end_list(&mut self, source: Source, part: &Part) -> BTreeSet<StackKey> {
        let ended = self.listing.get_mut(&source).and_then(|lists| {
            let ended = lists.iter().position(|list| list.part == *part)?;
            Some(lists.swap_remove(ended))
        });
        let Some(List { seen, .. }) = ended else { return BTreeSet::new() };
        let mut woken = BTreeSet::new();
        self.namespaces.retain(|namespace, space| {
            if !part.includes(namespace) {
                return true;
            }
            let unseen = |name: &String| !seen.contains(&(namespace.clone(), name.clone()));
            match source {
                Source::Child(kind) => {
                    let gone: Vec<_> = space
                        .children
                        .keys()
                        .filter(|(k, name)| *k == kind && unseen(name))
                        .cloned()
                        .collect();
                    for key in gone {
                        woken.extend(keys(namespace, space.end_child(&key)));
                    }
                }
                Source::Pod => {
                    let gone: Vec<_> = space.pods.keys().filter(|name| unseen(name)).cloned().collect();
                    for name in gone {
                        woken.extend(keys(namespace, space.end_pod(&name)));
                    }
                }
                // Events expire, and the watch reports that.
                Source::Warning => {}
                Source::Namespace if unseen(namespace) => {
                    woken.extend(space.allow(namespace, Privileges::default()));
                }
                Source::Namespace => {}
                Source::Object(kind) => {
                    let gone: Vec<_> = space
                        .objects
                        .keys()
                        .filter(|(k, name)| *k == kind && unseen(name))
                        .cloned()
                        .collect();
                    for key in gone {
                        woken.extend(keys(namespace, space.end_object(&key)));
                    }
                }
            }
            !space.is_empty()
        });
        woken
    }

    /// Returns the observed state of a Stack: its children, and the Pods of its services.
    pub fn observed(&self, stack: &StackKey, identity: Identity<'_>) -> Observed {
        let Some(space) = self.namespaces.get(&stack.namespace) else { return Observed::default() };
        let mut observed = Observed::default();
        for key in space.of_stack.get(&stack.name).into_iter().flatten() {
            space.show(key, identity, &mut observed);
        }
        let pods = space.pods_of_stack.get(&stack.name).into_iter().flatten();
        observed.pods = pods.filter_map(|name| space.pod(name)).collect();
        let evictions = space.evictions.iter().filter(|((of, _), _)| *of == stack.name);
        observed.evictions =
            evictions.map(|((_, unit), eviction)| (unit.clone(), eviction.clone())).collect();
        observed
    }

    /// Adds the objects with a name that the Stack wants, and the refusals, to `observed`.
    pub fn add_name_holders(
        &self,
        stack: &StackKey,
        identity: Identity<'_>,
        wanted: &BTreeSet<ChildKey>,
        observed: &mut Observed,
    ) {
        let Some(space) = self.namespaces.get(&stack.namespace) else { return };
        for key in wanted {
            space.show(key, identity, observed);
            if let Some((refused, since)) = space.refused.get(&stack.name).and_then(|of| of.get(key))
                && since.elapsed() < REFUSED_FOR
            {
                observed.refused.insert(key.clone(), refused.clone());
            }
        }
    }

    /// Remembers or forgets that the API server has refused an object for good.
    pub fn set_refused(&mut self, stack: &StackKey, key: ChildKey, refused: Option<Refused>) {
        self.change(&stack.namespace, |space| match refused {
            Some(refused) => {
                let of_stack = space.refused.entry(stack.name.clone()).or_default();
                of_stack.insert(key, (refused, Instant::now()));
            }
            None => {
                if let Some(of_stack) = space.refused.get_mut(&stack.name) {
                    of_stack.remove(&key);
                    space.refused.retain(|_, of_stack| !of_stack.is_empty());
                }
            }
        });
    }

    /// Forgets refusals of objects that a Stack no longer wants, and old ones.
    pub fn forget_refused(&mut self, stack: &StackKey, wanted: &BTreeSet<ChildKey>) {
        self.change(&stack.namespace, |space| {
            if let Some(of_stack) = space.refused.get_mut(&stack.name) {
                of_stack.retain(|key, (_, since)| wanted.contains(key) && since.elapsed() < REFUSED_FOR);
                space.refused.retain(|_, of_stack| !of_stack.is_empty());
            }
        });
    }

    /// Returns the version of a Secret, ConfigMap or claim, if it exists.
    pub fn object(&self, namespace: &str, kind: ObjectKind, name: &str) -> Option<Seen> {
        self.namespaces.get(namespace)?.objects.get(&(kind, name.to_owned())).copied()
    }

    /// Remembers which objects a Stack reads, so that their events wake the Stack.
    pub fn set_reads(&mut self, stack: &StackKey, reads: &BTreeSet<ObjectKey>) {
        self.change(&stack.namespace, |space| replace(&mut space.readers, &stack.name, reads));
    }

    /// Remembers which taken names a Stack wants, so that a deletion wakes the Stack.
    pub fn set_contended(&mut self, stack: &StackKey, names: &BTreeSet<ChildKey>) {
        self.change(&stack.namespace, |space| replace(&mut space.contenders, &stack.name, names));
    }

    /// Remembers or forgets the field conflict of a child. A child that is gone already is ignored.
    pub fn set_settled(&mut self, namespace: &str, key: ChildKey, settled: Option<Settled>) {
        self.change(namespace, |space| match settled {
            Some(settled) if space.children.contains_key(&key) => drop(space.settled.insert(key, settled)),
            _ => drop(space.settled.remove(&key)),
        });
    }

    /// Marks a child as being deleted after an accepted delete, before the event arrives.
    pub fn mark_deleting(&mut self, namespace: &str, kind: Kind, name: &str, uid: &str) {
        let held = self
            .namespaces
            .get_mut(namespace)
            .and_then(|space| space.children.get_mut(&(kind, name.to_owned())));
        if let Some(held) = held.filter(|held| held.value.uid == uid) {
            held.value.deleting = true;
        }
    }

    /// Changes a namespace, and drops it if nothing is left of it.
    fn change<T>(&mut self, namespace: &str, change: impl FnOnce(&mut Namespace) -> T) -> T {
        let Some(space) = self.namespaces.get_mut(namespace) else {
            let mut space = Namespace::default();
            let result = change(&mut space);
            if !space.is_empty() {
                self.namespaces.insert(namespace.to_owned(), space);
            }
            return result;
        };
        let result = change(space);
        if space.is_empty() {
            self.namespaces.remove(namespace);
        }
        result
    }

    /// Remembers that an object was seen during a list. Returns whether it was the first time.
    fn saw(&mut self, source: Source, namespace: &str, name: &str) -> bool {
        let lists = self.listing.get_mut(&source).into_iter().flatten();
        let mut of_it = lists.filter(|list| list.part.includes(namespace));
        of_it.next().is_some_and(|list| list.seen.insert((namespace.to_owned(), name.to_owned())))
    }
}

/// Makes `stack` a member of exactly the sets of `keys`.
fn replace<K: Clone + Eq + std::hash::Hash + Ord>(
    sets: &mut HashMap<K, BTreeSet<String>>,
    stack: &str,
    keys: &BTreeSet<K>,
) {
    sets.retain(|key, stacks| {
        if !keys.contains(key) {
            stacks.remove(stack);
        }
        !stacks.is_empty()
    });
    for key in keys {
        sets.entry(key.clone()).or_default().insert(stack.to_owned());
    }
}

fn keys(namespace: &str, names: impl IntoIterator<Item = String>) -> BTreeSet<StackKey> {
    names.into_iter().map(|name| StackKey { namespace: namespace.to_owned(), name }).collect()
}
