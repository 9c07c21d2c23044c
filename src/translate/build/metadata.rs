//! Names, labels and owners of objects.

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
    text::{
        long_hash,
        names::{dns_label, object_name},
        short_hash,
    },
    translate::resolve::{Resolved, ResolvedService},
};

pub(super) type Labels = BTreeMap<String, String>;

impl Resolved<'_> {
    /// Returns the name `<stack>-<name>` of the object for an entry `name` of the spec.
    pub(super) fn object_name(&self, name: &str) -> String {
        object_name(self.name, &dns_label(name))
    }

    /// Returns the metadata of an object that belongs to no single service.
    pub(super) fn metadata(&self, name: String) -> ObjectMeta {
        ObjectMeta { owner_references: self.owner().map(|owner| vec![owner]), ..self.ownerless(name) }
    }

    /// Returns the metadata of an object that outlives the Stack.
    pub(super) fn ownerless(&self, name: String) -> ObjectMeta {
        ObjectMeta {
            name: Some(name),
            namespace: self.stack.metadata.namespace.clone(),
            labels: Some(self.labels()),
            ..ObjectMeta::default()
        }
    }

    /// Returns the metadata of an object of a service.
    pub(super) fn metadata_of(&self, service: &ResolvedService<'_>, name: String) -> ObjectMeta {
        ObjectMeta { labels: Some(self.labels_of(service)), ..self.metadata(name) }
    }

    fn labels(&self) -> Labels {
        labels([(MANAGED_BY, MANAGER), (PART_OF, self.name), (STACK, self.name)])
    }

    /// Returns the labels of the objects of a service.
    pub(super) fn labels_of(&self, service: &ResolvedService<'_>) -> Labels {
        let mut all = self.labels();
        all.extend(labels([(NAME, service.own.name), (SERVICE, service.own.name)]));
        all
    }

    /// Returns the selector of the Pods of a service. The selector of a workload is immutable, so it has only fixed labels. A
    /// service in the Pod of another service has its own label.
    pub(super) fn pods_of(&self, service: &ResolvedService<'_>) -> Labels {
        if service.own.lead == service.own.name {
            return labels([(STACK, self.name), (SERVICE, service.own.name)]);
        }
        labels([(STACK, self.name), (&member_label(service.own.name), "")])
    }

    /// Returns the selector of the Pods of all services with an alias.
    pub(super) fn pods_with_alias(&self, alias: &str) -> Labels {
        let mut selector = labels([(STACK, self.name)]);
        selector.insert(alias_label(alias), String::new());
        selector
    }

    /// Returns the label of the Pods of a network in templates of an edition. The identity of a shared network is its shared
    /// name, without the name of a Stack.
    ///
    /// The label grants access to Pods, so it is long enough that a second name with the same hash cannot be found. A
    /// collision with a shared network gives no access that its name does not give to each Stack of the namespace. So the
    /// label of a shared network stays short, and connects templates of all editions.
    pub(super) fn network_label(&self, network: &str, edition: Edition) -> String {
        let hash = match self.shared_name(network) {
            Some(shared) => short_hash(&format!("/{shared}")),
            None if edition.has_long_network_labels() => long_hash(&format!("{}/{network}", self.name)),
            None => short_hash(&format!("{}/{network}", self.name)),
        };
        format!("{NETWORK_PREFIX}{hash}")
    }

    /// Returns the shared name of a network.
    pub(super) fn shared_name(&self, network: &str) -> Option<&str> {
        self.stack.spec.networks.get(network)?.shared_name.as_deref()
    }

    /// Returns the selector that restricts another one to the Pods of this Stack.
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

/// Returns the label of Pods with a service that does not name their unit.
pub(super) fn member_label(service: &str) -> String {
    format!("{MEMBER_PREFIX}{service}")
}

/// Returns the label of Pods with an alias.
pub(super) fn alias_label(alias: &str) -> String {
    format!("{ALIAS_PREFIX}{alias}")
}

/// Returns the annotations of a Pod template.
pub(super) fn annotations(template: &mut PodTemplateSpec) -> &mut BTreeMap<String, String> {
    template.metadata.get_or_insert_default().annotations.get_or_insert_default()
}

/// Returns a selector by labels.
pub(super) fn selector(labels: Labels) -> LabelSelector {
    LabelSelector { match_labels: Some(labels), match_expressions: None }
}

/// Returns labels from pairs.
pub(super) fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
