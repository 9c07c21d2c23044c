//! The starts of documents, and directives.

use super::characters::{is_blank, is_word};
use super::{Fault, Found, Kind, Reader};

/// The maximum number of tag handles of a document, which stay in memory.
const MAX_HANDLES: usize = 100;

impl<'t> Reader<'t> {
    /// Moves to the next document. Returns false at the end of the text.
    ///
    /// # Errors
    /// Returns a fault for text before a document that is not a directive.
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
                    Kind::Other("`...` ends a document, but no document precedes it", "remove the line"),
                    self.at,
                );
            }
            None if is_directive => {
                return self.fault(
                    Kind::Other(
                        "`---` is missing between the directives and the document",
                        "write `---` on its own line",
                    ),
                    self.at,
                );
            }
            None if is_first => {}
            None => return self.unexpected(),
        }
        Ok(true)
    }

    /// Returns the root of the document.
    ///
    /// # Errors
    /// Returns a fault for text that is not a value.
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
                return self.fault(Kind::Other("`%YAML` is repeated", "remove this line"), start);
            }
            "YAML" => {
                *has_version = true;
                self.version(start)?;
            }
            "TAG" => self.handle(start)?,
            _ => {
                return self.fault(
                    Kind::Other(
                        "a line that starts with `%` is a directive, and YAML has no such directive",
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
                Kind::Other("the line continues after the directive", "write the directive on its own line"),
                self.at,
            );
        }
        self.next_line(length);
        // Tabs can indent the next line.
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
            _ => self.fault(Kind::Other("Docker Compose supports only YAML 1.1", "remove the line"), start),
        }
    }

    /// Reads `%TAG HANDLE PREFIX`.
    fn handle(&mut self, start: usize) -> Result<(), Fault> {
        let wrong = Kind::Other(
            "`%TAG` needs a handle, such as `!own!`, and a prefix",
            "remove the line if no tag uses it",
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
                Kind::Other(
                    "a document can have 100 `%TAG` directives",
                    "remove the directives that no tag uses",
                ),
                start,
            );
        }
        if self.handles.insert(handle, prefix).is_some() {
            return self
                .fault(Kind::Other("`%TAG` is repeated for the same handle", "remove this line"), start);
        }
        Ok(())
    }
}
