//! Mistakes of quotes.

use super::bracket::bracket;
use super::line::Line;
use super::mistake::{Mistake, Seen, mistake};

/// Explains a quote that is closed too late, too early, or not at all.
pub(super) fn quote(body: &str, at: usize, seen: Seen) -> Option<Mistake> {
    let mut from = seen.end.min(at);
    while let Some((open, close)) = quoted(body, from, (at + 1).min(body.len())) {
        let mark = &body[open..=open];
        let line = Line::at(body, open);
        let Some(close) = close.filter(|close| *close < line.start + line.text.len()) else {
            return Some(mistake(
                open..line.start + line.text.len(),
                format!("the quote {mark} is not closed on its line"),
                format!("write {mark} at the end of the text"),
            ));
        };
        let between = body.get(close + 1..at)?;
        if seen.open.is_some() && !between.is_empty() && body[at..].starts_with(mark) {
            return bracket(body, at, seen);
        }
        if between.trim().is_empty() {
            let twice = if mark == "'" { "''" } else { "\\\"" };
            return Some(mistake(
                open..at + body[at..].chars().next().map_or(0, char::len_utf8),
                format!("the line continues after the closing quote {mark}"),
                format!("close every quote, and write {twice} for {mark} inside the value"),
            ));
        }
        from = close + 1;
    }
    None
}

/// Returns the first opening quote in a range, and the position where it is closed.
fn quoted(body: &str, from: usize, to: usize) -> Option<(usize, Option<usize>)> {
    let bytes = body.as_bytes();
    let mut index = from;
    while index < to {
        let starts = index == 0 || matches!(bytes[index - 1], b' ' | b'\t' | b'\n' | b'[' | b'{' | b',');
        match bytes[index] {
            b'#' if starts => index = body[index..].find('\n').map_or(to, |length| index + length),
            mark @ (b'"' | b'\'') if starts => return Some((index, closing(bytes, index + 1, mark))),
            _ => index += 1,
        }
    }
    None
}

fn closing(bytes: &[u8], from: usize, mark: u8) -> Option<usize> {
    let mut index = from;
    while index < bytes.len() {
        match bytes[index] {
            b'\\' if mark == b'"' => index += 1,
            byte if byte == mark && mark == b'\'' && bytes.get(index + 1) == Some(&mark) => index += 1,
            byte if byte == mark => return Some(index),
            _ => {}
        }
        index += 1;
    }
    None
}

/// Explains an unknown escape in double quotes.
pub(super) fn escape(body: &str, slash: usize) -> Option<Mistake> {
    let escaped = body[slash + 1..].chars().next()?;
    let place = slash..slash + 1 + escaped.len_utf8();
    let remedy = format!("write `\\\\{escaped}`, or put the text into single quotes");
    let digits = match escaped {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => {
            let message = format!("`\\{escaped}` is not an escape of double quotes");
            return Some(mistake(place, message, remedy));
        }
    };
    let message = format!("`\\{escaped}` in double quotes needs {digits} hexadecimal digits of a character");
    Some(mistake(place, message, remedy))
}
