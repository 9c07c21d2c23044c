//! Messages on standard error, each with the text that it is about.

use std::cmp::Reverse;
use std::collections::HashSet;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::compose::diagnostic::{Diagnostic, Severity};
use crate::compose::source::{Place, Sources};
use crate::convert::secrecy::quiet::Quiet;

/// More messages than this are counted, not shown.
const MAX_SHOWN: usize = 50;

/// More bytes of a line than this, before a place and after it, are not shown.
const MAX_LINE: usize = 1000;

/// Prints messages, errors last, where they are still in view; paths below the current folder are shown from
/// there. An error is shown once for a place, a warning once at all, and warnings give way where there is too
/// much to say. No message has a secret in it, and none quotes a line that shows one.
pub fn print(diagnostics: &[Diagnostic], sources: &Sources, folder: &str, quiet: &Quiet) {
    let renderer = Renderer::styled();
    let mut said = HashSet::new();
    let mut all: Vec<&Diagnostic> = diagnostics
        .iter()
        .filter(|diagnostic| {
            let place = Some(diagnostic.place).filter(|_| diagnostic.severity == Severity::Error);
            said.insert((place, diagnostic.message.as_str()))
        })
        .collect();
    all.sort_by_key(|diagnostic| diagnostic.severity);
    let more = all.len().saturating_sub(MAX_SHOWN);
    all.truncate(MAX_SHOWN);
    all.sort_by_key(|diagnostic| Reverse(diagnostic.severity));
    for diagnostic in all {
        anstream::eprintln!("{}\n", render(diagnostic, (sources, quiet), folder, &renderer));
    }
    if more > 0 {
        anstream::eprintln!("and {more} more messages\n");
    }
}

/// A path as seen from a folder, if it is below.
pub fn shown<'p>(path: &'p str, folder: &str) -> &'p str {
    path.strip_prefix(&below(folder)).unwrap_or(path)
}

fn below(folder: &str) -> String {
    format!("{}/", folder.trim_end_matches('/'))
}

fn render(
    diagnostic: &Diagnostic,
    (sources, quiet): (&Sources, &Quiet),
    folder: &str,
    renderer: &Renderer,
) -> String {
    let excerpted = excerpt(diagnostic.place, (sources, quiet), folder);
    let said = if excerpted.is_some() { diagnostic.message.clone() } else { diagnostic.line(sources) };
    let message = quiet.said(&said.replace(&below(folder), ""));
    let remedy = quiet.said(&diagnostic.remedy);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(message.as_str()).id(diagnostic.id);
    let mut main = match excerpted {
        Some(excerpt) => title.element(excerpt),
        None => Group::with_title(title),
    };
    let notes = diagnostic.notes.iter().map(|note| {
        let excerpt = excerpt(note.place, (sources, quiet), folder);
        let at = sources.locate(note.place).filter(|_| excerpt.is_none());
        let at = at.map_or(String::new(), |at| format!("{}:{}: ", shown(&at.file, folder), at.line));
        (format!("{at}{}", quiet.said(&note.message)), excerpt)
    });
    let (placed, plain): (Vec<_>, Vec<_>) = notes.partition(|(_, excerpt)| excerpt.is_some());
    for (note, _) in &plain {
        main = main.element(Level::NOTE.message(note.as_str()));
    }
    if !remedy.is_empty() {
        main = main.element(Level::HELP.message(remedy.as_str()));
    }
    let notes = placed.iter().filter_map(|(note, excerpt)| {
        Some(Level::NOTE.secondary_title(note.as_str()).element(excerpt.clone()?))
    });
    let report: Vec<Group<'_>> = std::iter::once(main).chain(notes).collect();
    renderer.render(&report)
}

/// The line of a place, underlined there. Only the line itself: a value can go on for pages. And only the
/// beginning of a long one; nothing of a line of which that would not show the place, or that shows a secret.
fn excerpt<'s>(
    place: Place,
    (sources, quiet): (&'s Sources, &Quiet),
    folder: &str,
) -> Option<Snippet<'s, Annotation<'s>>> {
    let (source, at) = (sources.get(place)?, sources.locate(place)?);
    let text = &*source.text;
    let start = text.floor_char_boundary(place.start as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    if start - line_start > MAX_LINE {
        return None;
    }
    let long = text.floor_char_boundary(start + MAX_LINE);
    let line_end = text[start..long].find('\n').map_or(long, |end| start + end);
    let end = text.floor_char_boundary((place.end as usize).clamp(start, line_end));
    let bytes = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let reach = Place { start: bytes(line_start), end: bytes(line_end), ..place };
    if quiet.hides(&text[line_start..line_end], reach) {
        return None;
    }
    let snippet = Snippet::source(&text[line_start..line_end])
        .line_start(at.line)
        .path(shown(&source.name, folder))
        .annotation(AnnotationKind::Primary.span(start - line_start..end - line_start));
    Some(snippet)
}
