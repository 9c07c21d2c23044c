//! What a compose project is asked for on an engine, whichever it is.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

/// A container that exists, or existed when it was looked for.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Container {
    /// The service whose it is.
    pub service: String,
    /// What the engine knows it by; another one for each container that there ever is.
    pub id: String,
    /// What it is called where nobody gave it a name, if it is called anything.
    pub called: Option<String>,
}

/// How a command inside of a container ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its exit code.
    pub code: i32,
    /// What it printed, errors behind the rest.
    pub text: String,
}

/// One of the two engines, with one project on it.
pub trait Engine {
    /// What it is called in what is told.
    fn name(&self) -> &'static str;
    /// Starts the project, or brings it to what its files say now.
    fn up(&self) -> Result<(), String>;
    /// Whether a changed file of the project comes with new containers.
    fn renews(&self) -> bool;
    /// Adds a further file to those that the project is made of; the next start reads it.
    fn add_file(&self, file: &str);
    /// A command that asks a service's published port so many times a second for so long, and prints what
    /// came of it.
    fn load(&self, service: &str, port: &str) -> Command;
    /// Ends it; what is in named volumes stays.
    fn down(&self);
    /// The state of each service that was ever to start, in Docker's words: `created`, `starting`, `running`,
    /// `healthy`, `unhealthy`, `exited CODE`.
    fn states(&self) -> BTreeMap<String, String>;
    /// Its containers, of which none is about to end.
    fn containers(&self) -> Vec<Container>;
    /// A command that prints a container's log from its beginning to its end, whenever that is.
    fn log(&self, container: &Container) -> Command;
    /// Runs a command in a container.
    fn run(&self, container: &Container, command: &[&str]) -> Outcome;
    /// Puts a new container in the place of each one that a service has.
    fn recreate(&self, service: &str);
    /// Changes how many containers a service has.
    fn scale(&self, service: &str, replicas: u32);
    /// Who answers at a service's published ports (`8080/tcp`), asked from another machine's place: identities.
    fn outside(&self, service: &str, ports: &[String]) -> BTreeMap<String, String>;
}

/// Runs a command to its end.
pub fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Outcome { code: output.status.code().unwrap_or(-1), text: text.trim().to_owned() }
}

/// What stands there, and nothing where no string does.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What `witness load` is told beside the address: requests a second, and for how long.
pub const LOAD: [&str; 2] = ["--rate=200", "--for=20s"];

/// The answers of `witness reach` to these addresses, run by `command`.
pub fn reached(command: &mut Command, targets: &[String]) -> BTreeMap<String, String> {
    if targets.is_empty() {
        return BTreeMap::new();
    }
    let output = command.args(targets).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}
