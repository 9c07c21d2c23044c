//! Quoted scalars.

use std::borrow::Cow;

use super::characters::is_break;
use super::property::Properties;
use super::{Fault, Found, Kind, Reader, What};

/// Reports whether a byte in quotes has no special meaning.
fn stays(byte: u8, quote: u8) -> bool {
    byte != quote && byte != b'\\' && !is_break(byte)
}

impl<'t> Reader<'t> {
    pub(super) fn quoted(&mut self) -> Result<Found<'t>, Fault> {
        let start = self.at;
        let quote = self.here();
        self.at += 1;
        let text = match self.as_written(quote) {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(self.unquoted(quote, start)?),
        };
        self.ended(self.at, Some(start));
        Ok(Properties::default().of(What::Quoted(text), start..self.at))
    }

    /// Returns the text up to the closing quote, if it is on one line and has no escapes.
    fn as_written(&mut self, quote: u8) -> Option<&'t str> {
        let start = self.at;
        let mut at = start;
        loop {
            while stays(self.byte(at), quote) {
                at += 1;
            }
            match self.byte(at) {
                byte if byte == quote => break,
                b'\\' if quote == b'\'' => at += 1,
                0xc2 | 0xe2 if self.break_length(at) == 0 => at += 1,
                _ => return None,
            }
        }
        if quote == b'\'' && self.byte(at + 1) == quote {
            return None;
        }
        self.at = at + 1;
        Some(&self.text[start..at])
    }

    /// Reads the text up to the closing quote, with folded lines and resolved escapes.
    fn unquoted(&mut self, quote: u8, start: usize) -> Result<String, Fault> {
        let mut text = String::new();
        let mut from = self.at;
        loop {
            while stays(self.here(), quote) {
                self.at += 1;
            }
            match self.here() {
                b'\\' if quote == b'"' => {
                    text += &self.text[from..self.at];
                    self.escape(&mut text, start)?;
                }
                byte if byte == quote => {
                    text += &self.text[from..self.at];
                    self.at += 1;
                    if quote == b'"' || self.here() != quote {
                        return Ok(text);
                    }
                    text.push('\'');
                    self.at += 1;
                }
                0 => return self.fault(Kind::Quote, start),
                _ if self.break_length(self.at) > 0 => {
                    text += self.text[from..self.at].trim_end_matches([' ', '\t']);
                    let broken = self.at;
                    self.next_quoted_word(start)?;
                    self.fold(&mut text, broken, self.at);
                }
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            from = self.at;
        }
    }

    /// Skips line breaks and the blanks after them. A document cannot end there.
    fn next_quoted_word(&mut self, start: usize) -> Result<(), Fault> {
        self.next_word(0)?;
        if self.at_marker().is_some() { self.fault(Kind::Quote, start) } else { Ok(()) }
    }

    /// Reads the escape after a backslash.
    fn escape(&mut self, text: &mut String, start: usize) -> Result<(), Fault> {
        let slash = self.at;
        self.at += 1;
        let break_length = self.break_length(self.at);
        if break_length > 0 {
            self.at += break_length;
            self.line = self.at;
            let next = self.at;
            self.next_quoted_word(start)?;
            text.extend((next..self.at).filter_map(|at| self.break_text(at)));
            return Ok(());
        }
        let escaped = match self.here() {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'e' => '\u{1b}',
            b' ' => ' ',
            b'"' => '"',
            b'\'' => '\'',
            b'\\' => '\\',
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => self.number(2, slash)?,
            b'u' => self.number(4, slash)?,
            b'U' => self.number(8, slash)?,
            0 if self.at >= self.text.len() => return self.fault(Kind::Quote, start),
            _ => return self.fault(Kind::Escape, slash),
        };
        text.push(escaped);
        self.at += 1;
        Ok(())
    }

    /// Reads a character by a number of hexadecimal digits, and moves to the last digit.
    fn number(&mut self, digits: usize, slash: usize) -> Result<char, Fault> {
        let from = self.at + 1;
        let digits = self.text.get(from..from + digits).filter(|digits| !digits.starts_with('+'));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(character) = number.and_then(char::from_u32) else {
            return self.fault(Kind::Escape, slash);
        };
        self.at += digits.map_or(0, str::len);
        Ok(character)
    }
}
