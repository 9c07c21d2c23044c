//! Texts in a block, behind `|` and `>`.

use std::borrow::Cow;

use super::characters::is_blank;
use super::property::Properties;
use super::{Fault, Found, Kind, Reader, What};

/// What becomes of the line breaks at the end of a text.
#[derive(Clone, Copy, PartialEq)]
enum Chomp {
    /// `-`: none stays.
    Strip,
    /// One stays.
    Clip,
    /// `+`: all stay.
    Keep,
}

impl<'t> Reader<'t> {
    pub(super) fn block_text(&mut self, properties: Properties, indent: isize) -> Result<Found<'t>, Fault> {
        let start = self.at;
        let folds = self.here() == b'>';
        let (chomp, further) = self.header()?;
        let mut column = further.map(|further| indent.max(0) + further);
        let mut breaks = self.block_breaks(&mut column, indent)?;
        let (mut text, mut last_break) = (String::new(), "");
        let mut was_blank = false;
        let mut end = self.line;
        while Some(self.column()) == column && self.here() != 0 {
            let is_blank = is_blank(self.here());
            if folds && last_break == "\n" && !was_blank && !is_blank {
                text += if breaks.is_empty() { " " } else { "" };
            } else {
                text += last_break;
            }
            text += &breaks;
            was_blank = is_blank;
            let from = self.at;
            self.end_line();
            text += &self.text[from..self.at];
            end = self.at;
            last_break = self.break_text(self.at).unwrap_or("");
            self.at += self.break_length(self.at);
            if !last_break.is_empty() {
                self.line = self.at;
            }
            breaks = self.block_breaks(&mut column, indent)?;
        }
        if chomp != Chomp::Strip {
            text += last_break;
        }
        if chomp == Chomp::Keep {
            text += &breaks;
        }
        self.fresh = true;
        self.ended(end.max(start + 1), None);
        Ok(properties.of(What::Quoted(Cow::Owned(text)), start..self.end))
    }

    /// What stands behind `|` and `>` up to the line's end: what becomes of the last line breaks, and by how many
    /// columns the text is indented.
    fn header(&mut self) -> Result<(Chomp, Option<isize>), Fault> {
        let (mut chomp, mut further) = (Chomp::Clip, None);
        self.at += 1;
        for _ in 0..2 {
            match self.here() {
                b'-' if chomp == Chomp::Clip => chomp = Chomp::Strip,
                b'+' if chomp == Chomp::Clip => chomp = Chomp::Keep,
                digit @ b'1'..=b'9' if further.is_none() => further = Some(isize::from(digit - b'0')),
                _ => break,
            }
            self.at += 1;
        }
        self.skip_blanks();
        if self.here() == b'#' {
            self.end_line();
        }
        match self.break_length(self.at) {
            0 if self.here() != 0 => self.fault(
                Kind::Other(
                    "behind `|` and `>` only `-`, `+` and a digit from 1 to 9 may stand",
                    "begin the text on the next line, or put it into quotes",
                ),
                self.at,
            ),
            0 => Ok((chomp, further)),
            length => {
                self.at += length;
                self.line = self.at;
                Ok((chomp, further))
            }
        }
    }

    /// Goes over empty lines and the indentation of the next, tells the line breaks, and finds the column of the
    /// text where that is not known yet.
    fn block_breaks(&mut self, column: &mut Option<isize>, indent: isize) -> Result<String, Fault> {
        let mut breaks = String::new();
        let mut deepest = 0;
        loop {
            while self.here() == b' ' && column.is_none_or(|column| self.column() < column) {
                self.at += 1;
            }
            deepest = deepest.max(self.column());
            if self.here() == b'\t' && column.is_none_or(|column| self.column() < column) {
                return self.fault(Kind::Tab, self.at);
            }
            let length = self.break_length(self.at);
            if length == 0 {
                break;
            }
            breaks += self.break_text(self.at).unwrap_or("");
            self.at += length;
            self.line = self.at;
        }
        column.get_or_insert(deepest.max(indent + 1).max(1));
        Ok(breaks)
    }
}
