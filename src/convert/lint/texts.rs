//! The texts of a project in which checks look for addresses and words.

use compose_loader::{Map, Node};

use crate::convert::context::Context;
use crate::convert::reader::pointer;
use crate::rules::Rule;

/// A text of the project with its place.
pub struct Text<'a> {
    /// The service with the text.
    pub service: &'a str,
    /// The name of the variable. None for a word of a command.
    pub variable: Option<&'a str>,
    pub pointer: String,
    pub node: &'a Node,
}

impl<'a> Text<'a> {
    pub fn text(&self) -> &'a str {
        self.node.as_str().unwrap_or_default()
    }

    pub fn remark(&self, context: &Context<'_>, rule: &'static Rule, detail: impl Into<String>) {
        context.log.remark(rule, &self.pointer, self.node.place, detail);
    }
}

/// Returns the environment variables and build arguments of all services.
pub fn variables<'a>(context: &Context<'a>) -> Vec<Text<'a>> {
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
pub fn words<'a>(context: &Context<'a>) -> Vec<Text<'a>> {
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
pub fn is_local(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host == "0.0.0.0" || host.starts_with("127.")
}
