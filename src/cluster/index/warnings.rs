//! Warnings about Pods and claims. They are used for messages only, never for decisions.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Event;

use super::{Index, key::ChildKey, keys, namespace::Namespace};
use crate::{
    api::StackKey,
    plan::{Eviction, Notice, Pod},
    translate::Kind,
};

impl Index {
    /// Updates the warning about a Pod or a claim.
    pub fn apply_warning(&mut self, event: &Event) -> BTreeSet<StackKey> {
        let Some(about) = About::of(event) else { return BTreeSet::new() };
        let Some(space) = self.namespaces.get_mut(&about.namespace) else { return BTreeSet::new() };
        let stack = if about.is_claim {
            let key = (Kind::PersistentVolumeClaim, about.name.clone());
            space.children.get(&key).map(|held| (&held.value.uid, held.stack.clone()))
        } else {
            space.pods.get(&about.name).map(|held| (&held.value.uid, held.stack.clone()))
        };
        let Some((uid, Some(stack))) = stack else { return BTreeSet::new() };
        let is_of_another = *uid != about.uid;
        let warning = Notice {
            reason: event.reason.clone().unwrap_or_default(),
            message: event.message.clone().unwrap_or_default(),
        };
        if warning.reason == "Evicted" {
            space.remember_eviction(&stack, &about.name, event);
        }
        // A successor with the same name is already indexed.
        if is_of_another {
            return BTreeSet::new();
        }
        let before = space.warnings.insert(about.uid, warning.clone());
        // The kubelet and provisioners repeat a warning with each retry.
        if before.as_ref() == Some(&warning) { BTreeSet::new() } else { keys(&about.namespace, [stack]) }
    }

    /// Removes an expired warning.
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
    /// Remembers an eviction. The Pod's controller can delete the Pod, and the status of a Pod whose program exits with 0
    /// at the stop signal does not show the eviction. The first eviction is kept: a node under pressure evicts successors,
    /// too, with shorter messages.
    fn remember_eviction(&mut self, stack: &str, pod: &str, event: &Event) {
        let Some(service) = self.pods.get(pod).map(|held| held.value.service.clone()) else { return };
        let Some(at) = event.last_timestamp.as_ref().map(|time| time.0) else { return };
        let has_started_since = self.pods.values().any(|held| {
            held.stack.as_deref() == Some(stack)
                && held.value.service == service
                && held.value.started_at.is_some_and(|start| start >= at)
        });
        if !has_started_since {
            let node = event.source.as_ref().and_then(|source| source.host.clone()).unwrap_or_default();
            let why = event.message.clone().unwrap_or_default();
            self.evictions.entry((stack.to_owned(), service)).or_insert(Eviction { at, node, why });
        }
    }

    /// Forgets the evictions of a unit that happened before a Pod of it started.
    pub(super) fn forget_evictions_before(&mut self, stack: &str, pod: &Pod) {
        let unit = (stack.to_owned(), pod.service.clone());
        if let Some(start) = pod.started_at
            && self.evictions.get(&unit).is_some_and(|eviction| eviction.at <= start)
        {
            self.evictions.remove(&unit);
        }
    }

    /// Forgets the evictions of a Stack without Pods and children that is not known from a reconciliation.
    pub(super) fn forget_evictions_of_none(&mut self, stack: &str) {
        let has_children = self.pods_of_stack.contains_key(stack) || self.of_stack.contains_key(stack);
        if !has_children && !self.stacks.contains(stack) {
            self.evictions.retain(|(of, _), _| of != stack);
        }
    }

    /// Forgets the evictions from a deleted workload.
    pub(super) fn forget_evictions_of(&mut self, key: &ChildKey) {
        let Some(held) = self.children.get(key).filter(|_| key.0.is_workload()) else { return };
        if let (Some(stack), Some(service)) = (held.stack.clone(), held.value.service.clone()) {
            self.evictions.remove(&(stack, service));
        }
    }
}

/// The Pod or claim of an event.
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
