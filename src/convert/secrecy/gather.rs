//! Finds the secrets of a project.

use std::ops::Range;
use std::sync::Arc;

use compose_loader::{Environment, Map, Node, Place, Project, Value};

use super::command::{in_shell, in_words};
use super::forms::{logins, pairs};
use super::names::{is_distinctive, is_harmless, looks_secret, may_be_secret};
use super::{Secrecy, Span, address};

impl Secrecy {
    /// Finds the secrets of a project.
    #[must_use]
    pub fn of(project: &Project) -> Self {
        let mut gather = Gather { environment: &project.environment, found: Self::default() };
        gather.variables();
        for (_, service) in project.services() {
            gather.service(service);
        }
        for (_, secret) in project.section("secrets") {
            let variable = secret.str_at("environment").and_then(|name| project.environment.text(name));
            variable.into_iter().for_each(|value| gather.hide(value));
        }
        for section in ["volumes", "networks"] {
            for (_, resource) in project.section(section) {
                gather.named(resource.get("driver_opts"));
                gather.named(resource.get("labels"));
            }
        }
        for (_, config) in project.section("configs") {
            if let Some(content) = config.get("content") {
                gather.place(content, forms);
            }
        }
        gather.below(&project.tree);
        let mut found = gather.found;
        found.values = found.hidden.iter().filter(|value| is_distinctive(value)).cloned().collect();
        found
    }
}

/// The secrets so far.
struct Gather<'p> {
    environment: &'p Environment,
    found: Secrecy,
}

impl Gather<'_> {
    fn hide(&mut self, value: &str) {
        if !is_harmless(value) {
            self.found.hidden.insert(Arc::from(value));
        }
    }

    fn variables(&mut self) {
        for (name, variable) in self.environment.iter() {
            if looks_secret(name) {
                self.hide(&variable.value);
                self.found.variables.insert(name.clone(), variable.value.clone());
            }
        }
    }

    fn service(&mut self, service: &Node) {
        self.container(service);
        self.named(service.get("labels"));
        self.named(service.get("annotations"));
        self.named(service.get("deploy").and_then(|deploy| deploy.get("labels")));
        let test = service.get("healthcheck").and_then(|check| check.get("test"));
        // Before the loader has bound the values, a test can be the text of a script.
        test.filter(|test| test.as_str().is_some()).into_iter().for_each(|test| self.script(test));
        match test.and_then(Node::as_list).unwrap_or_default().split_first() {
            Some((kind, words)) if kind.as_str() == Some("CMD") => {
                self.words(&words.iter().collect::<Vec<_>>())
            }
            Some((_, [script])) => self.script(script),
            _ => {}
        }
        for key in ["post_start", "pre_stop", "pre_start"] {
            for hook in service.get(key).and_then(Node::as_list).unwrap_or_default() {
                self.container(hook);
            }
        }
    }

    /// Finds the secrets in the commands and variables of a container.
    fn container(&mut self, node: &Node) {
        let words = ["entrypoint", "command"].into_iter().filter_map(|key| node.get(key)?.as_list());
        self.words(&words.flatten().collect::<Vec<_>>());
        // Before the loader has bound the values, a command is as written.
        for text in ["entrypoint", "command"].into_iter().filter_map(|key| node.get(key)) {
            self.place(text, in_shell);
        }
        for (name, node) in entries(node.get("environment")) {
            let Some(text) = node.as_str() else { continue };
            if looks_secret(name) {
                if !is_harmless(text) {
                    let whole = 0..text.len();
                    self.put(node, vec![whole]);
                }
            } else {
                self.place(node, in_shell);
            }
        }
    }

    fn words(&mut self, words: &[&Node]) {
        let texts: Vec<String> = words.iter().map(|word| word.value.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for (word, parts) in words.iter().zip(in_words(&texts)) {
            self.put(word, parts);
        }
    }

    /// Finds the secrets in a shell command. A variable can replace a secret only if the shell reads the secret as
    /// written.
    fn script(&mut self, node: &Node) {
        let Some(text) = node.as_str() else { return };
        let (kept, staying): (Vec<_>, Vec<_>) = in_shell(text).into_iter().partition(|part| {
            text[..part.start].ends_with('\'') || !text[part.clone()].contains(['\\', '$', '`', '"', '\''])
        });
        for part in &staying {
            self.hide(&text[part.clone()]);
            self.found.staying.insert(address(node));
        }
        self.write(node, &staying);
        self.put(node, kept);
    }

    /// Finds the secrets in a mapping whose keys the user defines.
    fn named(&mut self, map: Option<&Node>) {
        for (name, node) in entries(map) {
            let is_secret = looks_secret(name) && !name.eq_ignore_ascii_case("key");
            match node.as_str() {
                Some(text) if is_secret && may_be_secret(text) => {
                    let whole = 0..text.len();
                    self.put(node, vec![whole]);
                }
                _ => self.place(node, forms),
            }
        }
    }

    fn place(&mut self, node: &Node, find: fn(&str) -> Vec<Range<usize>>) {
        if let Some(text) = node.as_str() {
            self.put(node, find(text));
        }
    }

    /// Records parts of a text as secret.
    fn put(&mut self, node: &Node, mut parts: Vec<Range<usize>>) {
        let text = node.value.to_string();
        parts.retain(|part| !part.is_empty());
        let parts = apart(parts);
        if parts.is_empty() {
            return;
        }
        self.write(node, &parts);
        let spans = parts.into_iter().map(|part| {
            let value = &text[part.clone()];
            self.hide(value);
            let supplied = node.trace.iter().flatten();
            let variable =
                supplied.map(|part| &part.variable).find(|name| self.environment.text(name) == Some(value));
            Span { start: part.start, end: part.end, variable: variable.cloned() }
        });
        let spans = spans.collect();
        self.found.placed.insert(address(node), spans);
    }

    /// Records the place of a secret, unless a variable supplies it.
    fn write(&mut self, node: &Node, parts: &[Range<usize>]) {
        let text = node.value.to_string();
        let is_supplied = |part: &Range<usize>| {
            let mut supplied = node.trace.iter().flatten();
            supplied.any(|by| by.start as usize <= part.start && part.end <= by.end as usize)
        };
        for part in parts {
            self.hide(&text[part.clone()]);
            if node.place != Place::NONE && !is_supplied(part) {
                self.found.written.insert(node.place);
            }
        }
    }

    /// Finds values of secret names in extensions and Docker settings. Messages do not quote these values.
    fn below(&mut self, node: &Node) {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            for (key, child) in entries(Some(node)) {
                match &child.value {
                    // These are names of Secrets, and never secrets.
                    _ if key == "x-stackwright" => {}
                    Value::Str(text) if looks_secret(key) && may_be_secret(text) => {
                        let whole = 0..text.len();
                        self.write(child, &[whole]);
                    }
                    _ => open.push(child),
                }
            }
            open.extend(node.as_list().unwrap_or_default());
            if let Some(text) = node.as_str() {
                self.write(node, &logins(text));
            }
        }
    }
}

/// Sorts the parts, and joins overlapping parts, so that no secret is cut.
fn apart(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_by_key(|part| (part.start, part.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match apart.last_mut() {
            Some(last) if part.start < last.end => last.end = last.end.max(part.end),
            _ => apart.push(part),
        }
    }
    apart
}

/// Returns the secrets that the form of a text shows.
fn forms(text: &str) -> Vec<Range<usize>> {
    [pairs(text), logins(text)].concat()
}

fn entries(map: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
    map.and_then(Node::as_map).into_iter().flat_map(Map::iter).map(|(name, node)| (&**name, node))
}
