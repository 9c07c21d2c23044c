//! Messages on standard error, each with the text that it is about.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::compose::diagnostic::{Diagnostic, Severity};
use crate::compose::source::Sources;

/// More messages than this are counted instead of shown: nobody reads on.
const MAX_SHOWN: usize = 50;

/// Prints messages, errors before warnings where not all are shown; paths below the current folder are shown
/// from there. The same message is shown once.
pub fn print(diagnostics: &[Diagnostic], sources: &Sources, folder: &str) {
    let renderer = Renderer::styled();
    let mut shown: Vec<String> = Vec::new();
    let mut chosen: Vec<&Diagnostic> = diagnostics.iter().collect();
    if chosen.len() > MAX_SHOWN {
        chosen.sort_by_key(|diagnostic| diagnostic.severity == Severity::Warning);
        chosen.truncate(MAX_SHOWN);
    }
    for diagnostic in chosen {
        let text = render(diagnostic, sources, folder, &renderer);
        if !shown.contains(&text) {
            anstream::eprintln!("{text}\n");
            shown.push(text);
        }
    }
    if diagnostics.len() > MAX_SHOWN {
        anstream::eprintln!("... and {} more messages", diagnostics.len() - MAX_SHOWN);
    }
}

fn render(diagnostic: &Diagnostic, sources: &Sources, folder: &str, renderer: &Renderer) -> String {
    let below = format!("{}/", folder.trim_end_matches('/'));
    let message = diagnostic.message.replace(&below, "");
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level.primary_title(message.as_str()).id(diagnostic.id);
    let path;
    let mut report = match (sources.get(diagnostic.place), sources.locate(diagnostic.place)) {
        (Some(source), Some(at)) => {
            // Only the line itself: a value can go on for pages.
            let start = (diagnostic.place.start as usize).min(source.text.len());
            let line_start = source.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
            let line_end = source.text[start..].find('\n').map_or(source.text.len(), |end| start + end);
            let end = (diagnostic.place.end as usize).clamp(start, line_end);
            path = source.name.strip_prefix(&below).unwrap_or(&source.name).to_owned();
            let snippet = Snippet::source(&source.text[line_start..line_end])
                .line_start(at.line)
                .path(path.as_str())
                .annotation(AnnotationKind::Primary.span(start - line_start..end - line_start));
            group.element(snippet)
        }
        _ => {
            group = group.id(diagnostic.id);
            annotate_snippets::Group::with_title(group)
        }
    };
    if !diagnostic.remedy.is_empty() {
        report = report.element(Level::HELP.message(diagnostic.remedy.as_str()));
    }
    renderer.render(&[report])
}
