//! What is secret: by the name of a variable, by where a value came from, by its form, or because the same
//! value is secret elsewhere in the project.

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

/// What is written in place of a secret.
pub const HIDDEN: &str = "********";

/// A secret part of a text, in bytes, and the variable that supplied it, if one did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The variable that supplied exactly this part.
    pub variable: Option<Arc<str>>,
}

/// The secrets of a project, by which they are found again wherever they are written.
#[derive(Debug, Default)]
pub struct Secrecy {
    /// Values that are distinctive enough to be searched for.
    values: BTreeSet<Arc<str>>,
    /// The value of each variable of the project whose name says that it is secret.
    variables: BTreeMap<Arc<str>, Arc<str>>,
    /// The parts that are secret because of the place where a text stands, such as behind a flag. A text is known
    /// by its address: the project does not change while it is converted.
    placed: BTreeMap<usize, Vec<Span>>,
    /// The texts with a secret that cannot be put in by a variable.
    staying: BTreeSet<usize>,
    /// All secret texts, also those that could stand elsewhere by chance: no message quotes them.
    hidden: BTreeSet<Arc<str>>,
    /// Where secrets are written in the files of the project.
    written: HashSet<Place>,
}

impl Secrecy {
    /// Whether a text holds a secret that stays where it is: no variable can be put in its place.
    #[must_use]
    pub fn stays(&self, node: &Node) -> bool {
        self.staying.contains(&address(node))
    }

    /// All secret texts, and where they are written.
    #[must_use]
    pub fn into_hidden(self) -> (BTreeSet<Arc<str>>, HashSet<Place>) {
        (self.hidden, self.written)
    }

    /// Whether a value holds a secret: a part of a text, or a text anywhere below.
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

    /// The secret parts of a text, in order and apart from each other.
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
        // Of two that overlap, the first is widened: a secret is never cut.
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

    /// The secret parts of a text, as [`Secrecy::spans`], and the empty places of secret variables that are not
    /// set, or empty: who sets them later finds them in the Secret.
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

    /// Whether a text of another file holds a secret of the project.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(&**value))
    }

    /// The parts of a text that are the variable's value. A text that the loader made of another, such as a
    /// word of a command, has the variables of the whole: most words hold no part of the value.
    fn exact(&self, variable: &str, text: &str) -> Vec<(usize, usize)> {
        let whole = vec![(0, text.len())];
        let Some(value) = self.variables.get(variable).filter(|value| !value.is_empty()) else {
            return whole;
        };
        let found: Vec<_> = text.match_indices(&**value).map(|(at, value)| (at, at + value.len())).collect();
        // Quotes and the like are gone from words, so that the value cannot be found again.
        let changed = value.contains(|c: char| c.is_whitespace() || "\"'\\;&|<>()`".contains(c));
        if found.is_empty() && changed { whole } else { found }
    }
}

/// The empty parts of a text that a variable with the name of a secret supplies.
pub fn unfilled(node: &Node) -> impl Iterator<Item = &Supplied> {
    let parts = node.trace.iter().flat_map(|parts| parts.iter());
    parts.filter(|part| part.start == part.end && looks_secret(&part.variable))
}

/// Whether a text came from a file of `env_file`: it was written where its variable was.
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

/// By what a text of the project is known.
fn address(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_within_an_address_is_secret() {
        let node = Node::text("postgres://app:x:y@db:5432/app?a=b", Place::NONE);
        assert_eq!(Secrecy::default().spans(&node), [Span { start: 15, end: 18, variable: None }]);
        assert!(!Secrecy::default().holds_secret(&Node::text("http://host:80/a@b", Place::NONE)));
    }
}
