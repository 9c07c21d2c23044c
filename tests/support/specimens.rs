//! Stacks generated from the CRD: for each rule of its schema, one that just satisfies it and one that does not.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use stackwright::api::definition;
use stackwright::api::schema::Path;

/// A Stack, and whether the API server accepts it.
pub struct Specimen {
    /// The tested property, such as `spec.services.a.ports: 1025 items`.
    pub about: String,
    /// The path.
    pub place: Path,
    /// The Stack.
    pub stack: Value,
    /// Whether the Stack is valid.
    pub is_valid: bool,
}

/// A value for each pattern of the CRD.
const MATCHING: [(&str, &str); 14] = [
    ("^/", "/a"),
    ("^0?[0-7]{3}$", "0444"),
    ("^0?[0-7]{3,4}$", "1777"),
    ("^[-._a-zA-Z0-9]+$", "a"),
    ("^[A-Z0-9+]+$", "SIGINT"),
    ("^[a-z0-9]+(/[a-z0-9]+){0,2}$", "linux/amd64"),
    ("^(none|host|service:.+)$", "host"),
    ("^(host|service:.+)$", "host"),
    ("^(no|always|unless-stopped|on-failure(:[0-9]{1,6})?)$", "always"),
    ("^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$", "1s"),
    ("^\\+?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$", "1"),
    ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a"),
    ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", "a"),
    ("^[0-9]+$", "1"),
];

/// For each CEL rule, values that satisfy it and values that do not.
fn of_rule(rule: &str) -> Option<(Vec<Value>, Vec<Value>)> {
    let key = json!({"name": "a", "key": "a"});
    let name = |name: &str| {
        json!({"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack",
        "metadata": {"name": name}, "spec": {"services": {}}})
    };
    let service =
        |replicas: i64| json!({"image": "a", "containerName": "a", "deploy": {"replicas": replicas}});
    let long = "a".repeat(63);
    Some(match rule {
        _ if rule.starts_with("self.metadata.name.size()") => (
            vec![name("a"), name("a-1"), name("1"), name(&long)],
            vec![name("a.b"), name(&(long.clone() + "a"))],
        ),
        _ if rule.starts_with("!has(self.containerName)") => (
            vec![
                service(0),
                service(1),
                json!({"image": "a", "containerName": "a", "deploy": {}}),
                json!({"image": "a", "deploy": {"replicas": 9}}),
            ],
            vec![service(2), service(10_000)],
        ),
        "has(self.secretKeyRef) != has(self.configMapKeyRef)" => (
            vec![json!({"secretKeyRef": key}), json!({"configMapKeyRef": key, "secretKeyRef": null})],
            vec![json!({}), json!({"secretKeyRef": key, "configMapKeyRef": key})],
        ),
        "has(self.content) != has(self.configMap)" => (
            vec![json!({"content": ""}), json!({"configMap": key})],
            vec![json!({}), json!({"content": "", "configMap": key})],
        ),
        "!(has(self.disable) && self.disable && has(self.test))" => (
            vec![json!({"disable": true}), json!({"disable": false, "test": ["NONE"]})],
            vec![json!({"disable": true, "test": ["NONE"]}), json!({"disable": true, "test": []})],
        ),
        _ if rule.starts_with("!has(self.test)") => (
            vec![json!({"test": []}), json!({"test": ["CMD", "x"]}), json!({"test": ["CMD-SHELL", "x"]})],
            vec![json!({"test": ["x"]}), json!({"test": ["cmd", "x"]}), json!({"test": [""]})],
        ),
        "!has(self.startInterval) || has(self.startPeriod)" => (
            vec![json!({"startInterval": "1s", "startPeriod": "1s"}), json!({"startPeriod": "1s"})],
            vec![json!({"startInterval": "1s"})],
        ),
        _ if rule.starts_with("!(has(self.source)") => (
            vec![json!({"target": "/a"}), json!({"target": "/a", "image": "a"})],
            vec![
                json!({"target": "/a", "source": "a", "hostPath": "/a"}),
                json!({"target": "/a", "source": "a", "image": "a"}),
                json!({"target": "/a", "hostPath": "/a", "image": "a"}),
                json!({"target": "/a", "source": "a", "hostPath": "/a", "image": "a"}),
            ],
        ),
        _ => return None,
    })
}

