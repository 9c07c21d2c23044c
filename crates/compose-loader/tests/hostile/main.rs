//! What hostile projects cost the loader, each in a process of its own: see [`project`].
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod files;
mod graphs;
mod project;
mod text;
mod variables;
mod yaml;

use std::env;
use std::process::{Command, exit};

use compose_loader::discover::{Options, discover};
use compose_loader::disk::Disk;
use compose_loader::print::{Style, yaml as print};
use compose_loader::{Diagnostic, Severity, Sources, load_with};
use project::{LARGE, Project, TIME};

/// The variable that makes [`load`] load a project.
const LOAD: &str = "COMPOSE_LOADER_TEST_LOAD";

/// This program, as one that loads the project of its folder.
fn program() -> Command {
    let mut program = Command::new(env::current_exe().unwrap());
    program.env_clear().args(["load", "--exact", "--nocapture"]).env(LOAD, "yes");
    program
}

/// The process that the other tests start. It prints the project of its folder, or the errors.
#[test]
fn load() {
    if env::var_os(LOAD).is_none() {
        return;
    }
    // As large as the stack of a main thread: without optimization, the deepest nesting needs more than the 2 MiB of others.
    let thread = std::thread::Builder::new().stack_size(8 << 20);
    thread.spawn(load_and_exit).unwrap().join().unwrap();
}

fn load_and_exit() {
    let folder = env::current_dir().unwrap().into_os_string().into_string().unwrap();
    let found = discover(&Options { folder, ..Options::default() }, &Disk).unwrap_or_else(|error| {
        show(&[error.0], &error.1);
        exit(1)
    });
    let loaded = load_with(&found.request, &Disk, found.sources);
    show(&[found.warnings, loaded.diagnostics].concat(), &loaded.sources);
    let Some(project) = loaded.project else { exit(1) };
    println!("{}", print(&project, Style::default()));
    exit(0)
}

fn show(diagnostics: &[Diagnostic], sources: &Sources) {
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        eprintln!("{severity}[{}]: {}\n{}", diagnostic.id, diagnostic.line(sources), diagnostic.remedy);
    }
}
