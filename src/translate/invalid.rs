//! The problems of a Stack that cannot be translated.

use std::fmt;

use crate::{api::Reason, text::clip::clipped};

/// The number of problems that a message shows. The message of a condition is limited to 32,768 characters.
pub const MOST_SHOWN: usize = 20;

/// The longest path and the longest message of a problem, in bytes. Both can quote a value of megabytes. [`MOST_SHOWN`]
/// problems fit into the message of a condition.
const LONGEST_PATH: usize = 600;
const LONGEST_MESSAGE: usize = 1_000;

/// A spec with problems. The operator changes no object of the Stack until the spec is valid.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Invalid {
    /// The problems, in the order of the spec. There is at least one.
    pub problems: Vec<Problem>,
    /// The number of problems beyond those.
    pub more: usize,
}

/// A problem of a spec.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The reason of the condition.
    pub reason: Reason,
    /// The path, such as `spec.services.web.dependsOn.db`.
    pub path: String,
    /// The problem and its remedy.
    pub message: String,
}

impl Problem {
    /// Returns a problem at `path`.
    pub fn new(reason: Reason, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason, path: clipped(path, LONGEST_PATH), message: clipped(message, LONGEST_MESSAGE) }
    }
}

impl Invalid {
    /// Returns an error if there is a problem.
    ///
    /// # Errors
    /// Fails if `problems` is not empty.
    pub fn unless_empty(problems: Vec<Problem>, more: usize) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems, more }) }
    }

    /// Returns the problems that a message shows, and the number of the others.
    pub fn shown(&self) -> (&[Problem], usize) {
        let (shown, rest) = self.problems.split_at(self.problems.len().min(MOST_SHOWN));
        (shown, rest.len().saturating_add(self.more))
    }

    /// Returns the message of a condition.
    pub fn message(&self) -> String {
        let (shown, more) = self.shown();
        let mut texts: Vec<String> = shown.iter().map(ToString::to_string).collect();
        match more {
            0 => {}
            1 => texts.push("and 1 more problem".to_owned()),
            more => texts.push(format!("and {more} more problems")),
        }
        texts.join("; ")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
