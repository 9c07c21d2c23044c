//! Mappings, their keys and the merge key.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::reader::{Fault, Found, Kind, Reader, What};
use super::{Anchor, Builder, Mark, core, scalar};
use crate::diagnostic::Diagnostic;
use crate::rules;
use crate::source::Place;
use crate::tree::{Entry, Map, Node, Value};

/// A key of a mapping.
struct Key {
    raw: Arc<str>,
    place: Place,
    is_text: bool,
    merges: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn mapping(&mut self, place: Place) -> Result<Node, Diagnostic> {
        let mut map = Map::default();
        // Keys that count as defined while the mapping is read, but are not part of it.
        let mut passing: HashSet<Arc<str>, RandomState> = HashSet::default();
        let mut merged = None;
        while let Some(found) = self.read(Reader::key)? {
            let key = self.key(found)?;
            let earlier = map.entry(&key.raw).map(|entry| entry.key);
            if let Some(earlier) = earlier.filter(|_| !self.state.discarded) {
                return Err(self.duplicate(&key, earlier));
            }
            let found = self.read(Reader::value)?;
            // compose-go looks for the name of the project in the whole file before it resets values.
            let is_text = matches!(found.what, What::Plain(_) | What::Quoted(_));
            if key.merges && is_text && self.state.path.is_empty() {
                return Err(self.not_merged(self.place(&found)));
            }
            // A merge key is not part of the path of its values.
            let on_path = &*key.raw != "<<" || self.state.path.is_empty();
            if on_path {
                self.state.path.push(key.raw.clone());
            }
            let named = key.merges.then(|| self.state.reset_name.clone());
            let node = self.value(found)?;
            if let Some(named) = named {
                self.state.reset_name = named;
            }
            if on_path {
                self.state.path.pop();
            }
            let node = match node {
                Some(node) if key.merges => {
                    merged = Some(node);
                    None
                }
                Some(_) if !key.is_text && !self.state.discarded => return Err(self.not_text(&key)),
                other => other,
            };
            if node.is_none() {
                passing.insert(key.raw.clone());
            }
            let node = node.unwrap_or_default();
            match earlier {
                None => map.push(key.raw, Entry { key: key.place, node }),
                Some(_) => drop(map.insert(key.raw, key.place, node)),
            }
        }
        if !passing.is_empty() {
            map.retain(|key, _| !passing.contains(key));
        }
        if let Some(merged) = merged {
            self.merge(&mut map, merged)?;
        }
        Ok(Node::new(Value::Map(Box::new(map)), place))
    }

    fn key(&mut self, found: Found<'a>) -> Result<Key, Diagnostic> {
        self.state.built += 1;
        let place = self.place(&found);
        let Found { what, start, anchor, tag, .. } = found;
        let (text, is_plain) = match &what {
            What::Plain(text) => (text, true),
            What::Quoted(text) => (text, false),
            What::Alias(anchor) => {
                let node = self.anchors.get(anchor).and_then(|anchor| anchor.node.as_ref());
                let raw = node.and_then(Node::as_str).map(Arc::from);
                let key = Key { is_text: raw.is_some(), raw: raw.unwrap_or_default(), place, merges: false };
                return if key.is_text { Ok(key) } else { Err(self.not_text(&key)) };
            }
            What::Sequence | What::Mapping => {
                return Err(self.syntax(Fault { kind: Kind::CollectionKey, at: start }));
            }
        };
        if anchor == 0 && tag.is_none() {
            let (raw, is_text) = self.name(text);
            return Ok(Key { raw, place, is_text: is_text || !is_plain, merges: is_plain && text == "<<" });
        }
        let node = self.scalar(&what, tag.as_deref(), place)?;
        let is_text = node.as_str().is_some();
        let (raw, _) = self.name(node.as_str().unwrap_or(text));
        if anchor != 0 {
            let anchored =
                Anchor { node: Some(node), mark: Mark::None, resets: Vec::new(), size: 1, depth: 0 };
            self.anchors.insert(anchor, anchored);
        }
        let merges = match tag.as_deref() {
            None => is_plain && text == "<<",
            // Tools that rewrite YAML tag merge keys: `!!merge <<`.
            Some(tag) => core(tag) == Some("merge"),
        };
        Ok(Key { raw, place, is_text, merges })
    }

    /// Returns the shared copy of a key, and whether a plain scalar of this text is a string.
    fn name(&mut self, text: &str) -> (Arc<str>, bool) {
        if let Some((known, is_text)) = self.names.get_key_value(text) {
            return (known.clone(), *is_text);
        }
        let (name, is_text) = (Arc::from(text), matches!(scalar::resolve(text), Value::Str(_)));
        self.names.insert(Arc::clone(&name), is_text);
        (name, is_text)
    }

    /// Adds the values of `<<`. Keys of the mapping itself win, then those that come first.
    fn merge(&self, map: &mut Map, merged: Node) -> Result<(), Diagnostic> {
        let place = merged.place;
        let sources = match merged.value {
            Value::Map(_) => vec![merged],
            Value::List(items) => items,
            _ => vec![merged],
        };
        for source in sources {
            let Value::Map(source) = source.value else {
                if self.state.discarded {
                    return Ok(());
                }
                return Err(self.not_merged(place));
            };
            for (key, entry) in source.into_entries() {
                if !map.has(&key) {
                    map.insert(key, entry.key, entry.node);
                }
            }
        }
        Ok(())
    }

    fn duplicate(&self, key: &Key, earlier: Place) -> Diagnostic {
        let line =
            self.body.get(..(earlier.start - self.shift) as usize).unwrap_or_default().matches('\n').count()
                + 1;
        self.error(
            &rules::DUPLICATE_KEY,
            key.place,
            format!("the key `{}` is already defined at line {line}", key.raw),
        )
        .note(earlier, "first defined here")
    }

    fn not_merged(&self, place: Place) -> Diagnostic {
        self.error(&rules::MERGE_KEY, place, "`<<` must be a mapping or a list of mappings")
    }

    fn not_text(&self, key: &Key) -> Diagnostic {
        let parents = self.state.path.join(".");
        let parents = if parents.is_empty() { "at top level".to_owned() } else { format!("in {parents}") };
        if key.raw.is_empty() {
            return self
                .error(&rules::NON_STRING_KEY, key.place, format!("a key {parents} is not a string"))
                .remedy("write a string before the colon");
        }
        self.error(
            &rules::NON_STRING_KEY,
            key.place,
            format!("the key `{}` {parents} is not a string", key.raw),
        )
    }
}
