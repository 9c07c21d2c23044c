//! The verdicts and the advice on the values of a project, and the report of them.

use compose_loader::{Place, Sources, paths::relative};
use serde::Serialize;

use crate::rules::{Kind, Rule, Verdict};

/// A verdict or advice on one value, or on an attribute of a service or resource as a whole.
#[derive(Clone, Debug)]
pub struct Entry {
    /// RFC 6901 pointer into the project as `config --format json` prints it.
    pub pointer: String,
    /// The place of the value in the files.
    pub place: Place,
    /// The verdict, or advice.
    pub kind: Kind,
    /// The rule that applies. None for a plain `mapped`.
    pub rule: Option<&'static Rule>,
    /// The details of this value. Never a text that could be secret. Can be empty.
    pub detail: String,
}

impl Entry {
    /// Reports whether this is the given verdict.
    #[must_use]
    pub fn is(&self, verdict: Verdict) -> bool {
        self.kind == Kind::Verdict(verdict)
    }

    /// Returns the reason of the rule with the details of this value.
    #[must_use]
    pub fn reason(&self) -> String {
        let rule = self.rule.map_or("", |rule| rule.reason);
        // The operator's message is a whole sentence with its own reason.
        let detail_is_reason = self.rule.is_some_and(Rule::is_of_the_operator);
        match (rule.is_empty() || detail_is_reason, self.detail.is_empty()) {
            (_, true) => rule.to_owned(),
            (true, false) => self.detail.clone(),
            (false, false) => format!("{} ({})", rule, self.detail),
        }
    }

    /// Returns what the user can do.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        self.rule?.remedy
    }
}

/// An entry as the JSON report contains it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Line {
    /// RFC 6901 pointer into the project as `config --format json` prints it.
    pub pointer: String,
    /// The file with the value. None for a value that the loader adds.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// The verdict, or `advice`.
    #[serde(rename = "verdict")]
    pub kind: Kind,
    /// The id of the rule, such as `host-path`.
    pub id: Option<&'static str>,
    /// The number of the rule, such as `SW1351`.
    pub alias: Option<&'static str>,
    /// What the cluster does, and why.
    pub reason: String,
    /// What the user can do.
    pub remedy: Option<&'static str>,
}

/// Returns one line for each entry, sorted by pointer. Paths are relative to `folder`, so that a report does not
/// depend on the project's location.
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
                kind: entry.kind,
                id: entry.rule.map(|rule| rule.id),
                alias: entry.rule.and_then(|rule| rule.alias),
                reason: entry.reason(),
                remedy: entry.remedy(),
            }
        })
        .collect()
}
