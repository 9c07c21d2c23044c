//! Names, labels and the owner of every object.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::PodTemplateSpec,
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference},
};
use kube::Resource;

use super::edition::Edition;
use crate::{
    api::{
        Stack,
        labels::{
            ALIAS_PREFIX, MANAGED_BY, MANAGER, MEMBER_PREFIX, NAME, NETWORK_PREFIX, PART_OF, SERVICE, STACK,
        },
    },
    translate::{
        long_hash,
        names::{dns_label, object_name},
        resolve::{Resolved, ResolvedService},
        short_hash,
    },
};

pub(super) type Labels = BTreeMap<String, String>;

impl Resolved<'_> {
    /// The name `<stack>-<name>` of an object for something that the spec calls `name`.
    pub(super) fn object_name(&self, name: &str) -> String {
        object_name(self.name, &dns_label(name))
    }

    /// The metadata of an object that belongs to no service alone.
    pub(super) fn metadata(&self, name: String) -> ObjectMeta {
        ObjectMeta { owner_references: self.owner().map(|owner| vec![owner]), ..self.ownerless(name) }
    }

    /// The metadata of an object that outlives the Stack.
    pub(super) fn ownerless(&self, name: String) -> ObjectMeta {
        ObjectMeta {
            name: Some(name),
            namespace: self.stack.metadata.namespace.clone(),
            labels: Some(self.labels()),
            ..ObjectMeta::default()
        }
    }

    /// The metadata of an object of one service.
    pub(super) fn metadata_of(&self, service: &ResolvedService<'_>, name: String) -> ObjectMeta {
        ObjectMeta { labels: Some(self.labels_of(service)), ..self.metadata(name) }
    }

    fn labels(&self) -> Labels {
        labels([(MANAGED_BY, MANAGER), (PART_OF, self.name), (STACK, self.name)])
    }

    /// The labels of a service's objects.
    pub(super) fn labels_of(&self, service: &ResolvedService<'_>) -> Labels {
        let mut all = self.labels();
        all.extend(labels([(NAME, service.name), (SERVICE, service.name)]));
        all
    }

    /// What selects the pods of a service. A workload's selector never changes, so it holds
    /// nothing else. In the pods of another service it has a label of its own.
    pub(super) fn pods_of(&self, service: &ResolvedService<'_>) -> Labels {
        if service.lead == service.name {
            return labels([(STACK, self.name), (SERVICE, service.name)]);
        }
        labels([(STACK, self.name), (&member_label(service.name), "")])
    }

    /// What selects the pods of every service that bears an alias.
    pub(super) fn pods_with_alias(&self, alias: &str) -> Labels {
        let mut selector = labels([(STACK, self.name)]);
        selector.insert(alias_label(alias), String::new());
        selector
    }

    /// The label of the pods of a network, as templates of this edition bear it. One that several Stacks share is known
    /// by its own name, before which no Stack's stands.
    ///
    /// The label lets pods in, and its length must not let anyone find another name of the same hash. Of a shared
    /// network nobody gains by one: whoever may write Stacks of the namespace joins it by its name. So its label stays
    /// short, and Stacks with templates of each edition meet on it.
    pub(super) fn network_label(&self, network: &str, edition: Edition) -> String {
        let hash = match self.shared_name(network) {
            Some(shared) => short_hash(&format!("/{shared}")),
            None if edition.has_long_network_labels() => long_hash(&format!("{}/{network}", self.name)),
            None => short_hash(&format!("{}/{network}", self.name)),
        };
        format!("{NETWORK_PREFIX}{hash}")
    }

    /// The name by which several Stacks share a network.
    pub(super) fn shared_name(&self, network: &str) -> Option<&str> {
        self.stack.spec.networks.get(network)?.shared_name.as_deref()
    }

    /// What selects the pods of this Stack among those that something else selects.
    pub(super) fn of_stack(&self) -> Labels {
        labels([(STACK, self.name)])
    }

    fn owner(&self) -> Option<OwnerReference> {
        Some(OwnerReference {
            api_version: Stack::api_version(&()).into_owned(),
            kind: Stack::kind(&()).into_owned(),
            name: self.name.to_owned(),
            uid: self.stack.metadata.uid.clone()?,
            controller: Some(true),
            block_owner_deletion: Some(true),
        })
    }
}

/// The label of the pods in which a service runs that does not name them.
pub(super) fn member_label(service: &str) -> String {
    format!("{MEMBER_PREFIX}{service}")
}

/// The label of the pods that bear an alias.
pub(super) fn alias_label(alias: &str) -> String {
    format!("{ALIAS_PREFIX}{alias}")
}

/// The annotations of the pods of a template.
pub(super) fn annotations(template: &mut PodTemplateSpec) -> &mut BTreeMap<String, String> {
    template.metadata.get_or_insert_default().annotations.get_or_insert_default()
}

/// A selector by labels.
pub(super) fn selector(labels: Labels) -> LabelSelector {
    LabelSelector { match_labels: Some(labels), match_expressions: None }
}

/// Labels from pairs.
pub(super) fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
