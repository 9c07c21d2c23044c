//! Block sequences and block mappings, which are defined by indentation.

use super::blanks::LOOK_AHEAD;
use super::characters::is_blank;
use super::property::Properties;
use super::{Colon, Fault, Form, Found, Kind, Open, Reader, What};

impl<'t> Reader<'t> {
    /// Reads a value, an item, a key after `?` or the root of a document, in a block of an indentation. The node is empty
    /// where the next text belongs to an outer block.
    pub(super) fn block_node(&mut self, indent: isize) -> Result<Found<'t>, Fault> {
        let from = self.at;
        let mut properties = Properties::default();
        loop {
            self.skip();
            let column = self.column();
            if column < indent || self.at_boundary() {
                return Ok(properties.of_nothing(from));
            }
            if matches!(self.here(), b'-' | b'?' | b':') && self.ends_word(self.at + 1) {
                return self.block_collection(properties, indent, from);
            }
            // In the column of the block, go-yaml allows only keys and block scalars.
            if column == indent && !matches!(self.here(), b'|' | b'>') {
                return Ok(properties.of_nothing(from));
            }
            let start = self.at;
            let key_line = if self.fresh { Some(self.line) } else { None };
            let own = self.properties()?;
            match self.here() {
                b'|' | b'>' => {
                    let properties = properties.and(own)?;
                    return self.block_text(properties, indent);
                }
                b'[' | b'{' => {
                    let properties = properties.and(own)?;
                    return self.open_flow(properties, indent, key_line);
                }
                b':' if key_line.is_some() && self.colon() => {
                    return self.open_mapping(properties, start, own.of_nothing(start));
                }
                _ if !own.is_empty() && self.ends_line() => properties = properties.and(own)?,
                _ => {
                    let text = self.text()?;
                    if key_line == Some(self.line) && self.colon() {
                        return self.open_mapping(properties, start, own.on(text)?);
                    }
                    return properties.and(own)?.on(text);
                }
            }
        }
    }

    /// Opens a collection that starts with `-`, `?` or `:` and a space.
    fn block_collection(
        &mut self,
        properties: Properties,
        indent: isize,
        from: usize,
    ) -> Result<Found<'t>, Fault> {
        let (start, column) = (self.at, self.column());
        let form = match self.here() {
            _ if !self.fresh => return self.unexpected(),
            b'-' if column > indent => Form::Sequence,
            b'-' if self.open.last().is_some_and(|open| open.form == Form::Mapping) => Form::Indentless,
            b'?' if column > indent => Form::Mapping,
            _ if column > indent => return self.unexpected(),
            _ => return Ok(properties.of_nothing(from)),
        };
        self.push(Open::new(form, column, start))?;
        let what = if form == Form::Mapping { What::Mapping } else { What::Sequence };
        Ok(properties.of(what, start..start))
    }

    /// Opens a mapping whose first key and colon were read.
    fn open_mapping(
        &mut self,
        properties: Properties,
        start: usize,
        key: Found<'t>,
    ) -> Result<Found<'t>, Fault> {
        // A key and its colon are on one line.
        self.push(Open::new(Form::Mapping, (start - self.line) as isize, start))?;
        self.first_key = Some(key);
        Ok(properties.of(What::Mapping, start..start))
    }

    pub(super) fn block_item(&mut self) -> Result<Option<Found<'t>>, Fault> {
        let indent = self.indent();
        if self.ends_block(indent) {
            return Ok(None);
        }
        if self.column() != indent || !self.fresh || !self.at_dash() {
            return self.unexpected();
        }
        self.indicator();
        self.block_node(indent).map(Some)
    }

    pub(super) fn indentless_item(&mut self) -> Result<Option<Found<'t>>, Fault> {
        let indent = self.indent();
        self.skip();
        if self.at_boundary() || self.column() != indent || !self.fresh || !self.at_dash() {
            self.open.pop();
            return Ok(None);
        }
        self.indicator();
        self.block_node(indent).map(Some)
    }

    pub(super) fn block_key(&mut self) -> Result<Option<Found<'t>>, Fault> {
        let indent = self.indent();
        if self.ends_block(indent) {
            return Ok(None);
        }
        if self.column() != indent || !self.fresh {
            return self.unexpected();
        }
        if matches!(self.here(), b'-' | b'?' | b':') && self.ends_word(self.at + 1) {
            if self.here() != b'?' {
                return self.unexpected();
            }
            self.indicator();
            self.colon_is(Colon::Possible);
            return self.block_node(indent).map(Some);
        }
        let (start, line) = (self.at, self.line);
        let own = self.properties()?;
        if !own.is_empty() && self.colon() {
            self.colon_is(Colon::Read);
            return Ok(Some(own.of_nothing(start)));
        }
        if matches!(self.here(), b'[' | b'{') {
            return self.fault(Kind::CollectionKey, self.at);
        }
        let text = self.text()?;
        if line != self.line || !self.colon() {
            return self.no_colon(start, line);
        }
        self.colon_is(Colon::Read);
        own.on(text).map(Some)
    }

    pub(super) fn block_value(&mut self) -> Result<Found<'t>, Fault> {
        let indent = self.indent();
        if self.open.last().is_some_and(|open| open.colon == Colon::Possible) {
            let from = self.at;
            self.skip();
            let is_colon = self.fresh && self.here() == b':' && self.ends_word(self.at + 1);
            if self.at_boundary() || self.column() != indent || !is_colon {
                return Ok(Properties::default().of_nothing(from));
            }
            self.indicator();
        }
        self.block_node(indent)
    }

    /// Returns the fault of a key without a colon that started on a line.
    fn no_colon<T>(&self, start: usize, line: usize) -> Result<T, Fault> {
        match self.quote {
            Some(quote) if line != self.line => self.fault(Kind::Quote, quote),
            Some(_) if !self.ends_line() => self.fault(Kind::Quote, self.at),
            _ => self.fault(Kind::NoColon, start),
        }
    }

    /// Moves to the next token, and closes the innermost block where the token is outside of it.
    fn ends_block(&mut self, indent: isize) -> bool {
        self.skip();
        let ends = self.column() < indent || self.at_boundary();
        if ends {
            self.open.pop();
        }
        ends
    }

    fn at_dash(&self) -> bool {
        self.here() == b'-' && self.ends_word(self.at + 1)
    }

    /// Skips `-`, `?`, or the `:` of a `?`, after which a key or an item can start.
    fn indicator(&mut self) {
        let is_dash = self.here() == b'-';
        self.at += 1;
        self.fresh = true;
        // Tabs are allowed before a comment after `?` and `:`.
        let blanks = self.text.as_bytes()[self.at..].iter().take_while(|byte| is_blank(**byte)).count();
        if !is_dash && blanks <= LOOK_AHEAD && self.byte(self.at + blanks) == b'#' {
            self.at += blanks;
        }
    }

    /// Skips the colon of a key, if it is next.
    fn colon(&mut self) -> bool {
        self.skip_blanks();
        let is_colon = self.here() == b':' && self.ends_word(self.at + 1);
        if is_colon {
            self.at += 1;
            self.fresh = false;
            self.ended(self.at, None);
        }
        is_colon
    }

    /// Returns the fault of the next character.
    pub(super) fn unexpected<T>(&self) -> Result<T, Fault> {
        let before = &self.text.as_bytes()[self.line..self.at];
        let is_first = before.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        let kind = match self.here() {
            b'\t' => Kind::Tab,
            _ if is_first && self.brackets == 0 && before.contains(&b'\t') => Kind::Tab,
            _ if self.quote.is_some() && self.end >= self.line => Kind::Quote,
            _ if self.brackets > 0 => Kind::Bracket,
            b':' if self.ends_word(self.at + 1) => Kind::Colon,
            _ => Kind::Line,
        };
        self.fault(kind, self.at)
    }
}
