//! YAML text -> the nodes that stand in it, in the order they are asked for.
//!
//! Compose files are read by go-yaml, which reads a dialect of its own: YAML 1.1 with exceptions for tabs,
//! comments, colons and line breaks that parsers of YAML 1.2 decide otherwise. So this reader is the project's
//! own. It looks at each character once, keeps no list of tokens, and a text that stands in the file as it is
//! is borrowed from there. `hack/compose-oracle` holds it to go-yaml, text by text.
//!
//! A caller asks for a [document](Reader::document), for its [root](Reader::root), and where that is a
//! sequence or a mapping for its [items](Reader::item), or for each [key](Reader::key) and its
//! [value](Reader::value), to the end of each before it goes on with what is around it. Who asks for something
//! else is told that nothing is there.

mod blanks;
mod block;
mod block_text;
mod characters;
mod document;
mod flow;
mod plain;
mod property;
mod quoted;

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;

pub(super) use characters::is_anchor;
use characters::{is_blank, is_break};

/// Collections within each other deeper than this are refused, since those who ask for them recurse.
pub const MAX_DEPTH: usize = 255;

/// A node, or as much of a collection as tells that one begins.
#[derive(Debug)]
pub struct Found<'t> {
    /// What it is.
    pub what: What<'t>,
    /// The first byte of its text; of a collection, of its first key or item or of its bracket.
    pub start: usize,
    /// Where its text ends; of a collection in brackets, behind the first; of any other, where it begins.
    pub end: usize,
    /// The number of its anchor; 0 for none.
    pub anchor: usize,
    /// Its tag with the handle written out, as in `tag:yaml.org,2002:str`.
    pub tag: Option<Box<str>>,
}

/// What a node can be.
#[derive(Debug)]
pub enum What<'t> {
    /// Another name for what has the anchor of this number.
    Alias(usize),
    /// Text without quotes, on one line or folded; empty where nothing stands.
    Plain(Cow<'t, str>),
    /// Text in quotes or in a block.
    Quoted(Cow<'t, str>),
    /// A list follows.
    Sequence,
    /// A mapping follows.
    Mapping,
}

/// A place where the text is not YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: Kind,
    /// The byte at which it was noticed.
    pub at: usize,
}

/// What can be wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A quote is not closed, or something follows it.
    Quote,
    /// A tab where the indentation is.
    Tab,
    /// A colon where no key can end.
    Colon,
    /// A key without a colon.
    NoColon,
    /// A line that is neither an item nor a key of what is around it.
    Line,
    /// A bracket is not closed, or something is missing between two items.
    Bracket,
    /// An alias of nothing that stands before it.
    UnknownAnchor,
    /// A character that no value can begin with.
    Character,
    /// An escape that means nothing.
    Escape,
    /// A list or a mapping in the place of a key.
    CollectionKey,
    /// Collections too deep within each other.
    Depth,
    /// Anything else: what is wrong, and the remedy.
    Other(&'static str, &'static str),
}

/// Reads one text.
#[derive(Debug)]
pub struct Reader<'t> {
    text: &'t str,
    /// The next byte to look at.
    at: usize,
    /// Where its line begins.
    line: usize,
    /// A key or an item may begin here: so it is at the start of a line and behind `-` and `?`.
    fresh: bool,
    open: Vec<Open>,
    /// How many of those are in brackets.
    brackets: usize,
    /// The key that told that a mapping begins, until it is asked for.
    first_key: Option<Found<'t>>,
    /// Where the last text or bracket ended.
    end: usize,
    /// Where that began, if it was a text in quotes.
    quote: Option<usize>,
    anchors: HashMap<&'t str, usize, RandomState>,
    last_anchor: usize,
    /// What `%TAG` says that the beginnings of tags stand for.
    handles: HashMap<&'t str, String, RandomState>,
    /// No document was read so far.
    beginning: bool,
}

