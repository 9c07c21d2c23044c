//! The CEL rules of the definition, each beside the function that says the same.
//!
//! An interpreter of CEL weighs more than all of the rules: the crate `cel` brings a parser made by ANTLR and a
//! calendar with all time zones. A test fails where the definition has a rule that is not here, and another asks an
//! API server whether it judges as the functions do.

use serde_json::Value;

/// Whether a value keeps a rule.
pub(super) type Keeps = fn(&Value) -> bool;

/// The rules by their text.
pub(super) static RULES: [(&str, Keeps); 9] = [
    (
        "self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        |stack| stack["metadata"]["name"].as_str().is_some_and(is_label),
    ),
    ("self.all(name, name.size() <= 63)", |entries| {
        entries.as_object().is_none_or(|entries| entries.keys().all(|name| name.chars().count() <= 63))
    }),
    (
        "!has(self.containerName) || !has(self.deploy) || !has(self.deploy.replicas) || self.deploy.replicas <= 1",
        |service| {
            !has(service, "containerName") || service["deploy"]["replicas"].as_i64().is_none_or(|it| it <= 1)
        },
    ),
    ("has(self.secretKeyRef) != has(self.configMapKeyRef)", |source| {
        has(source, "secretKeyRef") != has(source, "configMapKeyRef")
    }),
    ("!(has(self.disable) && self.disable && has(self.test))", |check| {
        !(check["disable"] == true && has(check, "test"))
    }),
    ("!has(self.test) || self.test.size() == 0 || self.test[0] in ['CMD', 'CMD-SHELL', 'NONE']", |check| {
        let first = check["test"].get(0).and_then(Value::as_str);
        first.is_none_or(|word| ["CMD", "CMD-SHELL", "NONE"].contains(&word))
    }),
    ("!has(self.startInterval) || has(self.startPeriod)", |check| {
        !has(check, "startInterval") || has(check, "startPeriod")
    }),
    (
        "!(has(self.source) && (has(self.hostPath) || has(self.image))) && !(has(self.hostPath) && has(self.image))",
        |mount| ["source", "hostPath", "image"].into_iter().filter(|origin| has(mount, origin)).count() <= 1,
    ),
    ("has(self.content) != has(self.configMap)", |config| has(config, "content") != has(config, "configMap")),
];

/// The function of a rule; none for a rule that is not known here.
pub(super) fn keeps(rule: &str) -> Option<Keeps> {
    RULES.iter().find(|(text, _)| *text == rule).map(|(_, keeps)| *keeps)
}

/// Whether a field is set. The API server drops a null before it asks.
fn has(value: &Value, field: &str) -> bool {
    value.get(field).is_some_and(|value| !value.is_null())
}

/// `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`, of at most 63 characters.
fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}
