//! Explanations of syntax errors, in the terms of authors of Compose files.
//!
//! The reader finds an error where it cannot continue. The mistake is often on an earlier line.

mod block;
mod bracket;
mod line;
mod mistake;
mod quote;

use std::ops::Range;

use super::reader::{Fault, Kind, MAX_DEPTH, Reader, is_anchor};
use line::{Line, shown};
use mistake::{Mistake, Seen, mistake};

/// Returns the mistake behind a fault of the reader.
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
            "reduce the nesting",
        )),
        Kind::Other(wrong, remedy) => Some(mistake(here(body, at), wrong, remedy)),
    };
    found.unwrap_or_else(|| {
        mistake(
            here(body, at),
            "this is not valid YAML: it does not belong to the lines before it",
            "check the indentation, quotes and colons here and in the line above",
        )
    })
}

/// Returns the range of the character at an offset.
fn here(body: &str, at: usize) -> Range<usize> {
    at..at + body[at..].chars().next().map_or(0, char::len_utf8)
}

/// Explains an unknown alias, if a name follows `*`.
fn unknown_anchor(body: &str, at: usize) -> Option<Mistake> {
    let rest = body[at..].strip_prefix('*')?;
    let name = &rest[..rest.bytes().take_while(|byte| is_anchor(*byte)).count()];
    if name.is_empty() {
        return None;
    }
    Some(mistake(
        at..at + 1 + name.len(),
        format!("no anchor `&{}` is defined before this alias", shown(name)),
        "define the anchor, or put the text into quotes if it is not an alias",
    ))
}

/// Explains a character that cannot start a value.
fn character(body: &str, at: usize) -> Option<Mistake> {
    let (message, remedy) = match body[at..].chars().next()? {
        closing @ (']' | '}') => (
            format!("`{closing}` has no opening bracket"),
            "remove the character, or put the value into quotes",
        ),
        ',' => (
            "a value is missing before this comma".to_owned(),
            "remove the character, or put the value into quotes",
        ),
        other => (format!("a value cannot start with `{other}`"), "put the value into quotes"),
    };
    Some(mistake(here(body, at), message, remedy))
}

/// Explains a bracket as a key, which is usually a template of Go or Jinja.
fn collection_key(body: &str, at: usize) -> Mistake {
    let is_template =
        body[at..].starts_with("{{") || body[at..].starts_with('{') && body[..at].ends_with('{');
    if is_template {
        let start = if body[at..].starts_with("{{") { at } else { at - 1 };
        return mistake(start..start + 2, "`{{` starts two mappings", "put the whole value into quotes");
    }
    mistake(
        here(body, at),
        "a key cannot be a list or a mapping",
        "put the key into quotes if it is a string",
    )
}

#[cfg(test)]
mod tests;
