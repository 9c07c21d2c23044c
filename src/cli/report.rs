//! Messages on standard error, with excerpts of the files and without secrets.

use std::borrow::Cow;

use compose_loader::render::{Redact, Renderer};
use compose_loader::{Diagnostic, Place, Sources};

use crate::convert::secrecy::quiet::Quiet;

/// Prints messages. Paths below the current folder are relative to it.
pub fn print(diagnostics: &[Diagnostic], sources: &Sources, folder: &str, quiet: &Quiet) {
    let renderer = Renderer::new(sources).folder(folder).redact(quiet);
    anstream::eprint!("{}", renderer.report(diagnostics));
}

impl Redact for Quiet {
    fn hides(&self, line: &str, place: Place) -> bool {
        Quiet::hides(self, line, place)
    }

    fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.said(text).into()
    }
}
