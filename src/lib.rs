//! Stackwright runs Docker Compose stacks on Kubernetes.
//!
//! One direction, one translation:
//!
//! ```text
//! compose files ──compose_loader──▶ canonical tree ──convert──▶ Stack
//!
//! Stack + Facts ──translate──▶ Desired ──plan (with what is observed)──▶ steps ──cluster──▶ status
//! ```
//!
//! | room | what it holds |
//! |---|---|
//! | [`api`] | the `Stack` resource: types, and what the API server takes of them |
//! | [`convert`] | canonical tree -> Stack, ConfigMaps and Secrets, with a verdict on each value |
//! | [`translate`] | Stack + facts -> the objects that should exist; one builder for each kind of child |
//! | [`plan`] | desired + observed -> what may be applied now, what waits for what, what is pruned |
//! | [`status`] | observed -> the state of each service -> conditions |
//! | `cluster` | the verbs that talk to the API server: observe, apply, prune |
//! | `registry` | what registries say of images |
//! | `permits` | permits shared by namespaces in turn, for registry reads and reconciliations |
//! | `controller` | wiring: watches, reconcile, backoff, events, metrics, lease |
//! | `cli` | one verb per file |
//!
//! The first six are pure: no I/O, no clock, no environment, a fixed order. They build without a
//! client, an async runtime or TLS (`cargo check --lib --no-default-features`).

// By the name that tests in `tests` have for it: they share code with unit tests.
#[cfg(test)]
extern crate self as stackwright;
#[cfg(test)]
#[path = "../crates/compose-loader/tests/support/growth.rs"]
mod growth;

pub mod api;
pub mod convert;
pub mod plan;
pub mod status;
pub mod translate;

#[cfg(feature = "cluster")]
mod caught;
#[cfg(feature = "cluster")]
pub mod cli;
#[cfg(feature = "cluster")]
pub mod cluster;
#[cfg(feature = "cluster")]
pub mod controller;
#[cfg(feature = "cluster")]
mod permits;
#[cfg(feature = "cluster")]
pub mod registry;
