//! The CEL rules of the definition, each with an equivalent function.
//!
//! There is no CEL interpreter, because the crate `cel` depends on an ANTLR parser and a calendar with all time zones.
//! A test fails if the definition has a rule that is missing here. Another test compares the functions with an API
//! server.

use serde_json::Value;

use crate::text::validation::{LONGEST_LABEL, is_dns_label};

/// A function that reports whether a value satisfies a rule.
pub(super) type Keeps = fn(&Value) -> bool;

/// The rules by their text.
pub(super) static RULES: [(&str, Keeps); 9] = [
    (
        "self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        |stack| stack["metadata"]["name"].as_str().is_some_and(is_dns_label),
    ),
    ("self.all(name, name.size() <= 63)", |entries| {
        entries
            .as_object()
            .is_none_or(|entries| entries.keys().all(|name| name.chars().count() <= LONGEST_LABEL))
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

/// Returns the function of a rule, or `None` if the rule is unknown.
pub(super) fn keeps(rule: &str) -> Option<Keeps> {
    RULES.iter().find(|(text, _)| *text == rule).map(|(_, keeps)| *keeps)
}

/// Reports whether a field is set. The API server drops a null before it evaluates rules.
fn has(value: &Value, field: &str) -> bool {
    value.get(field).is_some_and(|value| !value.is_null())
}
