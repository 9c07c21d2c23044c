//! The last step of a conversion. It checks the Stack as the API server and the operator do, and turns their messages
//! into verdicts on the values of the project.
//!
//! | topic | module |
//! |---|---|
//! | the value of the project behind a path of the Stack | [`origin`] |
//! | the messages of the operator | [`operator`] |
//! | size limits of the API server | [`limits`] |

mod finding;
mod limits;
mod operator;
mod origin;

use std::collections::BTreeMap;

use compose_loader::Project;
use serde_json::Value;

use self::finding::Finding;
use self::origin::{Origin, Origins};
use super::converted::Converted;
use super::names::Names;
use super::objects::Objects;
use super::reader::sort;
use super::verdict::Entry;
use crate::api::Stack;
use crate::api::schema::{self, Demand};
use crate::rules::{self, Rule};

/// The result of a conversion before these checks.
pub(super) struct Draft {
    /// The Stack.
    pub stack: Stack,
    /// The objects that the Stack names.
    pub objects: Objects,
    /// The entries of the conversion.
    pub entries: Vec<Entry>,
}

impl Draft {
    /// Checks the draft with the schema of the API server and the translation of the operator, and adds their
    /// findings.
    pub fn judged(self, project: &Project, names: &Names) -> Converted {
        let Self { stack, objects, entries } = self;
        // A Stack consists of texts, numbers, lists and maps, so serialization cannot fail.
        let json = serde_json::to_value(&stack).unwrap_or_default();
        let origins = Origins { project, names, stack: &json };
        let mut findings = refused_by_the_api_server(&json);
        findings.extend(limits::findings(&json, &objects));
        let mut outcome = operator::Outcome::default();
        // A Stack over the limits of the API server is not translated, since its size is not bounded.
        if !findings.iter().any(|it| it.rule.id == rules::OVER_LIMIT.id) {
            outcome = operator::check(&stack, &objects, &json);
            findings.append(&mut outcome.findings);
        }
        let mut verdicts = Verdicts::of(entries);
        for finding in findings {
            verdicts.add(finding, &origins);
        }
        let mut entries = verdicts.entries;
        sort(&mut entries);
        let operator::Outcome { approximations, privileges, .. } = outcome;
        Converted { stack, objects, entries, approximations, privileges }
    }
}

/// Returns the violations of the Stack's schema.
fn refused_by_the_api_server(stack: &Value) -> Vec<Finding> {
    let violations = schema::violations(stack).into_iter();
    let finding = |violation: schema::Violation| Finding {
        rule: match violation.demand {
            Demand::Length => &rules::OVER_LIMIT,
            Demand::Range | Demand::Structure | Demand::Form | Demand::Rule => &rules::REJECTED_VALUE,
        },
        detail: format!("{} {}", violation.path, violation.message),
        path: violation.path,
    };
    violations.map(finding).collect()
}

/// The entries, indexed by attribute of a service or resource.
struct Verdicts {
    entries: Vec<Entry>,
    /// The indexes in `entries`, by the first three steps of the pointer.
    by_attribute: BTreeMap<String, Vec<usize>>,
}

impl Verdicts {
    fn of(entries: Vec<Entry>) -> Self {
        let mut by_attribute: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            by_attribute.entry(attribute(&entry.pointer)).or_default().push(index);
        }
        Self { entries, by_attribute }
    }

    /// Adds a finding as the verdict on its value, unless an entry there says the same.
    fn add(&mut self, finding: Finding, origins: &Origins<'_>) {
        let Finding { path, rule, detail } = finding;
        let Origin { pointer, place } = origins.of(&path);
        let beside = self.by_attribute.entry(attribute(&pointer)).or_default();
        let says_so = |entry: &Entry| {
            let by = |rule: &Rule| entry.rule.is_some_and(|other| other.id == rule.id);
            // A Stack that the API server rejects never reaches the operator.
            let twice = entry.pointer == pointer
                && rule.refuses()
                && (by(&rules::OVER_LIMIT) || by(&rules::REJECTED_VALUE))
                && !rule.is_final();
            twice || operator::same_rules(rule, &path).iter().any(|rule| by(rule))
        };
        let entries = &mut self.entries;
        let on_one_line = |other: &str| is_above(other, &pointer) || is_above(&pointer, other);
        let mut near = beside.iter().map(|index| &entries[*index]).filter(|it| on_one_line(&it.pointer));
        if near.any(says_so) {
            return;
        }
        let plain = |index: &&usize| entries[**index].pointer == pointer && entries[**index].rule.is_none();
        let plain = beside.iter().find(plain).copied();
        let made = Entry { pointer, place, kind: rule.kind, rule: Some(rule), detail };
        match plain {
            // A value with a finding is no longer plainly mapped.
            Some(index) => entries[index] = made,
            None => {
                beside.push(entries.len());
                entries.push(made);
            }
        }
    }
}

/// Returns the pointer of the attribute that contains a value.
fn attribute(pointer: &str) -> String {
    let end = pointer.match_indices('/').nth(3).map_or(pointer.len(), |(end, _)| end);
    pointer[..end].to_owned()
}

/// Reports whether a pointer is the other pointer or above it.
fn is_above(above: &str, pointer: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
