//! Stacks from bytes: equal bytes give equal Stacks, and every Stack is valid under the CRD.
//!
//! The Stacks are generated from the schema alone, so a new field needs no change here. Unit tests and the fuzz target
//! `translate` use this file.

use std::sync::LazyLock;

use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};
use stackwright::api::schema::{Path, Step, violations};
use stackwright::api::{Stack, definition};

/// Names that are chosen most often, so that references resolve.
const NAMES: [&str; 6] = ["a", "b", "db", "web", "default", "a-b"];

/// Texts with a meaning in some field.
const WORDS: [&str; 18] = [
    "",
    "db:80",
    "service:a",
    "http://db:5432/x",
    "$(A)",
    "$$(B)",
    "$(",
    "node.role==worker",
    "node.labels.a!=b",
    "*",
    "0.0.0.0",
    "::1",
    "no-new-privileges:true",
    "seccomp=unconfined",
    "0:0",
    "/",
    "../x",
    "É\u{0}\u{1f433}",
];

/// Limits of number types.
pub const LIMITS: [&str; 15] = [
    "0",
    "00",
    "1",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "170141183460469231731687303715",
    "170141183460469231731687303715884105727",
    "340282366920938463463374607431768211455",
    "99999999999999999999999999999999999999999999999999999999999999",
];

/// The shape of a Stack's spec.
pub static SPEC: LazyLock<Shape> = LazyLock::new(|| {
    let definition = serde_json::to_value(definition()).unwrap();
    Shape::read(&definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"])
});

/// Returns a Stack without the parts of the spec that violate the CRD, or `None` for a Stack that the operator cannot parse, such
/// as one with a duration that is out of range.
pub fn stack(spec: Value, name: &str) -> Option<Stack> {
    let mut stack = json!({
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack",
        "metadata": {"name": name, "namespace": "n", "uid": "u"}, "spec": spec,
    });
    loop {
        let found = violations(&stack);
        if found.is_empty() {
            return serde_json::from_value(stack).ok();
        }
        // From the end, so that removals keep earlier indexes valid.
        let places: std::collections::BTreeSet<_> = found.into_iter().map(|it| it.path).collect();
        places.iter().rev().for_each(|place| take_out(&mut stack, place));
    }
}

fn take_out(value: &mut Value, place: &Path) {
    let Some((last, above)) = place.0.split_last() else {
        panic!("the Stack as a whole is refused: {value}")
    };
    let holder = above.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(index) => value.get_mut(index),
    });
    match (last, holder) {
        (Step::Key(key), Some(Value::Object(fields))) => drop(fields.remove(key)),
        (Step::Item(index), Some(Value::Array(items))) if *index < items.len() => drop(items.remove(*index)),
        // The parent has been removed already.
        _ => {}
    }
}

