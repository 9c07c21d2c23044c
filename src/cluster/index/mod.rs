//! What the watches hold, as a plain structure: events go in, Stacks to wake come out.

mod namespace;
mod news;
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

use super::project;
use crate::{
    plan::{Child, Identity, Observed, Refused, Settled},
    translate::{Kind, ObjectKind, Privileges},
};
pub use namespace::Seen;
use namespace::{Namespace, Versioned};
pub use news::News;

/// A Stack by namespace and name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StackKey {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// A child's kind and name.
type ChildKey = (Kind, String);
/// An object of others, by kind and name.
type ObjectKey = (ObjectKind, String);

/// How long a refusal holds: a policy of the cluster, which may be what refused, may change.
pub const REFUSED_FOR: Duration = Duration::from_secs(300);

/// The projections of everything that is watched.
#[derive(Debug, Default)]
pub struct Index {
    namespaces: HashMap<String, Namespace>,
    /// The newest resourceVersion that the watch of each kind has brought.
    newest: HashMap<Kind, u64>,
    /// Keys seen since a list began, for each kind that is being listed anew.
    listing: HashMap<Source, HashSet<(String, String)>>,
}

/// What a list or an event is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Source {
    Child(Kind),
    Pod,
    Warning,
    Object(ObjectKind),
    Namespace,
}

impl Index {
    /// Takes in a child as it is now, from a watch. An older state than the one that is held,
    /// which may be the reply to our own write, is passed over.
    ///
    /// What a list tells of a child wins in any case, unless a reply has told more since it began: a cluster that
    /// is restored from a backup counts on from an older version.
    pub fn apply_child(&mut self, news: News) -> BTreeSet<StackKey> {
        let wins = self.saw(Source::Child(news.kind), &news.namespace, &news.name);
        self.take_child(news, wins).unwrap_or_default()
    }

    /// Takes in the reply to our own write, unless the watch has been further already: the object
    /// may have been deleted since, and nothing would ever tell so again.
    pub fn apply_reply(&mut self, news: News) {
        let (kind, namespace, name) = (news.kind, news.namespace.clone(), news.name.clone());
        let key = (kind, name);
        let is_held = self.namespaces.get(&namespace).is_some_and(|space| space.children.contains_key(&key));
        let newest = self.newest.get(&kind).copied().unwrap_or_default();
        if (is_held || news.version > newest) && self.take_child(news, false).is_some() {
            self.saw(Source::Child(kind), &namespace, &key.1);
        }
    }

    /// Takes in a child, unless a newer state is held and it does not win in any case.
    fn take_child(&mut self, news: News, wins: bool) -> Option<BTreeSet<StackKey>> {
        let News { kind, namespace, name, version, child } = news;
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
        // A status moves often without anything that a decision needs.
        Some(if same { BTreeSet::new() } else { keys(&namespace, woken) })
    }

    /// Takes in that a child is gone.
    pub fn delete_child(&mut self, news: News) -> BTreeSet<StackKey> {
        let News { kind, namespace, name, version, child: Child { uid, .. } } = news;
        let newest = self.newest.entry(kind).or_default();
        *newest = version.max(*newest);
        let key = (kind, name);
        self.change(&namespace, |space| match space.children.get(&key) {
            // A successor of the same name is held already.
            Some(held) if held.value.uid != uid => BTreeSet::new(),
            _ => keys(&namespace, space.end_child(&key)),
        })
    }

    /// Takes in a pod as it is now.
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

    /// Takes in that a pod is gone.
    pub fn delete_pod(&mut self, pod: &ApiPod) -> BTreeSet<StackKey> {
        let (name, namespace) = (pod.name_any(), pod.namespace().unwrap_or_default());
        self.change(&namespace, |space| keys(&namespace, space.end_pod(&name)))
    }

    /// Takes in that a Secret, ConfigMap or claim of others is there. A new status of a claim is no news:
    /// only what Secrets and ConfigMaps hold is read.
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

