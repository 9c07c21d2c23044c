//! Collection of problems, and their messages.

use compose_loader::did_you_mean;

use crate::{
    api::Reason,
    translate::{Invalid, MOST_TOLD, Privilege, Problem},
};

/// The number of problems that are stored. The others are only counted.
const MOST_KEPT: usize = 1_000;

/// The problems of a spec, so that one message shows all of them.
#[derive(Debug, Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    /// The number of the other problems.
    more: usize,
}

impl Problems {
    pub(super) fn add(&mut self, reason: Reason, path: impl Into<String>, message: impl Into<String>) {
        if self.kept.len() < MOST_KEPT {
            self.kept.push(Problem::new(reason, path, message));
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Adds a value that cannot be used.
    pub(super) fn value(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.add(Reason::InvalidValue, path, message);
    }

    /// Adds a reference to a name that does not exist: the kind, the name and the field that declares such names.
    pub(super) fn unknown<'a>(
        &mut self,
        reason: Reason,
        path: impl Into<String>,
        (what, name, place): (&str, &str, &str),
        known: impl Iterator<Item = &'a str>,
    ) {
        // The search is slow, so it is omitted for problems that no message shows.
        let near = if self.kept.len() < MOST_TOLD { did_you_mean(name, known) } else { None };
        let remedy = match near {
            Some(close) => format!("did you mean '{close}'?"),
            None => format!("declare it in {place}, or remove this reference"),
        };
        self.add(reason, path, format!("there is no {what} '{name}' in {place}: {remedy}"));
    }

    /// Adds a setting that requires a privilege which the namespace does not grant.
    pub(super) fn not_allowed(
        &mut self,
        path: impl Into<String>,
        what: &str,
        privilege: Privilege,
        namespace: Option<&str>,
    ) {
        let message = format!(
            "the namespace does not grant {what}: ask its administrator to run 'kubectl label namespace {} \
             allow.stackwright.dev/{}=true'",
            namespace.unwrap_or("NAMESPACE"),
            privilege.as_str()
        );
        self.add(Reason::NotAllowed, path, message);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub(super) fn into_result(self) -> Result<(), Invalid> {
        Invalid::unless_empty(self.kept, self.more)
    }
}
