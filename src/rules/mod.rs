//! The rules: all that Stackwright can say about a Compose project, each with its text, remedy and example.
//!
//! `stackwright explain`, the reports, docs/rules.md and docs/compose.md print them. An id keeps its meaning forever.
//!
//! | list | what applies its rules |
//! |---|---|
//! | the rules of `compose_loader` | the loader |
//! | `conversion` | the conversion, and its checks of the Stack |

pub mod attributes;
mod conversion;
pub mod document;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use compose_loader::{Example, Severity, did_you_mean};
use serde::Serialize;

pub use self::conversion::*;

/// A statement about a value of a Compose project.
#[derive(Debug)]
pub struct Rule {
    /// The stable id, such as `host-path`.
    pub id: &'static str,
    /// The number by which the rule was known before it had a name, such as `SW1351`.
    pub alias: Option<&'static str>,
    /// What the rule states.
    pub kind: Kind,
    /// The program that applies the rule.
    pub judge: Judge,
    /// The attributes that always get this rule, as paths of the schema (`services.*.ulimits`). Empty if the rule
    /// depends on the value.
    pub attributes: &'static [&'static str],
    /// The name of the thing that the rule is about.
    pub title: &'static str,
    /// What becomes of the value, and why.
    pub reason: &'static str,
    /// What the user can do, as an imperative sentence. None if there is nothing to do.
    pub remedy: Option<&'static str>,
    /// A project to which the rule applies.
    pub example: Example,
}

/// What becomes of a value on the cluster.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// The cluster does the same.
    Mapped,
    /// The value has no meaning on a cluster, so nothing changes without it.
    Ignored,
    /// The cluster does something similar. The reason names the difference.
    Approximated,
    /// The project would not work as written without the value. The conversion fails unless the user allows it.
    Refused,
}

/// What a rule states.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "&'static str")]
pub enum Kind {
    /// The project cannot be loaded.
    Error,
    /// The project is loaded, but probably contains a mistake.
    Warning,
    /// What becomes of the value.
    Verdict(Verdict),
    /// A hint, which changes nothing in the result.
    Advice,
}

impl Kind {
    /// Returns the word that reports print.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Verdict(Verdict::Mapped) => "mapped",
            Self::Verdict(Verdict::Ignored) => "ignored",
            Self::Verdict(Verdict::Approximated) => "approximated",
            Self::Verdict(Verdict::Refused) => "refused",
            Self::Advice => "advice",
        }
    }
}

impl From<Kind> for &'static str {
    fn from(kind: Kind) -> Self {
        kind.as_str()
    }
}

/// The program that applies a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Judge {
    /// The Compose loader.
    Loader,
    /// The conversion itself.
    Converter,
    /// The operator's translation of the Stack. Its own message is the reason, and a value that the user allows is
    /// written to the Stack.
    Operator,
    /// The API server. No flag allows what it refuses.
    ApiServer,
}

impl Rule {
    /// Reports whether a text is the id or the alias of the rule, in upper or lower case.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        std::iter::once(self.id).chain(self.alias).any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Reports whether the rule refuses a value.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.kind == Kind::Verdict(Verdict::Refused)
    }

    /// Reports whether the rule is advice, which is given beside a verdict.
    #[must_use]
    pub fn is_advice(&self) -> bool {
        self.kind == Kind::Advice
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

impl From<&compose_loader::Rule> for Rule {
    fn from(rule: &compose_loader::Rule) -> Self {
        let kind = match rule.severity {
            Severity::Error => Kind::Error,
            Severity::Warning => Kind::Warning,
        };
        Self {
            id: rule.id,
            alias: None,
            kind,
            judge: Judge::Loader,
            attributes: &[],
            title: rule.title,
            reason: rule.explanation,
            remedy: rule.remedy,
            example: rule.example,
        }
    }
}

static LOADER: LazyLock<Vec<Rule>> =
    LazyLock::new(|| compose_loader::rules().into_iter().map(Rule::from).collect());

static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let mut all: Vec<&'static Rule> = LOADER.iter().chain(conversion::all()).collect();
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

/// Finds a rule by its id or its alias, in upper or lower case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    all().iter().find(|rule| rule.is_called(name)).copied()
}

/// Returns the id that a misspelled one probably means.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    did_you_mean(&name.to_lowercase(), all().iter().map(|rule| rule.id))
}

/// Returns the rule that an attribute always gets.
#[must_use]
pub fn for_attribute(attribute: &str) -> Option<&'static Rule> {
    BY_ATTRIBUTE.get(attribute).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use compose_loader::Example;

    use super::{Judge, all};

    #[test]
    fn each_id_is_unique_and_each_rule_has_its_texts() {
        let mut seen = BTreeSet::new();
        for rule in all() {
            for name in std::iter::once(rule.id).chain(rule.alias) {
                assert!(seen.insert(name.to_lowercase()), "{name} stands twice");
            }
            let (Example::Files(example) | Example::None(example)) = rule.example;
            for text in [rule.title, rule.reason, rule.remedy.unwrap_or("none"), example] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", rule.id);
            }
        }
    }

    #[test]
    fn each_id_of_the_conversion_is_in_kebab_case_and_has_a_number() {
        for rule in all().iter().filter(|rule| rule.judge != Judge::Loader) {
            let is_word = |word: &str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase());
            assert!(rule.id.split('-').all(is_word), "{}", rule.id);
            let alias = rule.alias.unwrap_or_default();
            assert!(alias.len() == 6 && alias.starts_with("SW"), "{}: {alias}", rule.id);
        }
    }
}
