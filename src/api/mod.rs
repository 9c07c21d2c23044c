//! The Kubernetes API that Stackwright defines: types only.
//!
//! The spec is Compose's canonical model in Kubernetes dress (camelCase, long forms, maps keyed by
//! name). Doc comments here are what `kubectl explain stack.spec` prints, so they are written for
//! the person who writes a Stack: meaning, unit, default.
//!
//! The schema carries no defaults, since a GitOps tool must never see drift; defaults live in
//! [`crate::translate`]. Every string, list and map has a bound, because the API server refuses a
//! CRD whose CEL rules it cannot price.

mod definition;
mod duration;
mod health;
pub mod labels;
mod network;
mod quantity;
mod service;
mod stack;
mod status;
mod storage;
mod text;

pub use definition::definition;
pub use duration::{Duration, DurationError};
pub use health::{Healthcheck, OnUnhealthy};
pub use network::{Expose, Network, Port, Protocol, Publish, ServiceNetwork};
pub use quantity::{Quantity, QuantityError};
pub use service::{
    Condition as DependencyCondition, Dependency, Deploy, EndpointMode, EnvironmentSource, KeyRef, Resource,
    Resources, Service, UpdateConfig, UpdateOrder,
};
pub use stack::{Stack, StackSpec};
pub use status::{ConditionType, ServiceState, ServiceStatus, StackStatus};
pub use storage::{AccessMode, Config, FileMount, Secret, Tmpfs, Volume, VolumeMount, VolumePolicy};
pub use text::Text;

/// The API group of everything Stackwright defines, and the prefix of its labels and annotations.
pub const GROUP: &str = "stackwright.dev";
