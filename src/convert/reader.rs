//! A reader over the canonical model that returns a value only for a verdict.
//!
//! The caller consumes a [`Value`] by stating its verdict, or by reading its parts. [`unread`] finds the values that
//! no code reads.

use std::cell::RefCell;
use std::collections::BTreeSet;

use compose_loader::{Map, Node, Place};

use super::secrecy::Secrecy;
use super::verdict::Entry;
use crate::rules::{self, Kind, Rule, Verdict};

/// The entries so far.
#[derive(Debug, Default)]
pub struct Log {
    entries: RefCell<Vec<Entry>>,
}

impl Log {
    /// Adds an entry for a value that no reader holds.
    pub fn remark(&self, rule: &'static Rule, pointer: &str, place: Place, detail: impl Into<String>) {
        let (pointer, detail) = (pointer.to_owned(), detail.into());
        self.entries.borrow_mut().push(Entry { pointer, place, kind: rule.kind, rule: Some(rule), detail });
    }

    /// States that a value means the same on the cluster.
    pub fn mapped(&self, pointer: &str, place: Place) {
        let entry = Entry {
            pointer: pointer.to_owned(),
            place,
            kind: Kind::Verdict(Verdict::Mapped),
            rule: None,
            detail: String::new(),
        };
        self.entries.borrow_mut().push(entry);
    }

    /// Returns all entries sorted by pointer, without duplicates.
    pub fn into_entries(self) -> Vec<Entry> {
        let mut entries = self.entries.into_inner();
        sort(&mut entries);
        entries
    }
}

/// Sorts entries by pointer and number of the rule, and removes duplicates.
pub fn sort(entries: &mut Vec<Entry>) {
    fn key(entry: &Entry) -> (&str, Option<(Option<&str>, &str)>, &str) {
        (&entry.pointer, entry.rule.map(|rule| (rule.alias, rule.id)), &entry.detail)
    }
    entries.sort_by(|a, b| key(a).cmp(&key(b)));
    entries.dedup_by(|a, b| key(a) == key(b));
}

/// A value without a verdict.
#[must_use = "a value without a verdict is reported as a bug: state a verdict, or read its parts"]
#[derive(Debug)]
pub struct Value<'a> {
    node: &'a Node,
    /// The RFC 6901 pointer.
    pointer: String,
    /// The path of the attribute in the schema: `services.*.ports.*.target`.
    attribute: String,
    place: Place,
    log: &'a Log,
    secrecy: &'a Secrecy,
}

impl<'a> Value<'a> {
    /// Reads a whole project.
    pub fn project(tree: &'a Node, log: &'a Log, secrecy: &'a Secrecy) -> Self {
        let (pointer, attribute) = (String::new(), String::new());
        Self { node: tree, pointer, attribute, place: tree.place, log, secrecy }
    }

    /// Returns the pointer into the canonical model.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Returns the place in the files.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Reports whether the value is null, or an empty text, list or mapping.
    pub fn is_empty(&self) -> bool {
        match &self.node.value {
            compose_loader::Value::Null => true,
            compose_loader::Value::Str(text) => text.is_empty(),
            compose_loader::Value::List(items) => items.is_empty(),
            compose_loader::Value::Map(map) => map.is_empty(),
            _ => false,
        }
    }

