//! Labels and annotations in a Stack.

use std::collections::BTreeMap;

use crate::{
    api::{Service, Text, labels::RESERVED},
    text::validation::{is_label_value, is_qualified_name},
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
        if !is_qualified_name(key) {
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
    if !is_qualified_name(key) {
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
