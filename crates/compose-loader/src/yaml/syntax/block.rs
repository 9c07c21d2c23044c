//! Mistakes of lines, indentation and colons.

use super::line::{Line, shown};
use super::mistake::{Mistake, mistake};

/// Explains a tab in the indentation of a line, or after a dash.
pub(super) fn tab(line: &Line<'_>, at: usize) -> Mistake {
    let first = line.body[line.start..at].find('\t').map_or(at, |tab| line.start + tab);
    let rest = &line.body[first..];
    let blanks = rest.find(|character| !matches!(character, ' ' | '\t')).unwrap_or(rest.len());
    mistake(
        first..first + blanks,
        "this line is indented by a tab: YAML allows only spaces",
        "replace the tab by spaces",
    )
}

/// Explains a colon that is not allowed.
pub(super) fn colon(line: &Line<'_>, at: usize) -> Option<Mistake> {
    let before = &line.text[..at.saturating_sub(line.start).min(line.text.len())];
    if let Some(first) = before.find(": ") {
        return Some(mistake(
            line.start + first + 2..line.end(),
            "this value contains a colon and a space, like a key",
            "put the value into quotes",
        ));
    }
    let above = line.above().filter(|above| above.indent() < line.indent() || !above.text.contains(": "))?;
    let head = above.content().trim_start_matches("- ");
    if let Some((key, value)) = head.split_once(": ") {
        let (key, value) = (shown(key), shown(value));
        return Some(mistake(
            line.head(),
            format!("this line is indented like a part of `{value}`, the value of `{key}`"),
            format!("{}, like `{key}`", indented(above.indent())),
        ));
    }
    match head.split_once(':') {
        Some((key, value)) => Some(mistake(
            above.place(),
            "a space is missing after the colon",
            format!("write `{}: {}`", shown(key), shown(value)),
        )),
        None => Some(no_colon(&above)),
    }
}

/// Explains a line without a colon that must be a key.
pub(super) fn no_colon(line: &Line<'_>) -> Mistake {
    if let Some(above) = line.above().filter(|above| above.text.ends_with(['|', '>'])) {
        return mistake(
            line.place(),
            format!("this line must be indented more than `{}`, to whose text it belongs", above.key()),
            "indent the line further",
        );
    }
    let text = line.content();
    if text.starts_with("<<<<<<<") || text.starts_with("=======") {
        return mistake(
            line.place(),
            "this line is a merge conflict marker of Git",
            "resolve the conflict, and remove the line",
        );
    }
    if let Some(alias) = text.strip_prefix("<<") {
        let remedy = format!("write `<<: {}`", shown(alias.trim_start()));
        return mistake(line.place(), "a colon is missing after `<<`", remedy);
    }
    if let Some(item) = text.strip_prefix('-') {
        let remedy = format!("write `- {}`", shown(item.trim_start()));
        return mistake(line.place(), "a space is missing after the dash", remedy);
    }
    let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    if let Some((key, _)) = word.split_once('=') {
        let value = text[key.len() + 1..].trim_start();
        return mistake(
            line.place(),
            "write a colon and a space after a key instead of `=`",
            format!("write `{}: {}`", shown(key), shown(value)),
        );
    }
    let (word, rest) = (shown(word), shown(rest.trim_start()));
    let remedy = if rest.is_empty() { format!("write `{word}:`") } else { format!("write `{word}: {rest}`") };
    mistake(line.place(), format!("a colon is missing after `{word}`"), remedy)
}

/// Explains a line that does not match the lines of its block, or belongs to no block.
pub(super) fn line(line: &Line<'_>) -> Option<Mistake> {
    dash(line).or_else(|| indentation(line))
}

/// Explains a key among items, or an item among keys.
fn dash(line: &Line<'_>) -> Option<Mistake> {
    let mut beside =
        std::iter::successors(line.above(), Line::above).take_while(|above| above.indent() >= line.indent());
    let beside = beside.find(|above| above.indent() == line.indent())?;
    match (beside.is_item(), line.is_item()) {
        (true, false) => Some(mistake(
            line.head(),
            "this line is between the items of a list, but is not an item",
            "start the line with `- `, or write all lines as `key: value`",
        )),
        (false, true) => Some(mistake(
            line.place(),
            format!("this list item is beside `{}`, which is a key", beside.key()),
            "remove the dash, or indent the item below the key that it belongs to",
        )),
        _ => None,
    }
}

/// Explains a line whose indentation matches no block.
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
                |line: &Line<'_>| format!("{} to align with `{}`", indented(line.indent()), line.key());
            let (message, remedy) = match &deeper {
                None if ends_value(&above) => {
                    (format!("the value of `{}` ends before this line", above.key()), beside(&above))
                }
                None => (fits_none(indent), beside(&above)),
                Some(deeper) => (fits_none(indent), format!("{}, or {}", beside(deeper), beside(&above))),
            };
            return Some(mistake(line.head(), message, remedy));
        }
        deeper = Some(above);
    }
    let deeper = deeper?;
    let message = format!(
        "this line is indented less than the first line, which is indented by {}",
        spaces(deeper.indent())
    );
    Some(mistake(line.head(), message, "start all lines at the first column"))
}

/// Reports whether a line has a key and a complete value.
fn ends_value(line: &Line<'_>) -> bool {
    let value = line.content().split_once(": ").map_or("", |(_, value)| value.trim_start());
    !value.is_empty() && !value.starts_with(['#', '|', '>', '&', '!'])
}

fn fits_none(indent: usize) -> String {
    format!("this line is indented by {}, unlike every line above", spaces(indent))
}

/// Explains text after a value.
pub(super) fn behind(line: &Line<'_>, at: usize) -> Mistake {
    let rest = &line.body[at..line.end().max(at)];
    match rest.as_bytes() {
        [b'-'] | [b'-', b' ' | b'\t', ..] => mistake(
            at..line.end(),
            "a list cannot start inside a line",
            "start the list on the next line, or put the text into quotes",
        ),
        [b']' | b'}', ..] => {
            mistake(at..at + 1, "this closing bracket has no opening bracket", "remove the bracket")
        }
        _ => mistake(
            at..line.end().max(at),
            "the line continues after the value",
            "remove the rest of the line, or put the whole value into quotes",
        ),
    }
}

fn indented(count: usize) -> String {
    match count {
        0 => "start the line at the first column".to_owned(),
        _ => format!("indent the line by {}", spaces(count)),
    }
}

fn spaces(count: usize) -> String {
    match count {
        1 => "1 space".to_owned(),
        _ => format!("{count} spaces"),
    }
}
