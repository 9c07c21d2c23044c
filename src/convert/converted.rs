//! The result of a conversion.

use super::objects::Objects;
use super::verdict::Entry;
use crate::api::Stack;
use crate::rules::{Rule, Verdict};
use crate::translate::{Approximation, Privileges};

/// The result of a conversion. The entries include the verdicts of the API server and the operator.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The Stack, without the refused values.
    pub stack: Stack,
    /// The objects that the Stack names.
    pub objects: Objects,
    /// The verdicts on all values, by pointer.
    pub entries: Vec<Entry>,
    /// The approximations of the operator.
    pub(super) approximations: Vec<Approximation>,
    /// The privileges that the namespace must grant.
    pub(super) privileges: Privileges,
}

impl Converted {
    /// Returns the approximations of the operator. Each is also an entry.
    #[must_use]
    pub fn approximations(&self) -> &[Approximation] {
        &self.approximations
    }

    /// The privileges that the namespace must grant.
    #[must_use]
    pub fn privileges(&self) -> &Privileges {
        &self.privileges
    }

    /// Returns the refused entries whose rule the user does not allow (`all` allows each rule). The user cannot allow a
    /// rule of the API server.
    pub fn refused<'a>(&'a self, allowed: &'a [String]) -> impl Iterator<Item = &'a Entry> {
        let is_allowed = move |rule: &Rule| {
            allowed.iter().any(|name| name.eq_ignore_ascii_case("all") || rule.is_called(name))
        };
        self.entries
            .iter()
            .filter(|entry| entry.is(Verdict::Refused))
            .filter(move |entry| !entry.rule.is_some_and(|rule| !rule.is_final() && is_allowed(rule)))
    }
}
