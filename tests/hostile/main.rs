//! What hostile texts and variables cost `stackwright config`. The cases are those of the loader: the command adds the
//! excerpts of messages, and hides secrets in them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../../crates/compose-loader/tests/hostile/project.rs"]
mod project;
#[path = "../../crates/compose-loader/tests/hostile/text.rs"]
mod text;
#[path = "../../crates/compose-loader/tests/hostile/variables.rs"]
mod variables;

use std::process::Command;

use project::{LARGE, Project};

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_stackwright"));
    program.env_clear().arg("config");
    program
}
