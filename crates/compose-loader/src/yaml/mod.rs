//! Parsing of YAML to trees, as go-yaml does.
//!
//! The [reader] returns the syntax nodes of a text. This module builds trees of them: types, tags, anchors, merge keys and
//! places.

mod alias;
mod mapping;
pub mod reader;
mod scalar;
mod syntax;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
pub use scalar::{is_plain, is_printable};

use reader::{Fault, Found, Kind, Reader, What};

use crate::diagnostic::Diagnostic;
use crate::rules::{self, Rule};
use crate::source::Place;
use crate::tree::{Node, Value};

/// The maximum number of values in a file. compose-go has this limit for a document.
const MAX_VALUES: usize = 100_000;

/// The maximum number of documents in a file. Each is merged over all documents before it.
const MAX_DOCUMENTS: usize = 100;

/// The keys on the path to a value.
pub type Path = Vec<Arc<str>>;

/// A document of a file.
#[derive(Debug)]
pub struct Document {
    /// The root of the tree.
    pub root: Node,
    /// The paths of `!reset` and `!override`, whose values in earlier files are removed.
    pub resets: Vec<Path>,
    /// A `name` with the tag `!reset`, which compose-go still uses as the name of the project.
    pub reset_name: Option<Node>,
}

/// Parses all documents of a text.
///
/// # Errors
/// Returns the first error of YAML, or the first YAML that compose-go rejects.
pub fn parse(text: &str, file: u32) -> Result<Vec<Document>, Diagnostic> {
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    let body = &text[mark..];
    scalar::refuse_controls(body, file, mark)?;
    let mut builder = Builder {
        reader: Reader::new(body),
        body,
        file,
        shift: u32::try_from(mark).unwrap_or(0),
        names: HashMap::default(),
        indexes: Vec::new(),
        anchors: HashMap::default(),
        values: 0,
        copied: 0,
        state: State::default(),
    };
    let mut documents = Vec::new();
    while builder.read(Reader::document)? {
        let found = builder.read(Reader::root)?;
        if documents.len() == MAX_DOCUMENTS {
            let message = format!("more than {MAX_DOCUMENTS} documents in one file");
            return Err(builder.error(&rules::TOO_MANY_DOCUMENTS, builder.place(&found), message));
        }
        let nothing =
            matches!(found.what, What::Mapping) && found.tag.as_deref().and_then(core) == Some("null");
        let root = builder.value(found)?.filter(|_| !nothing).unwrap_or_default();
        let State { resets, reset_name, .. } = std::mem::take(&mut builder.state);
        documents.push(Document { root, resets, reset_name });
    }
    Ok(documents)
}

/// The state of a document.
#[derive(Default)]
struct State {
    /// The paths at which each anchor was used, to find one that contains itself.
    uses: HashMap<usize, BTreeSet<Path>>,
    path: Path,
    resets: Vec<Path>,
    reset_name: Option<Node>,
    built: usize,
    from_aliases: usize,
    /// The depth of the current value, and the maximum depth.
    depth: usize,
    deepest: usize,
    /// Inside `!reset` and `!override`, compose-go ignores further tags of this kind.
    overridden: bool,
    /// Inside `!reset`, compose-go ignores all values.
    discarded: bool,
}

struct Anchor {
    /// `None` for a value with the tag `!reset`.
    node: Option<Node>,
    mark: Mark,
    resets: Vec<Path>,
    size: usize,
    /// The depth of nested collections.
    depth: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    None,
    Reset,
    Override,
}

struct Builder<'a> {
    reader: Reader<'a>,
    body: &'a str,
    file: u32,
    shift: u32,
    /// The distinct keys, and whether a plain scalar of the text is a string. A file has few distinct keys, so they are
    /// shared.
    names: HashMap<Arc<str>, bool, RandomState>,
    /// The texts of list indexes: `0`, `1` and so on.
    indexes: Vec<Arc<str>>,
    /// The anchors. Later documents can use them too, as in go-yaml.
    anchors: HashMap<usize, Anchor, RandomState>,
    values: usize,
    /// The number of copied values, plus the lengths of paths to aliases and resets.
    copied: usize,
    state: State,
}

