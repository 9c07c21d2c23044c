//! Labels and annotations in a Stack.

use std::collections::BTreeMap;

use crate::{
    api::{Service, Text, labels::RESERVED},
    translate::findings::FieldPath,
};

/// The labels and annotations of Pods or workloads in a Stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct UserLabels {
    /// The valid Kubernetes labels.
    pub labels: BTreeMap<String, String>,
    /// All labels, and the annotations.
    pub annotations: BTreeMap<String, String>,
}

impl UserLabels {
    /// Adds labels and annotations whose keys do not exist yet.
    pub(super) fn join(&mut self, more: &Self) {
        for (all, more) in [(&mut self.labels, &more.labels), (&mut self.annotations, &more.annotations)] {
            for (key, value) in more {
                all.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
}

/// Reads the labels and annotations of a service.
pub(super) fn user_labels(service: &Service, at: &FieldPath<'_>) -> UserLabels {
    let mut found = labels(&service.labels, "labels", at);
    for (key, value) in &service.annotations {
        let at = &at.key("annotations", key);
        annotation_key(key, at);
        found.annotations.insert(key.clone(), value.0.clone());
    }
    found
}

/// Reads the labels of a workload.
pub(super) fn deploy_labels(service: &Service, at: &FieldPath<'_>) -> UserLabels {
    let Some(deploy) = &service.deploy else { return UserLabels::default() };
    labels(&deploy.labels, "deploy.labels", at)
}

/// Reads the labels of a field.
pub(super) fn labels(given: &BTreeMap<String, Text>, field: &str, at: &FieldPath<'_>) -> UserLabels {
    let mut found = UserLabels::default();
    for (key, value) in given {
        let at = &at.key(field, key);
        refuse_reserved(key, at);
        if !is_key(key) {
            let message = "omitted: the name is not a valid name of a label or annotation in Kubernetes";
            at.approximate(message);
            continue;
        }
        if is_label_value(value) {
            found.labels.insert(key.clone(), value.0.clone());
        }
        found.annotations.insert(key.clone(), value.0.clone());
    }
    found
}

/// Refuses an invalid key of an annotation.
pub(super) fn annotation_key(key: &str, at: &FieldPath<'_>) {
    refuse_reserved(key, at);
    if !is_key(key) {
        let message = "the name is not a valid name of an annotation in Kubernetes: write at most 63 letters, \
                       digits, '-', '_' and '.', with an optional DNS domain and '/' before them";
        at.invalid(message);
    }
}

fn refuse_reserved(key: &str, at: &FieldPath<'_>) {
    if let Some(domain) = RESERVED.iter().find(|domain| key.starts_with(**domain)) {
        at.invalid(format!(
            "names that start with '{domain}' are reserved for Stackwright: use another name"
        ));
    }
}

/// Reports whether `key` is a valid key of a label or annotation: a name, or `domain/name`.
pub(super) fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_name(key),
        Some((domain, name)) => is_name(name) && is_domain(domain),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && is_label_value(text)
}

pub(super) fn is_domain(text: &str) -> bool {
    let label = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

pub(super) fn is_label_value(text: &str) -> bool {
    let alphanumeric = |b: Option<&u8>| b.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && alphanumeric(bytes.first())
        && alphanumeric(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_judged_as_the_api_server_judges_them() {
        for (key, fits) in [
            ("a", true),
            ("com.example.Team_1", true),
            ("example.com/team", true),
            ("Example.com/team", false),
            ("a/b/c", false),
            ("/a", false),
            ("a/", false),
            ("traefik.tls.domains[0]", false),
            (".a", false),
            ("", false),
        ] {
            assert_eq!(is_key(key), fits, "{key}");
        }
        for (value, fits) in
            [("", true), ("a.b-C_1", true), ("-a", false), ("a b", false), ("Host(`x`)", false)]
        {
            assert_eq!(is_label_value(value), fits, "{value}");
        }
        assert!(!is_label_value(&"x".repeat(64)));
    }
}