/// A collection that is being read.
#[derive(Clone, Copy, Debug)]
struct Open {
    form: Form,
    /// The column of its keys or items; within brackets, of the block around them; -1 without one.
    indent: isize,
    /// Its first byte.
    start: usize,
    /// Nothing of it was read so far.
    first: bool,
    /// What stands between the key that was read last and its value.
    colon: Colon,
    /// The line on which the whole collection would be a key if a colon followed.
    key_line: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Items behind dashes.
    Sequence,
    /// Items behind dashes that stand in the column of the key that they belong to.
    Indentless,
    /// Keys on lines of their own.
    Mapping,
    /// `[`
    Brackets,
    /// `{`
    Braces,
    /// A mapping of one pair, within `[`.
    Pair,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colon {
    /// The colon was read with the key.
    Read,
    /// The key stands behind `?`: a colon may follow it.
    Possible,
    /// The key has none, and no value.
    Missing,
}

impl<'t> Reader<'t> {
    /// A reader at the beginning of a text, which has neither a byte order mark at its beginning nor a NUL: that
    /// would be its end.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Reader {
            text,
            at: 0,
            line: 0,
            fresh: true,
            open: Vec::new(),
            brackets: 0,
            first_key: None,
            end: 0,
            quote: None,
            anchors: HashMap::default(),
            last_anchor: 0,
            handles: HashMap::default(),
            beginning: true,
        }
    }

    /// The next item of the innermost sequence; nothing at its end.
    ///
    /// # Errors
    /// Something that is not an item.
    pub fn item(&mut self) -> Result<Option<Found<'t>>, Fault> {
        match self.open.last().map(|open| open.form) {
            Some(Form::Sequence) => self.block_item(),
            Some(Form::Indentless) => self.indentless_item(),
            Some(Form::Brackets) => self.flow_item(),
            _ => Ok(None),
        }
    }

    /// The next key of the innermost mapping; nothing at its end.
    ///
    /// # Errors
    /// Something that is not a key.
    pub fn key(&mut self) -> Result<Option<Found<'t>>, Fault> {
        if let Some(key) = self.first_key.take() {
            return Ok(Some(key));
        }
        match self.open.last().map(|open| open.form) {
            Some(Form::Mapping) => self.block_key(),
            Some(Form::Braces) => self.flow_key(),
            Some(Form::Pair) => self.pair_key(),
            _ => Ok(None),
        }
    }

    /// The value of the key that was read last.
    ///
    /// # Errors
    /// Something that is no value.
    pub fn value(&mut self) -> Result<Found<'t>, Fault> {
        if self.brackets > 0 { self.flow_value() } else { self.block_value() }
    }

    /// Where the last text or bracket before a fault ends; where it begins, if it is a text in quotes.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.quote.unwrap_or(self.end)
    }

    /// The brackets that are open, from the outermost.
    pub fn open_brackets(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.open
            .iter()
            .filter(|open| matches!(open.form, Form::Brackets | Form::Braces))
            .map(|open| open.start)
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn here(&self) -> u8 {
        self.byte(self.at)
    }

    fn column(&self) -> isize {
        // An offset within a text in memory is below `isize::MAX`.
        (self.at - self.line) as isize
    }

    /// The column of the innermost block; -1 outside of all.
    fn indent(&self) -> isize {
        self.open.last().map_or(-1, |open| open.indent)
    }

    fn fault<T>(&self, kind: Kind, at: usize) -> Result<T, Fault> {
        Err(Fault { kind, at })
    }

    /// Whether nothing more of the document can follow: the end of the text, `---`, `...` or a directive.
    fn at_boundary(&self) -> bool {
        self.here() == 0 || self.at == self.line && (self.here() == b'%' || self.at_marker().is_some())
    }

    /// The marker of a document's beginning or end that stands here, at the start of a line.
    fn at_marker(&self) -> Option<u8> {
        let byte = self.here();
        let is_marker = self.at == self.line
            && matches!(byte, b'-' | b'.')
            && self.byte(self.at + 1) == byte
            && self.byte(self.at + 2) == byte
            && self.ends_word(self.at + 3);
        is_marker.then_some(byte)
    }

    /// Whether a blank, a line break or the end of the text stands there.
    fn ends_word(&self, at: usize) -> bool {
        let byte = self.byte(at);
        is_blank(byte) || is_break(byte) && (byte < 0x80 || self.break_length(at) > 0)
    }

    /// Opens a collection.
    fn push(&mut self, open: Open) -> Result<(), Fault> {
        if self.open.len() == MAX_DEPTH {
            return self.fault(Kind::Depth, open.start);
        }
        self.brackets += usize::from(matches!(open.form, Form::Brackets | Form::Braces));
        self.open.push(open);
        Ok(())
    }

    /// Notes where a text or a bracket ended, and where it began if it was in quotes.
    fn ended(&mut self, end: usize, quote: Option<usize>) {
        (self.end, self.quote) = (end, quote);
    }
}

impl Open {
    fn new(form: Form, indent: isize, start: usize) -> Self {
        Open { form, indent, start, first: true, colon: Colon::Read, key_line: None }
    }
}

#[cfg(test)]
mod tests;
