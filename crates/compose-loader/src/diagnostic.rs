//! What is said about a project: each message has a stable id, a place, and a remedy.

use std::ops::Range;

use super::source::{Place, Sources};
use super::tree::{Node, Origin};

/// How bad it is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The project cannot be loaded.
    Error,
    /// The project is loaded; something in it is probably not what was meant.
    Warning,
}

/// A message, a remedy and a note have so many bytes at most.
const MAX_SENTENCE: usize = 2_000;

/// A message has so many notes at most.
const MAX_NOTES: usize = 8;

/// A message about a project.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Stable name of the kind of message, such as `undefined-network`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is; [`Place::NONE`] where no text is to blame.
    pub place: Place,
    /// What is wrong, in Compose's terms.
    pub message: String,
    /// What to do about it; empty where the message says it all.
    pub remedy: String,
    /// Other places that have to do with it.
    pub notes: Vec<Note>,
}

/// Another place that has to do with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where it is; [`Place::NONE`] where no text is.
    pub place: Place,
    /// What is there.
    pub message: String,
}

impl Diagnostic {
    /// An error.
    pub fn error(id: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            id,
            severity: Severity::Error,
            place,
            message: sentence(message),
            remedy: String::new(),
            notes: Vec::new(),
        }
    }

    /// A warning.
    pub fn warning(id: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(id, place, message) }
    }

    /// With what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = sentence(remedy);
        self
    }

    /// With another place that has to do with it. Nobody reads more than a few of them, nor one twice.
    #[must_use]
    pub fn note(mut self, place: Place, message: impl Into<String>) -> Self {
        let note = Note { place, message: sentence(message) };
        if self.notes.len() < MAX_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
        self
    }

    /// With the variables that supplied a part of a text, and where each has its value from.
    #[must_use]
    pub fn supplied(mut self, text: &Node, part: Range<usize>) -> Self {
        let part = text.part(part.start, part.end);
        for supplied in part.trace.iter().flat_map(|parts| parts.iter()) {
            let name = &supplied.variable;
            self = match supplied.origin {
                Origin::File(place) => {
                    self.note(place, format!("the variable {name} has its value from here"))
                }
                Origin::Process => {
                    self.note(Place::NONE, format!("the variable {name} has its value from the environment"))
                }
                Origin::Nowhere => self.note(Place::NONE, format!("the variable {name} is not set")),
                Origin::Loader => {
                    self.note(Place::NONE, format!("the variable {name} is the project's name"))
                }
            };
        }
        self
    }

    /// The message in one line: `file:line:column: message`.
    #[must_use]
    pub fn line(&self, sources: &Sources) -> String {
        match sources.locate(self.place) {
            Some(at) => format!("{}:{}:{}: {}", at.file, at.line, at.column, self.message),
            None => self.message.clone(),
        }
    }
}

/// What can be said in so many bytes: a name or a value in it may be a text of megabytes.
fn sentence(said: impl Into<String>) -> String {
    let mut said = said.into();
    if said.len() > MAX_SENTENCE {
        said.truncate(said.floor_char_boundary(MAX_SENTENCE));
        said.push('…');
        said.shrink_to_fit();
    }
    said
}

/// After so many faults the rest is not looked at: nobody reads on, and each is searched for its remedy.
pub(super) const MAX_FAULTS: usize = 50;
