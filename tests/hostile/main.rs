//! What hostile projects cost `stackwright config`: the cases of the loader, with the excerpts of messages and the search
//! for secrets in them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../../crates/compose-loader/tests/hostile/files.rs"]
mod files;
#[path = "../../crates/compose-loader/tests/hostile/graphs.rs"]
mod graphs;
#[path = "../../crates/compose-loader/tests/hostile/project.rs"]
mod project;
#[path = "../../crates/compose-loader/tests/hostile/text.rs"]
mod text;
#[path = "../../crates/compose-loader/tests/hostile/variables.rs"]
mod variables;
#[path = "../../crates/compose-loader/tests/hostile/yaml.rs"]
mod yaml;

use std::process::Command;

use project::{LARGE, Project, TIME};

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_stackwright"));
    program.env_clear().arg("config");
    program
}