/// Returns all specimens of the CRD's spec.
pub fn specimens() -> Vec<Specimen> {
    let definition = serde_json::to_value(definition()).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let mut found = Vec::new();
    for rule in rules(schema) {
        let (good, bad) = of_rule(rule).unwrap_or_else(|| panic!("no specimens of the rule {rule}"));
        let all = good.into_iter().map(|it| (it, true)).chain(bad.into_iter().map(|it| (it, false)));
        found.extend(all.map(|(stack, is_valid)| Specimen {
            about: format!("{stack} by {rule}"),
            place: Path::default(),
            stack,
            is_valid,
        }));
    }
    let stack = |spec| json!({"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "a"}, "spec": spec});
    let place = Path::default().key("spec");
    within(&schema["properties"]["spec"], &place, &stack, &mut found);
    found
}

fn rules(schema: &Value) -> impl Iterator<Item = &str> {
    schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|rule| rule["rule"].as_str())
}

/// Adds the specimens of a schema and its children. `whole` puts a value of this path into a valid Stack.
fn within(schema: &Value, place: &Path, whole: &dyn Fn(Value) -> Value, found: &mut Vec<Specimen>) {
    for (value, is_valid, what) in values(schema) {
        found.push(Specimen {
            about: format!("{place}: {what}"),
            place: place.clone(),
            stack: whole(value),
            is_valid,
        });
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let beside = |value: Value| {
            let mut fields = least(schema);
            // If exactly one field is allowed, it is this one.
            if rules(schema).any(|rule| rule.contains(" != ")) {
                fields = json!({});
            }
            if name == "startInterval" {
                fields["startPeriod"] = json!("1s");
            }
            fields[name] = value;
            whole(fields)
        };
        within(inner, &place.key(name), &beside, found);
    }
    if schema["additionalProperties"].is_object() {
        within(&schema["additionalProperties"], &place.key("a"), &|value| whole(json!({"a": value})), found);
    }
    if schema["items"].is_object() {
        // The first word of a health check has its own rule.
        let first =
            if place.to_string().ends_with("healthcheck.test") { vec![json!("CMD")] } else { Vec::new() };
        let list = |value: Value| {
            let fillers = first.iter().cloned().chain([value]);
            whole(fillers.collect())
        };
        within(&schema["items"], &place.item(first.len()), &list, found);
    }
}

/// Returns values of a schema, each with its validity and the tested property.
fn values(schema: &Value) -> Vec<(Value, bool, String)> {
    let mut made: Vec<(Value, bool, String)> = Vec::new();
    let mut say = |value: Value, is_valid: bool, what: String| made.push((value, is_valid, what));
    let sample = least(schema);
    say(sample.clone(), true, "the least".to_owned());
    let kind = schema["type"].as_str().unwrap_or_default();
    say(json!([{"a": [1]}]), false, "a list of objects".to_owned());
    if kind != "boolean" {
        say(json!(true), false, "a boolean".to_owned());
    }
    if kind == "string" || kind == "array" {
        say(json!(7), false, "an integer".to_owned());
    }
    if kind == "object" && schema["properties"].is_object() {
        let mut with = sample.clone();
        with["nonsense"] = json!("x");
        say(with, false, "an unknown field".to_owned());
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let mut without = sample.as_object().cloned().unwrap_or_default();
            without.remove(name);
            say(without.into(), false, format!("without {name}"));
        }
    }
    if rules(schema).any(|rule| rule == "self.all(name, name.size() <= 63)") {
        for (length, is_valid) in [(63, true), (64, false)] {
            let name = "é".repeat(length);
            say(
                json!({name: least(&schema["additionalProperties"])}),
                is_valid,
                format!("a name of {length}"),
            );
        }
    }
    let number = |key: &str| schema[key].as_i64().and_then(|number| usize::try_from(number).ok());
    for (bound, step, is_valid) in [("max", 0, true), ("max", 1, false), ("min", 0, true), ("min", -1, false)]
    {
        let shifted = |bound: usize| bound.checked_add_signed(step);
        if let Some(count) = number(&format!("{bound}Items")).and_then(shifted) {
            let item = least(&schema["items"]);
            let first = if rules_of_test(schema) { json!("CMD") } else { item.clone() };
            let items = std::iter::once(first).chain(vec![item; count.saturating_sub(1)]).take(count);
            say(items.collect(), is_valid, format!("{count} items"));
        }
        if let Some(count) = number(&format!("{bound}Properties")).and_then(shifted) {
            let entry = least(&schema["additionalProperties"]);
            let entries = (0..count).map(|index| (format!("a{index}"), entry.clone()));
            say(entries.collect::<Map<_, _>>().into(), is_valid, format!("{count} entries"));
        }
        if let Some(count) = number(&format!("{bound}Length")).and_then(shifted) {
            // A text with a pattern is refused if it is too long. A short one can violate the pattern.
            let base = least(schema).as_str().unwrap_or_default().to_owned();
            let text = if count < base.len() {
                base[..count].to_owned()
            } else {
                base.clone() + &"a".repeat(count - base.len())
            };
            if schema["pattern"].is_null() || schema["pattern"] == "^/" && count > 0 || !is_valid {
                say(json!(text), is_valid, format!("{count} characters"));
            }
        }
    }
    for (bound, step, is_valid) in
        [("maximum", 0, true), ("maximum", 1, false), ("minimum", 0, true), ("minimum", -1, false)]
    {
        if let Some(limit) = schema[bound].as_f64() {
            let number = limit as i64 + step;
            say(json!(number), is_valid, format!("the number {number}"));
        }
    }
    if schema["format"] == "int32" && schema["maximum"].is_null() {
        say(json!(2_147_483_648_i64), false, "past 32 bits".to_owned());
    }
    if !schema["pattern"].is_null() {
        say(json!(" !"), false, "a text that does not match".to_owned());
        say(
            json!(format!("{}\n", least(schema).as_str().unwrap_or_default())),
            schema["pattern"] == "^/",
            "a line break at the end".to_owned(),
        );
    }
    if !schema["enum"].is_null() {
        say(json!("Nonsense"), false, "an unknown word".to_owned());
    }
    made
}

