//! A reader over the canonical tree that gives a value only in exchange for a verdict.
//!
//! A [`Value`] is consumed by stating what becomes of it, or by handing on its parts. What nobody asked for
//! is found by [`unread`], which walks the tree and the verdicts.

use std::cell::RefCell;
use std::collections::BTreeSet;

use compose_loader::{Map, Node, Place};

use super::catalogue::{self, Rule};
use super::secrecy::Secrecy;
use super::verdict::{Entry, Verdict};

/// The verdicts so far.
#[derive(Debug, Default)]
pub struct Log {
    entries: RefCell<Vec<Entry>>,
}

impl Log {
    /// States the verdict of a rule on a value that is not in a reader's hand: a remark.
    pub fn remark(&self, rule: &'static Rule, pointer: &str, place: Place, detail: impl Into<String>) {
        let (pointer, detail) = (pointer.to_owned(), detail.into());
        self.entries.borrow_mut().push(Entry {
            pointer,
            place,
            verdict: rule.verdict,
            rule: Some(rule),
            detail,
        });
    }

    /// States that a value means the same on the cluster.
    pub fn mapped(&self, pointer: &str, place: Place) {
        let entry = Entry {
            pointer: pointer.to_owned(),
            place,
            verdict: Verdict::Mapped,
            rule: None,
            detail: String::new(),
        };
        self.entries.borrow_mut().push(entry);
    }

    /// All verdicts, by pointer; a verdict that was stated twice stands once.
    pub fn into_entries(self) -> Vec<Entry> {
        let mut entries = self.entries.into_inner();
        sort(&mut entries);
        entries
    }
}

/// Sorts verdicts by pointer; a verdict that was stated twice stands once.
pub fn sort(entries: &mut Vec<Entry>) {
    fn key(entry: &Entry) -> (&str, Option<&str>, &str) {
        (&entry.pointer, entry.rule.map(|rule| rule.id), &entry.detail)
    }
    entries.sort_by(|a, b| key(a).cmp(&key(b)));
    entries.dedup_by(|a, b| key(a) == key(b));
}

/// A value whose verdict is not stated yet.
#[must_use = "a value without a verdict is reported as an error of ours: state one or hand on its parts"]
#[derive(Debug)]
pub struct Value<'a> {
    node: &'a Node,
    /// RFC 6901.
    pointer: String,
    /// The attribute's path in the schema: `services.*.ports.*.target`.
    attribute: String,
    place: Place,
    log: &'a Log,
    secrecy: &'a Secrecy,
}

impl<'a> Value<'a> {
    /// The whole of a project.
    pub fn project(tree: &'a Node, log: &'a Log, secrecy: &'a Secrecy) -> Self {
        let (pointer, attribute) = (String::new(), String::new());
        Self { node: tree, pointer, attribute, place: tree.place, log, secrecy }
    }

    /// Where it is in the canonical model.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Where it was written.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether it is empty: null, or a text, list or mapping without anything in it.
    pub fn is_empty(&self) -> bool {
        match &self.node.value {
            compose_loader::Value::Null => true,
            compose_loader::Value::Str(text) => text.is_empty(),
            compose_loader::Value::List(items) => items.is_empty(),
            compose_loader::Value::Map(map) => map.is_empty(),
            _ => false,
        }
    }

