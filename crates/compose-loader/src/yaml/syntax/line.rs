//! Lines of a text, and how much of them is shown within a sentence.

use std::borrow::Cow;
use std::ops::Range;

/// The characters that go-yaml ends a line at.
const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// More characters of a text than this are not repeated in a sentence.
const SHOWN: usize = 60;

/// A line with the text that it stands in.
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

    /// The key that it begins with, or all of it where it begins an item of a list.
    pub fn key(&self) -> Cow<'t, str> {
        let text = self.content();
        shown(text.find(':').filter(|_| !text.starts_with('-')).map_or(text, |colon| &text[..colon]))
    }

    /// Whether it begins an item of a list.
    pub fn is_item(&self) -> bool {
        self.content().starts_with("- ") || self.content() == "-"
    }

    /// Where the content is.
    pub fn place(&self) -> Range<usize> {
        self.start + self.indent()..self.end()
    }

    /// Where the key is, with its colon.
    pub fn head(&self) -> Range<usize> {
        let start = self.start + self.indent();
        start..start + self.content().find(':').map_or(self.content().len(), |colon| colon + 1)
    }

    /// The line before that says something.
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

/// As much of a text as a sentence can hold.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
