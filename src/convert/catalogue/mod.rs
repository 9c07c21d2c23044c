//! All rules by which a value is not simply mapped, in one table: `stackwright explain`, the report and
//! docs/compose.md say what stands here.
//!
//! An id, once given, keeps its meaning.

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

use super::verdict::Verdict;

pub use self::{
    agreement::*, deploy::*, file::*, lint::*, network::*, process::*, project::*, secret::*, volume::*,
};

/// Why a value is not simply mapped.
#[derive(Debug)]
pub struct Rule {
    /// Its stable id, such as `SW1042`.
    pub id: &'static str,
    /// The verdict that it gives. `Mapped` for advice.
    pub verdict: Verdict,
    /// The attributes whose verdict it is wherever they stand, as paths of the schema (`services.*.ulimits`);
    /// none where it depends on the value.
    pub attributes: &'static [&'static str],
    /// What it is about, in a few words.
    pub title: &'static str,
    /// Why.
    pub reason: &'static str,
    /// What to write instead, or what to do.
    pub remedy: &'static str,
}

impl Rule {
    /// Whether it is advice, which stands beside a verdict and is none.
    #[must_use]
    pub fn is_advice(&self) -> bool {
        self.id.starts_with("SW17")
    }

    /// Whether the API server would refuse what is made of the value, so that no flag accepts it.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.id.starts_with("SW181")
    }

    /// Whether the rule is the operator's, whose own words are the reason. What is accepted of it is written.
    #[must_use]
    pub fn is_of_the_operator(&self) -> bool {
        self.id.starts_with("SW180")
    }
}

/// Declares the rules of one area, and the list of them.
macro_rules! rules {
    ($list:ident: $($name:ident $id:literal $verdict:ident [$($attribute:literal),* $(,)?]
        $title:literal, $reason:literal, $remedy:literal;)+) => {
        $(
            #[doc = concat!($id, ": ", $title, ".")]
            pub static $name: $crate::convert::catalogue::Rule = $crate::convert::catalogue::Rule {
                id: $id,
                verdict: $crate::convert::verdict::Verdict::$verdict,
                attributes: &[$($attribute),*],
                title: $title,
                reason: $reason,
                remedy: $remedy,
            };
        )+
        pub(super) static $list: &[&$crate::convert::catalogue::Rule] = &[$(&$name),+];
    };
}
pub(crate) use rules;

static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let areas = [AGREEMENT, PROJECT, PROCESS, NETWORK, VOLUME, FILE, SECRET, DEPLOY, LINT];
    let mut all: Vec<&'static Rule> = areas.into_iter().flatten().copied().collect();
    all.sort_by_key(|rule| rule.id);
    all
});

static BY_ATTRIBUTE: LazyLock<BTreeMap<&'static str, &'static Rule>> = LazyLock::new(|| {
    all().iter().flat_map(|rule| rule.attributes.iter().map(|attribute| (*attribute, *rule))).collect()
});

/// All rules, by id.
#[must_use]
pub fn all() -> &'static [&'static Rule] {
    &ALL
}

/// The rule of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().iter().find(|rule| rule.id.eq_ignore_ascii_case(id)).copied()
}

/// The rule for an attribute that has the same verdict wherever it stands.
#[must_use]
pub fn for_attribute(attribute: &str) -> Option<&'static Rule> {
    BY_ATTRIBUTE.get(attribute).copied()
}

#[cfg(test)]
mod tests {
    use super::all;

    #[test]
    fn each_id_stands_once_and_each_rule_says_all() {
        let rules = all();
        for pair in rules.windows(2) {
            assert_ne!(pair[0].id, pair[1].id);
        }
        for rule in rules {
            assert!(rule.id.len() == 6 && rule.id.starts_with("SW"), "{}", rule.id);
            for text in [rule.title, rule.reason, rule.remedy] {
                assert!(!text.is_empty(), "{}", rule.id);
            }
        }
    }
}
