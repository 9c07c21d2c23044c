//! What events and pods tell of trouble. It feeds messages, never decisions.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Event;

use super::{Index, StackKey, keys, namespace::Namespace};
use crate::{plan::Pod, translate::Kind};

impl Index {
    /// Takes in what was warned of a pod or a claim.
    pub fn apply_warning(&mut self, event: &Event) -> BTreeSet<StackKey> {
        let Some(about) = About::of(event) else { return BTreeSet::new() };
        let Some(space) = self.namespaces.get_mut(&about.namespace) else { return BTreeSet::new() };
        let stack = if about.is_claim {
            let key = (Kind::PersistentVolumeClaim, about.name);
            space.children.get(&key).map(|held| held.stack.clone())
        } else {
            space.pods.get(&about.name).map(|held| held.stack.clone())
        };
        let Some(stack) = stack else { return BTreeSet::new() };
        let warning = (event.reason.clone().unwrap_or_default(), event.message.clone().unwrap_or_default());
        let before = space.warnings.insert(about.uid, warning.clone());
        // Who warns repeats it with every try.
        if before.as_ref() == Some(&warning) { BTreeSet::new() } else { keys(&about.namespace, stack) }
    }

    /// Takes in that a warning has run out.
    pub fn delete_warning(&mut self, event: &Event) -> BTreeSet<StackKey> {
        if let Some(about) = About::of(event)
            && let Some(space) = self.namespaces.get_mut(&about.namespace)
        {
            space.warnings.remove(&about.uid);
        }
        BTreeSet::new()
    }
}

impl Namespace {
    /// Remembers that a pod was evicted, since its controller may delete it to replace it; and forgets it
    /// when a pod of the unit starts to run. To be told before the pod itself is taken in.
    pub(super) fn remember_eviction(&mut self, stack: &str, name: &str, pod: &Pod) {
        let before = self.pods.get(name).map(|held| &held.value);
        let unit = || (stack.to_owned(), pod.service.clone());
        match &pod.evicted {
            Some(eviction) if before.is_none_or(|before| before.evicted.is_none()) => {
                self.evictions.insert(unit(), eviction.clone());
            }
            None if pod.running && before.is_some_and(|before| !before.running) => {
                self.evictions.remove(&unit());
            }
            _ => {}
        }
    }
}

/// The pod or claim that an event is about.
struct About {
    namespace: String,
    is_claim: bool,
    name: String,
    uid: String,
}

impl About {
    fn of(event: &Event) -> Option<Self> {
        let about = event.involved_object.clone();
        let is_claim = about.kind.as_deref() == Some(Kind::PersistentVolumeClaim.as_str());
        Some(Self { namespace: about.namespace?, is_claim, name: about.name?, uid: about.uid? })
    }
}
