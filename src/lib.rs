//! Stackwright runs Docker Compose projects on Kubernetes.
//!
//! Data flows in one direction:
//!
//! ```text
//! Compose files ──compose_loader──▶ canonical tree ──convert──▶ Stack
//!
//! Stack + Facts ──translate──▶ Desired ──plan (with Observed)──▶ Plan ──cluster──▶ status
//! ```
//!
//! | module | content |
//! |---|---|
//! | [`api`] | the `Stack` resource: its types, and the rules of the API server for them |
//! | `text` | names of objects, hashes, addresses, and the quoting of Kubernetes and of a shell |
//! | [`cron`] | the schedules of jobs, in the grammar of Docker and of Kubernetes |
//! | `dns` | the answers of Docker and of the cluster DNS for one name |
//! | [`rules`] | all that Stackwright can say about a project: each rule with text, remedy and example |
//! | [`convert`] | canonical tree -> Stack, ConfigMaps and Secrets, with a verdict on each value |
//! | [`translate`] | Stack + facts -> the objects that must exist, with one builder for each kind of child |
//! | [`plan`] | desired + observed objects -> the steps: apply, wait or prune |
//! | [`status`] | observed objects -> the state of each service -> conditions |
//! | `cluster` | the calls to the API server: observe, apply, prune |
//! | `registry` | the metadata of images in registries |
//! | `permits` | permits shared by namespaces in turn, for registry reads and reconciliations |
//! | `controller` | the controller: watches, reconciliation, backoff, events, metrics, Lease |
//! | `cli` | the command line, with one file for each command |
//!
//! The objects of a Stack:
//!
//! ```
//! use serde_json::json;
//! use stackwright::translate::{Facts, Kind, translate};
//!
//! let services = json!({"web": {"image": "nginx:1.29", "ports": [{"target": 80, "published": 8080}]}});
//! let stack = json!({"metadata": {"name": "shop"}, "spec": {"services": services}});
//! let desired = translate(&serde_json::from_value(stack)?, &Facts::default())?;
//! let workload = desired.objects().into_iter().find(|object| object.kind == Kind::Deployment).unwrap();
//! assert_eq!(workload.name, "shop-web");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The first nine modules are pure: they do no I/O, read neither the clock nor the environment, and use no unordered
//! collection for output. They build without a client, an async runtime and TLS (`cargo check --lib
//! --no-default-features`). The Compose loader is the crate `compose-loader`, which depends on nothing of Kubernetes. It
//! reads files through a trait, so that the caller chooses where they come from.

// Integration tests share code with unit tests, and use this name.
#[cfg(test)]
extern crate self as stackwright;
#[cfg(test)]
#[path = "../crates/compose-loader/tests/support/growth.rs"]
mod growth;

pub mod api;
pub mod convert;
pub mod cron;
mod dns;
pub mod plan;
pub mod rules;
pub mod status;
mod text;
pub mod translate;

#[cfg(feature = "cluster")]
pub mod cli;
#[cfg(feature = "cluster")]
pub mod cluster;
#[cfg(feature = "cluster")]
pub mod controller;
#[cfg(feature = "cluster")]
mod panics;
#[cfg(feature = "cluster")]
mod permits;
#[cfg(feature = "cluster")]
pub mod registry;
