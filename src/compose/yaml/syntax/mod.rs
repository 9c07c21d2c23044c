//! What is wrong with a text that is not YAML, in the words of someone who wrote a compose file.
//!
//! A reader notices a mistake where it can go on no longer, which is often a line after the mistake itself.

use std::ops::Range;

use super::reader::{Fault, Kind, Reader};

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

fn mistake(place: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) -> Mistake {
    Mistake { place, message: message.into(), remedy: remedy.into() }
}

/// The mistake behind a fault at which the reader stopped.
#[must_use]
pub fn explain(body: &str, reader: &Reader<'_>, fault: Fault) -> Mistake {
    let at = body.floor_char_boundary(fault.at);
    let line = Line::at(body, at);
    let seen = Seen { end: reader.seen(), open: reader.open_brackets().next_back() };
    let character = body[at..].chars().next();
    let here = at..at + character.map_or(0, char::len_utf8);
    let found = match fault.kind {
        Kind::Quote => quote(body, at, seen).or_else(|| bracket(body, at, seen)),
        Kind::Tab => tab(&line),
        Kind::Colon => colon(&line, at),
        Kind::NoColon => no_colon(&line),
        Kind::Line => dash(&line).or_else(|| indentation(&line)),
        Kind::Bracket => bracket(body, at, seen),
        Kind::UnknownAnchor => {
            let name = word(body, at);
            Some(mistake(
                at..at + name.len(),
                format!("no `&{}` stands before this alias", name.trim_start_matches('*')),
                "define what the alias names, or put the text into quotes if it is none",
            ))
        }
        Kind::Character => character.map(|character| {
            mistake(
                here.clone(),
                format!("a value cannot begin with `{character}`"),
                "put the value into quotes",
            )
        }),
        Kind::Escape => escape(body, at),
        Kind::CollectionKey => Some(mistake(
            here.clone(),
            "a list or a mapping stands here as a key",
            "put the key into quotes if it is a text",
        )),
        Kind::Depth => Some(mistake(
            here.clone(),
            "lists and mappings are nested more than 255 deep here",
            "nest them less deeply",
        )),
        Kind::Other(wrong, remedy) => Some(mistake(here.clone(), wrong, remedy)),
    };
    found.unwrap_or_else(|| {
        mistake(
            here,
            "this is not valid YAML: it belongs to nothing that stands before it",
            "look at indentation, quotes and colons here and just above",
        )
    })
}

/// A line with the text that it stands in.
struct Line<'t> {
    body: &'t str,
    start: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    fn at(body: &'t str, at: usize) -> Self {
        let start = body[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = body[start..].find('\n').map_or(body.len(), |length| start + length);
        Line { body, start, text: body[start..end].trim_end() }
    }

    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start().len()
    }

    fn content(&self) -> &'t str {
        self.text.trim_start()
    }

    /// The key that it begins with, or all of it where it begins an item of a list.
    fn key(&self) -> &'t str {
        let text = self.content();
        text.find(':').filter(|_| !text.starts_with('-')).map_or(text, |colon| &text[..colon])
    }

    /// Where the content is.
    fn place(&self) -> Range<usize> {
        self.start + self.indent()..self.start + self.text.len()
    }

    /// Where the key is, with its colon.
    fn head(&self) -> Range<usize> {
        let start = self.start + self.indent();
        start..start + self.content().find(':').map_or(self.content().len(), |colon| colon + 1)
    }

    /// The line before that says something.
    fn above(&self) -> Option<Line<'t>> {
        let mut start = self.start;
        while start > 0 {
            let line = Line::at(self.body, start - 1);
            if !line.content().is_empty() && !line.content().starts_with('#') {
                return Some(line);
            }
            start = line.start;
        }
        None
    }
}

fn word(body: &str, at: usize) -> &str {
    let rest = &body[at..];
    &rest[..rest.find([' ', '\n', '\r', ',', ']', '}']).unwrap_or(rest.len())]
}

/// A quote that closes too late, never, or too early.
fn quote(body: &str, at: usize, seen: Seen) -> Option<Mistake> {
    let mut from = seen.end.min(at);
    while let Some((open, close)) = quoted(body, from, (at + 1).min(body.len())) {
        let mark = &body[open..=open];
        let line = Line::at(body, open);
        let Some(close) = close.filter(|close| *close < line.start + line.text.len()) else {
            return Some(mistake(
                open..line.start + line.text.len(),
                format!("the quote {mark} that opens here is not closed on its line"),
                format!("write {mark} where the text ends"),
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
                format!("something follows the quote {mark} that closes this value"),
                format!("give each quote its pair; within the value write {twice} for {mark}"),
            ));
        }
        from = close + 1;
    }
    None
}

/// The first quote that opens between two points, and where it closes.
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

fn tab(line: &Line<'_>) -> Option<Mistake> {
    let text = &line.body[line.start..];
    let tab = text.find('\t')?;
    let blanks = text[tab..].find(|character| !matches!(character, ' ' | '\t')).unwrap_or(text.len() - tab);
    Some(mistake(
        line.start + tab..line.start + tab + blanks,
        "a tab indents this line, and YAML takes only spaces",
        "replace it by spaces",
    ))
}

