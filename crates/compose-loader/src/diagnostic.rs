//! Errors and warnings about a project, each with a stable id, a place and a remedy.

use std::ops::Range;

use crate::clip::clip;
use crate::files::OUTSIDE;
use crate::rules::{self, Rule, Severity};
use crate::source::{Place, Sources};
use crate::tree::{Node, Origin};

/// The maximum length of a message, a remedy and a note in bytes.
const MAX_SENTENCE: usize = 2_000;

/// The maximum number of notes of a diagnostic.
const MAX_NOTES: usize = 8;

/// An error or a warning about a project.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The stable id of the rule, such as `undefined-network`. [`rules`](crate::rules()) explains those of the loader.
    pub id: &'static str,
    /// The severity.
    pub severity: Severity,
    /// The place of the error, or [`Place::NONE`] where it is not about a text.
    pub place: Place,
    /// What is wrong, in the words of Docker Compose where it has some.
    pub message: String,
    /// What the user can do. Empty where the message says enough.
    pub remedy: String,
    /// Related places.
    pub notes: Vec<Note>,
}

/// A place that is related to a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The place, or [`Place::NONE`] where the note is not about a text.
    pub place: Place,
    /// What the place has to do with the diagnostic.
    pub message: String,
}

impl Diagnostic {
    /// Creates a diagnostic of the loader, with the severity and the remedy of the rule.
    pub(crate) fn new(rule: &'static Rule, place: Place, message: impl Into<String>) -> Self {
        let diagnostic = Self::external(rule.id, rule.severity, place, message);
        diagnostic.remedy(rule.remedy.unwrap_or_default())
    }

    /// Creates a diagnostic of a rule of another program, which checks a project after the loader.
    pub fn external(id: &'static str, severity: Severity, place: Place, message: impl Into<String>) -> Self {
        Self { id, severity, place, message: sentence(message), remedy: String::new(), notes: Vec::new() }
    }

    /// Creates the error about a path that leads out of the files that may be read.
    pub(crate) fn outside(path: &str, place: Place) -> Self {
        Self::new(&rules::OUTSIDE, place, format!("{path} {OUTSIDE}"))
    }

    /// Sets the remedy.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = sentence(remedy);
        self
    }

    /// Adds a note, unless the diagnostic has this one or the maximum number of them.
    #[must_use]
    pub fn note(mut self, place: Place, message: impl Into<String>) -> Self {
        let note = Note { place, message: sentence(message) };
        if self.notes.len() < MAX_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
        self
    }

    /// Adds a note for each variable that supplied a part of a text, with the place of its value.
    #[must_use]
    pub(crate) fn supplied(mut self, text: &Node, part: Range<usize>) -> Self {
        let part = text.part(part.start, part.end);
        for supplied in part.trace.iter().flat_map(|parts| parts.iter()) {
            let name = &supplied.variable;
            self = match supplied.origin {
                Origin::File(place) => self.note(place, format!("the variable {name} is set here")),
                Origin::Process => {
                    self.note(Place::NONE, format!("the variable {name} is set in the environment"))
                }
                Origin::Nowhere => self.note(Place::NONE, format!("the variable {name} is not set")),
                Origin::Loader => {
                    self.note(Place::NONE, format!("the variable {name} is the name of the project"))
                }
            };
        }
        self
    }

    /// Returns the message in one line: `file:line:column: message`.
    #[must_use]
    pub fn line(&self, sources: &Sources) -> String {
        match sources.locate(self.place) {
            Some(at) => format!("{}:{}:{}: {}", at.file, at.line, at.column, self.message),
            None => self.message.clone(),
        }
    }
}

/// Clips a sentence to the maximum length.
fn sentence(text: impl Into<String>) -> String {
    let mut text = text.into();
    clip(&mut text, MAX_SENTENCE);
    text
}

/// The number of errors after which the checks stop. The search for the remedy of each takes time.
pub(crate) const MAX_FAULTS: usize = 50;
