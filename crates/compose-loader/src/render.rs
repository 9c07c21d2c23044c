//! Text of diagnostics, with excerpts of the files.
//!
//! ```
//! use compose_loader::render::Renderer;
//! use compose_loader::{Input, MemoryFiles, Request, load};
//!
//! let text = "services: {web: {imge: nginx}}".to_owned();
//! let files = vec![Input { path: "compose.yaml".to_owned(), text: Some(text) }];
//! let request = Request { files, default_name: "demo".to_owned(), ..Request::default() };
//! let loaded = load(&request, &MemoryFiles::default());
//! let report = Renderer::new(&loaded.sources).plain().report(&loaded.diagnostics);
//! assert!(report.contains("help: did you mean `image`?"));
//! ```

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashSet;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Snippet};

use crate::diagnostic::Diagnostic;
use crate::paths::shorten;
use crate::rules::Severity;
use crate::source::{Place, Sources};

/// The number of diagnostics that a report shows. It counts the others.
const MAX_SHOWN: usize = 50;

/// The number of bytes of a line that an excerpt shows before a place, and from its start.
const MAX_LINE: usize = 1000;

/// Decides which parts of a project reports do not show, such as passwords.
pub trait Redact {
    /// Reports whether excerpts omit a line of a file, which reaches over `place`.
    fn hides(&self, line: &str, place: Place) -> bool;

    /// Returns the text of a message without the parts that must not be shown.
    fn redact<'t>(&self, text: &'t str) -> Cow<'t, str>;
}

/// Shows everything.
#[derive(Clone, Copy, Debug)]
struct ShowAll;

impl Redact for ShowAll {
    fn hides(&self, _line: &str, _place: Place) -> bool {
        false
    }

    fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        text.into()
    }
}

/// Renders diagnostics as text.
pub struct Renderer<'a> {
    sources: &'a Sources,
    folder: &'a str,
    redact: &'a dyn Redact,
    style: annotate_snippets::Renderer,
}

impl<'a> Renderer<'a> {
    /// Creates a renderer for diagnostics with places in `sources`. The text has ANSI colors.
    #[must_use]
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources, folder: "", redact: &ShowAll, style: annotate_snippets::Renderer::styled() }
    }

    /// Renders without colors.
    #[must_use]
    pub fn plain(self) -> Self {
        Self { style: annotate_snippets::Renderer::plain(), ..self }
    }

    /// Cuts excerpts to this number of columns. The default is 140.
    #[must_use]
    pub fn width(self, columns: usize) -> Self {
        Self { style: self.style.term_width(columns), ..self }
    }

    /// Shows paths below `folder` relative to it.
    #[must_use]
    pub fn folder(self, folder: &'a str) -> Self {
        Self { folder, ..self }
    }

    /// Omits the parts that `redact` decides about.
    #[must_use]
    pub fn redact(self, redact: &'a dyn Redact) -> Self {
        Self { redact, ..self }
    }

    /// Renders diagnostics: errors last, where a terminal shows them.
    ///
    /// An error appears once for each place, and a warning once. Of more than 50 diagnostics, the report shows the
    /// errors first and counts the others.
    #[must_use]
    pub fn report(&self, diagnostics: &[Diagnostic]) -> String {
        let mut seen = HashSet::new();
        let mut all: Vec<&Diagnostic> = diagnostics
            .iter()
            .filter(|diagnostic| {
                let place = Some(diagnostic.place).filter(|_| diagnostic.severity == Severity::Error);
                seen.insert((place, diagnostic.message.as_str()))
            })
            .collect();
        all.sort_by_key(|diagnostic| diagnostic.severity);
        let more = all.len().saturating_sub(MAX_SHOWN);
        all.truncate(MAX_SHOWN);
        all.sort_by_key(|diagnostic| Reverse(diagnostic.severity));
        let mut report: String = all.into_iter().map(|diagnostic| self.render(diagnostic) + "\n\n").collect();
        if more > 0 {
            report += &format!("and {more} more messages\n\n");
        }
        report
    }

    /// Renders one diagnostic, without a newline at its end.
    #[must_use]
    pub fn render(&self, diagnostic: &Diagnostic) -> String {
        let excerpted = self.excerpt(diagnostic.place);
        let message = match excerpted {
            Some(_) => diagnostic.message.clone(),
            None => diagnostic.line(self.sources),
        };
        let message = match self.folder.trim_end_matches('/') {
            "" => message,
            folder => message.replace(&format!("{folder}/"), ""),
        };
        let message = self.redact.redact(&message);
        let remedy = self.redact.redact(&diagnostic.remedy);
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(&*message).id(diagnostic.id);
        let mut main = match excerpted {
            Some(excerpt) => title.element(excerpt),
            None => Group::with_title(title),
        };
        let notes = diagnostic.notes.iter().map(|note| {
            let excerpt = self.excerpt(note.place);
            let at = self.sources.locate(note.place).filter(|_| excerpt.is_none());
            let at =
                at.map_or(String::new(), |at| format!("{}:{}: ", shorten(&at.file, self.folder), at.line));
            (format!("{at}{}", self.redact.redact(&note.message)), excerpt)
        });
        let (placed, plain): (Vec<_>, Vec<_>) = notes.partition(|(_, excerpt)| excerpt.is_some());
        for (note, _) in &plain {
            main = main.element(Level::NOTE.message(note.as_str()));
        }
        if !remedy.is_empty() {
            main = main.element(Level::HELP.message(&*remedy));
        }
        let notes = placed.iter().filter_map(|(note, excerpt)| {
            Some(Level::NOTE.secondary_title(note.as_str()).element(excerpt.clone()?))
        });
        let report: Vec<Group<'_>> = std::iter::once(main).chain(notes).collect();
        self.style.render(&report)
    }

    /// Returns the line of a place, underlined there. A value can have many lines, and a line can be long: only the
    /// first line is shown, and nothing where its beginning does not contain the place or the line is hidden.
    fn excerpt(&self, place: Place) -> Option<Snippet<'a, Annotation<'a>>> {
        let (source, at) = (self.sources.get(place)?, self.sources.locate(place)?);
        let text = &*source.text;
        let start = text.floor_char_boundary(place.start as usize);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        if start - line_start > MAX_LINE {
            return None;
        }
        let long = text.floor_char_boundary(start + MAX_LINE);
        let line_end = text[start..long].find('\n').map_or(long, |end| start + end);
        let end = text.floor_char_boundary((place.end as usize).clamp(start, line_end));
        let reach = Place::of(place.file, line_start..line_end);
        if self.redact.hides(&text[line_start..line_end], reach) {
            return None;
        }
        let snippet = Snippet::source(&text[line_start..line_end])
            .line_start(at.line)
            .path(shorten(&source.name, self.folder))
            .annotation(AnnotationKind::Primary.span(start - line_start..end - line_start));
        Some(snippet)
    }
}
