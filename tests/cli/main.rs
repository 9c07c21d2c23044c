//! The manners of the command line: help, colors, the terminal's width, closed pipes, completion scripts and manual
//! pages.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod clusters;
mod colors;
mod pages;
mod pipes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `transcripts/*.md` show commands with all that they print. `TRYCMD=overwrite cargo test --test cli` updates them.
#[test]
fn the_help_is_that_of_the_transcripts() {
    let environment = ["POD_NAME", "POD_NAMESPACE", "STACKWRIGHT_HELPER_IMAGE"];
    assert!(environment.iter().all(|name| std::env::var_os(name).is_none()), "clap prints their values");
    trycmd::TestCases::new()
        .case("tests/cli/transcripts/*.md")
        .env("NO_COLOR", "1")
        .env("CLICOLOR_FORCE", "0");
}

/// Returns an empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Returns a command that sees no cluster, no project of the machine, and no wish for colors.
fn stackwright(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackwright"));
    command
        .current_dir(folder)
        .args(arguments)
        .env_clear()
        .env("TERM", "xterm")
        .env("KUBECONFIG", "/missing");
    command
}

/// A project with one warning: the attribute `version` is obsolete.
const PROJECT: &str = "name: shop\nversion: '3'\nservices:\n  web: {image: 'shop/web:1'}\n";

/// A project that cannot be loaded.
const BROKEN: &str = "name: shop\nservices:\n  web: {image: 'shop/web:1', ports: [99999999]}\n";
