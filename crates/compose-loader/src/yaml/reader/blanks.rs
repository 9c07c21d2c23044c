//! What stands between the things of a text: blanks, line breaks and comments.

use super::characters::{is_blank, is_break};
use super::{Fault, Kind, Reader};

/// go-yaml looks so many bytes ahead for a comment.
pub(super) const LOOK_AHEAD: usize = 511;

impl Reader<'_> {
    /// Goes to what stands next, over spaces, comments and line breaks.
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

    /// Goes to the end of a comment.
    ///
    /// Tabs may indent a comment that follows another one, if nothing stands before that: go-yaml reads such
    /// comments at one go.
    fn comment(&mut self) {
        let before = &self.text.as_bytes()[self.line..self.at];
        let is_alone = self.end <= self.line && before.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'-'));
        self.end_line();
        while is_alone && let Some((at, line)) = self.comment_behind_tabs() {
            (self.at, self.line) = (at, line);
            self.end_line();
        }
    }

    /// The next comment and the beginning of its line, if nothing but blanks, a tab among them, and line breaks
    /// stand before it.
    fn comment_behind_tabs(&self) -> Option<(usize, usize)> {
        let rest = &self.text.as_bytes()[self.at..];
        let between = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        if between > LOOK_AHEAD || rest.get(between) != Some(&b'#') || !rest[..between].contains(&b'\t') {
            return None;
        }
        let last_break = rest[..between].iter().rposition(|byte| matches!(byte, b'\n' | b'\r'))?;
        Some((self.at + between, self.at + last_break + 1))
    }

    /// Goes to the end of the line.
    pub(super) fn end_line(&mut self) {
        while !is_break(self.here()) || self.here() >= 0x80 && self.break_length(self.at) == 0 {
            self.at += 1;
        }
    }

    /// Goes over line breaks within a text, and the blanks behind them; before that column no tab may stand.
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

    /// Goes over spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while is_blank(self.here()) {
            self.at += 1;
        }
    }

    /// Whether nothing more stands on the line.
    pub(super) fn ends_line(&self) -> bool {
        matches!(self.here(), b'#' | 0) || self.break_length(self.at) > 0
    }
}
