//! Objects to apply, in the canonical form of the API server.

use k8s_openapi::{
    NamespaceResourceScope, Resource,
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        batch::v1::{CronJob, Job},
        core::v1::{ConfigMap, PersistentVolumeClaim, Service},
        networking::v1::{Ingress, NetworkPolicy},
    },
};
use serde::Serialize;
use serde_json::{Map, Value};

/// The kinds of children, in the order of application. Objects that Pods mount, and NetworkPolicies, come before
/// workloads.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// The content of a config.
    ConfigMap,
    /// A named volume.
    PersistentVolumeClaim,
    /// The traffic of a network or of published ports.
    NetworkPolicy,
    /// A DNS name, or published ports.
    Service,
    /// A route.
    Ingress,
    /// A service that runs until it is stopped.
    Deployment,
    /// A service that writes a volume.
    StatefulSet,
    /// A service with a container on each node.
    DaemonSet,
    /// A one-shot.
    Job,
    /// A job.
    CronJob,
}

impl Kind {
    /// All kinds, in the order of application.
    pub const ALL: [Self; 10] = [
        Self::ConfigMap,
        Self::PersistentVolumeClaim,
        Self::NetworkPolicy,
        Self::Service,
        Self::Ingress,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
    ];

    /// Returns the name of the kind in Kubernetes.
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
            Self::CronJob => CronJob::KIND,
        }
    }

    /// Reports whether the kind has Pods and runs a unit. A CronJob has Pods only during a run.
    pub fn is_workload(self) -> bool {
        matches!(self, Self::Deployment | Self::StatefulSet | Self::DaemonSet | Self::Job)
    }
}

/// An object to apply. The body has no null and no empty list, so the API server returns the applied fields unchanged.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// The object as JSON, including `apiVersion` and `kind`.
    pub body: Value,
}

impl Object {
    /// Reports whether the Pods of the object mount the ConfigMap or claim with this name.
    pub fn mounts(&self, kind: Kind, name: &str) -> bool {
        let template =
            if self.kind == Kind::CronJob { "/spec/jobTemplate/spec/template" } else { "/spec/template" };
        let volumes =
            self.body.pointer(template).and_then(|it| it.pointer("/spec/volumes")).and_then(Value::as_array);
        volumes.into_iter().flatten().any(|volume| match kind {
            Kind::ConfigMap => volume["configMap"]["name"] == name,
            Kind::PersistentVolumeClaim => volume["persistentVolumeClaim"]["claimName"] == name,
            _ => false,
        })
    }
}

/// A Kubernetes type of a child.
pub trait Child: Resource<Scope = NamespaceResourceScope> + Serialize {
    /// The kind.
    const CHILD: Kind;
    /// Returns the name.
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
    Job,
    CronJob
);

impl<K: Child> From<&K> for Object {
    fn from(typed: &K) -> Self {
        Self { kind: K::CHILD, name: typed.name().to_owned(), body: canonical(typed) }
    }
}

/// Returns a Kubernetes type in the form in which the API server returns it.
pub(super) fn canonical(typed: &impl Serialize) -> Value {
    // Serialization cannot fail: all maps of k8s-openapi have string keys.
    let value = serde_json::to_value(typed).unwrap_or_default();
    without_empty(value).unwrap_or_default()
}

/// Removes nulls and empty lists, as the API server does. An empty list in an atomic field would change the resourceVersion
/// with each apply. Empty maps stay, because `emptyDir: {}` and `podSelector: {}` have a meaning.
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
