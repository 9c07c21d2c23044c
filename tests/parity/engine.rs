//! The interface to an engine that runs a Compose project.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

/// A container.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Container {
    /// The service of the container.
    pub service: String,
    /// The engine's unique id.
    pub id: String,
    /// The default host name, if there is one.
    pub called: Option<String>,
}

/// The result of a command in a container.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// The output, with standard error at the end.
    pub text: String,
}

/// An engine with one project.
pub trait Engine {
    /// Returns the name in reports.
    fn name(&self) -> &'static str;
    /// Starts the project, or updates it to its files.
    fn up(&self) -> Result<(), String>;
    /// Reports whether a changed file of the project replaces containers.
    fn renews(&self) -> bool;
    /// Adds a Compose file, which the next start reads.
    fn add_file(&self, file: &str);
    /// Returns a command that sends requests to a service's published port for a period, and prints the result.
    fn load(&self, service: &str, port: &str) -> Command;
    /// Stops the project, and keeps named volumes.
    fn down(&self);
    /// Returns the state of each service in Docker's words: `created`, `starting`, `running`,
    /// `healthy`, `unhealthy`, `exited CODE`.
    fn states(&self) -> BTreeMap<String, String>;
    /// Returns the containers that are not being stopped.
    fn containers(&self) -> Vec<Container>;
    /// Returns a command that prints and follows a container's whole log.
    fn log(&self, container: &Container) -> Command;
    /// Runs a command in a container.
    fn run(&self, container: &Container, command: &[&str]) -> Outcome;
    /// Replaces each container of a service.
    fn recreate(&self, service: &str);
    /// Scales a service.
    fn scale(&self, service: &str, replicas: u32);
    /// Returns the identities that answer at a service's published ports (`8080/tcp`), as seen from another machine.
    fn outside(&self, service: &str, ports: &[String]) -> BTreeMap<String, String>;
}

/// Runs a command to its end.
pub fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Outcome { code: output.status.code().unwrap_or(-1), text: text.trim().to_owned() }
}

/// Returns the string at a pointer, or an empty one.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The arguments of `witness load` after the address: requests a second, and the duration.
pub const LOAD: [&str; 2] = ["--rate=200", "--for=20s"];

/// Returns the answers of `witness reach` for these addresses, run by `command`.
pub fn reached(command: &mut Command, targets: &[String]) -> BTreeMap<String, String> {
    if targets.is_empty() {
        return BTreeMap::new();
    }
    let output = command.args(targets).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}
