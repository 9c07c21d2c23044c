//! Access to the API server: watches, applies and deletes. [`crate::plan`] makes the decisions.

mod apply;
mod index;
mod listing;
mod namespaces;
mod project;
pub mod rbac;
mod scope;
mod trimmed;
mod watch;

pub use apply::{Applied, Applier, ApplyError};
pub use index::{ChildUpdate, Index, REFUSED_FOR, Seen};
pub(crate) use listing::{Listing, METADATA};
pub(crate) use scope::Part;
pub use scope::Scope;
pub(crate) use watch::lock;
pub use watch::{Sources, Watches};

use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    batch::v1::{CronJob, Job},
    core::v1::{ConfigMap, PersistentVolumeClaim, Service},
    networking::v1::{Ingress, NetworkPolicy},
};
use kube::core::ApiResource;

use crate::translate::Kind;

/// Returns the API resource of a kind of child.
pub fn api_resource(kind: Kind) -> ApiResource {
    match kind {
        Kind::ConfigMap => ApiResource::erase::<ConfigMap>(&()),
        Kind::PersistentVolumeClaim => ApiResource::erase::<PersistentVolumeClaim>(&()),
        Kind::NetworkPolicy => ApiResource::erase::<NetworkPolicy>(&()),
        Kind::Service => ApiResource::erase::<Service>(&()),
        Kind::Ingress => ApiResource::erase::<Ingress>(&()),
        Kind::Deployment => ApiResource::erase::<Deployment>(&()),
        Kind::StatefulSet => ApiResource::erase::<StatefulSet>(&()),
        Kind::DaemonSet => ApiResource::erase::<DaemonSet>(&()),
        Kind::Job => ApiResource::erase::<Job>(&()),
        Kind::CronJob => ApiResource::erase::<CronJob>(&()),
    }
}
