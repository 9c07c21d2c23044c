//! The Kubernetes API of Stackwright: its types, and the rules by which the API server validates them ([`schema`]).
//!
//! The spec is the canonical model of Compose with the conventions of Kubernetes: camelCase, long forms and maps keyed
//! by name. `kubectl explain stack.spec` prints the doc comments of the fields, so these address the author of a Stack:
//! meaning, unit, default.
//!
//! The schema has no defaults for the spec, because a GitOps tool would report a defaulted field as drift. The defaults
//! are in [`crate::translate`]. Every string, list and map has a bound, because the API server rejects a CRD if it cannot
//! estimate the cost of the CEL rules.

mod definition;
mod deploy;
mod duration;
mod health;
mod job;
mod key_ref;
pub mod labels;
mod network;
mod process;
mod quantity;
mod reason;
pub mod schema;
#[allow(dead_code, reason = "the macro of the schema copies structs, and reads no field that it skips")]
mod service;
mod stack;
mod stack_key;
mod status;
mod storage;
mod text;

pub use definition::definition;
pub use deploy::{Deploy, EndpointMode, Mode, Placement, Resource, Resources, UpdateConfig, UpdateOrder};
pub use duration::{Duration, DurationError};
pub use health::{Healthcheck, OnUnhealthy};
pub use job::{Concurrency, Job, MissedFires, Schedule, Triggers};
pub use key_ref::{EnvironmentSource, KeyRef};
pub use network::{
    Expose, IngressRule, Network, Port, PortMode, Protocol, Publish, ServiceMode, ServiceNetwork,
    UnknownProtocol,
};
pub use process::{Device, Hook, PreStart, PullPolicy};
pub use quantity::{Quantity, QuantityError};
pub use reason::Reason;
pub use service::{Condition as DependencyCondition, Dependency, Service};
pub use stack::{ImageMetadata, Stack, StackSpec};
pub use stack_key::StackKey;
pub use status::{
    ConditionType, JobStatus, RunResult, RunStatus, ServiceState, ServiceStatus, StackStatus, TemplateHash,
};
pub use storage::{
    AccessMode, AnonymousVolumes, Config, FileMount, FileTree, Nfs, Propagation, Secret, Tmpfs, TreeFile,
    Volume, VolumeMount, VolumePolicy,
};
pub use text::{Addresses, HostName, Text};

/// The API group of Stackwright, and the prefix of its labels and annotations.
pub const GROUP: &str = "stackwright.dev";
