//! Flow sequences and flow mappings, in brackets.

use super::property::Properties;
use super::{Colon, Fault, Form, Found, Kind, Open, Reader, What};

impl<'t> Reader<'t> {
    /// Opens the collection of the next bracket. On `key_line`, the whole collection can be a key.
    pub(super) fn open_flow(
        &mut self,
        properties: Properties,
        indent: isize,
        key_line: Option<usize>,
    ) -> Result<Found<'t>, Fault> {
        let start = self.at;
        let (form, what) = if self.here() == b'[' {
            (Form::Brackets, What::Sequence)
        } else {
            (Form::Braces, What::Mapping)
        };
        self.push(Open { key_line, ..Open::new(form, indent, start) })?;
        self.at += 1;
        self.ended(self.at, None);
        Ok(properties.of(what, start..self.at))
    }

    pub(super) fn flow_item(&mut self) -> Result<Option<Found<'t>>, Fault> {
        let Some(_) = self.flow_entry(b']')? else { return Ok(None) };
        if self.here() == b'?' && self.ends_word(self.at + 1) {
            let start = self.at;
            self.push(Open { colon: Colon::Possible, ..Open::new(Form::Pair, self.indent(), start) })?;
            return Ok(Some(Properties::default().of(What::Mapping, start..start)));
        }
        let (start, line) = (self.at, self.line);
        let item = self.flow_node(Some(line), true)?;
        if matches!(item.what, What::Sequence | What::Mapping) || !self.flow_colon(line) {
            return Ok(Some(item));
        }
        self.push(Open::new(Form::Pair, self.indent(), start))?;
        self.first_key = Some(item);
        Ok(Some(Properties::default().of(What::Mapping, start..start)))
    }

    pub(super) fn flow_key(&mut self) -> Result<Option<Found<'t>>, Fault> {
        let Some(is_first) = self.flow_entry(b'}')? else { return Ok(None) };
        if self.here() == b'?' && self.ends_word(self.at + 1) {
            self.at += 1;
            self.colon_is(Colon::Possible);
            return self.flow_node_or_nothing().map(Some);
        }
        let line = self.line;
        let key = self.flow_node(Some(line), !is_first)?;
        let colon = if self.flow_colon(line) { Colon::Read } else { Colon::Missing };
        self.colon_is(colon);
        Ok(Some(key))
    }

    /// Returns the only key of a pair in `[`, unless it was read with the pair, and then `None`.
    pub(super) fn pair_key(&mut self) -> Result<Option<Found<'t>>, Fault> {
        let explicit = self.open.last_mut().filter(|open| open.first && open.colon == Colon::Possible);
        let Some(open) = explicit else {
            self.open.pop();
            return Ok(None);
        };
        open.first = false;
        self.at += 1;
        self.skip();
        self.flow_node(None, false).map(Some)
    }

    pub(super) fn flow_value(&mut self) -> Result<Found<'t>, Fault> {
        let from = self.at;
        match self.open.last().map(|open| open.colon) {
            Some(Colon::Read) => self.flow_node_or_nothing(),
            Some(Colon::Possible) => {
                self.skip();
                if self.here() != b':' {
                    return Ok(Properties::default().of_nothing(from));
                }
                self.at += 1;
                self.flow_node_or_nothing()
            }
            _ => Ok(Properties::default().of_nothing(from)),
        }
    }

    /// Moves to the next entry. Returns whether it is the first, or `None` at the closing bracket.
    fn flow_entry(&mut self, closing: u8) -> Result<Option<bool>, Fault> {
        self.skip();
        let Some(open) = self.open.last_mut() else { return Ok(None) };
        let is_first = std::mem::replace(&mut open.first, false);
        if !is_first && self.here() == b',' {
            self.at += 1;
            self.skip();
        } else if !is_first && self.here() != closing {
            return self.unexpected_in_flow();
        }
        if self.here() != closing {
            return Ok(Some(is_first));
        }
        self.close_flow()?;
        Ok(None)
    }

    fn close_flow(&mut self) -> Result<(), Fault> {
        self.at += 1;
        self.fresh = false;
        self.ended(self.at, None);
        self.brackets -= 1;
        let Some(open) = self.open.pop() else { return Ok(()) };
        if open.key_line == Some(self.line) {
            self.skip_blanks();
            if self.here() == b':' && (self.brackets > 0 || self.ends_word(self.at + 1)) {
                return self.fault(Kind::CollectionKey, open.start);
            }
        }
        Ok(())
    }

    /// Reads an optional value or a key after `?`.
    fn flow_node_or_nothing(&mut self) -> Result<Found<'t>, Fault> {
        let from = self.at;
        self.skip();
        if matches!(self.here(), b',' | b']' | b'}') {
            return Ok(Properties::default().of_nothing(from));
        }
        self.flow_node(None, false)
    }

    /// Reads a node in brackets, which can be a key on `key_line`. With `colon_begins`, a scalar can start with a colon.
    fn flow_node(&mut self, key_line: Option<usize>, colon_begins: bool) -> Result<Found<'t>, Fault> {
        let start = self.at;
        let mut own = Properties::default();
        while matches!(self.here(), b'&' | b'!') {
            own = own.and(self.properties()?)?;
            self.skip();
        }
        match self.here() {
            _ if self.at_boundary() => self.unexpected_in_flow(),
            b',' | b']' | b'}' | b':' if !own.is_empty() => Ok(own.of_nothing(start)),
            b'[' | b'{' => self.open_flow(own, self.indent(), key_line),
            b':' if !colon_begins => self.unexpected_in_flow(),
            _ => {
                let text = self.text()?;
                own.on(text)
            }
        }
    }

    /// Skips the colon of a key that started on a line, if it is next.
    fn flow_colon(&mut self, line: usize) -> bool {
        self.skip_blanks();
        let is_colon = self.line == line && self.here() == b':';
        if is_colon {
            self.at += 1;
        }
        is_colon
    }

    fn unexpected_in_flow<T>(&self) -> Result<T, Fault> {
        if self.at_boundary() { self.fault(Kind::Bracket, self.at) } else { self.unexpected() }
    }

    pub(super) fn colon_is(&mut self, colon: Colon) {
        if let Some(open) = self.open.last_mut() {
            open.colon = colon;
        }
    }
}
