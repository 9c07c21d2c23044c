//! White space and comments.

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
}
