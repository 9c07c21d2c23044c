//! Checks for common mistakes when a project moves to a cluster. Each family of checks has its own file.
//!
//! An entry never contains a value: the pointer names the variable, and the detail names services and ports.

mod address;
mod engine;
mod environment;
mod gpu;
mod image;
mod job;
mod listeners;
mod pace;
mod ports;
mod public;
mod replicas;
mod restart;
mod template;
mod volumes;

use compose_loader::{Map, Node};

use super::context::Context;
use super::reader::pointer;
use crate::api::StackSpec;
use crate::rules::Rule;

/// Runs all checks on a project and its Stack.
pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    address::lint(context);
    engine::lint(context);
    environment::lint(context);
    gpu::lint(context, spec);
    image::lint(context);
    job::lint(context, spec);
    pace::lint(context, spec);
    ports::lint(context);
    public::lint(context, spec);
    replicas::lint(context, spec);
    restart::lint(context, spec);
    template::lint(context);
    volumes::lint(context, spec);
}

/// A text of the project with its place.
struct Text<'a> {
    /// The service with the text.
    service: &'a str,
    /// The name of the variable. None for a word of a command.
    variable: Option<&'a str>,
    pointer: String,
    node: &'a Node,
}

impl<'a> Text<'a> {
    fn text(&self) -> &'a str {
        self.node.as_str().unwrap_or_default()
    }

    fn remark(&self, context: &Context<'_>, rule: &'static Rule, detail: impl Into<String>) {
        context.log.remark(rule, &self.pointer, self.node.place, detail);
    }
}

/// Returns the environment variables and build arguments of all services.
fn variables<'a>(context: &Context<'a>) -> Vec<Text<'a>> {
    let mut found = Vec::new();
    for (service, node) in context.project.services() {
        let build = node.get("build").and_then(|build| build.get("args"));
        for (path, map) in [("environment", node.get("environment")), ("build/args", build)] {
            let base = format!("{}/{path}", pointer(["services", service]));
            for (name, node) in map.and_then(Node::as_map).into_iter().flat_map(Map::iter) {
                let pointer = format!("{base}{}", pointer([name]));
                found.push(Text { service, variable: Some(name), pointer, node });
            }
        }
    }
    found
}

/// Returns the words of the entrypoints and commands of all services.
fn words<'a>(context: &Context<'a>) -> Vec<Text<'a>> {
    let mut found = Vec::new();
    for (service, node) in context.project.services() {
        for key in ["entrypoint", "command"] {
            let words = node.get(key).and_then(Node::as_list).unwrap_or_default();
            found.extend(words.iter().enumerate().map(|(index, node)| Text {
                service,
                variable: None,
                pointer: pointer(["services", service, key, &index.to_string()]),
                node,
            }));
        }
    }
    found
}

/// Reports whether a host is a loopback or wildcard address.
fn is_local(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host == "0.0.0.0" || host.starts_with("127.")
}
