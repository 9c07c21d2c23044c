//! Texts in a block, behind `|` and `>`.

use std::borrow::Cow;

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
        let (mut text, mut last_break, mut was_indented) = (String::new(), "", false);
        while Some(self.column()) == column && self.here() != 0 {
            let (line, line_break) = self.block_line();
            let is_indented = line.starts_with([' ', '\t']);
            let joins = folds && last_break == "\n" && !was_indented && !is_indented;
            text += match (joins, breaks.is_empty()) {
                (true, true) => " ",
                (true, false) => "",
                (false, _) => last_break,
            };
            text += &breaks;
            text += line;
            (last_break, was_indented) = (line_break, is_indented);
            breaks = self.block_breaks(&mut column, indent)?;
        }
        if chomp != Chomp::Strip {
            text += last_break;
        }
        if chomp == Chomp::Keep {
            text += &breaks;
        }
        self.fresh = true;
        self.ended(self.end.max(start + 1), None);
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
            length => {
                self.next_line(length);
                Ok((chomp, further))
            }
        }
    }

    /// Goes over a line, and tells its text and the line break at its end.
    fn block_line(&mut self) -> (&'t str, &'static str) {
        let start = self.at;
        self.end_line();
        self.ended(self.at, None);
        let (line, line_break) = (&self.text[start..self.at], self.break_text(self.at));
        if line_break.is_some() {
            self.next_line(self.break_length(self.at));
        }
        (line, line_break.unwrap_or(""))
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
            self.next_line(length);
        }
        column.get_or_insert(deepest.max(indent + 1).max(1));
        Ok(breaks)
    }
}