/// A colon where none may stand.
fn colon(line: &Line<'_>, at: usize) -> Option<Mistake> {
    let before = &line.text[..at.saturating_sub(line.start).min(line.text.len())];
    if let Some(first) = before.find(": ") {
        let value = line.start + first + 2;
        return Some(mistake(
            value..line.start + line.text.len(),
            "this value has a colon and a space in it, as if it were a key",
            "put the value into quotes",
        ));
    }
    let above = line.above().filter(|above| above.indent() < line.indent() || !above.text.contains(": "))?;
    let head = above.content().trim_start_matches("- ");
    if let Some((key, value)) = head.split_once(": ") {
        return Some(mistake(
            line.head(),
            format!("this line is indented as a part of the value of `{key}`, `{value}`"),
            format!("{}, as `{key}`", indented(above.indent())),
        ));
    }
    match head.split_once(':') {
        Some((key, value)) => Some(mistake(
            above.place(),
            "there is no space after the colon",
            format!("write `{key}: {value}`"),
        )),
        None => no_colon(&above),
    }
}

fn no_colon(line: &Line<'_>) -> Option<Mistake> {
    if let Some(above) = line.above().filter(|above| above.text.ends_with(['|', '>'])) {
        return Some(mistake(
            line.place(),
            format!("this line is not indented more than `{}`, whose text it should be", above.key()),
            "indent it further",
        ));
    }
    let text = line.content();
    Some(mistake(line.place(), format!("there is no colon after `{text}`"), format!("write `{text}:`")))
}

/// A key among the items of a list, or an item among keys.
fn dash(line: &Line<'_>) -> Option<Mistake> {
    let is_item = |line: &Line<'_>| line.content().starts_with("- ") || line.content() == "-";
    let mut beside =
        std::iter::successors(line.above(), Line::above).take_while(|above| above.indent() >= line.indent());
    let beside = beside.find(|above| above.indent() == line.indent())?;
    match (is_item(&beside), is_item(line)) {
        (true, false) => Some(mistake(
            line.head(),
            "this line stands among the items of a list and is none",
            "begin it with `- `, or write all of them as `key: value`",
        )),
        (false, true) => Some(mistake(
            line.place(),
            format!("this item of a list stands beside `{}`, which is a key", beside.key()),
            "remove the dash, or indent the item below the key that it belongs to",
        )),
        _ => None,
    }
}

/// A line that stands beside none of those above.
fn indentation(line: &Line<'_>) -> Option<Mistake> {
    let indent = line.indent();
    let mut deeper = None;
    let mut next = line.above();
    while let Some(above) = next {
        if above.indent() == indent {
            return None;
        }
        next = above.above();
        if above.indent() < indent {
            let beside =
                |line: &Line<'_>| format!("{} to stand beside `{}`", indented(line.indent()), line.key());
            let remedy = match &deeper {
                Some(deeper) => format!("{}, or {}", beside(deeper), beside(&above)),
                None => beside(&above),
            };
            let message = format!("this line is indented by {}, which fits none above it", spaces(indent));
            return Some(mistake(line.head(), message, remedy));
        }
        deeper = Some(above);
    }
    let deeper = deeper?;
    let message = format!(
        "this line is indented less than the first, which is indented by {}",
        spaces(deeper.indent())
    );
    Some(mistake(line.head(), message, "begin all lines at the first column"))
}

fn indented(count: usize) -> String {
    match count {
        0 => "write it at the first column".to_owned(),
        _ => format!("indent it by {}", spaces(count)),
    }
}

fn spaces(count: usize) -> String {
    match count {
        1 => "1 space".to_owned(),
        _ => format!("{count} spaces"),
    }
}

/// A bracket that is open, or something that is missing between two items.
fn bracket(body: &str, at: usize, seen: Seen) -> Option<Mistake> {
    let open = seen.open?;
    let close = if body[open..].starts_with('[') { ']' } else { '}' };
    let line = Line::at(body, open);
    if at <= line.start + line.text.len() {
        return Some(mistake(
            at..at + word(body, at).len(),
            format!("a comma or `{close}` is missing before this"),
            "separate the values by commas, and put one that has a colon or a comma into quotes",
        ));
    }
    Some(mistake(
        open..line.start + line.text.len(),
        format!("the bracket `{}` that opens here is not closed", &body[open..=open]),
        format!("write `{close}` where it ends"),
    ))
}

fn escape(body: &str, at: usize) -> Option<Mistake> {
    let mut index = at;
    loop {
        let slash = index + body[index..].find('\\')?;
        let escaped = body[slash + 1..].chars().next()?;
        if !"0abtnvfre \"'\\N_LPxuU\t\n\r".contains(escaped) {
            return Some(mistake(
                slash..slash + 1 + escaped.len_utf8(),
                format!("`\\{escaped}` stands for nothing within double quotes"),
                format!("write `\\\\{escaped}`, or put the text into single quotes"),
            ));
        }
        index = slash + 1 + escaped.len_utf8();
    }
}

/// How far the reader got.
#[derive(Clone, Copy)]
struct Seen {
    /// Where the last thing that it took in ends; of a text in quotes, where it begins.
    end: usize,
    /// The innermost bracket that is open.
    open: Option<usize>,
}

#[cfg(test)]
mod tests;