    /// Takes in that a Secret, ConfigMap or claim of others is gone.
    pub fn delete_object(&mut self, kind: ObjectKind, namespace: &str, name: &str) -> BTreeSet<StackKey> {
        let key = (kind, name.to_owned());
        self.change(namespace, |space| keys(namespace, space.end_object(&key)))
    }

    /// A list of a kind begins: what is not seen until it ends is gone.
    pub(super) fn begin_list(&mut self, source: Source) {
        self.listing.insert(source, HashSet::new());
    }

    /// A list of a kind has ended.
    pub(super) fn end_list(&mut self, source: Source) -> BTreeSet<StackKey> {
        let Some(seen) = self.listing.remove(&source) else { return BTreeSet::new() };
        let mut woken = BTreeSet::new();
        self.namespaces.retain(|namespace, space| {
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
                // Their own events tell that they have run out.
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

    /// What is observed of a Stack: its children, and the pods of its services.
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

    /// Adds to `observed` who holds a name that the Stack wants, and what was refused of it.
    pub fn add_namesakes(
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

    /// Remembers what the API server has refused for good of what a Stack wants, or that it has not.
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

    /// Forgets what was refused of names that a Stack does not want any more, or long ago.
    pub fn forget_refused(&mut self, stack: &StackKey, wanted: &BTreeSet<ChildKey>) {
        self.change(&stack.namespace, |space| {
            if let Some(of_stack) = space.refused.get_mut(&stack.name) {
                of_stack.retain(|key, (_, since)| wanted.contains(key) && since.elapsed() < REFUSED_FOR);
                space.refused.retain(|_, of_stack| !of_stack.is_empty());
            }
        });
    }

    /// What is known of a Secret, ConfigMap or claim, if it exists.
    pub fn object(&self, namespace: &str, kind: ObjectKind, name: &str) -> Option<Seen> {
        self.namespaces.get(namespace)?.objects.get(&(kind, name.to_owned())).copied()
    }

    /// Remembers which objects of others a Stack reads, so that their events wake it.
    pub fn set_reads(&mut self, stack: &StackKey, reads: &BTreeSet<ObjectKey>) {
        self.change(&stack.namespace, |space| replace(&mut space.readers, &stack.name, reads));
    }

    /// Remembers which names that others hold a Stack wants, so that their deletion wakes it.
    pub fn set_contended(&mut self, stack: &StackKey, names: &BTreeSet<ChildKey>) {
        self.change(&stack.namespace, |space| replace(&mut space.contenders, &stack.name, names));
    }

    /// Remembers what an apply returned where it differs from what was sent, or that it does not. Nothing is
    /// remembered of a child that is gone already.
    pub fn set_settled(&mut self, namespace: &str, key: ChildKey, settled: Option<Settled>) {
        self.change(namespace, |space| match settled {
            Some(settled) if space.children.contains_key(&key) => drop(space.settled.insert(key, settled)),
            _ => drop(space.settled.remove(&key)),
        });
    }

    /// Marks a child as being deleted, as our own delete was accepted before its event comes.
    pub fn mark_deleting(&mut self, namespace: &str, kind: Kind, name: &str, uid: &str) {
        let held = self
            .namespaces
            .get_mut(namespace)
            .and_then(|space| space.children.get_mut(&(kind, name.to_owned())));
        if let Some(held) = held.filter(|held| held.value.uid == uid) {
            held.value.deleting = true;
        }
    }

    /// Changes what is held of a namespace, which is forgotten when nothing is.
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

    /// Remembers that an object was told of while its kind is listed; whether it is the first time.
    fn saw(&mut self, source: Source, namespace: &str, name: &str) -> bool {
        let seen = self.listing.get_mut(&source);
        seen.is_some_and(|seen| seen.insert((namespace.to_owned(), name.to_owned())))
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
