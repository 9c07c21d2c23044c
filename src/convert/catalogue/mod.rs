//! The rules of the conversion, in one table. `stackwright explain`, the report and docs/compose.md print them.
//!
//! An id keeps its meaning forever.

mod agreement;
pub mod attributes;
mod deploy;
pub mod document;
mod file;
mod lint;
mod network;
mod process;
mod project;
mod secret;
mod volume;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::verdict::{Statement, Verdict};

pub use self::{
    agreement::*, deploy::*, file::*, lint::*, network::*, process::*, project::*, secret::*, volume::*,
};

/// A numbered statement of the conversion about a value.
#[derive(Debug)]
pub struct Rule {
    /// The stable id, such as `SW1042`.
    pub id: &'static str,
    /// The verdict that the rule gives, or advice.
    pub kind: Statement,
    /// The program that applies the rule.
    pub judge: Judge,
    /// The attributes that always get this rule, as paths of the schema (`services.*.ulimits`). Empty if the rule
    /// depends on the value.
    pub attributes: &'static [&'static str],
    /// The name of the thing that the rule is about.
    pub title: &'static str,
    /// What the cluster does with the value, and why.
    pub reason: &'static str,
    /// What the user can do, as an imperative sentence. None if there is nothing to do.
    pub remedy: Option<&'static str>,
}

/// The program that applies a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Judge {
    /// The conversion itself.
    Converter,
    /// The operator's translation of the Stack. Its own message is the reason, and a value that the user allows is
    /// written to the Stack.
    Operator,
    /// The API server. No flag allows what it refuses.
    ApiServer,
}

impl Rule {
    /// Reports whether the rule refuses a value.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.kind == Statement::Verdict(Verdict::Refused)
    }

    /// Reports whether the rule is advice, which is given beside a verdict.
    #[must_use]
    pub fn is_advice(&self) -> bool {
        self.kind == Statement::Advice
    }

    /// Reports whether no flag allows what the rule refuses, since the API server would reject the object.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.judge == Judge::ApiServer
    }

    /// Reports whether the operator applies the rule.
    #[must_use]
    pub fn is_of_the_operator(&self) -> bool {
        self.judge == Judge::Operator
    }
}

/// Declares the rules of one area with the program that applies them, and the list of these rules.
macro_rules! rules {
    ($list:ident by $judge:ident: $($name:ident $id:literal $kind:ident [$($attribute:literal),* $(,)?]
        $title:literal, $reason:literal $(, $remedy:literal)?;)+) => {
        $(
            #[doc = concat!($id, ": ", $title, ".")]
            pub static $name: $crate::convert::catalogue::Rule = $crate::convert::catalogue::Rule {
                id: $id,
                kind: $crate::convert::catalogue::kind!($kind),
                judge: $crate::convert::catalogue::Judge::$judge,
                attributes: &[$($attribute),*],
                title: $title,
                reason: $reason,
                remedy: $crate::convert::catalogue::optional!($($remedy)?),
            };
        )+
        pub(super) static $list: &[&$crate::convert::catalogue::Rule] = &[$(&$name),+];
    };
}

macro_rules! kind {
    (Advice) => {
        $crate::convert::verdict::Statement::Advice
    };
    ($verdict:ident) => {
        $crate::convert::verdict::Statement::Verdict($crate::convert::verdict::Verdict::$verdict)
    };
}

macro_rules! optional {
    () => {
        None
    };
    ($text:literal) => {
        Some($text)
    };
}
pub(crate) use {kind, optional, rules};

static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let areas = [OPERATOR, API_SERVER, PROJECT, PROCESS, NETWORK, VOLUME, FILE, SECRET, DEPLOY, LINT];
    let mut all: Vec<&'static Rule> = areas.into_iter().flatten().copied().collect();
    all.sort_by_key(|rule| rule.id);
    all
});

static BY_ATTRIBUTE: LazyLock<BTreeMap<&'static str, &'static Rule>> = LazyLock::new(|| {
    all().iter().flat_map(|rule| rule.attributes.iter().map(|attribute| (*attribute, *rule))).collect()
});

/// Returns all rules, sorted by id.
#[must_use]
pub fn all() -> &'static [&'static Rule] {
    &ALL
}

/// Finds a rule by its id, in upper or lower case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().iter().find(|rule| rule.id.eq_ignore_ascii_case(id)).copied()
}

/// Returns the rule that an attribute always gets.
#[must_use]
pub fn for_attribute(attribute: &str) -> Option<&'static Rule> {
    BY_ATTRIBUTE.get(attribute).copied()
}

#[cfg(test)]
mod tests {
    use super::all;

    #[test]
    fn each_id_is_unique_and_each_rule_has_its_texts() {
        let rules = all();
        for pair in rules.windows(2) {
            assert_ne!(pair[0].id, pair[1].id);
        }
        for rule in rules {
            assert!(rule.id.len() == 6 && rule.id.starts_with("SW"), "{}", rule.id);
            for text in [rule.title, rule.reason, rule.remedy.unwrap_or("none")] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}", rule.id);
            }
        }
    }
}