/// Reports whether a schema is that of a health check's test, whose first item is one of three.
fn rules_of_test(schema: &Value) -> bool {
    schema["description"].as_str().is_some_and(|text| text.starts_with("The command of the check: "))
}

/// Returns the smallest valid value.
fn least(schema: &Value) -> Value {
    if let Some(word) = schema["enum"].get(0) {
        return word.clone();
    }
    if schema["x-kubernetes-int-or-string"] == true {
        return json!("1");
    }
    match schema["type"].as_str().unwrap_or_default() {
        "string" => {
            let Some(pattern) = schema["pattern"].as_str() else {
                let length = schema["minLength"].as_u64().unwrap_or(1).max(1);
                return json!("a".repeat(usize::try_from(length).unwrap()));
            };
            let matching = MATCHING.iter().find(|(known, _)| *known == pattern);
            json!(matching.unwrap_or_else(|| panic!("no value for the pattern {pattern}")).1)
        }
        "integer" | "number" => json!(schema["minimum"].as_f64().map_or(1, |least| least as i64)),
        "boolean" => json!(false),
        "array" => {
            let count = schema["minItems"].as_u64().unwrap_or(0);
            (0..count).map(|_| least(&schema["items"])).collect()
        }
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let mut fields: BTreeMap<&str, Value> =
                required.map(|name| (name, least(&schema["properties"][name]))).collect();
            if let Some(rule) = rules(schema).find(|rule| rule.contains(" != ")) {
                let first = rule.trim_start_matches("has(self.").split(')').next().unwrap();
                fields.insert(first, least(&schema["properties"][first]));
            }
            json!(fields)
        }
    }
}
