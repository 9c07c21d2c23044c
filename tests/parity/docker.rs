//! Docker Compose, on the engine that `hack/docker` started.

use std::{cell::RefCell, collections::BTreeMap, process::Command};

use serde_json::Value;

use crate::{
    engine::{Container, Engine, LOAD, Outcome, outcome, reached, text},
    project::Project,
};

/// A project on Docker Compose.
pub struct Docker<'p> {
    project: &'p Project,
    further_files: RefCell<Vec<String>>,
}

impl<'p> Docker<'p> {
    /// Returns a project that is not started yet.
    pub fn new(project: &'p Project) -> Self {
        Self { project, further_files: RefCell::default() }
    }

    /// Returns the project as `docker compose config` prints it.
    pub fn model(&self) -> Value {
        let output =
            self.compose().args(["config", "--format", "json"]).output().expect("docker-compose runs");
        let said = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}: {said}", self.project.title))
    }

    fn compose(&self) -> Command {
        let mut command = Command::new("docker-compose");
        command.args(["--ansi", "never", "--progress", "quiet", "--project-name", &self.project.name]);
        command.args(self.project.compose_arguments(&self.further_files.borrow()));
        command.current_dir(&self.project.folder);
        command
    }

    fn inspected(&self) -> Vec<Value> {
        let label = format!("label=com.docker.compose.project={}", self.project.name);
        let found = outcome(docker().args(["ps", "--all", "--quiet", "--filter", &label])).text;
        if found.is_empty() {
            return Vec::new();
        }
        let output = docker().arg("inspect").args(found.lines()).output().expect("docker runs");
        let mut containers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
        containers
            .sort_by_key(|it| it["Config"]["Labels"]["com.docker.compose.container-number"].to_string());
        containers
    }

    /// Removes the project with its volumes.
    pub fn clear_away(&self) {
        outcome(self.compose().args(["down", "--volumes", "--remove-orphans", "--timeout", "0"]));
    }
}

impl Engine for Docker<'_> {
    fn name(&self) -> &'static str {
        "Docker Compose"
    }

    fn up(&self) -> Result<(), String> {
        // The command also fails if a dependency fails, which is a state to compare.
        let ended = outcome(self.compose().args(["up", "--detach", "--no-build"]));
        let begun = self.inspected().iter().any(|it| it["State"]["Status"] != "created");
        if begun { Ok(()) } else { Err(ended.text) }
    }

    fn renews(&self) -> bool {
        false
    }

    fn add_file(&self, file: &str) {
        self.further_files.borrow_mut().push(file.to_owned());
    }

    fn load(&self, _service: &str, port: &str) -> Command {
        let mut command = inside();
        command.args([&crate::witness(), "load", &format!("{HOST}:{port}")]).args(LOAD);
        command
    }

    fn down(&self) {
        outcome(self.compose().arg("down"));
    }

    fn states(&self) -> BTreeMap<String, String> {
        let states = self.inspected().into_iter().map(|container| (service(&container), state(&container)));
        // The last of several containers, which have equal states in these projects.
        states.collect()
    }

    fn containers(&self) -> Vec<Container> {
        let containers = self.inspected();
        let there = containers.iter().filter(|it| it["State"]["Status"] != "created");
        there
            .map(|it| {
                let id = text(&it["Id"]);
                Container { service: service(it), called: Some(id[..12].to_owned()), id }
            })
            .collect()
    }

    fn log(&self, container: &Container) -> Command {
        let mut command = docker();
        command.args(["logs", "--follow", &container.id]);
        command
    }

    fn run(&self, container: &Container, command: &[&str]) -> Outcome {
        outcome(docker().args(["exec", &container.id]).args(command))
    }

    fn recreate(&self, service: &str) {
        let arguments = ["up", "--detach", "--no-build", "--no-deps", "--force-recreate", service];
        let ended = outcome(self.compose().args(arguments));
        assert_eq!(ended.code, 0, "{}: {}", self.project.title, ended.text);
    }

    fn scale(&self, service: &str, replicas: u32) {
        let scale = format!("{service}={replicas}");
        let ended = outcome(self.compose().args(["up", "--detach", "--no-build", "--scale", &scale]));
        assert_eq!(ended.code, 0, "{}: {}", self.project.title, ended.text);
    }

    fn outside(&self, _service: &str, ports: &[String]) -> BTreeMap<String, String> {
        let targets: Vec<_> = ports.iter().map(|port| format!("{HOST}:{port}")).collect();
        let mut command = inside();
        command.args([&crate::witness(), "reach"]);
        let answers = reached(&mut command, &targets);
        let by_port = answers.into_iter().map(|(target, answer)| {
            let port = target.split_once(':').map_or_else(String::new, |(_, port)| port.to_owned());
            (port, answer)
        });
        by_port.collect()
    }
}

/// Returns the machine's address on the engine's network. 127.0.0.1 would also answer for ports that are bound only to it.
const HOST: &str = "172.17.0.1";

/// Returns a command in the engine's network.
fn inside() -> Command {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/hack/docker"));
    command.arg("inside");
    command
}

fn docker() -> Command {
    Command::new("docker")
}

fn service(container: &Value) -> String {
    text(&container["Config"]["Labels"]["com.docker.compose.service"])
}

fn state(container: &Value) -> String {
    let state = &container["State"];
    match text(&state["Status"]).as_str() {
        "exited" | "dead" => format!("exited {}", state["ExitCode"]),
        "running" => state["Health"]["Status"].as_str().map_or_else(|| "running".to_owned(), str::to_owned),
        other => other.to_owned(),
    }
}
