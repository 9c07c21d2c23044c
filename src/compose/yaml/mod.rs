//! YAML text -> trees, read as go-yaml reads it.
//!
//! Built on the events of granit-parser, the parser inside serde-saphyr, rather than on serde: types, tags,
//! anchors, merge keys and byte offsets are all needed, and serde's data model has none of them.

mod alias;
mod scalar;
mod syntax;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

pub use scalar::{is_plain, is_printable};

use super::diagnostic::Diagnostic;
use super::source::Place;
use super::tree::{Entry, Map, Node, Value};

/// More values than this in one document are refused, as the reference does.
const MAX_VALUES: usize = 100_000;

/// More documents than this in one file are refused: each goes over all that stands before it.
const MAX_DOCUMENTS: usize = 100;

/// The keys that lead to a value.
pub type Path = Vec<Arc<str>>;

/// One document of a file.
#[derive(Debug)]
pub struct Document {
    /// What it says.
    pub root: Node,
    /// What it takes back of the files before it: the paths of `!reset` and `!override`.
    pub resets: Vec<Path>,
    /// A `name` that is tagged `!reset`: the reference still names the project by it.
    pub reset_name: Option<Node>,
}

/// Reads all documents of a text.
///
/// # Errors
/// The first thing that is not YAML, or that the reference does not take for it.
pub fn parse(text: &str, file: u32) -> Result<Vec<Document>, Diagnostic> {
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    let body = &text[mark..];
    scalar::refuse_controls(body, file, mark)?;
    let options = granit_parser::options! { emit_comments: false };
    let mut builder = Builder {
        events: Parser::new_from_str_with_options(body, options),
        body,
        file,
        shift: u32::try_from(mark).unwrap_or(0),
        names: HashMap::default(),
        indexes: Vec::new(),
        state: State::default(),
    };
    let mut documents = Vec::new();
    while let Some((event, _)) = builder.next()? {
        if let Event::DocumentStart(..) = event {
            let (event, place) = builder.expect()?;
            if documents.len() == MAX_DOCUMENTS {
                let message = format!("more than {MAX_DOCUMENTS} documents in one file");
                return Err(builder
                    .error("too-many-documents", place, message)
                    .remedy("split it into several files"));
            }
            let nothing = matches!(&event, Event::MappingStart(.., Some(tag)) if is_null(tag));
            let root = builder.value(event, place)?.filter(|_| !nothing).unwrap_or_default();
            let State { resets, reset_name, .. } = std::mem::take(&mut builder.state);
            documents.push(Document { root, resets, reset_name });
        }
    }
    Ok(documents)
}

/// What is known within one document.
#[derive(Default)]
struct State {
    anchors: HashMap<usize, Anchor, RandomState>,
    /// Where each anchor was used, to find one that stands within itself.
    uses: HashMap<usize, BTreeSet<Path>>,
    path: Path,
    resets: Vec<Path>,
    reset_name: Option<Node>,
    values: usize,
    built: usize,
    from_aliases: usize,
    /// How many values anchors keep and aliases bring in, and how many keys lead to aliases and resets.
    copied: usize,
    /// Inside of `!reset` and `!override` the reference takes no further notice of its own tags.
    overridden: bool,
    /// Inside of `!reset` it does not look at values at all.
    discarded: bool,
}

struct Anchor {
    /// Nothing for a value that is tagged `!reset`.
    node: Option<Node>,
    mark: Mark,
    resets: Vec<Path>,
    size: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    None,
    Reset,
    Override,
}

struct Builder<'a> {
    events: Parser<'a, StrInput<'a>>,
    body: &'a str,
    file: u32,
    shift: u32,
    /// The keys that were read, and whether each is a text without quotes, too: a file has few different ones, and
    /// each is kept once.
    names: HashMap<Arc<str>, bool, RandomState>,
    /// The words for the places in a list: `0`, `1` and so on.
    indexes: Vec<Arc<str>>,
    state: State,
}

