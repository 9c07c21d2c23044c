//! Texts with secrets. Each secret becomes a variable of the service whose value comes from a Secret.

use std::collections::BTreeMap;

use compose_loader::{Map, Node};

use crate::api::{EnvironmentSource, KeyRef};
use crate::convert::context::Context;
use crate::convert::names::key;
use crate::convert::secrecy::{Span, from_env_file, is_distinctive, is_harmless, looks_secret};
use crate::text::{escape::escaped, names::object_name, shell};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A plain text.
    Plain(String),
    /// A secret, as the name of the variable with its value.
    Variable(String),
}

/// The prefix of the variables that the conversion adds to a service.
const ADDED: &str = "STACKWRIGHT_";

/// The variables of a service.
pub struct Variables {
    service: String,
    /// The variables of the project.
    own: BTreeMap<String, Node>,
    /// The variables from Secrets.
    from: BTreeMap<String, EnvironmentSource>,
    /// The variable for each secret value, by value and by the variable of the project that supplied the value.
    holders: BTreeMap<(String, String), String>,
}

impl Variables {
    /// Starts with the variables of a service that are secret as a whole.
    pub fn of(context: &mut Context<'_>, service: &str) -> Self {
        let node = context.project.service(service).and_then(|node| node.get("environment"));
        let own = node.and_then(Node::as_map).into_iter().flat_map(Map::iter);
        let own: BTreeMap<String, Node> = own.map(|(name, node)| (name.to_string(), node.clone())).collect();
        let service = context.names.service(service);
        let mut variables = Self { service, own, from: BTreeMap::new(), holders: BTreeMap::new() };
        for (name, node) in variables.own.clone() {
            if let Some(supplied) = variables.whole(context, &name, &node) {
                variables.add(context, &name, supplied.as_deref(), node.as_str().unwrap_or_default());
            }
        }
        variables
    }

    /// Reports whether a variable of the service comes from a Secret.
    pub fn is_from_secret(&self, name: &str) -> bool {
        self.from.contains_key(name)
    }

    /// Returns the variables from Secrets.
    pub fn into_from(self) -> BTreeMap<String, EnvironmentSource> {
        self.from
    }

    /// Returns a text in the syntax of Kubernetes, with variables in place of secrets. The boolean reports whether
    /// the text has secrets. Returns none if the node is not a text.
    pub fn text(&mut self, context: &mut Context<'_>, node: &Node, hint: &str) -> Option<(String, bool)> {
        let pieces = self.pieces(context, node, hint)?;
        let mut made = String::new();
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Plain(text) => made.push_str(&escaped(text, index + 1 < pieces.len())),
                Piece::Variable(name) => made.push_str(&format!("$({name})")),
            }
        }
        Some((made, pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)))))
    }

    /// Splits a text into plain and secret parts. Returns none if the node is not a text.
    pub fn pieces(&mut self, context: &mut Context<'_>, node: &Node, hint: &str) -> Option<Vec<Piece>> {
        let text = if node.is_null() { return None } else { node.value.to_string() };
        let mut pieces = Vec::new();
        let mut at = 0;
        for span in &context.secrecy.places(node) {
            let name = self.name(context, &text, span, hint);
            pieces.push(Piece::Plain(text[at..span.start].to_owned()));
            pieces.push(Piece::Variable(name));
            at = span.end;
        }
        pieces.push(Piece::Plain(text[at..].to_owned()));
        pieces.retain(|piece| *piece != Piece::Plain(String::new()));
        Some(pieces)
    }

    /// Reports whether a variable is secret as a whole, and returns the variable of the project that supplied the
    /// value.
    fn whole(&self, context: &Context<'_>, name: &str, node: &Node) -> Option<Option<String>> {
        let text = node.as_str()?;
        if from_env_file(node) {
            return Some(None);
        }
        let spans = context.secrecy.places(node);
        if let [Span { start: 0, end, variable: Some(variable) }] = spans.as_slice()
            && *end == text.len()
        {
            return Some(Some(variable.to_string()));
        }
        (looks_secret(name) && !is_harmless(text)).then_some(None)
    }

    /// Returns the variable for a secret part of a text, and adds one if needed. Its prefix is unusual, since some
    /// images read all variables with their own prefix, as Neo4j's image does.
    fn name(&mut self, context: &mut Context<'_>, text: &str, span: &Span, hint: &str) -> String {
        let value = &text[span.start..span.end];
        if let Some(name) = self.holder(value, span.variable.as_deref()) {
            return name;
        }
        let wanted = match &span.variable {
            Some(variable) => format!("{ADDED}{variable}"),
            None => {
                let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
                format!("{ADDED}{}_SECRET", hint.chars().map(fits).collect::<String>())
            }
        };
        let mut name = wanted.clone();
        let mut number = 1;
        while self.own.contains_key(&name) || self.from.contains_key(&name) {
            number += 1;
            name = format!("{wanted}_{number}");
        }
        self.add(context, &name, span.variable.as_deref(), value);
        name
    }

    fn add(&mut self, context: &mut Context<'_>, name: &str, supplied: Option<&str>, value: &str) {
        let object = object_name(&context.names.stack, "environment");
        let own = name.strip_prefix(ADDED).unwrap_or(name);
        let wanted = supplied.map_or_else(|| key(&format!("{}.{own}", self.service)), key);
        let key = context.objects.secret_unlike(&object, &wanted, value);
        let reference = KeyRef { name: object, key };
        let source = EnvironmentSource { secret_key_ref: Some(reference), config_map_key_ref: None };
        self.from.insert(name.to_owned(), source);
        if shell::is_name(name) {
            // The variable can keep its name in the project if no variable of the service has this name.
            let supplied = supplied.unwrap_or(name).to_owned();
            self.holders.entry((value.to_owned(), supplied)).or_insert_with(|| name.to_owned());
        }
    }

    /// Returns an existing variable for a secret. Two variables of the project stay separate even if their values are
    /// equal, since a user can change one of them. A value without a variable is recognized only if it is too
    /// distinctive to be equal by chance.
    fn holder(&self, value: &str, supplied: Option<&str>) -> Option<String> {
        let Some(variable) = supplied else {
            let mut same =
                self.holders.iter().filter(|((held, _), _)| is_distinctive(value) && held == value);
            return same.next().map(|(_, name)| name.clone());
        };
        self.holders.get(&(value.to_owned(), variable.to_owned())).cloned()
    }
}
