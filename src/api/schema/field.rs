//! A field of the schema, compiled for the validation of values.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use regex::Regex;
use serde_json::Value;

use super::path::Trail;
use super::rules::{Keeps, keeps};
use super::violation::{Demand, Violation};

/// The keywords of JSON Schema that this module supports. A test fails if the definition uses another one.
#[cfg(test)]
pub(super) const KEYWORDS: [&str; 26] = [
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "message",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "required",
    "rule",
    "title",
    "type",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-validations",
];

/// The constraints of a value.
#[derive(Debug, Default)]
pub(super) struct Field {
    /// The type. `None` for an integer or string.
    kind: Option<String>,
    int_or_string: bool,
    nullable: bool,
    is_int32: bool,
    properties: BTreeMap<String, Field>,
    required: Vec<String>,
    /// The constraints of each entry of a map.
    entries: Option<Box<Field>>,
    /// The constraints of each item of a list.
    items: Option<Box<Field>>,
    /// The bounds of the number of characters, items or entries.
    length: Bounds<i64>,
    range: Bounds<f64>,
    pattern: Option<Regex>,
    words: Vec<Value>,
    /// The CEL rules, with their messages.
    rules: Vec<(Keeps, String)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bounds<T> {
    least: Option<T>,
    most: Option<T>,
}

impl Field {
    /// Compiles the schema of an object, and adds the fields that every object has and no schema lists.
    pub(super) fn of_object(schema: &JSONSchemaProps) -> Self {
        let mut object = Self::compile(schema);
        for (name, kind) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")] {
            let field = Self { kind: Some(kind.to_owned()), ..Self::default() };
            object.properties.entry(name.to_owned()).or_insert(field);
        }
        object
    }

    /// Compiles a schema. Unknown keywords are ignored: tests prove that the definition has none.
    pub(super) fn compile(schema: &JSONSchemaProps) -> Self {
        let properties = schema.properties.iter().flatten();
        let rules = schema.x_kubernetes_validations.iter().flatten();
        Self {
            kind: schema.type_.clone(),
            int_or_string: schema.x_kubernetes_int_or_string == Some(true),
            nullable: schema.nullable == Some(true),
            is_int32: schema.format.as_deref() == Some("int32"),
            properties: properties.map(|(name, schema)| (name.clone(), Self::compile(schema))).collect(),
            required: schema.required.clone().unwrap_or_default(),
            entries: match &schema.additional_properties {
                Some(JSONSchemaPropsOrBool::Schema(schema)) => Some(Box::new(Self::compile(schema))),
                _ => None,
            },
            items: match &schema.items {
                Some(JSONSchemaPropsOrArray::Schema(schema)) => Some(Box::new(Self::compile(schema))),
                _ => None,
            },
            length: Bounds {
                least: schema.min_length.or(schema.min_items).or(schema.min_properties),
                most: schema.max_length.or(schema.max_items).or(schema.max_properties),
            },
            range: Bounds { least: schema.minimum, most: schema.maximum },
            // The API server uses the syntax of RE2, as the crate does.
            pattern: schema.pattern.as_deref().and_then(|pattern| Regex::new(pattern).ok()),
            words: schema.enum_.iter().flatten().map(|word| word.0.clone()).collect(),
            rules: rules
                .filter_map(|rule| {
                    Some((keeps(&rule.rule)?, rule.message.clone().unwrap_or_else(|| rule.rule.clone())))
                })
                .collect(),
        }
    }

    /// Collects the violations of a value.
    pub(super) fn judge(&self, value: &Value, path: &Trail<'_>, found: &mut Vec<Violation>) {
        let mut say = |demand, message: String| found.push(Violation { path: path.path(), demand, message });
        if value.is_null() && self.nullable {
            return;
        }
        if !self.is_of_kind(value) {
            let kind = self.kind.as_deref();
            let wanted = kind.map_or("an integer or a string", with_article);
            say(Demand::Structure, format!("is {}, but must be {wanted}", kind_of(value)));
            return;
        }
        if let Some((length, unit)) = length(value) {
            if let Some(most) = self.length.most.filter(|most| length > *most) {
                say(Demand::Length, format!("has {length} {unit}, but at most {most} are allowed"));
            }
            if let Some(least) = self.length.least.filter(|least| length < *least) {
                say(Demand::Length, format!("has {length} {unit}, but at least {least} are required"));
            }
        }
        if let Some(number) = value.as_f64() {
            let bound = |given: Option<f64>, int32: i32| given.or(self.is_int32.then_some(f64::from(int32)));
            if let Some(most) = bound(self.range.most, i32::MAX).filter(|most| number > *most) {
                say(Demand::Range, format!("is {number}, but must be at most {most}"));
            }
            if let Some(least) = bound(self.range.least, i32::MIN).filter(|least| number < *least) {
                say(Demand::Range, format!("is {number}, but must be at least {least}"));
            }
        }
        // Messages do not show the value, which can be long or secret.
        if let (Some(pattern), Some(text)) = (&self.pattern, value.as_str())
            && !pattern.is_match(text)
        {
            say(Demand::Form, format!("must match {pattern}"));
        }
        if !self.words.is_empty() && !self.words.contains(value) {
            let words = self.words.iter().map(|word| word.as_str().unwrap_or_default());
            say(Demand::Form, format!("must be one of {}", words.collect::<Vec<_>>().join(", ")));
        }
        for name in self.required.iter().filter(|name| value.get(name.as_str()).is_none_or(Value::is_null)) {
            say(Demand::Structure, format!("has no field {name}, which is required"));
        }
        for (_, message) in self.rules.iter().filter(|(keeps, _)| !keeps(value)) {
            say(Demand::Rule, message.clone());
        }
        self.judge_within(value, path, found);
    }

    fn judge_within(&self, value: &Value, path: &Trail<'_>, found: &mut Vec<Violation>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match self.properties.get(name).or(self.entries.as_deref()) {
                        // The API server drops a null if the field is not nullable.
                        Some(field) if value.is_null() && !field.nullable => {}
                        Some(field) => field.judge(value, &path.key(name), found),
                        None if self.is_open() => {}
                        None => found.push(Violation {
                            path: path.key(name).path(),
                            demand: Demand::Structure,
                            message: "is not a field of a Stack".to_owned(),
                        }),
                    }
                }
            }
            Value::Array(items) => {
                let Some(field) = &self.items else { return };
                for (index, item) in items.iter().enumerate() {
                    field.judge(item, &path.item(index), found);
                }
            }
            _ => {}
        }
    }

    /// Reports whether the object can have any field, as `metadata`.
    fn is_open(&self) -> bool {
        self.properties.is_empty() && self.entries.is_none()
    }

    fn is_of_kind(&self, value: &Value) -> bool {
        if self.int_or_string {
            return value.is_string() || value.is_i64();
        }
        match self.kind.as_deref() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            _ => true,
        }
    }
}

/// Returns the length of a value and its unit. The API server counts characters, not bytes.
fn length(value: &Value) -> Option<(i64, &'static str)> {
    let (length, unit) = match value {
        Value::String(text) => (text.chars().count(), "characters"),
        Value::Array(items) => (items.len(), "items"),
        Value::Object(fields) => (fields.len(), "entries"),
        _ => return None,
    };
    Some((i64::try_from(length).unwrap_or(i64::MAX), unit))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn with_article(kind: &str) -> &'static str {
    match kind {
        "object" => "an object",
        "array" => "an array",
        "string" => "a string",
        "boolean" => "a boolean",
        "integer" => "an integer",
        _ => "a number",
    }
}
