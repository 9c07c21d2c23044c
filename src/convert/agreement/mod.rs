//! The last step of a conversion: what the API server and the operator say of what was made becomes verdicts on
//! the values of the project that it was made from.
//!
//! | what | where |
//! |---|---|
//! | which value of the project a place of the Stack was made from | [`origin`] |
//! | what the operator says of the Stack | [`operator`] |
//! | what the API server takes of objects beside their schema | [`limits`] |

mod limits;
mod operator;
mod origin;

use std::collections::BTreeMap;

use compose_loader::Project;
use serde_json::Value;

use self::origin::{Origin, Origins};
use super::catalogue::{self, Rule};
use super::names::Names;
use super::verdict::{Entry, Verdict};
use super::{Converted, Objects};
use crate::api::Stack;
use crate::api::schema::{self, Demand, Path};

/// What a conversion has made, before anyone has judged it.
pub(super) struct Draft {
    /// The Stack.
    pub stack: Stack,
    /// The objects that it names.
    pub objects: Objects,
    /// The verdicts of the conversion itself.
    pub entries: Vec<Entry>,
}

/// Something that is said of a place of the Stack.
struct Statement {
    path: Path,
    rule: &'static Rule,
    detail: String,
}

impl Draft {
    /// Asks the API server's schema and the operator's translation, and adds what they say.
    pub fn judged(self, project: &Project, names: &Names) -> Converted {
        let Self { stack, objects, entries } = self;
        // A Stack is texts, numbers, lists and maps, so it always serialises.
        let json = serde_json::to_value(&stack).unwrap_or_default();
        let origins = Origins { project, names, stack: &json };
        let mut statements = refused_by_the_api_server(&json);
        statements.extend(limits::statements(&json, &objects));
        let mut said = operator::Said::default();
        // What is longer than the API server takes is not worked on.
        if !statements.iter().any(|it| it.rule.id == catalogue::TOO_LONG.id) {
            said = operator::ask(&stack, &objects, &json);
            statements.append(&mut said.statements);
        }
        let mut verdicts = Verdicts::of(entries);
        for statement in statements {
            verdicts.add(statement, &origins);
        }
        let mut entries = verdicts.entries;
        super::reader::sort(&mut entries);
        let operator::Said { approximations, privileges, .. } = said;
        Converted { stack, objects, entries, approximations, privileges }
    }
}

/// What the API server refuses by the schema of the Stack.
fn refused_by_the_api_server(stack: &Value) -> Vec<Statement> {
    let violations = schema::violations(stack).into_iter();
    let statement = |violation: schema::Violation| Statement {
        rule: match violation.demand {
            Demand::Length => &catalogue::TOO_LONG,
            Demand::Range | Demand::Structure | Demand::Form | Demand::Rule => &catalogue::NOT_TAKEN,
        },
        detail: format!("{} {}", violation.path, violation.message),
        path: violation.path,
    };
    violations.map(statement).collect()
}

/// The verdicts, with those on each attribute of a service or resource together.
struct Verdicts {
    entries: Vec<Entry>,
    /// By the pointer's first three steps, the places in `entries`.
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

    /// Adds a statement as the verdict on the value that it is about, unless a verdict there says so already.
    fn add(&mut self, statement: Statement, origins: &Origins<'_>) {
        let Statement { path, rule, detail } = statement;
        let Origin { pointer, place } = origins.of(&path);
        let beside = self.by_attribute.entry(attribute(&pointer)).or_default();
        let says_so = |entry: &Entry| {
            let by = |rule: &Rule| entry.rule.is_some_and(|other| other.id == rule.id);
            // What the API server refuses, the operator never gets.
            let twice = entry.pointer == pointer
                && rule.verdict == Verdict::Refused
                && (by(&catalogue::TOO_LONG) || by(&catalogue::NOT_TAKEN))
                && !rule.is_final();
            twice || operator::said_by(rule, &path).iter().any(|rule| by(rule))
        };
        let entries = &mut self.entries;
        let on_one_line = |other: &str| is_above(other, &pointer) || is_above(&pointer, other);
        let mut near = beside.iter().map(|index| &entries[*index]).filter(|it| on_one_line(&it.pointer));
        if near.any(says_so) {
            return;
        }
        let plain = |index: &&usize| entries[**index].pointer == pointer && entries[**index].rule.is_none();
        let plain = beside.iter().find(plain).copied();
        let made = Entry { pointer, place, verdict: rule.verdict, rule: Some(rule), detail };
        match plain {
            // A value is not plainly mapped of which something is said.
            Some(index) => entries[index] = made,
            None => {
                beside.push(entries.len());
                entries.push(made);
            }
        }
    }
}

/// The pointer of the attribute that a value belongs to.
fn attribute(pointer: &str) -> String {
    let end = pointer.match_indices('/').nth(3).map_or(pointer.len(), |(end, _)| end);
    pointer[..end].to_owned()
}

/// Whether a pointer is that of a value or of one that it is part of.
fn is_above(above: &str, pointer: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
