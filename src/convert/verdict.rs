//! What is said about each value of a compose project.

use compose_loader::{Place, Sources, paths::relative};
use serde::Serialize;

use super::catalogue::Rule;

/// What becomes of a value on the cluster.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The cluster does the same.
    Mapped,
    /// It means nothing on a cluster, so that leaving it out changes nothing.
    Ignored,
    /// The cluster does something like it; the reason says what differs.
    Approximated,
    /// Leaving it out would break a promise: the conversion stops, unless the user accepts it.
    Refused,
}

impl Verdict {
    /// The word that stands in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::Ignored => "ignored",
            Self::Approximated => "approximated",
            Self::Refused => "refused",
        }
    }
}

/// The verdict on one value, or on a whole attribute of a service or resource.
#[derive(Clone, Debug)]
pub struct Entry {
    /// RFC 6901 pointer into the project as `config --format json` prints it.
    pub pointer: String,
    /// Where it was written.
    pub place: Place,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The rule that says so; nothing for a plain `mapped`.
    pub rule: Option<&'static Rule>,
    /// What is particular here; never a value that could be secret. May be empty.
    pub detail: String,
}

impl Entry {
    /// The reason: what the rule says, and what is particular here.
    #[must_use]
    pub fn reason(&self) -> String {
        let rule = self.rule.map_or("", |rule| rule.reason);
        let in_its_words = self.rule.is_some_and(Rule::is_of_the_operator);
        match (rule.is_empty() || in_its_words, self.detail.is_empty()) {
            (_, true) => rule.to_owned(),
            (true, false) => self.detail.clone(),
            (false, false) => format!("{} ({})", rule, self.detail),
        }
    }

    /// What to do about it; empty where there is nothing to do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.rule.map_or("", |rule| rule.remedy)
    }
}

/// An entry as the report has it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Line {
    /// RFC 6901 pointer into the project as `config --format json` prints it.
    pub pointer: String,
    /// The file that it was written in; nothing for what the loader adds by itself.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The rule's id, such as `SW1042`.
    pub id: Option<&'static str>,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

/// The report: one line for each entry, in the order of the pointers. Paths are shown as seen from `folder`,
/// so that a report does not depend on where the project lies.
#[must_use]
pub fn report(entries: &[Entry], sources: &Sources, folder: &str) -> Vec<Line> {
    entries
        .iter()
        .map(|entry| {
            let at = sources.locate(entry.place);
            Line {
                pointer: entry.pointer.clone(),
                file: at.as_ref().map(|at| match at.file.strip_prefix('/') {
                    Some(_) => relative(folder, &at.file),
                    None => at.file.to_string(),
                }),
                line: at.as_ref().map(|at| at.line),
                column: at.as_ref().map(|at| at.column),
                verdict: entry.verdict,
                id: entry.rule.map(|rule| rule.id),
                reason: entry.reason(),
                remedy: entry.remedy().to_owned(),
            }
        })
        .collect()
}
