//! Detection of secrets: by the name of a variable, by the origin or form of a value, or because another place of the
//! project has the same secret.

mod command;
mod forms;
mod gather;
pub mod mask;
mod names;
mod programs;
pub mod quiet;
mod script;
mod signs;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use compose_loader::{Node, Origin, Place, Supplied};

pub use self::names::{is_distinctive, is_harmless, looks_secret};

/// The replacement of a masked secret.
pub const HIDDEN: &str = "********";

/// A secret part of a text in bytes, with the variable that supplied it, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The start.
    pub start: usize,
    /// The end.
    pub end: usize,
    /// The variable that supplied exactly this part.
    pub variable: Option<Arc<str>>,
}

/// The secrets of a project, with which all their occurrences are found.
#[derive(Debug, Default)]
pub struct Secrecy {
    /// Values that are distinctive enough for a search.
    values: BTreeSet<Arc<str>>,
    /// The value of each variable of the project with a secret name.
    variables: BTreeMap<Arc<str>, Arc<str>>,
    /// The parts that are secret because of their position, such as the value of a flag. The key is the address of
    /// the text's node, since the project does not change during a conversion.
    placed: BTreeMap<usize, Vec<Span>>,
    /// The texts with a secret that no variable can replace.
    staying: BTreeSet<usize>,
    /// All secret texts, including short ones that occur elsewhere by chance. No message quotes them.
    hidden: BTreeSet<Arc<str>>,
    /// The places of secrets in the files of the project.
    written: HashSet<Place>,
}

impl Secrecy {
    /// Reports whether a text contains a secret that no variable can replace.
    #[must_use]
    pub fn stays(&self, node: &Node) -> bool {
        self.staying.contains(&address(node))
    }

    /// Returns all secret texts and their places.
    #[must_use]
    pub fn into_hidden(self) -> (BTreeSet<Arc<str>>, HashSet<Place>) {
        (self.hidden, self.written)
    }

    /// Reports whether a value or a text below it contains a secret.
    #[must_use]
    pub fn holds_secret(&self, node: &Node) -> bool {
        if let Some(map) = node.as_map() {
            return map.iter().any(|(_, node)| self.holds_secret(node));
        }
        if let Some(items) = node.as_list() {
            return items.iter().any(|node| self.holds_secret(node));
        }
        from_env_file(node) || !self.spans(node).is_empty()
    }

    /// Returns the secret parts of a text in order, without overlaps.
    #[must_use]
    pub fn spans(&self, node: &Node) -> Vec<Span> {
        let Some(text) = node.as_str() else { return Vec::new() };
        let mut spans: Vec<Span> = Vec::new();
        for part in node.trace.iter().flatten() {
            let (start, end) = (part.start as usize, part.end as usize);
            let value = text.get(start..end).unwrap_or_default();
            let secret = looks_secret(&part.variable)
                || !forms::logins(value).is_empty()
                || self.values.contains(value);
            if secret && !is_harmless(value) {
                let parts = self.exact(&part.variable, value);
                let variable = Some(part.variable.clone());
                let span =
                    |(from, to)| Span { start: start + from, end: start + to, variable: variable.clone() };
                spans.extend(parts.into_iter().map(span));
            }
        }
        let plain = |part: Range<usize>| Span { start: part.start, end: part.end, variable: None };
        let placed = self.placed.get(&address(node)).into_iter().flatten().cloned();
        let passwords = forms::logins(text).into_iter().map(plain);
        let known = self.values.iter().flat_map(|value| {
            text.match_indices(&**value).map(|(start, value)| plain(start..start + value.len()))
        });
        for found in placed.chain(passwords).chain(known) {
            if !spans.iter().any(|span| span.start < found.end && found.start < span.end) {
                spans.push(found);
            }
        }
        spans.sort_by_key(|span| (span.start, span.end));
        // The first of two overlapping parts is extended, so that no secret is cut.
        let mut apart: Vec<Span> = Vec::new();
        for span in spans {
            match apart.last_mut() {
                Some(last) if span.start < last.end => {
                    if span.end > last.end {
                        (last.end, last.variable) = (span.end, None);
                    }
                }
                _ => apart.push(span),
            }
        }
        apart
    }

    /// Returns the parts of [`Secrecy::spans`] and the empty positions of secret variables without a value, for which
    /// the Secret gets an empty key.
    #[must_use]
    pub fn places(&self, node: &Node) -> Vec<Span> {
        let mut spans = self.spans(node);
        for part in unfilled(node) {
            let at = part.start as usize;
            if !spans.iter().any(|span| span.start < at && at < span.end) {
                spans.push(Span { start: at, end: at, variable: Some(part.variable.clone()) });
            }
        }
        spans.sort_by_key(|span| (span.start, span.end));
        spans
    }

    /// Reports whether the text of another file contains a secret of the project.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(&**value))
    }

    /// Returns the parts of a text with the value of a variable. A word of a command has the variables of the whole
    /// command, so most words do not contain the value.
    fn exact(&self, variable: &str, text: &str) -> Vec<(usize, usize)> {
        let whole = vec![(0, text.len())];
        let Some(value) = self.variables.get(variable).filter(|value| !value.is_empty()) else {
            return whole;
        };
        let found: Vec<_> = text.match_indices(&**value).map(|(at, value)| (at, at + value.len())).collect();
        // The words have no quotes, so a value with quotes or blanks cannot be found in them.
        let changed = value.contains(|c: char| c.is_whitespace() || "\"'\\;&|<>()`".contains(c));
        if found.is_empty() && changed { whole } else { found }
    }
}

/// Returns the empty parts of a text from variables with a secret name.
pub fn unfilled(node: &Node) -> impl Iterator<Item = &Supplied> {
    let parts = node.trace.iter().flat_map(|parts| parts.iter());
    parts.filter(|part| part.start == part.end && looks_secret(&part.variable))
}

/// Reports whether a text comes from an env file: its place is the place of its variable.
#[must_use]
pub fn from_env_file(node: &Node) -> bool {
    let Some([part]) = node.trace.as_deref() else { return false };
    let whole = node.as_str().is_some_and(|text| part.start == 0 && part.end as usize == text.len());
    let beside = match part.origin {
        Origin::File(place) => node.place == place || node.place == Place::NONE,
        Origin::Process => node.place == Place::NONE,
        Origin::Loader | Origin::Nowhere => false,
    };
    whole && beside && node.as_str().is_some_and(|text| !text.is_empty())
}

/// Returns the key of a text.
fn address(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_in_an_address_is_secret() {
        let node = Node::text("postgres://app:x:y@db:5432/app?a=b", Place::NONE);
        assert_eq!(Secrecy::default().spans(&node), [Span { start: 15, end: 18, variable: None }]);
        assert!(!Secrecy::default().holds_secret(&Node::text("http://host:80/a@b", Place::NONE)));
    }
}
