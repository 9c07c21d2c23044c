//! Scenarios on a real control plane with simulated nodes. `tests/support` documents the scenario language.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/examples.rs"]
mod examples;
#[path = "../support/projects.rs"]
mod projects;
#[path = "../support/corpus.rs"]
mod public;
#[path = "../support/specimens.rs"]
mod specimens;

mod accounts;
mod apply;
mod authority;
mod commands;
mod conflict;
mod contents;
mod converted;
mod cost;
mod crowd;
mod drift;
mod faults;
mod flapping;
mod images;
mod invalid;
mod jobs;
mod kstatus;
mod matrix;
mod memory;
mod missing;
mod oneshot;
mod order;
mod privileges;
mod reading;
mod removal;
mod schema;
mod scope;
mod storage;
mod takeover;
mod transcript;
mod update;
mod workloads;
