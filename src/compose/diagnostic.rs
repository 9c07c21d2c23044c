//! What is said about a project: each message has a stable id, a place, and a remedy.

use super::source::{Place, Sources};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The project cannot be loaded.
    Error,
    /// The project is loaded; something in it is probably not what was meant.
    Warning,
}

/// A message about a project.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Stable name of the kind of message, such as `undefined-network`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is; [`Place::NONE`] where no text is to blame.
    pub place: Place,
    /// What is wrong, in Compose's terms.
    pub message: String,
    /// What to do about it; empty where the message says it all.
    pub remedy: String,
}

impl Diagnostic {
    /// An error.
    pub fn error(id: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { id, severity: Severity::Error, place, message: message.into(), remedy: String::new() }
    }

    /// A warning.
    pub fn warning(id: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(id, place, message) }
    }

    /// With what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The message in one line: `file:line:column: message`.
    #[must_use]
    pub fn line(&self, sources: &Sources) -> String {
        match sources.locate(self.place) {
            Some(at) => format!("{}:{}:{}: {}", at.file, at.line, at.column, self.message),
            None => self.message.clone(),
        }
    }
}

/// After so many faults the rest is not looked at: nobody reads on, and each is searched for its remedy.
pub(super) const MAX_FAULTS: usize = 50;

/// The longest name that is compared with others, and how many it is compared with: what each costs grows
/// with the product of both lengths.
const MAX_NAME: usize = 64;
const MAX_KNOWN: usize = 1000;

/// The name among `known` that was probably meant.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = |name: &str| 1 + name.len().max(written.len()) / 4;
    known
        .into_iter()
        .take(MAX_KNOWN)
        .filter(|name| written.len().max(name.len()) <= MAX_NAME)
        .filter(|name| name.len().abs_diff(written.len()) <= 4 * allowed(name))
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= allowed(name))
        .min()
        .map(|(_, name)| name)
}
