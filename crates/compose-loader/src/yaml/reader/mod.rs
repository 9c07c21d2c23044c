//! A pull parser of YAML.
//!
//! Docker Compose reads files with go-yaml, which has its own dialect: YAML 1.1 with exceptions for tabs, comments, colons
//! and line breaks, which differ from YAML 1.2. So this crate has its own reader. The reader visits each character once,
//! keeps no list of tokens, and borrows texts from the source where they have no escapes and no folding.
//! `hack/compose-oracle` in the repository compares the reader with go-yaml.
//!
//! A caller reads a [document](Reader::document) and its [root](Reader::root). It reads all [items](Reader::item) of a
//! sequence, or all [keys](Reader::key) and [values](Reader::value) of a mapping, before it goes on with the parent. A
//! call that does not match the state returns nothing.

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

/// The maximum depth of nested collections. Callers recurse over them.
pub const MAX_DEPTH: usize = 255;

/// A scalar, an alias, or the start of a collection.
#[derive(Debug)]
pub struct Found<'t> {
    /// The content.
    pub what: What<'t>,
    /// The first byte: of the text, of the bracket, or of the first key or item of a collection.
    pub start: usize,
    /// The end: of the text, of the opening bracket, or `start` for a block collection.
    pub end: usize,
    /// The number of the anchor. 0 means none.
    pub anchor: usize,
    /// The tag with a resolved handle, such as `tag:yaml.org,2002:str`.
    pub tag: Option<Box<str>>,
}

/// The content of a node.
#[derive(Debug)]
pub enum What<'t> {
    /// An alias of the anchor with this number.
    Alias(usize),
    /// A plain scalar. Empty for an empty node.
    Plain(Cow<'t, str>),
    /// A quoted scalar or a block scalar.
    Quoted(Cow<'t, str>),
    /// The start of a sequence.
    Sequence,
    /// The start of a mapping.
    Mapping,
}

/// A syntax error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind of the error.
    pub kind: Kind,
    /// The byte at which the reader found the error.
    pub at: usize,
}

/// The kind of a syntax error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A quote is not closed, or text follows it.
    Quote,
    /// A tab in the indentation.
    Tab,
    /// A colon that cannot end a key.
    Colon,
    /// A key without a colon.
    NoColon,
    /// A line that is neither an item nor a key of an open block.
    Line,
    /// A bracket is not closed, or a comma is missing.
    Bracket,
    /// An alias without an earlier anchor.
    UnknownAnchor,
    /// A character that cannot start a value.
    Character,
    /// An unknown escape.
    Escape,
    /// A key that is a sequence or a mapping.
    CollectionKey,
    /// Collections that are nested too deeply.
    Depth,
    /// Another error: the message and the remedy.
    Other(&'static str, &'static str),
}

/// Reader of a text.
#[derive(Debug)]
pub struct Reader<'t> {
    text: &'t str,
    /// The next byte.
    at: usize,
    /// The start of the line.
    line: usize,
    /// Whether a key or an item can start here: at the start of a line, and after `-` and `?`.
    fresh: bool,
    open: Vec<Open>,
    /// The number of open collections in brackets.
    brackets: usize,
    /// The first key of a mapping, until the caller reads it.
    first_key: Option<Found<'t>>,
    /// The end of the last scalar or bracket.
    end: usize,
    /// The start of the last scalar, if it was quoted.
    quote: Option<usize>,
    anchors: HashMap<&'t str, usize, RandomState>,
    last_anchor: usize,
    /// The tag handles of `%TAG`.
    handles: HashMap<&'t str, String, RandomState>,
    /// Whether no document was read yet.
    beginning: bool,
}

/// An open collection.
#[derive(Clone, Copy, Debug)]
struct Open {
    form: Form,
    /// The column of the keys or items. In brackets, that of the outer block, or -1 without one.
    indent: isize,
    /// The first byte.
    start: usize,
    /// Whether no key or item was read yet.
    first: bool,
    /// The state of the colon after the last key.
    colon: Colon,
    /// The line on which a colon would make the collection a key.
    key_line: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Items after dashes.
    Sequence,
    /// Items after dashes in the column of their key.
    Indentless,
    /// Keys on separate lines.
    Mapping,
    /// `[`
    Brackets,
    /// `{`
    Braces,
    /// A mapping of one pair inside `[`.
    Pair,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colon {
    /// The colon was read with the key.
    Read,
    /// The key follows `?`, and a colon can follow the key.
    Possible,
    /// The key has no colon and no value.
    Missing,
}

impl<'t> Reader<'t> {
    /// Creates a reader of a text without a byte order mark. A NUL ends the text.
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

    /// Reads the next item of the innermost sequence. Returns `None` at its end.
    ///
    /// # Errors
    /// Returns a fault for text that is not an item.
    pub fn item(&mut self) -> Result<Option<Found<'t>>, Fault> {
        match self.open.last().map(|open| open.form) {
            Some(Form::Sequence) => self.block_item(),
            Some(Form::Indentless) => self.indentless_item(),
            Some(Form::Brackets) => self.flow_item(),
            _ => Ok(None),
        }
    }

    /// Reads the next key of the innermost mapping. Returns `None` at its end.
    ///
    /// # Errors
    /// Returns a fault for text that is not a key.
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

    /// Reads the value of the last key.
    ///
    /// # Errors
    /// Returns a fault for text that is not a value.
    pub fn value(&mut self) -> Result<Found<'t>, Fault> {
        if self.brackets > 0 { self.flow_value() } else { self.block_value() }
    }

    /// Returns the end of the last scalar or bracket before a fault, or its start if it is quoted.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.quote.unwrap_or(self.end)
    }

    /// Iterates over the open brackets from the outermost.
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
        // An offset in memory is at most `isize::MAX`.
        (self.at - self.line) as isize
    }

    /// Returns the column of the innermost block, or -1 outside of all blocks.
    fn indent(&self) -> isize {
        self.open.last().map_or(-1, |open| open.indent)
    }

    fn fault<T>(&self, kind: Kind, at: usize) -> Result<T, Fault> {
        Err(Fault { kind, at })
    }

    /// Reports whether the document ends here: at the end of the text, `---`, `...` or a directive.
    fn at_boundary(&self) -> bool {
        self.here() == 0 || self.at == self.line && (self.here() == b'%' || self.at_marker().is_some())
    }

    /// Returns the document marker at the start of this line.
    fn at_marker(&self) -> Option<u8> {
        let byte = self.here();
        let is_marker = self.at == self.line
            && matches!(byte, b'-' | b'.')
            && self.byte(self.at + 1) == byte
            && self.byte(self.at + 2) == byte
            && self.ends_word(self.at + 3);
        is_marker.then_some(byte)
    }

    /// Reports whether a blank, a line break or the end of the text is at an offset.
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

    /// Stores the end of a scalar or a bracket, and its start if it was quoted.
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