/// Bytes that decide. After their end, every decision is the first choice.
pub struct Choices<'b>(pub &'b [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let (byte, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *byte
    }

    /// Returns a number below `end`, which is not zero.
    fn below(&mut self, end: usize) -> usize {
        let wide = if end > 256 { usize::from(self.byte()) << 8 } else { 0 };
        (wide | usize::from(self.byte())) % end
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

/// The shape of a value.
#[derive(Debug)]
pub enum Shape {
    /// One of these.
    Words(Vec<Value>),
    /// A boolean.
    Bool,
    /// A whole number between these.
    Number(i64, i64),
    /// A text of at most this many characters.
    Text(Option<(Hir, Regex)>, usize),
    /// A whole number or such a text.
    NumberOrText(Box<Shape>),
    /// Items of a shape, with a minimum and a maximum.
    List(Box<Shape>, usize, usize),
    /// Entries of a shape, with a maximum.
    Entries(Box<Shape>, usize),
    /// Fields by name, and whether they are required.
    Fields(Vec<(String, bool, Shape)>),
}

impl Shape {
    /// Reads a schema of the CRD.
    pub fn read(schema: &Value) -> Self {
        let number = |keyword: &str| schema[keyword].as_f64().map(|number| number as i64);
        let length = |keyword: &str| schema[keyword].as_u64().and_then(|length| usize::try_from(length).ok());
        if let Some(words) = schema["enum"].as_array() {
            return Self::Words(words.clone());
        }
        let text = || {
            let read = |pattern: &str| (regex_syntax::parse(pattern).unwrap(), Regex::new(pattern).unwrap());
            Self::Text(schema["pattern"].as_str().map(read), length("maxLength").unwrap_or(64))
        };
        if schema["x-kubernetes-int-or-string"] == true {
            return Self::NumberOrText(Box::new(text()));
        }
        match schema["type"].as_str().unwrap_or_default() {
            "boolean" => Self::Bool,
            "integer" => {
                let is_small = schema["format"] == "int32";
                let (least, most) =
                    if is_small { (i64::from(i32::MIN), i64::from(i32::MAX)) } else { (i64::MIN, i64::MAX) };
                Self::Number(number("minimum").unwrap_or(least), number("maximum").unwrap_or(most))
            }
            "string" => text(),
            "array" => Self::List(
                Box::new(Self::read(&schema["items"])),
                length("minItems").unwrap_or(0),
                length("maxItems").unwrap_or(8),
            ),
            "object" if schema["additionalProperties"].is_object() => Self::Entries(
                Box::new(Self::read(&schema["additionalProperties"])),
                length("maxProperties").unwrap_or(8),
            ),
            "object" => {
                let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
                let fields = schema["properties"].as_object().into_iter().flatten();
                let field = |(name, schema): (&String, &Value)| {
                    (name.clone(), required.iter().any(|it| *it == name), Self::read(schema))
                };
                Self::Fields(fields.map(field).collect())
            }
            other => panic!("no type that is known here: {other} in {schema}"),
        }
    }

    /// Returns a value of this shape.
    pub fn value(&self, choices: &mut Choices<'_>) -> Value {
        match self {
            Self::Words(words) => words[choices.below(words.len())].clone(),
            Self::Bool => json!(choices.below(2) == 1),
            Self::Number(least, most) => json!(number(*least, *most, choices)),
            Self::NumberOrText(text) if choices.below(8) != 7 => text.value(choices),
            Self::NumberOrText(_) => json!(number(i64::MIN, i64::MAX, choices)),
            Self::Text(pattern, most) => {
                let text = match pattern {
                    Some((form, pattern)) => formed(form, pattern, choices),
                    None => free(choices),
                };
                json!(text.chars().take(*most).collect::<String>())
            }
            Self::List(item, least, most) => {
                let length = (*least + choices.below(4)).min(*most);
                (0..length).map(|_| item.value(choices)).collect()
            }
            Self::Entries(entry, most) => {
                let entries = (0..choices.below(4).min(*most)).map(|_| {
                    let key =
                        if choices.below(16) == 15 { free(choices) } else { choices.of(&NAMES).to_owned() };
                    (key, entry.value(choices))
                });
                Value::Object(entries.collect())
            }
            Self::Fields(fields) => {
                let mut object = Map::new();
                for (name, _, shape) in fields.iter().filter(|(_, is_required, _)| *is_required) {
                    object.insert(name.clone(), shape.value(choices));
                }
                for _ in 0..choices.below(8) {
                    let Some((name, _, shape)) = fields.get(choices.below(fields.len().max(1))) else {
                        break;
                    };
                    object.insert(name.clone(), shape.value(choices));
                }
                Value::Object(object)
            }
        }
    }

    /// Returns the minimal value of this shape with one part that `choose` selects among all possible texts and numbers.
    pub fn alone(&self, choose: &mut impl FnMut(&Shape) -> Vec<Value>) -> Vec<Value> {
        match self {
            Self::Words(_) | Self::Bool => Vec::new(),
            Self::Number(..) | Self::Text(..) | Self::NumberOrText(_) => choose(self),
            Self::List(item, ..) => item.alone(choose).into_iter().map(|item| json!([item])).collect(),
            Self::Entries(entry, _) => entry.alone(choose).into_iter().map(|it| json!({"a": it})).collect(),
            Self::Fields(fields) => {
                let mut found = Vec::new();
                for (name, _, shape) in fields {
                    for value in shape.alone(choose) {
                        let mut object = self.value(&mut Choices(&[]));
                        object[name] = value;
                        found.push(object);
                    }
                }
                found
            }
        }
    }
}

fn number(least: i64, most: i64, choices: &mut Choices<'_>) -> i64 {
    match choices.below(8) {
        0 => least.max(1).min(most),
        1 => least,
        2 => most,
        3 => LIMITS[choices.below(LIMITS.len())].parse::<i64>().unwrap_or(0).clamp(least, most),
        _ => i64::from(choices.byte()).clamp(least, most),
    }
}

/// Returns any text.
fn free(choices: &mut Choices<'_>) -> String {
    match choices.below(8) {
        0..=3 => choices.of(&NAMES).to_owned(),
        4 => choices.of(&WORDS).to_owned(),
        5 => choices.of(&LIMITS).to_owned(),
        6 => {
            let length = choices.below(16);
            let bytes: Vec<u8> = (0..length).map(|_| choices.byte()).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => choices.of(&WORDS).repeat(choices.below(64)),
    }
}

/// Returns a text of a form, sometimes with a limit of a number type.
fn formed(form: &Hir, pattern: &Regex, choices: &mut Choices<'_>) -> String {
    let mut text = String::new();
    say(form, &mut text, choices);
    if !pattern.as_str().ends_with('$') {
        text.push_str(&free(choices));
    }
    match choices.below(4) {
        3 => with_number(&text, pattern, choices.of(&LIMITS)).unwrap_or(text),
        _ => text,
    }
}

/// Replaces each number of a text, if the text keeps its form.
pub fn with_number(text: &str, pattern: &Regex, number: &str) -> Option<String> {
    let numbers = Regex::new("[0-9]+").unwrap();
    let text = numbers.replace_all(text, number);
    pattern.is_match(&text).then(|| text.into_owned())
}

fn say(form: &Hir, text: &mut String, choices: &mut Choices<'_>) {
    match form.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges();
            // A name matches "any character", too.
            if ranges.iter().map(|range| range.len()).sum::<usize>() > 1000 {
                return text.push_str(choices.of(&NAMES));
            }
            let range = ranges[choices.below(ranges.len())];
            let at = u32::try_from(choices.below(range.len())).unwrap_or_default();
            text.extend(char::from_u32(u32::from(range.start()) + at));
        }
        HirKind::Class(Class::Bytes(_)) => {}
        HirKind::Repetition(repetition) => {
            let more = repetition.max.map_or(3, |most| most - repetition.min) as usize;
            for _ in 0..repetition.min as usize + choices.below(more + 1) {
                say(&repetition.sub, text, choices);
            }
        }
        HirKind::Capture(capture) => say(&capture.sub, text, choices),
        HirKind::Concat(parts) => parts.iter().for_each(|part| say(part, text, choices)),
        HirKind::Alternation(ways) => say(&ways[choices.below(ways.len())], text, choices),
    }
}
