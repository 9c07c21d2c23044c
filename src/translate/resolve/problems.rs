//! The problems that are met on the way, and the words that help with them.

use compose_loader::did_you_mean;

use crate::translate::{Invalid, MOST_TOLD, Privilege, Problem, Reason};

/// How many problems of a spec are kept; of the others is known only how many there are.
const MOST_KEPT: usize = 1_000;

/// Collects the problems of a spec, so that its author mends all of them at once.
#[derive(Debug, Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    /// How many there are beside those.
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

    /// A value that cannot be used as it is.
    pub(super) fn value(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.add(Reason::InvalidValue, path, message);
    }

    /// A name that stands for nothing: `what` it should be and `place` where it would be declared.
    pub(super) fn unknown<'a>(
        &mut self,
        reason: Reason,
        path: impl Into<String>,
        (what, name, place): (&str, &str, &str),
        known: impl Iterator<Item = &'a str>,
    ) {
        // What is not told needs no search.
        let near = if self.kept.len() < MOST_TOLD { did_you_mean(name, known) } else { None };
        let remedy = match near {
            Some(close) => format!("did you mean '{close}'?"),
            None => format!("declare it under {place}, or take this reference out"),
        };
        self.add(reason, path, format!("there is no {what} '{name}' in {place}: {remedy}"));
    }

    /// Something that the namespace does not allow.
    pub(super) fn not_allowed(
        &mut self,
        path: impl Into<String>,
        what: &str,
        privilege: Privilege,
        namespace: Option<&str>,
    ) {
        let message = format!(
            "the namespace allows no {what}: its administrator allows them by 'kubectl label namespace {} \
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
