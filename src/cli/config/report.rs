//! Messages on standard error, each with the text that it is about.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::compose::diagnostic::{Diagnostic, Severity};
use crate::compose::source::{Place, Sources};

/// Prints messages; paths below the current folder are shown from there. The same message is shown once.
pub fn print(diagnostics: &[Diagnostic], sources: &Sources, folder: &str) {
    let renderer = Renderer::styled();
    let mut shown: Vec<String> = Vec::new();
    for diagnostic in diagnostics {
        let text = render(diagnostic, sources, folder, &renderer);
        if !shown.contains(&text) {
            anstream::eprintln!("{text}\n");
            shown.push(text);
        }
    }
}

fn render(diagnostic: &Diagnostic, sources: &Sources, folder: &str, renderer: &Renderer) -> String {
    let below = format!("{}/", folder.trim_end_matches('/'));
    let message = diagnostic.message.replace(&below, "");
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(message.as_str()).id(diagnostic.id);
    let mut main = match excerpt(diagnostic.place, sources, &below) {
        Some(excerpt) => title.element(excerpt),
        None => Group::with_title(title),
    };
    let (placed, plain): (Vec<_>, Vec<_>) =
        diagnostic.notes.iter().partition(|note| sources.get(note.place).is_some());
    for note in plain {
        main = main.element(Level::NOTE.message(note.message.as_str()));
    }
    if !diagnostic.remedy.is_empty() {
        main = main.element(Level::HELP.message(diagnostic.remedy.as_str()));
    }
    let notes = placed.into_iter().filter_map(|note| {
        let excerpt = excerpt(note.place, sources, &below)?;
        Some(Level::NOTE.secondary_title(note.message.as_str()).element(excerpt))
    });
    let report: Vec<Group<'_>> = std::iter::once(main).chain(notes).collect();
    renderer.render(&report)
}

/// The line of a place, underlined there. Only the line itself: a value can go on for pages.
fn excerpt<'s>(place: Place, sources: &'s Sources, below: &str) -> Option<Snippet<'s, Annotation<'s>>> {
    let (source, at) = (sources.get(place)?, sources.locate(place)?);
    let text = &*source.text;
    let start = text.floor_char_boundary(place.start as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    let end = text.floor_char_boundary((place.end as usize).clamp(start, line_end));
    let snippet = Snippet::source(&text[line_start..line_end])
        .line_start(at.line)
        .path(source.name.strip_prefix(below).unwrap_or(&source.name))
        .annotation(AnnotationKind::Primary.span(start - line_start..end - line_start));
    Some(snippet)
}
