//! Mistakes of brackets.

use super::line::Line;
use super::mistake::{Mistake, Seen, mistake};

/// Explains an unclosed bracket, or a mistake inside brackets.
pub(super) fn bracket(body: &str, at: usize, seen: Seen) -> Option<Mistake> {
    let open = seen.open?;
    let bracket = &body[open..=open];
    let close = if bracket == "[" { "]" } else { "}" };
    let (opened, line) = (Line::at(body, open), Line::at(body, at));
    let is_within = line.start == opened.start || line.indent() > opened.indent();
    if at >= line.end() || !is_within {
        return Some(mistake(
            open..opened.end(),
            format!("the bracket `{bracket}` is not closed"),
            format!("write `{close}` at the end of the value"),
        ));
    }
    let before = body[..at].trim_end();
    if body[at..].starts_with(':') && before.ends_with(['[', '{', ',', '?']) {
        return Some(mistake(
            at..at + 1,
            "a key is missing before this colon",
            "write a key, or put a text with a colon into quotes",
        ));
    }
    // A plain scalar continues on the next line, up to a colon.
    let is_next_key = body[at..].starts_with(':') && line.start != opened.start;
    let at = if is_next_key { line.place().start } else { at };
    let rest = &body[at..line.end()];
    let word = match rest.find([' ', ',', ']', '}']) {
        Some(0) => 1,
        length => length.unwrap_or(rest.len()),
    };
    let place = at..at + word;
    let (message, remedy) = match rest.as_bytes() {
        [b'-', b' ', ..] | [b'-'] => (
            "items in brackets have no dash".to_owned(),
            "remove the dash, and separate the items by commas".into(),
        ),
        [b']' | b'}', ..] => {
            (format!("this does not close the bracket `{bracket}`"), format!("write `{close}` in its place"))
        }
        _ => (
            format!("a comma or `{close}` is missing before this"),
            "separate the values by commas, and put a value with a colon or a comma into quotes".to_owned(),
        ),
    };
    Some(mistake(place, message, remedy))
}
