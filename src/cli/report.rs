//! Diagnostics and errors on standard error, without secrets.

use std::borrow::Cow;

use clap::builder::Styles;
use compose_loader::render::{Redact, Renderer};
use compose_loader::{Diagnostic, Place, Sources};

use super::terminal::{message, width};
use crate::convert::secrecy::quiet::Quiet;

/// Prints diagnostics with excerpts that fit into the terminal. Paths below `folder` are relative.
pub fn print(diagnostics: &[Diagnostic], sources: &Sources, folder: &str, quiet: &Quiet) {
    let renderer = Renderer::new(sources).folder(folder).redact(quiet);
    let renderer = match width() {
        Some(columns) => renderer.width(columns),
        None => renderer,
    };
    // The report ends with an empty line, or is empty.
    if let Some(report) = renderer.report(diagnostics).strip_suffix('\n') {
        message!("{report}");
    }
}

/// Prints the error that ends a verb.
pub fn print_error(error: &str) {
    let styles = Styles::styled();
    let style = styles.get_error();
    message!("{style}error:{style:#} {error}");
}

/// Prints what the user can do about the error that ends a verb.
pub fn print_help(help: &str) {
    let styles = Styles::styled();
    let style = styles.get_valid();
    message!("{style}help:{style:#} {help}");
}

impl Redact for Quiet {
    fn hides(&self, line: &str, place: Place) -> bool {
        Quiet::hides(self, line, place)
    }

    fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.said(text).into()
    }
}
