//! The Kubernetes API that Stackwright defines: types, and what the API server takes of them ([`schema`]).
//!
//! The spec is Compose's canonical model in Kubernetes dress (camelCase, long forms, maps keyed by
//! name). Doc comments here are what `kubectl explain stack.spec` prints, so they are written for
//! the person who writes a Stack: meaning, unit, default.
//!
//! The schema carries no defaults, since a GitOps tool must never see drift; defaults live in
//! [`crate::translate`]. Every string, list and map has a bound, because the API server refuses a
//! CRD whose CEL rules it cannot price.

mod definition;
mod deploy;
mod duration;
mod health;
pub mod labels;
mod network;
mod process;
mod quantity;
pub mod schema;
mod service;
mod stack;
mod status;
mod storage;
mod text;

pub use definition::definition;
pub use deploy::{Deploy, EndpointMode, Mode, Placement, Resource, Resources, UpdateConfig, UpdateOrder};
pub use duration::{Duration, DurationError};
pub use health::{Healthcheck, OnUnhealthy};
pub use network::{
    Expose, IngressRule, Network, Port, PortMode, Protocol, Publish, ServiceMode, ServiceNetwork,
};
pub use process::{Device, Hook, PreStart, PullPolicy};
pub use quantity::{Quantity, QuantityError};
pub use service::{Condition as DependencyCondition, Dependency, EnvironmentSource, KeyRef, Service};
pub use stack::{ImageMetadata, Stack, StackSpec};
pub use status::{ConditionType, ServiceState, ServiceStatus, StackStatus};
pub use storage::{
    AccessMode, AnonymousVolumes, Config, FileMount, FileTree, Nfs, Propagation, Secret, Tmpfs, TreeFile,
    Volume, VolumeMount, VolumePolicy,
};
pub use text::{Addresses, HostName, Text};

/// The API group of everything Stackwright defines, and the prefix of its labels and annotations.
pub const GROUP: &str = "stackwright.dev";