impl<'a> Builder<'a> {
    fn read<T>(&mut self, read: impl FnOnce(&mut Reader<'a>) -> Result<T, Fault>) -> Result<T, Diagnostic> {
        read(&mut self.reader).map_err(|fault| self.syntax(fault))
    }

    /// Builds a node with its children. Returns `None` for one with the tag `!reset`.
    fn value(&mut self, found: Found<'a>) -> Result<Option<Node>, Diagnostic> {
        let place = self.place(&found);
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.error(
                &rules::TOO_MANY_VALUES,
                place,
                format!("more than {MAX_VALUES} values in one file"),
            ));
        }
        let Found { what, anchor, tag, .. } = found;
        if let What::Alias(anchor) = what {
            return self.alias(anchor, place);
        }
        let mark = self.mark(tag.as_deref());
        let outer = (self.state.overridden, self.state.discarded);
        let before = self.state.built;
        // A value with an anchor is checked wherever an alias uses it.
        self.state.discarded = mark == Mark::Reset || self.state.discarded && anchor == 0;
        if mark != Mark::None {
            self.copy(self.state.path.len(), place)?;
            self.state.resets.push(self.state.path.clone());
            self.state.overridden = true;
        }
        let first_reset = self.state.resets.len();
        let path_length = self.state.path.len();
        let deepest_before = std::mem::replace(&mut self.state.deepest, self.state.depth);
        self.state.built += 1;
        let node = match what {
            What::Sequence => self.within(place, Self::sequence)?,
            What::Mapping => self.within(place, Self::mapping)?,
            text => self.scalar(&text, tag.as_deref(), place)?,
        };
        (self.state.overridden, self.state.discarded) = outer;
        if mark == Mark::Reset && matches!(self.state.path.as_slice(), [key] if &**key == "name") {
            self.state.reset_name = Some(node.clone());
        }
        let node = (mark != Mark::Reset).then_some(node);
        if anchor != 0 {
            let resets = self.state.resets.get(first_reset..).unwrap_or_default();
            let resets =
                resets.iter().map(|path| path.get(path_length..).unwrap_or_default().to_vec()).collect();
            let size = self.state.built - before;
            self.copy(size, place)?;
            let depth = self.state.deepest - self.state.depth;
            self.anchors.insert(anchor, Anchor { node: node.clone(), mark, resets, size, depth });
        }
        self.state.deepest = self.state.deepest.max(deepest_before);
        Ok(node)
    }

    /// Reads a collection one level deeper.
    fn within(
        &mut self,
        place: Place,
        read: impl FnOnce(&mut Self, Place) -> Result<Node, Diagnostic>,
    ) -> Result<Node, Diagnostic> {
        self.state.depth += 1;
        self.state.deepest = self.state.deepest.max(self.state.depth);
        let node = read(self, place)?;
        self.state.depth -= 1;
        Ok(node)
    }

    fn mark(&self, tag: Option<&str>) -> Mark {
        match tag {
            Some("!reset") if !self.state.overridden => Mark::Reset,
            Some("!override") if !self.state.overridden => Mark::Override,
            _ => Mark::None,
        }
    }

    fn scalar(&self, what: &What<'_>, tag: Option<&str>, place: Place) -> Result<Node, Diagnostic> {
        let (text, is_plain) = match what {
            What::Plain(text) => (text, true),
            What::Quoted(text) => (text, false),
            _ => return Ok(Node::default()),
        };
        // `!` without a name means no tag.
        let value = match tag.filter(|tag| *tag != "!") {
            None if is_plain => scalar::resolve(text),
            None => Value::Str((&**text).into()),
            Some(tag) => self.tagged(text, tag, place)?,
        };
        // A folded text, or one with escapes, differs from the source.
        let trace = if let Cow::Borrowed(_) = text { None } else { Some(Box::default()) };
        Ok(Node { value, place, trace })
    }

    fn tagged(&self, text: &str, tag: &str, place: Place) -> Result<Value, Diagnostic> {
        let as_is = Value::Str(text.into());
        let known = core(tag).unwrap_or_default();
        let value = match (known, scalar::resolve(text)) {
            ("str", _) => return Ok(as_is),
            ("binary", _) => return self.binary(text, place),
            ("bool", value @ Value::Bool(_))
            | ("int", value @ (Value::Int(_) | Value::Uint(_)))
            | ("float", value @ Value::Float(_))
            | ("timestamp", value @ Value::Time(_))
            | ("null", value @ Value::Null) => Some(value),
            ("float", Value::Int(value)) => Some(Value::Float(value as f64)),
            ("bool" | "int" | "float" | "timestamp" | "null", _) if !self.state.discarded => None,
            // An unknown tag does not change the text.
            _ => return Ok(as_is),
        };
        value.ok_or_else(|| {
            self.error(
                &rules::YAML_TAG,
                place,
                format!("`{text}` does not have the type of its tag `!!{known}`"),
            )
        })
    }

    fn binary(&self, text: &str, place: Place) -> Result<Value, Diagnostic> {
        let text = scalar::binary(text).ok_or_else(|| {
            self.error(&rules::YAML_TAG, place, "the value of `!!binary` is not base64")
                .remedy("write the value as a string without the tag")
        })?;
        Ok(Value::Str(text.into()))
    }

    fn sequence(&mut self, place: Place) -> Result<Node, Diagnostic> {
        let mut items = Vec::new();
        let mut index = 0usize;
        while let Some(found) = self.read(Reader::item)? {
            if index == self.indexes.len() {
                self.indexes.push(index.to_string().into());
            }
            self.state.path.push(self.indexes[index].clone());
            items.extend(self.value(found)?);
            self.state.path.pop();
            index += 1;
        }
        Ok(Node::new(Value::List(items), place))
    }

    fn syntax(&self, fault: Fault) -> Diagnostic {
        let found = syntax::explain(self.body, &self.reader, fault);
        let place = self.place_of(found.place);
        let rule =
            if fault.kind == Kind::CollectionKey { &rules::NON_STRING_KEY } else { &rules::YAML_SYNTAX };
        Diagnostic::new(rule, place, found.message).remedy(found.remedy)
    }

    fn error(&self, rule: &'static Rule, place: Place, message: impl Into<String>) -> Diagnostic {
        let place = if place == Place::NONE { Place { file: self.file, start: 0, end: 0 } } else { place };
        Diagnostic::new(rule, place, message)
    }

    fn place(&self, found: &Found<'_>) -> Place {
        self.place_of(found.start..found.end)
    }

    /// Returns the place of a range of the body.
    fn place_of(&self, range: Range<usize>) -> Place {
        let shift = self.shift as usize;
        Place::of(self.file, shift + range.start..shift + range.end)
    }
}