    /// The node, to decide on a verdict, which has to be stated all the same.
    pub fn peek(&self) -> &'a Node {
        self.node
    }

    /// The text, to decide on a verdict, which has to be stated all the same.
    pub fn peek_text(&self) -> Option<&'a str> {
        self.node.as_str()
    }

    /// Whether it holds a secret, which may stand in a Secret only.
    pub fn holds_secret(&self) -> bool {
        self.secrecy.holds_secret(self.node)
    }

    /// It means the same on the cluster. The node may hold secrets: see [`Value::text`] for a plain text.
    pub fn mapped(self) -> &'a Node {
        self.log.mapped(&self.pointer, self.place);
        self.node
    }

    /// The rule's verdict. The node may hold secrets.
    pub fn judged(self, rule: &'static Rule) -> &'a Node {
        self.judged_with(rule, "")
    }

    /// The rule's verdict, with what is particular here.
    pub fn judged_with(self, rule: &'static Rule, detail: impl Into<String>) -> &'a Node {
        self.log.remark(rule, &self.pointer, self.place, detail);
        self.node
    }

    /// A plain text that means the same on the cluster. Nothing where it holds a secret, which may stand
    /// only in a Secret: that is refused.
    pub fn text(self) -> Option<String> {
        self.checked(None)
    }

    /// A plain text under a rule's verdict; secrets as in [`Value::text`].
    pub fn text_judged(self, rule: &'static Rule) -> Option<String> {
        self.text_judged_with(rule, "")
    }

    /// As [`Value::text_judged`], with what is particular here.
    pub fn text_judged_with(self, rule: &'static Rule, detail: impl Into<String>) -> Option<String> {
        self.checked(Some((rule, detail.into())))
    }

    fn checked(self, rule: Option<(&'static Rule, String)>) -> Option<String> {
        if self.secrecy.holds_secret(self.node) {
            self.judged(&catalogue::SECRET_IN_PLAIN_TEXT);
            return None;
        }
        let node = match rule {
            None => self.mapped(),
            Some((rule, detail)) => self.judged_with(rule, detail),
        };
        (!node.is_null()).then(|| node.value.to_string())
    }

    /// The parts of a mapping with keys of the specification.
    pub fn section(self) -> Section<'a> {
        let left = self.node.as_map().into_iter().flat_map(Map::iter).map(|(key, _)| &**key).collect();
        if self.is_empty() {
            self.log.mapped(&self.pointer, self.place);
        }
        Section { value: self, left }
    }

    /// The parts of a mapping with keys of the user.
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

    /// The parts of a list.
    pub fn items(self) -> Vec<Value<'a>> {
        if self.is_empty() {
            self.log.mapped(&self.pointer, self.place);
        }
        let items = self.node.as_list().unwrap_or_default();
        let item = |(index, node): (usize, &'a Node)| self.child(&index.to_string(), "*", node, node.place);
        items.iter().enumerate().map(item).collect()
    }

    /// Plain texts by name.
    pub fn texts_by_name(self) -> Vec<(String, String)> {
        let entries = self.entries().into_iter();
        entries.filter_map(|(name, value)| Some((name.to_owned(), value.text()?))).collect()
    }

    /// A list of plain texts.
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

/// A mapping with keys of the specification, each to be taken off.
#[derive(Debug)]
pub struct Section<'a> {
    value: Value<'a>,
    left: BTreeSet<&'a str>,
}

impl<'a> Section<'a> {
    /// Takes a key off.
    pub fn take(&mut self, key: &str) -> Option<Value<'a>> {
        if !self.left.remove(key) {
            return None;
        }
        let entry = self.value.node.as_map()?.entry(key)?;
        Some(self.value.child(key, key, &entry.node, entry.key))
    }

    /// Keys that the canonical model has as JSON also where nobody wrote them: null or empty, so that there
    /// is nothing to do.
    pub fn always(&self, keys: &[&str]) {
        for key in keys {
            if self.value.node.get(key).is_none() {
                self.value.log.mapped(&format!("{}/{key}", self.value.pointer), self.value.place);
            }
        }
    }

    /// What stands under a key, to decide on a verdict, which has to be stated all the same.
    pub fn peek(&self, key: &str) -> Option<&'a Node> {
        self.value.node.get(key)
    }

    /// Whether a key is there and not taken yet.
    pub fn has(&self, key: &str) -> bool {
        self.left.contains(key)
    }

    /// Takes a plain text off.
    pub fn text(&mut self, key: &str) -> Option<String> {
        self.take(key)?.text()
    }

    /// Takes a truth value off.
    pub fn bool(&mut self, key: &str) -> Option<bool> {
        self.take(key)?.mapped().as_bool()
    }

    /// Takes a whole number off.
    pub fn int(&mut self, key: &str) -> Option<i64> {
        int(self.take(key)?.mapped())
    }

    /// Takes a list of plain texts off.
    pub fn texts(&mut self, key: &str) -> Vec<String> {
        self.take(key).map(Value::texts).unwrap_or_default()
    }

    /// Takes plain texts by name off.
    pub fn texts_by_name(&mut self, key: &str) -> Vec<(String, String)> {
        self.take(key).map(Value::texts_by_name).unwrap_or_default()
    }

    /// Where the section is in the canonical model.
    pub fn pointer(&self) -> &str {
        &self.value.pointer
    }

    /// Where the section was written.
    pub fn place(&self) -> Place {
        self.value.place
    }

    /// A remark on a key of the section, whether it is there or not.
    pub fn remark(&self, key: &str, rule: &'static Rule, detail: impl Into<String>) {
        let place = self.value.node.get(key).map(|node| node.place).filter(|place| *place != Place::NONE);
        let pointer = format!("{}/{}", self.value.pointer, escaped(key));
        self.value.log.remark(rule, &pointer, place.unwrap_or(self.value.place), detail);
    }

    /// The keys that nobody took get the verdict that the catalogue has for the attribute; extensions are
    /// ignored. A key that is in neither stays unread.
    pub fn rest(mut self) {
        self.finish();
    }

    /// As [`Section::rest`], for a section that is only lent.
    pub fn finish(&mut self) {
        self.rest_by(None);
    }

    /// As [`Section::rest`], with one rule's verdict on what the catalogue has none for.
    pub fn rest_judged(mut self, rule: &'static Rule) {
        self.rest_by(Some(rule));
    }

    fn rest_by(&mut self, otherwise: Option<&'static Rule>) {
        for key in std::mem::take(&mut self.left) {
            self.left.insert(key);
            let Some(value) = self.take(key) else { continue };
            if key.starts_with("x-") {
                value.judged(&catalogue::EXTENSION);
            } else if let Some(rule) = catalogue::for_attribute(&value.attribute).or(otherwise) {
                value.judged(rule);
            }
        }
    }
}

/// A whole number, also one that was written as text.
pub fn int(node: &Node) -> Option<i64> {
    match &node.value {
        compose_loader::Value::Int(number) => Some(*number),
        compose_loader::Value::Uint(number) => i64::try_from(*number).ok(),
        compose_loader::Value::Str(text) => text.parse().ok(),
        _ => None,
    }
}

/// The RFC 6901 pointer of a path.
pub fn pointer<const N: usize>(path: [&str; N]) -> String {
    path.iter().map(|key| format!("/{}", escaped(key))).collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The pointers of all leaves that no verdict covers, with their places: an error of ours.
pub fn unread(tree: &Node, entries: &[Entry]) -> Vec<(String, Place)> {
    let verdicts = entries.iter().filter(|entry| !entry.rule.is_some_and(Rule::is_advice));
    let covered: BTreeSet<&str> = verdicts.map(|entry| entry.pointer.as_str()).collect();
    let mut found = Vec::new();
    walk(tree, String::new(), tree.place, &covered, &mut found);
    found
}

fn walk(node: &Node, pointer: String, at: Place, covered: &BTreeSet<&str>, found: &mut Vec<(String, Place)>) {
    // A verdict on a whole resource is a remark, and stands for none of its attributes.
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
