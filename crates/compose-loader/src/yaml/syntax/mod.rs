//! What is wrong with a text that is not YAML, in the words of someone who wrote a compose file.
//!
//! A reader notices a mistake where it can go on no longer, which is often a line after the mistake itself.

mod block;
mod bracket;
mod line;
mod quote;

use std::ops::Range;

use super::reader::{Fault, Kind, MAX_DEPTH, Reader, is_anchor};
use line::{Line, shown};

/// A mistake: where, what, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes to show.
    pub place: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// How far the reader got.
#[derive(Clone, Copy)]
struct Seen {
    /// Where the last thing that it took in ends; of a text in quotes, where it begins.
    end: usize,
    /// The innermost bracket that is open.
    open: Option<usize>,
}

fn mistake(place: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) -> Mistake {
    Mistake { place, message: message.into(), remedy: remedy.into() }
}

/// The mistake behind a fault at which the reader stopped.
#[must_use]
pub fn explain(body: &str, reader: &Reader<'_>, fault: Fault) -> Mistake {
    let at = body.floor_char_boundary(fault.at);
    let line = Line::at(body, at);
    let seen = Seen { end: reader.seen(), open: reader.open_brackets().next_back() };
    let found = match fault.kind {
        Kind::Quote => quote::quote(body, at, seen).or_else(|| bracket::bracket(body, at, seen)),
        Kind::Tab => Some(block::tab(&line, at)),
        Kind::Colon => block::colon(&line, at),
        Kind::NoColon => Some(block::no_colon(&line)),
        Kind::Line if at > line.start + line.indent() => Some(block::behind(&line, at)),
        Kind::Line => block::line(&line),
        Kind::Bracket => bracket::bracket(body, at, seen),
        Kind::UnknownAnchor => unknown_anchor(body, at).or_else(|| character(body, at)),
        Kind::Character => character(body, at),
        Kind::Escape => quote::escape(body, at),
        Kind::CollectionKey => Some(collection_key(body, at)),
        Kind::Depth => Some(mistake(
            here(body, at),
            format!("lists and mappings are nested more than {MAX_DEPTH} deep here"),
            "nest them less deeply",
        )),
        Kind::Other(wrong, remedy) => Some(mistake(here(body, at), wrong, remedy)),
    };
    found.unwrap_or_else(|| {
        mistake(
            here(body, at),
            "this is not valid YAML: it belongs to nothing that stands before it",
            "look at indentation, quotes and colons here and just above",
        )
    })
}

/// The character there.
fn here(body: &str, at: usize) -> Range<usize> {
    at..at + body[at..].chars().next().map_or(0, char::len_utf8)
}

/// An alias of nothing; none where no name stands behind the `*`.
fn unknown_anchor(body: &str, at: usize) -> Option<Mistake> {
    let rest = body[at..].strip_prefix('*')?;
    let name = &rest[..rest.bytes().take_while(|byte| is_anchor(*byte)).count()];
    if name.is_empty() {
        return None;
    }
    Some(mistake(
        at..at + 1 + name.len(),
        format!("no `&{}` stands before this alias", shown(name)),
        "define what the alias names, or put the text into quotes if it is none",
    ))
}

/// A character that no value begins with.
fn character(body: &str, at: usize) -> Option<Mistake> {
    let (message, remedy) = match body[at..].chars().next()? {
        closing @ (']' | '}') => {
            (format!("`{closing}` closes nothing here"), "remove it, or put the value into quotes")
        }
        ',' => ("nothing stands before this comma".to_owned(), "remove it, or put the value into quotes"),
        other => (format!("a value cannot begin with `{other}`"), "put the value into quotes"),
    };
    Some(mistake(here(body, at), message, remedy))
}

/// A bracket in the place of a key: most often a template of Go or of Jinja.
fn collection_key(body: &str, at: usize) -> Mistake {
    let is_template =
        body[at..].starts_with("{{") || body[at..].starts_with('{') && body[..at].ends_with('{');
    if is_template {
        let start = if body[at..].starts_with("{{") { at } else { at - 1 };
        return mistake(start..start + 2, "`{{` begins two mappings here", "put the whole value into quotes");
    }
    mistake(
        here(body, at),
        "a list or a mapping stands here as a key",
        "put the key into quotes if it is a text",
    )
}

#[cfg(test)]
mod tests;
