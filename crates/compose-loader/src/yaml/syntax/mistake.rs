//! A mistake in a text, and what the reader has seen before.

use std::ops::Range;

/// A mistake in a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The range to show.
    pub place: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// The remedy.
    pub remedy: String,
}

/// Creates a mistake.
pub(super) fn mistake(place: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) -> Mistake {
    Mistake { place, message: message.into(), remedy: remedy.into() }
}

/// The progress of the reader.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    /// The end of the last scalar or bracket, or its start if it is quoted.
    pub end: usize,
    /// The innermost open bracket.
    pub open: Option<usize>,
}