/// Returns the name of a core tag, such as `str` of `!!str`.
fn core(tag: &str) -> Option<&str> {
    tag.strip_prefix("tag:yaml.org,2002:")
}

/// Removes the paths that a document resets from a tree.
pub fn apply(resets: &[Path], target: &mut Node) {
    for path in resets {
        remove(target, path);
    }
}

fn remove(node: &mut Node, path: &[Arc<str>]) {
    let (Some(map), Some((key, rest))) = (node.as_map_mut(), path.split_first()) else { return };
    if rest.is_empty() {
        map.remove(key);
    } else if let Some(next) = map.get_mut(key) {
        remove(next, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_alias_can_refer_to_an_earlier_document() {
        let documents = parse("a: &x [1]\n---\nb: *x\n", 0).unwrap();
        assert_eq!(documents[1].root.get("b"), documents[0].root.get("a"));
    }

    #[test]
    fn the_place_of_a_syntax_error_is_inside_the_text() {
        for text in
            ["a: [", "a: 'b", "a: %\u{e9}", "a: b\n\u{e9}", "\u{feff}a: [\u{1f40b}", "- a\nb: @\u{20ac}"]
        {
            let place = parse(text, 0).expect_err(text).place;
            assert!(text.get(place.start as usize..place.end as usize).is_some(), "{text:?} {place:?}");
        }
    }
}
