//! Validation against the schema of the Compose Specification.
//!
//! The schema is the file of the specification without descriptions. The validator supports the keywords of JSON Schema
//! that the file uses. A handwritten table would be shorter, but a mistake in it would reject files that Docker Compose
//! accepts, and every version of the specification would need changes by hand. A test fails where a new file uses a
//! pattern that [`compile`] does not support.

mod alike;
mod compile;
mod remedy;

use std::collections::HashMap;

use self::alike::{COMPARED, alike};
use self::compile::{Additional, SCHEMAS, Schema, Schemas};
pub use self::remedy::of_service;
use crate::diagnostic::{Diagnostic, MAX_FAULTS};
use crate::merge;
use crate::nearest::did_you_mean;
use crate::rules::{self, Rule};
use crate::source::Place;
use crate::trail::Trail;
use crate::tree::{Map, Node, Value};

/// Returns the violations of the schema.
#[must_use]
pub fn validate(root: &Node) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    unprintable(root, &Trail::ROOT, &mut faults);
    if faults.is_empty() {
        Check { schemas: &SCHEMAS }.node(0, root, &Trail::ROOT, &mut faults);
    }
    faults.into_iter().map(Fault::diagnostic).collect()
}

/// A violation of the schema.
struct Fault {
    /// The depth in the tree. Of several alternatives, the user probably meant the one that matches deepest.
    depth: usize,
    place: Place,
    path: String,
    kind: FaultKind,
}

enum FaultKind {
    Type { wanted: Vec<&'static str>, found: &'static str, remedy: String },
    Unknown { key: String, remedy: String },
    Other { rule: &'static Rule, message: String, remedy: String },
}

impl Fault {
    fn diagnostic(self) -> Diagnostic {
        let Fault { place, path, .. } = self;
        let path = if path.is_empty() { "the project".to_owned() } else { path };
        match self.kind {
            FaultKind::Type { wanted, found, remedy } => Diagnostic::new(
                &rules::WRONG_TYPE,
                place,
                format!("{path} must be {}, not {found}", remedy::alternatives(&wanted)),
            )
            .remedy(remedy),
            FaultKind::Unknown { key, remedy } => Diagnostic::new(
                &rules::UNKNOWN_KEY,
                place,
                format!("{path}: additional properties '{key}' not allowed"),
            )
            .remedy(remedy),
            FaultKind::Other { rule, message, remedy } => {
                Diagnostic::new(rule, place, format!("{path} {message}")).remedy(remedy)
            }
        }
    }
}

/// Finds numbers that JSON cannot represent.
fn unprintable(node: &Node, trail: &Trail<'_>, faults: &mut Vec<Fault>) {
    match &node.value {
        Value::Float(value) if !value.is_finite() => {
            let message = format!("is {}, which is not a finite number", node.value);
            faults.push(other(
                &rules::INVALID_NUMBER,
                node.place,
                trail,
                message,
                "write a finite number, or put the value into quotes",
            ));
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                unprintable(item, &trail.index(index), faults);
            }
        }
        Value::Map(map) => {
            for (key, child) in map.iter() {
                unprintable(child, &trail.key(key), faults);
            }
        }
        _ => {}
    }
}

fn other(rule: &'static Rule, place: Place, trail: &Trail<'_>, message: String, remedy: &str) -> Fault {
    let kind = FaultKind::Other { rule, message, remedy: remedy.to_owned() };
    Fault { depth: trail.depth(), place, path: trail.to_string(), kind }
}

fn of_type(wanted: Vec<&'static str>, node: &Node, trail: &Trail<'_>) -> Fault {
    let remedy = remedy::of_type(&wanted, &node.value);
    let kind = FaultKind::Type { wanted, found: node.value.kind(), remedy };
    Fault { depth: trail.depth(), place: node.place, path: trail.to_string(), kind }
}

struct Check<'s> {
    schemas: &'s Schemas,
}

