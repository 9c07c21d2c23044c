//! Lines of a text, and their quotation in messages.

use std::borrow::Cow;
use std::ops::Range;

use crate::clip::quoted;

/// The characters that end a line in go-yaml.
const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// The maximum number of characters of a quotation in a message.
const SHOWN: usize = 60;

/// A line and its text.
pub(super) struct Line<'t> {
    pub body: &'t str,
    pub start: usize,
    pub text: &'t str,
}

impl<'t> Line<'t> {
    pub fn at(body: &'t str, at: usize) -> Self {
        let before = &body[..at];
        let last_break = before.rfind(BREAKS);
        let start = last_break.map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        let end = body[start..].find(BREAKS).map_or(body.len(), |length| start + length);
        Line { body, start, text: body[start..end].trim_end() }
    }

    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start().len()
    }

    pub fn content(&self) -> &'t str {
        self.text.trim_start()
    }

    /// Returns the key at the start of the line, or the whole line for a list item.
    pub fn key(&self) -> Cow<'t, str> {
        let text = self.content();
        shown(text.find(':').filter(|_| !text.starts_with('-')).map_or(text, |colon| &text[..colon]))
    }

    /// Reports whether the line starts a list item.
    pub fn is_item(&self) -> bool {
        self.content().starts_with("- ") || self.content() == "-"
    }

    /// Returns the range of the content.
    pub fn place(&self) -> Range<usize> {
        self.start + self.indent()..self.end()
    }

    /// Returns the range of the key and its colon.
    pub fn head(&self) -> Range<usize> {
        let start = self.start + self.indent();
        start..start + self.content().find(':').map_or(self.content().len(), |colon| colon + 1)
    }

    /// Returns the previous line that is not empty.
    pub fn above(&self) -> Option<Line<'t>> {
        let mut start = self.start;
        while start > 0 {
            let line = Line::at(self.body, self.body.floor_char_boundary(start - 1));
            if !line.content().is_empty() && !line.content().starts_with('#') {
                return Some(line);
            }
            start = line.start;
        }
        None
    }
}

/// Returns a quotation of a text for a message.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    quoted(text, SHOWN)
}
