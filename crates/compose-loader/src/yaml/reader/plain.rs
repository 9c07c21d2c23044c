//! Plain scalars, and scalars and aliases in general.

use std::borrow::Cow;

use super::characters::{is_blank, may_end_plain};
use super::property::Properties;
use super::{Fault, Found, Kind, Reader, What};

impl<'t> Reader<'t> {
    /// Reads a scalar or an alias. The next byte starts neither a property nor a bracket.
    pub(super) fn text(&mut self) -> Result<Found<'t>, Fault> {
        self.fresh = false;
        match self.here() {
            b'*' => self.alias(),
            b'"' | b'\'' => self.quoted(),
            b'-' | b'?' | b':' if self.ends_word(self.at + 1) => self.unexpected(),
            b',' | b']' | b'}' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                self.fault(Kind::Character, self.at)
            }
            b'\t' | 0 => self.unexpected(),
            _ => self.plain(),
        }
    }

    /// Reads a plain scalar. It ends at a colon or `#` beside a blank, at a separator in brackets, or at a line with less
    /// indentation.
    fn plain(&mut self) -> Result<Found<'t>, Fault> {
        let start = self.at;
        let mut end = self.words();
        let mut text = Cow::Borrowed(&self.text[start..end]);
        while self.break_length(self.at) > 0 {
            self.next_word(self.indent() + 1)?;
            let next = self.at;
            let further = if self.goes_on() { self.words() } else { next };
            if further == next {
                self.fresh = true;
                break;
            }
            let joined = text.to_mut();
            self.fold(joined, end, next);
            joined.push_str(&self.text[next..further]);
            end = further;
        }
        self.ended(end, None);
        Ok(Properties::default().of(What::Plain(text), start..end))
    }

    /// Skips the words of a line and the blanks around them. Returns the end of the last word.
    fn words(&mut self) -> usize {
        let in_brackets = self.brackets > 0;
        let mut end = self.at;
        let mut at = self.at;
        loop {
            while !may_end_plain(self.byte(at), in_brackets) {
                at += 1;
            }
            match self.byte(at) {
                b' ' | b'\t' => {
                    end = end.max(at);
                    while is_blank(self.byte(at)) {
                        at += 1;
                    }
                    if self.byte(at) == b'#' {
                        break;
                    }
                    // After blanks, the byte can end the scalar.
                    if self.ends_plain(at) {
                        break;
                    }
                    at += 1;
                }
                _ if self.ends_plain(at) => {
                    end = end.max(at);
                    break;
                }
                _ => at += 1,
            }
        }
        self.at = at;
        end
    }

    /// Reports whether a byte that can end a scalar does so.
    fn ends_plain(&self, at: usize) -> bool {
        match self.byte(at) {
            b':' => self.ends_word(at + 1),
            b'?' => self.brackets > 0 && self.ends_word(at + 1),
            b',' | b'[' | b']' | b'{' | b'}' => self.brackets > 0,
            _ => self.ends_word(at),
        }
    }

    /// Reports whether a plain scalar can continue at the first word of a line.
    fn goes_on(&self) -> bool {
        (self.brackets > 0 || self.column() > self.indent())
            && self.here() != b'#'
            && self.at_marker().is_none()
    }
}