    /// Returns the node to choose a verdict, which the caller must still state.
    pub fn peek(&self) -> &'a Node {
        self.node
    }

    /// Returns the text to choose a verdict, which the caller must still state.
    pub fn peek_text(&self) -> Option<&'a str> {
        self.node.as_str()
    }

    /// Reports whether the value contains a secret, which only a Secret can store.
    pub fn holds_secret(&self) -> bool {
        self.secrecy.holds_secret(self.node)
    }

    /// States that the value means the same on the cluster. The node can contain secrets: see [`Value::text`].
    pub fn mapped(self) -> &'a Node {
        self.log.mapped(&self.pointer, self.place);
        self.node
    }

    /// States the verdict of a rule. The node can contain secrets.
    pub fn judged(self, rule: &'static Rule) -> &'a Node {
        self.judged_with(rule, "")
    }

    /// States the verdict of a rule with a detail. The node can contain secrets.
    pub fn judged_with(self, rule: &'static Rule, detail: impl Into<String>) -> &'a Node {
        self.log.remark(rule, &self.pointer, self.place, detail);
        self.node
    }

    /// Returns a plain text that means the same on the cluster. A text with a secret is refused, since only a Secret
    /// can store it.
    pub fn text(self) -> Option<String> {
        self.checked(None)
    }

    /// Returns a plain text under the verdict of a rule. A text with a secret is refused.
    pub fn text_judged(self, rule: &'static Rule) -> Option<String> {
        self.text_judged_with(rule, "")
    }

    /// Does the work of [`Value::text_judged`] with a detail.
    pub fn text_judged_with(self, rule: &'static Rule, detail: impl Into<String>) -> Option<String> {
        self.checked(Some((rule, detail.into())))
    }

    fn checked(self, rule: Option<(&'static Rule, String)>) -> Option<String> {
        if self.secrecy.holds_secret(self.node) {
            self.judged(&rules::SECRET_IN_PLAIN_TEXT);
            return None;
        }
        let node = match rule {
            None => self.mapped(),
            Some((rule, detail)) => self.judged_with(rule, detail),
        };
        (!node.is_null()).then(|| node.value.to_string())
    }

    /// Returns the parts of a mapping whose keys the specification defines.
    pub fn section(self) -> Section<'a> {
        let left = self.node.as_map().into_iter().flat_map(Map::iter).map(|(key, _)| &**key).collect();
        if self.is_empty() {
            self.log.mapped(&self.pointer, self.place);
        }
        Section { value: self, left }
    }

    /// Returns the parts of a mapping whose keys the user defines.
    pub fn entries(self) -> Vec<(&'a str, Value<'a>)> {
        if self.is_empty() {
            self.log.mapped(&self.pointer, self.place);
        }
        let map = self.node.as_map();
        map.into_iter()
            .flat_map(Map::entries)
            .map(|(key, entry)| (&**key, self.child(key, "*", &entry.node, entry.key)))
            .collect()
    }

    /// Returns the parts of a list.
    pub fn items(self) -> Vec<Value<'a>> {
        if self.is_empty() {
            self.log.mapped(&self.pointer, self.place);
        }
        let items = self.node.as_list().unwrap_or_default();
        let item = |(index, node): (usize, &'a Node)| self.child(&index.to_string(), "*", node, node.place);
        items.iter().enumerate().map(item).collect()
    }

    /// Returns the plain texts of a mapping by name.
    pub fn texts_by_name(self) -> Vec<(String, String)> {
        let entries = self.entries().into_iter();
        entries.filter_map(|(name, value)| Some((name.to_owned(), value.text()?))).collect()
    }

    /// Returns the plain texts of a list.
    pub fn texts(self) -> Vec<String> {
        self.items().into_iter().filter_map(Value::text).collect()
    }

    fn child(&self, key: &str, step: &str, node: &'a Node, key_place: Place) -> Value<'a> {
        let place = [node.place, key_place, self.place].into_iter().find(|place| *place != Place::NONE);
        let attribute =
            if self.attribute.is_empty() { step.to_owned() } else { format!("{}.{step}", self.attribute) };
        Value {
            node,
            pointer: format!("{}/{}", self.pointer, escaped(key)),
            attribute,
            place: place.unwrap_or_default(),
            log: self.log,
            secrecy: self.secrecy,
        }
    }
}

/// A mapping whose keys the specification defines. The caller takes each key.
#[derive(Debug)]
pub struct Section<'a> {
    value: Value<'a>,
    left: BTreeSet<&'a str>,
}

impl<'a> Section<'a> {
    /// Takes a key.
    pub fn take(&mut self, key: &str) -> Option<Value<'a>> {
        if !self.left.remove(key) {
            return None;
        }
        let entry = self.value.node.as_map()?.entry(key)?;
        Some(self.value.child(key, key, &entry.node, entry.key))
    }

    /// States that these keys are mapped if they are missing. The JSON of the canonical model contains them as null
    /// or empty.
    pub fn always(&self, keys: &[&str]) {
        for key in keys {
            if self.value.node.get(key).is_none() {
                self.value.log.mapped(&format!("{}/{key}", self.value.pointer), self.value.place);
            }
        }
    }

    /// Returns the node of a key to choose a verdict, which the caller must still state.
    pub fn peek(&self, key: &str) -> Option<&'a Node> {
        self.value.node.get(key)
    }

    /// Reports whether a key exists and is not taken yet.
    pub fn has(&self, key: &str) -> bool {
        self.left.contains(key)
    }

    /// Takes a plain text.
    pub fn text(&mut self, key: &str) -> Option<String> {
        self.take(key)?.text()
    }

    /// Takes a boolean.
    pub fn bool(&mut self, key: &str) -> Option<bool> {
        self.take(key)?.mapped().as_bool()
    }

    /// Takes an integer.
    pub fn int(&mut self, key: &str) -> Option<i64> {
        int(self.take(key)?.mapped())
    }

    /// Takes a list of plain texts.
    pub fn texts(&mut self, key: &str) -> Vec<String> {
        self.take(key).map(Value::texts).unwrap_or_default()
    }

    /// Takes plain texts by name.
    pub fn texts_by_name(&mut self, key: &str) -> Vec<(String, String)> {
        self.take(key).map(Value::texts_by_name).unwrap_or_default()
    }

    /// Returns the pointer of the section into the canonical model.
    pub fn pointer(&self) -> &str {
        &self.value.pointer
    }

    /// Returns the place of the section in the files.
    pub fn place(&self) -> Place {
        self.value.place
    }

    /// Adds an entry for a key of the section, which can be missing.
    pub fn remark(&self, key: &str, rule: &'static Rule, detail: impl Into<String>) {
        let place = self.value.node.get(key).map(|node| node.place).filter(|place| *place != Place::NONE);
        let pointer = format!("{}/{}", self.value.pointer, escaped(key));
        self.value.log.remark(rule, &pointer, place.unwrap_or(self.value.place), detail);
    }

    /// States the verdicts of the rules on the keys that are not taken. Extensions are ignored. A key without a
    /// rule stays unread.
    pub fn rest(mut self) {
        self.finish();
    }

    /// Does the work of [`Section::rest`] for a borrowed section.
    pub fn finish(&mut self) {
        self.rest_by(None);
    }

    /// Does the work of [`Section::rest`], with a rule for keys that have none.
    pub fn rest_judged(mut self, rule: &'static Rule) {
        self.rest_by(Some(rule));
    }

    fn rest_by(&mut self, otherwise: Option<&'static Rule>) {
        for key in std::mem::take(&mut self.left) {
            self.left.insert(key);
            let Some(value) = self.take(key) else { continue };
            if key.starts_with("x-") {
                value.judged(&rules::EXTENSION);
            } else if let Some(rule) = rules::for_attribute(&value.attribute).or(otherwise) {
                value.judged(rule);
            }
        }
    }
}

