//! The files of a load, each of which is read once.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::dotenv::{self, EnvText};
use crate::environment::Environment;
use crate::files::FileKind;
use crate::load::{Load, Text};
use crate::paths;
use crate::rules::{self, Rule};
use crate::source::Place;
use crate::text::{self, Decoded, Encoding};

impl Load<'_> {
    /// Returns the absolute path of a file. Paths are relative to the folder of the project where `resolve_paths` is off.
    pub fn full(&self, path: &str) -> String {
        if self.working_dir.starts_with('/') { paths::join(&self.working_dir, path) } else { path.to_owned() }
    }

    /// Reports whether a file was read before.
    pub fn is_read(&self, path: &str) -> bool {
        self.texts.contains_key(path)
    }

    /// Returns the text of a file and its number in the sources.
    pub fn text(
        &mut self,
        path: &str,
        rule: &'static Rule,
        place: Place,
    ) -> Result<(u32, Arc<str>), Diagnostic> {
        let Text { number, text, encoding } = self.decoded(path, rule, place)?;
        match encoding {
            Encoding::Utf8 | Encoding::Utf16 => Ok((number, text)),
            Encoding::Broken(at) => Err(not_utf8(path, &text::not_utf8(text.as_bytes(), at), place)),
        }
    }

    /// Returns the text of an env file, which can contain invalid UTF-8, and its number in the sources.
    pub fn env_text(
        &mut self,
        path: &str,
        rule: &'static Rule,
        place: Place,
    ) -> Result<(u32, Arc<str>), Diagnostic> {
        let Text { number, text, encoding } = self.decoded(path, rule, place)?;
        match encoding {
            Encoding::Utf8 => {}
            Encoding::Utf16 => return Err(not_utf8(path, dotenv::UTF16, place)),
            Encoding::Broken(at) => {
                let warning = dotenv::not_utf8(number, at);
                if !self.diagnostics.iter().any(|said| said.id == warning.id && said.place == warning.place) {
                    self.diagnostics.push(warning);
                }
            }
        }
        Ok((number, text))
    }

    /// Reads an env file of an included project.
    pub fn env_file(
        &mut self,
        path: &str,
        place: Place,
        into: &mut Environment,
        outer: &Environment,
    ) -> Result<(), Diagnostic> {
        let (file, text) = self.env_text(path, &rules::MISSING_ENV_FILE, place)?;
        let outer = |name: &str| outer.get(name).cloned();
        let warnings = dotenv::read(EnvText { text: &text, file }, into, &outer, &self.budget)?;
        self.diagnostics.extend(warnings);
        Ok(())
    }

    fn decoded(&mut self, path: &str, rule: &'static Rule, place: Place) -> Result<Text, Diagnostic> {
        if let Some(known) = self.texts.get(path) {
            return Ok(known.clone());
        }
        let full = self.full(path);
        if self.files.kind(&full) == Some(FileKind::Outside) {
            return Err(Diagnostic::outside(path, place));
        }
        let bytes = self.files.read(&full).map_err(|reason| {
            Diagnostic::new(rule, place, format!("cannot read {path}: {reason}"))
                .remedy("check the path and its permissions")
        })?;
        let Decoded { text, encoding } =
            text::decode(bytes).map_err(|reason| not_utf8(path, &reason, place))?;
        let text: Arc<str> = text.into();
        let number = self.sources.add(path, text.clone());
        let read = Text { number, text, encoding };
        self.texts.insert(path.to_owned(), read.clone());
        Ok(read)
    }
}

fn not_utf8(path: &str, reason: &str, place: Place) -> Diagnostic {
    Diagnostic::new(&rules::NOT_UTF8, place, format!("{path}: {reason}"))
}
