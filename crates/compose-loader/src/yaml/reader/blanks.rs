//! White space, line breaks and comments.

use super::characters::{is_blank, is_break};
use super::{Fault, Kind, Reader};

/// The number of bytes that go-yaml looks ahead for a comment.
pub(super) const LOOK_AHEAD: usize = 511;

impl Reader<'_> {
    /// Skips spaces, comments and line breaks.
    pub(super) fn skip(&mut self) {
        loop {
            match self.here() {
                b' ' => self.at += 1,
                b'\t' if self.brackets > 0 || !self.fresh => self.at += 1,
                b'#' => self.comment(),
                b'\n' => self.next_line(1),
                _ => match self.break_length(self.at) {
                    0 => return,
                    length => self.next_line(length),
                },
            }
        }
    }

    pub(super) fn next_line(&mut self, length: usize) {
        self.at += length;
        self.line = self.at;
        self.fresh |= self.brackets == 0;
    }

    /// Skips a comment.
    ///
    /// Tabs can indent a comment after another one that starts its line: go-yaml reads such comments together.
    fn comment(&mut self) {
        let before = &self.text.as_bytes()[self.line..self.at];
        let is_alone = self.end <= self.line && before.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'-'));
        self.end_line();
        while is_alone && let Some((at, line)) = self.comment_behind_tabs() {
            (self.at, self.line) = (at, line);
            self.end_line();
        }
    }

    /// Returns the next comment and the start of its line, if only line breaks and blanks with a tab precede it.
    fn comment_behind_tabs(&self) -> Option<(usize, usize)> {
        let rest = &self.text.as_bytes()[self.at..];
        let between = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        if between > LOOK_AHEAD || rest.get(between) != Some(&b'#') || !rest[..between].contains(&b'\t') {
            return None;
        }
        let last_break = rest[..between].iter().rposition(|byte| matches!(byte, b'\n' | b'\r'))?;
        Some((self.at + between, self.at + last_break + 1))
    }

    /// Moves to the end of the line.
    pub(super) fn end_line(&mut self) {
        while !is_break(self.here()) || self.here() >= 0x80 && self.break_length(self.at) == 0 {
            self.at += 1;
        }
    }

    /// Skips line breaks inside a text and the blanks after them. Tabs are not allowed before `column`.
    pub(super) fn next_word(&mut self, column: isize) -> Result<(), Fault> {
        loop {
            match self.here() {
                b' ' => self.at += 1,
                b'\t' if self.column() < column => return self.fault(Kind::Tab, self.at),
                b'\t' => self.at += 1,
                _ => match self.break_length(self.at) {
                    0 => return Ok(()),
                    length => {
                        self.at += length;
                        self.line = self.at;
                    }
                },
            }
        }
    }

    /// Skips spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while is_blank(self.here()) {
            self.at += 1;
        }
    }

    /// Reports whether the rest of the line is empty.
    pub(super) fn ends_line(&self) -> bool {
        matches!(self.here(), b'#' | 0) || self.break_length(self.at) > 0
    }

    /// Returns the length of the line break at an offset. 0 means none.
    pub(super) fn break_length(&self, at: usize) -> usize {
        match self.byte(at) {
            b'\n' => 1,
            b'\r' => 1 + usize::from(self.byte(at + 1) == b'\n'),
            0xc2 if self.byte(at + 1) == 0x85 => 2,
            0xe2 if self.byte(at + 1) == 0x80 && matches!(self.byte(at + 2), 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    /// Folds blanks and line breaks between two words: one line break becomes a space, and every further one a newline.
    pub(super) fn fold(&self, text: &mut String, from: usize, to: usize) {
        // The common case.
        if self.byte(from) == b'\n' && self.text.as_bytes()[from + 1..to].iter().all(|byte| is_blank(*byte)) {
            text.push(' ');
            return;
        }
        let mut breaks = (from..to).filter_map(|at| self.break_text(at)).peekable();
        match (breaks.next(), breaks.peek()) {
            (Some("\n"), None) => text.push(' '),
            (Some("\n"), Some(_)) => {}
            (first, _) => text.extend(first),
        }
        text.extend(breaks);
    }

    /// Returns the text of a line break that ends at an offset: U+2028 and U+2029 stay, and others become a newline.
    pub(super) fn break_text(&self, at: usize) -> Option<&'static str> {
        // The carriage return stands for both characters of CR LF.
        if self.byte(at) == b'\n' && at > 0 && self.byte(at - 1) == b'\r' {
            return None;
        }
        match (self.break_length(at), self.byte(at + 2)) {
            (0, _) => None,
            (3, 0xa8) => Some("\u{2028}"),
            (3, _) => Some("\u{2029}"),
            _ => Some("\n"),
        }
    }
}
