//! Block scalars, after `|` and `>`.

use std::borrow::Cow;

use super::property::Properties;
use super::{Fault, Found, Kind, Reader, What};

/// The handling of line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq)]
enum Chomp {
    /// `-`: removes all of them.
    Strip,
    /// Keeps one.
    Clip,
    /// `+`: keeps all of them.
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

    /// Reads the header after `|` or `>`: the handling of line breaks at the end, and the indentation if it has one.
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
                    "only `-`, `+` and a digit from 1 to 9 can follow `|` and `>`",
                    "start the text on the next line, or put it into quotes",
                ),
                self.at,
            ),
            length => {
                self.next_line(length);
                Ok((chomp, further))
            }
        }
    }

    /// Reads a line. Returns its text and line break.
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

    /// Skips empty lines and the indentation of the next line. Returns the line breaks, and sets the column of the text
    /// where it is unknown.
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
