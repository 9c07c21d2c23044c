//! An object to apply, in the API server's canonical form, whatever its kind.

use k8s_openapi::{
    NamespaceResourceScope, Resource,
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        batch::v1::Job,
        core::v1::{ConfigMap, PersistentVolumeClaim, Service},
        networking::v1::{Ingress, NetworkPolicy},
    },
};
use serde::Serialize;
use serde_json::{Map, Value};

/// The kinds of child, in the order in which they are applied: what pods mount and obey comes
/// before the pods.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A config's content.
    ConfigMap,
    /// A named volume.
    PersistentVolumeClaim,
    /// A network's or a published port's rule.
    NetworkPolicy,
    /// A name in DNS, or published ports.
    Service,
    /// A route from outside.
    Ingress,
    /// A service that is kept running.
    Deployment,
    /// A service that writes a volume.
    StatefulSet,
    /// A service with a container on each node.
    DaemonSet,
    /// A one-shot.
    Job,
}

impl Kind {
    /// Every kind, in the order in which they are applied.
    pub const ALL: [Self; 9] = [
        Self::ConfigMap,
        Self::PersistentVolumeClaim,
        Self::NetworkPolicy,
        Self::Service,
        Self::Ingress,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
    ];

    /// The kind's name in Kubernetes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => ConfigMap::KIND,
            Self::PersistentVolumeClaim => PersistentVolumeClaim::KIND,
            Self::NetworkPolicy => NetworkPolicy::KIND,
            Self::Service => Service::KIND,
            Self::Ingress => Ingress::KIND,
            Self::Deployment => Deployment::KIND,
            Self::StatefulSet => StatefulSet::KIND,
            Self::DaemonSet => DaemonSet::KIND,
            Self::Job => Job::KIND,
        }
    }

    /// Whether it makes pods.
    pub fn is_workload(self) -> bool {
        matches!(self, Self::Deployment | Self::StatefulSet | Self::DaemonSet | Self::Job)
    }
}

/// An object to apply. The body holds no empty value and no null, so that what the API server
/// gives back for our fields equals it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The whole object as JSON, `apiVersion` and `kind` included.
    pub body: Value,
}

impl Object {
    /// Whether the pods that it makes mount the ConfigMap or claim of this name.
    pub fn mounts(&self, kind: Kind, name: &str) -> bool {
        let volumes = self.body.pointer("/spec/template/spec/volumes").and_then(Value::as_array);
        volumes.into_iter().flatten().any(|volume| match kind {
            Kind::ConfigMap => volume["configMap"]["name"] == name,
            Kind::PersistentVolumeClaim => volume["persistentVolumeClaim"]["claimName"] == name,
            _ => false,
        })
    }
}

/// A Kubernetes type that is one of our kinds of child.
pub trait Child: Resource<Scope = NamespaceResourceScope> + Serialize {
    /// Which one.
    const CHILD: Kind;
    /// Its name.
    fn name(&self) -> &str;
}

macro_rules! child {
    ($($kind:ident),*) => {$(
        impl Child for $kind {
            const CHILD: Kind = Kind::$kind;
            fn name(&self) -> &str {
                self.metadata.name.as_deref().unwrap_or_default()
            }
        }
    )*};
}

child!(
    ConfigMap,
    PersistentVolumeClaim,
    NetworkPolicy,
    Service,
    Ingress,
    Deployment,
    StatefulSet,
    DaemonSet,
    Job
);

impl<K: Child> From<&K> for Object {
    fn from(typed: &K) -> Self {
        Self { kind: K::CHILD, name: typed.name().to_owned(), body: canonical(typed) }
    }
}

/// A Kubernetes type as the API server would give it back.
pub(super) fn canonical(typed: &impl Serialize) -> Value {
    // The types of k8s-openapi have string keys only, so they always serialise.
    let value = serde_json::to_value(typed).unwrap_or_default();
    without_empty(value).unwrap_or_default()
}

/// Leaves out nulls and empty lists, which the API server drops too: an empty list in an atomic
/// place would make every further apply move the resourceVersion. Empty maps stay, since
/// `emptyDir: {}` and `podSelector: {}` mean something.
fn without_empty(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(items.into_iter().filter_map(without_empty).collect()),
        Value::Object(fields) => Some(Value::Object(
            fields
                .into_iter()
                .filter_map(|(name, value)| without_empty(value).map(|value| (name, value)))
                .collect::<Map<_, _>>(),
        )),
        scalar => Some(scalar),
    }
}
