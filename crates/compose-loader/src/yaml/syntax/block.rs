//! Lines, their indentation and their colons.

use super::line::{Line, shown};
use super::{Mistake, mistake};

/// A tab in the indentation of a line, or behind a dash.
pub(super) fn tab(line: &Line<'_>, at: usize) -> Mistake {
    let first = line.body[line.start..at].find('\t').map_or(at, |tab| line.start + tab);
    let rest = &line.body[first..];
    let blanks = rest.find(|character| !matches!(character, ' ' | '\t')).unwrap_or(rest.len());
    mistake(
        first..first + blanks,
        "a tab indents this line, and YAML takes only spaces",
        "replace it by spaces",
    )
}

/// A colon where none may stand.
pub(super) fn colon(line: &Line<'_>, at: usize) -> Option<Mistake> {
    let before = &line.text[..at.saturating_sub(line.start).min(line.text.len())];
    if let Some(first) = before.find(": ") {
        return Some(mistake(
            line.start + first + 2..line.end(),
            "this value has a colon and a space in it, as if it were a key",
            "put the value into quotes",
        ));
    }
    let above = line.above().filter(|above| above.indent() < line.indent() || !above.text.contains(": "))?;
    let head = above.content().trim_start_matches("- ");
    if let Some((key, value)) = head.split_once(": ") {
        let (key, value) = (shown(key), shown(value));
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
            format!("write `{}: {}`", shown(key), shown(value)),
        )),
        None => Some(no_colon(&above)),
    }
}

/// A line that should be a key and has no colon.
pub(super) fn no_colon(line: &Line<'_>) -> Mistake {
    if let Some(above) = line.above().filter(|above| above.text.ends_with(['|', '>'])) {
        return mistake(
            line.place(),
            format!("this line is not indented more than `{}`, whose text it should be", above.key()),
            "indent it further",
        );
    }
    let text = line.content();
    if text.starts_with("<<<<<<<") || text.starts_with("=======") {
        return mistake(
            line.place(),
            "Git left this mark of a conflict",
            "solve the conflict, and remove the line",
        );
    }
    if let Some(alias) = text.strip_prefix("<<") {
        let remedy = format!("write `<<: {}`", shown(alias.trim_start()));
        return mistake(line.place(), "there is no colon after `<<`", remedy);
    }
    if let Some(item) = text.strip_prefix('-') {
        let remedy = format!("write `- {}`", shown(item.trim_start()));
        return mistake(line.place(), "there is no space after the dash", remedy);
    }
    let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    if let Some((key, _)) = word.split_once('=') {
        let value = text[key.len() + 1..].trim_start();
        return mistake(
            line.place(),
            "a key of a mapping is followed by a colon and a space, not by `=`",
            format!("write `{}: {}`", shown(key), shown(value)),
        );
    }
    let (word, rest) = (shown(word), shown(rest.trim_start()));
    let remedy = if rest.is_empty() { format!("write `{word}:`") } else { format!("write `{word}: {rest}`") };
    mistake(line.place(), format!("there is no colon after `{word}`"), remedy)
}

/// A line that is not what those beside it are, or stands beside none.
pub(super) fn line(line: &Line<'_>) -> Option<Mistake> {
    dash(line).or_else(|| indentation(line))
}

/// A key among the items of a list, or an item among keys.
fn dash(line: &Line<'_>) -> Option<Mistake> {
    let mut beside =
        std::iter::successors(line.above(), Line::above).take_while(|above| above.indent() >= line.indent());
    let beside = beside.find(|above| above.indent() == line.indent())?;
    match (beside.is_item(), line.is_item()) {
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
            let (message, remedy) = match &deeper {
                None if ends_value(&above) => {
                    (format!("the value of `{}` has ended before this line", above.key()), beside(&above))
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
        "this line is indented less than the first, which is indented by {}",
        spaces(deeper.indent())
    );
    Some(mistake(line.head(), message, "begin all lines at the first column"))
}

/// Whether a line has a key and its whole value.
fn ends_value(line: &Line<'_>) -> bool {
    let value = line.content().split_once(": ").map_or("", |(_, value)| value.trim_start());
    !value.is_empty() && !value.starts_with(['#', '|', '>', '&', '!'])
}

fn fits_none(indent: usize) -> String {
    format!("this line is indented by {}, which fits none above it", spaces(indent))
}

/// What stands behind a value on its line.
pub(super) fn behind(line: &Line<'_>, at: usize) -> Mistake {
    let rest = &line.body[at..line.end().max(at)];
    match rest.as_bytes() {
        [b'-'] | [b'-', b' ' | b'\t', ..] => mistake(
            at..line.end(),
            "a list cannot begin within a line",
            "begin it on the next line, or put the text into quotes",
        ),
        [b']' | b'}', ..] => mistake(at..at + 1, "this closes no bracket", "remove it"),
        _ => mistake(
            at..line.end().max(at),
            "something follows the value on its line",
            "remove it, or put the whole value into quotes",
        ),
    }
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