/// A key of a mapping.
struct Key {
    raw: Arc<str>,
    place: Place,
    is_text: bool,
    merges: bool,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Place)>, Diagnostic> {
        match self.events.next() {
            Some(Ok((event, span))) => Ok(Some((event, self.place(&span)))),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Ok(None),
        }
    }

    fn expect(&mut self) -> Result<(Event<'a>, Place), Diagnostic> {
        self.next()?.ok_or_else(|| self.error("yaml-syntax", Place::NONE, "the document ends too early"))
    }

    /// The node of an event and all that belongs to it; nothing where it is tagged `!reset`.
    fn value(&mut self, event: Event<'a>, place: Place) -> Result<Option<Node>, Diagnostic> {
        self.state.values += 1;
        if self.state.values > MAX_VALUES {
            return Err(self
                .error("too-many-values", place, format!("more than {MAX_VALUES} values in one document"))
                .remedy("split it into several files"));
        }
        let (anchor, tag) = match &event {
            Event::Alias(id) => return self.alias(*id, place),
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(_, anchor, tag)
            | Event::MappingStart(_, anchor, tag) => (*anchor, tag.as_deref()),
            _ => return Err(self.error("yaml-syntax", place, "a value is expected here")),
        };
        let mark = self.mark(tag);
        let outer = (self.state.overridden, self.state.discarded);
        let before = self.state.built;
        // What has an anchor is looked at wherever an alias stands for it.
        self.state.discarded = mark == Mark::Reset || self.state.discarded && anchor == 0;
        if mark != Mark::None {
            self.copy(self.state.path.len(), place)?;
            self.state.resets.push(self.state.path.clone());
            self.state.overridden = true;
        }
        let first_reset = self.state.resets.len();
        let depth = self.state.path.len();
        self.state.built += 1;
        let node = match event {
            Event::Scalar(text, style, _, ref tag) => {
                self.scalar(text.as_ref(), style, tag.as_deref(), place)?
            }
            Event::SequenceStart(..) => self.sequence(place)?,
            _ => self.mapping(place)?,
        };
        (self.state.overridden, self.state.discarded) = outer;
        if mark == Mark::Reset && matches!(self.state.path.as_slice(), [key] if &**key == "name") {
            self.state.reset_name = Some(node.clone());
        }
        let node = (mark != Mark::Reset).then_some(node);
        if anchor != 0 {
            let resets = self.state.resets.get(first_reset..).unwrap_or_default();
            let resets = resets.iter().map(|path| path.get(depth..).unwrap_or_default().to_vec()).collect();
            let size = self.state.built - before;
            self.copy(size, place)?;
            self.state.anchors.insert(anchor, Anchor { node: node.clone(), mark, resets, size });
        }
        Ok(node)
    }

    fn mark(&self, tag: Option<&Tag>) -> Mark {
        match tag {
            Some(tag) if !self.state.overridden && tag.handle() == "!" => match tag.suffix() {
                "reset" => Mark::Reset,
                "override" => Mark::Override,
                _ => Mark::None,
            },
            _ => Mark::None,
        }
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<Node, Diagnostic> {
        // A lone `!` says nothing.
        let value = match tag.filter(|tag| tag.handle() != "" || tag.suffix() != "!") {
            None if style == ScalarStyle::Plain => scalar::resolve(text),
            None => Value::Str(text.into()),
            Some(tag) => self.tagged(text, tag, place)?,
        };
        let trace = if self.reads_as_written(text, place) { None } else { Some(Box::default()) };
        Ok(Node { value, place, trace })
    }

    /// Whether a text stands in the file as it is, within quotes or without, and not folded or escaped.
    fn reads_as_written(&self, text: &str, place: Place) -> bool {
        let at = |offset: u32| offset.saturating_sub(self.shift) as usize;
        let written = self.body.get(at(place.start)..at(place.end)).unwrap_or_default();
        written == text || written.get(1..written.len().saturating_sub(1)) == Some(text)
    }

    fn tagged(&self, text: &str, tag: &Tag, place: Place) -> Result<Value, Diagnostic> {
        let as_is = Value::Str(text.into());
        let known = if tag.handle() == "tag:yaml.org,2002:" { tag.suffix() } else { "" };
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
            // An unknown tag leaves the text as it is written.
            _ => return Ok(as_is),
        };
        value.ok_or_else(|| {
            self.error(
                "yaml-tag",
                place,
                format!("`{text}` is not of the type that its tag `!!{known}` says"),
            )
            .remedy("remove the tag or mend the value")
        })
    }

    fn binary(&self, text: &str, place: Place) -> Result<Value, Diagnostic> {
        let text = scalar::binary(text).ok_or_else(|| {
            self.error("yaml-tag", place, "the value of `!!binary` is not base64")
                .remedy("Compose has no use for binary values: write the text itself")
        })?;
        Ok(Value::Str(text.into()))
    }

    fn sequence(&mut self, place: Place) -> Result<Node, Diagnostic> {
        let mut items = Vec::new();
        let mut index = 0usize;
        loop {
            let (event, at) = self.expect()?;
            if event == Event::SequenceEnd {
                return Ok(Node::new(Value::List(items), place));
            }
            if index == self.indexes.len() {
                self.indexes.push(index.to_string().into());
            }
            self.state.path.push(self.indexes[index].clone());
            items.extend(self.value(event, at)?);
            self.state.path.pop();
            index += 1;
        }
    }

    fn mapping(&mut self, place: Place) -> Result<Node, Diagnostic> {
        let mut map = Map::default();
        // Keys that are known of while the mapping is read and have no place in it after that.
        let mut passing: HashSet<Arc<str>, RandomState> = HashSet::default();
        let mut merged = None;
        loop {
            let (event, at) = self.expect()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.key(&event, at)?;
            let earlier = map.entry(&key.raw).map(|entry| entry.key);
            if let Some(earlier) = earlier.filter(|_| !self.state.discarded) {
                return Err(self.duplicate(&key, earlier));
            }
            let (event, at) = self.expect()?;
            // A merge key leaves no trace in the path of what it brings in.
            let on_path = &*key.raw != "<<" || self.state.path.is_empty();
            if on_path {
                self.state.path.push(key.raw.clone());
            }
            let named = key.merges.then(|| self.state.reset_name.clone());
            let node = self.value(event, at)?;
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

    fn key(&mut self, event: &Event<'a>, place: Place) -> Result<Key, Diagnostic> {
        self.state.built += 1;
        match event {
            Event::Scalar(text, style, 0, None) => {
                let (raw, is_text) = self.name(text);
                let is_plain = *style == ScalarStyle::Plain;
                Ok(Key { raw, place, is_text: is_text || !is_plain, merges: is_plain && &**text == "<<" })
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(text, *style, tag.as_deref(), place)?;
                let is_text = node.as_str().is_some();
                let (raw, _) = self.name(node.as_str().unwrap_or(text));
                if *anchor != 0 {
                    let anchored = Anchor { node: Some(node), mark: Mark::None, resets: Vec::new(), size: 1 };
                    self.state.anchors.insert(*anchor, anchored);
                }
                let merges = match tag {
                    None => &**text == "<<" && *style == ScalarStyle::Plain,
                    // Tools that write YAML anew say it of each merge key: `!!merge <<`.
                    Some(tag) => tag.handle() == "tag:yaml.org,2002:" && tag.suffix() == "merge",
                };
                Ok(Key { raw, place, is_text, merges })
            }
            Event::Alias(id) => {
                let node = self.state.anchors.get(id).and_then(|anchor| anchor.node.as_ref());
                let raw = node.and_then(Node::as_str).map(Arc::from);
                let key = Key { is_text: raw.is_some(), raw: raw.unwrap_or_default(), place, merges: false };
                if key.is_text { Ok(key) } else { Err(self.not_text(&key)) }
            }
            _ => Err(self.not_text(&Key { raw: "".into(), place, is_text: false, merges: false })),
        }
    }

    /// The one copy of a key, and whether it is a text without quotes, too.
    fn name(&mut self, text: &str) -> (Arc<str>, bool) {
        if let Some((known, is_text)) = self.names.get_key_value(text) {
            return (known.clone(), *is_text);
        }
        let (name, is_text) = (Arc::from(text), matches!(scalar::resolve(text), Value::Str(_)));
        self.names.insert(Arc::clone(&name), is_text);
        (name, is_text)
    }

    /// Adds what `<<` names: what stands in the mapping itself wins, then what comes first.
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
                return Err(self
                    .error("merge-key", place, "`<<` takes a mapping or a list of mappings")
                    .remedy("name an anchor that stands before a mapping"));
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
            "duplicate-key",
            key.place,
            format!("the key `{}` is already defined at line {line}", key.raw),
        )
        .remedy("keep one of the two")
        .note(earlier, "defined here first")
    }

    fn not_text(&self, key: &Key) -> Diagnostic {
        let parents = self.state.path.join(".");
        let parents = if parents.is_empty() { "at top level".to_owned() } else { format!("in {parents}") };
        self.error("non-string-key", key.place, format!("the key `{}` {parents} is not a string", key.raw))
            .remedy("put it into quotes")
    }

    fn syntax(&self, error: &ScanError) -> Diagnostic {
        let found = syntax::explain(self.body, error);
        let at = |offset: usize| small(self.shift as usize + offset);
        let place = Place { file: self.file, start: at(found.place.start), end: at(found.place.end) };
        Diagnostic::error("yaml-syntax", place, found.message).remedy(found.remedy)
    }

    fn error(&self, id: &'static str, place: Place, message: impl Into<String>) -> Diagnostic {
        let place = if place == Place::NONE { Place { file: self.file, start: 0, end: 0 } } else { place };
        Diagnostic::error(id, place, message)
    }

    fn place(&self, span: &Span) -> Place {
        let at =
            |marker: &granit_parser::Marker| small(self.shift as usize + marker.byte_offset().unwrap_or(0));
        Place { file: self.file, start: at(&span.start), end: at(&span.end) }
    }
}

fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn is_null(tag: &Tag) -> bool {
    tag.handle() == "tag:yaml.org,2002:" && tag.suffix() == "null"
}

/// Takes back what a document takes back: removes every path from the tree.
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
    fn the_place_of_what_is_no_yaml_lies_in_the_text() {
        for text in
            ["a: [", "a: 'b", "a: %\u{e9}", "a: b\n\u{e9}", "\u{feff}a: [\u{1f40b}", "- a\nb: @\u{20ac}"]
        {
            let place = parse(text, 0).expect_err(text).place;
            assert!(text.get(place.start as usize..place.end as usize).is_some(), "{text:?} {place:?}");
        }
    }
}
