//! Where documents begin, and what stands before them.

use super::characters::{is_blank, is_word};
use super::{Fault, Found, Kind, Reader};

/// More handles of tags than this before a document are refused: what is read of them stays in memory.
const MAX_HANDLES: usize = 100;

impl<'t> Reader<'t> {
    /// Goes to the next document; false at the end of the text.
    ///
    /// # Errors
    /// Something before it that belongs to no document.
    pub fn document(&mut self) -> Result<bool, Fault> {
        let is_first = std::mem::replace(&mut self.beginning, false);
        self.handles.clear();
        self.skip();
        while !is_first && self.at_marker() == Some(b'.') {
            self.marker();
            self.skip();
        }
        if self.here() == 0 {
            return Ok(false);
        }
        let is_directive = self.at_directive();
        let mut has_version = false;
        while self.at_directive() {
            self.directive(&mut has_version)?;
            self.skip();
        }
        match self.at_marker() {
            Some(b'-') => self.marker(),
            Some(_) => {
                return self.fault(
                    Kind::Other("`...` ends a document, and none stands before it", "remove the line"),
                    self.at,
                );
            }
            None if is_directive => {
                return self.fault(
                    Kind::Other(
                        "`---` is missing between the directives and the document",
                        "write it on a line of its own",
                    ),
                    self.at,
                );
            }
            None if is_first => {}
            None => return self.unexpected(),
        }
        Ok(true)
    }

    /// What a document says.
    ///
    /// # Errors
    /// Something that is no value.
    pub fn root(&mut self) -> Result<Found<'t>, Fault> {
        self.block_node(-1)
    }

    fn marker(&mut self) {
        self.at += 3;
        self.fresh = false;
    }

    fn at_directive(&self) -> bool {
        self.at == self.line && self.here() == b'%'
    }

    fn directive(&mut self, has_version: &mut bool) -> Result<(), Fault> {
        let start = self.at;
        self.at += 1;
        match self.word() {
            "YAML" if *has_version => {
                return self.fault(Kind::Other("`%YAML` is said twice", "remove this line"), start);
            }
            "YAML" => {
                *has_version = true;
                self.version(start)?;
            }
            "TAG" => self.handle(start)?,
            _ => {
                return self.fault(
                    Kind::Other(
                        "a line that begins with `%` is a directive, and Compose does not know this one",
                        "put the text into quotes, or remove the line",
                    ),
                    start,
                );
            }
        }
        self.skip_blanks();
        if self.here() == b'#' {
            self.end_line();
        }
        let length = self.break_length(self.at);
        if length == 0 && self.here() != 0 {
            return self.fault(
                Kind::Other("something follows the directive on its line", "write it on a line of its own"),
                self.at,
            );
        }
        self.next_line(length);
        // Tabs may indent what comes next.
        self.fresh = false;
        Ok(())
    }

    fn word(&mut self) -> &'t str {
        let start = self.at;
        while is_word(self.here()) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn version(&mut self, start: usize) -> Result<(), Fault> {
        self.skip_blanks();
        let from = self.at;
        while matches!(self.here(), b'0'..=b'9' | b'.') {
            self.at += 1;
        }
        match &self.text[from..self.at] {
            "1.1" | "01.1" | "1.01" | "01.01" => Ok(()),
            _ => self
                .fault(Kind::Other("Compose reads YAML 1.1 and no other version", "remove the line"), start),
        }
    }

    /// `%TAG HANDLE PREFIX`
    fn handle(&mut self, start: usize) -> Result<(), Fault> {
        let wrong = Kind::Other(
            "`%TAG` takes the beginning of a tag, as `!own!`, and what it stands for",
            "remove the line if no tag needs it",
        );
        self.skip_blanks();
        let from = self.at;
        if self.here() == b'!' {
            self.at += 1;
            self.word();
            self.at += usize::from(self.here() == b'!');
        }
        let handle = &self.text[from..self.at];
        if !handle.ends_with('!') || !is_blank(self.here()) {
            return self.fault(wrong, start);
        }
        self.skip_blanks();
        let prefix = self.uri(true)?;
        if prefix.is_empty() || !self.ends_word(self.at) {
            return self.fault(wrong, start);
        }
        if self.handles.len() == MAX_HANDLES {
            return self.fault(
                Kind::Other("a document has at most 100 `%TAG`", "remove those that no tag needs"),
                start,
            );
        }
        if self.handles.insert(handle, prefix).is_some() {
            return self
                .fault(Kind::Other("`%TAG` is said twice of the same tags", "remove this line"), start);
        }
        Ok(())
    }
}