/// Returns an integer, also from a text.
pub fn int(node: &Node) -> Option<i64> {
    match &node.value {
        compose_loader::Value::Int(number) => Some(*number),
        compose_loader::Value::Uint(number) => i64::try_from(*number).ok(),
        compose_loader::Value::Str(text) => text.parse().ok(),
        _ => None,
    }
}

/// Returns the RFC 6901 pointer of a path.
pub fn pointer<const N: usize>(path: [&str; N]) -> String {
    path.iter().map(|key| format!("/{}", escaped(key))).collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Returns the pointers and places of all leaves without a verdict. Each of these is a bug.
pub fn unread(tree: &Node, entries: &[Entry]) -> Vec<(String, Place)> {
    let verdicts = entries.iter().filter(|entry| !entry.rule.is_some_and(Rule::is_advice));
    let covered: BTreeSet<&str> = verdicts.map(|entry| entry.pointer.as_str()).collect();
    let mut found = Vec::new();
    walk(tree, String::new(), tree.place, &covered, &mut found);
    found
}

fn walk(node: &Node, pointer: String, at: Place, covered: &BTreeSet<&str>, found: &mut Vec<(String, Place)>) {
    // An entry on a whole resource is not the verdict on its attributes.
    if pointer.matches('/').count() != 2 && covered.contains(pointer.as_str()) {
        return;
    }
    let at = if node.place == Place::NONE { at } else { node.place };
    match &node.value {
        compose_loader::Value::Map(map) if !map.is_empty() => {
            for (key, child) in map.iter() {
                walk(child, format!("{pointer}/{}", escaped(key)), at, covered, found);
            }
        }
        compose_loader::Value::List(items) if !items.is_empty() => {
            for (index, child) in items.iter().enumerate() {
                walk(child, format!("{pointer}/{index}"), at, covered, found);
            }
        }
        _ if covered.contains(pointer.as_str()) => {}
        _ => found.push((pointer, at)),
    }
}