impl Check<'_> {
    fn node(&self, id: usize, node: &Node, trail: &Trail<'_>, faults: &mut Vec<Fault>) {
        let schema = self.schemas.get(id);
        if !schema.types.accepts(&node.value) {
            faults.push(of_type(schema.types.words(), node, trail));
            return;
        }
        if let Some(reference) = schema.reference {
            self.node(reference, node, trail, faults);
        }
        for &part in &schema.all_of {
            self.node(part, node, trail, faults);
        }
        if !schema.one_of.is_empty() {
            self.one_of(schema, node, trail, faults);
        }
        if !schema.any_of.is_empty() {
            let any = schema.any_of.iter().any(|&form| {
                let mut faults = Vec::new();
                self.node(form, node, trail, &mut faults);
                faults.is_empty()
            });
            if !any {
                faults.push(other(
                    &rules::MISSING_KEY,
                    node.place,
                    trail,
                    "matches none of its allowed forms".to_owned(),
                    "add the missing keys",
                ));
            }
        }
        match &node.value {
            Value::Map(map) => self.map(schema, node, map, trail, faults),
            Value::List(items) => self.list(schema, items, trail, faults),
            Value::Str(text) => scalar_text(schema, text, node, trail, faults),
            Value::Int(value) => bounds(schema, *value as f64, node, trail, faults),
            Value::Uint(value) => bounds(schema, *value as f64, node, trail, faults),
            Value::Float(value) => bounds(schema, *value, node, trail, faults),
            _ => {}
        }
    }

    /// Checks that one alternative matches. Otherwise, reports the violations of the one that the user probably meant.
    fn one_of(&self, schema: &Schema, node: &Node, trail: &Trail<'_>, faults: &mut Vec<Fault>) {
        let mut best: Option<Vec<Fault>> = None;
        let mut valid = 0;
        let found = |form| {
            let mut found = Vec::new();
            self.node(form, node, trail, &mut found);
            found
        };
        // In almost all cases, the type selects the alternative.
        let fits = |form: &usize| self.schemas.get(*form).types.accepts(&node.value);
        for form in schema.one_of.iter().copied().filter(fits) {
            let found = found(form);
            if found.is_empty() {
                valid += 1;
                continue;
            }
            if let [Fault { depth, kind: FaultKind::Type { .. }, .. }] = found.as_slice()
                && *depth == trail.depth()
            {
                continue;
            }
            let reach = |faults: &[Fault]| faults.iter().map(|fault| fault.depth).max();
            if best.as_deref().is_none_or(|best| reach(best) < reach(&found)) {
                best = Some(found);
            }
        }
        match (valid, best) {
            (1, _) => {}
            (0, Some(best)) => faults.extend(best),
            (0, None) => {
                let wanted =
                    schema.one_of.iter().flat_map(|&form| found(form)).flat_map(|fault| match fault.kind {
                        FaultKind::Type { wanted, .. } => wanted,
                        _ => Vec::new(),
                    });
                faults.push(of_type(wanted.collect(), node, trail));
            }
            _ => faults.push(other(
                &rules::AMBIGUOUS,
                node.place,
                trail,
                "matches several forms at once".to_owned(),
                "use one of the forms",
            )),
        }
    }

    fn map(&self, schema: &Schema, node: &Node, map: &Map, trail: &Trail<'_>, faults: &mut Vec<Fault>) {
        for required in &schema.required {
            if !map.has(required) {
                let message = format!("is missing property '{required}'");
                faults.push(other(
                    &rules::MISSING_KEY,
                    node.place,
                    trail,
                    message,
                    &format!("add `{required}:`"),
                ));
            }
        }
        if schema.is_open() {
            return;
        }
        for (key, entry) in map.entries() {
            if faults.len() >= MAX_FAULTS {
                return;
            }
            let mut known = false;
            if let Some(property) = schema.property(key) {
                known = true;
                self.node(property, &entry.node, &trail.key(key), faults);
            }
            for (pattern, value) in &schema.patterns {
                if pattern.matches(key) {
                    known = true;
                    self.node(*value, &entry.node, &trail.key(key), faults);
                }
            }
            if known {
                continue;
            }
            let refused = match schema.additional {
                Additional::Any => schema.unevaluated && !self.schemas.evaluated(schema, key),
                Additional::None => true,
            };
            if refused {
                let remedy = self.schemas.of_unknown_key(schema, key, &entry.node, trail);
                let kind = FaultKind::Unknown { key: key.to_string(), remedy };
                faults.push(Fault {
                    depth: trail.depth() + 1,
                    place: entry.key,
                    path: trail.to_string(),
                    kind,
                });
            }
        }
    }

    fn list(&self, schema: &Schema, items: &[Node], trail: &Trail<'_>, faults: &mut Vec<Fault>) {
        if let Some(form) = schema.items {
            for (index, item) in items.iter().enumerate() {
                if faults.len() >= MAX_FAULTS {
                    return;
                }
                self.node(form, item, &trail.index(index), faults);
            }
        }
        if schema.unique && items.len() > 1 {
            let mut seen: HashMap<u64, usize> = HashMap::new();
            for (index, item) in items.iter().enumerate() {
                let equal = if items.len() > COMPARED {
                    let first = *seen.entry(merge::digest(&item.value)).or_insert(index);
                    (first != index && items[first] == *item).then_some(first)
                } else {
                    items[..index].iter().position(|earlier| alike(&earlier.value, &item.value))
                };
                if let Some(first) = equal {
                    let message = format!("items at {first} and {index} are equal");
                    faults.push(other(
                        &rules::DUPLICATE_ITEM,
                        item.place,
                        trail,
                        message,
                        "remove one of the two",
                    ));
                }
            }
        }
    }
}

fn scalar_text(schema: &Schema, text: &str, node: &Node, trail: &Trail<'_>, faults: &mut Vec<Fault>) {
    if !schema.allowed.is_empty() && !schema.allowed.iter().any(|allowed| allowed == text) {
        let all = schema.allowed.iter().map(|allowed| format!("'{allowed}'")).collect::<Vec<_>>().join(", ");
        let remedy = match did_you_mean(text, schema.allowed.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write one of these values".to_owned(),
        };
        faults.push(other(
            &rules::UNKNOWN_VALUE,
            node.place,
            trail,
            format!("value must be one of {all}, not '{text}'"),
            &remedy,
        ));
    }
    if let Some(pattern) = schema.pattern
        && !pattern.matches(text)
    {
        let message = format!("'{text}' does not match pattern {}", pattern.source());
        faults.push(other(&rules::UNKNOWN_VALUE, node.place, trail, message, pattern.remedy()));
    }
}

fn bounds(schema: &Schema, value: f64, node: &Node, trail: &Trail<'_>, faults: &mut Vec<Fault>) {
    if let Some(minimum) = schema.minimum.filter(|minimum| value < *minimum) {
        let message = format!("must be greater than or equal to {minimum}");
        faults.push(other(&rules::OUT_OF_RANGE, node.place, trail, message, "write a larger number"));
    }
    if let Some(maximum) = schema.maximum.filter(|maximum| value > *maximum) {
        let message = format!("must be less than or equal to {maximum}");
        faults.push(other(&rules::OUT_OF_RANGE, node.place, trail, message, "write a smaller number"));
    }
}
