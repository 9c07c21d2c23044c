//! Environment variables. Kubernetes expands `$(NAME)` only to variables that come before, so they are ordered.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMapKeySelector, EnvVar, EnvVarSource, SecretKeySelector};

use super::reads::Read;
use crate::{
    api::{EnvironmentSource, Reason, Service},
    translate::{ObjectKind, findings::FieldPath, order::order},
};

/// Returns the variables of a service: first those from Secrets and ConfigMaps by name, then the others, each after the
/// variables to which it refers.
pub(super) fn environment(service: &Service, at: &FieldPath<'_>) -> Vec<EnvVar> {
    for (name, field) in service
        .environment
        .keys()
        .map(|name| (name, "environment"))
        .chain(service.environment_from.keys().map(|name| (name, "environmentFrom")))
    {
        if name.is_empty() || name.contains('=') || !name.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            let message = format!(
                "'{name}' is not a valid name of a variable: write printable ASCII characters without '='"
            );
            at.child(field).problem(Reason::InvalidName, message);
        }
    }
    for name in service.environment_from.keys().filter(|name| service.environment.contains_key(*name)) {
        let message = "the variable is also set in 'environment': remove one of the two";
        at.key("environmentFrom", name).invalid(message);
    }
    let from = service.environment_from.iter().filter_map(|(name, source)| {
        if reference(source).is_none() {
            let message = "a value has one source: set exactly one of 'secretKeyRef' and 'configMapKeyRef'";
            at.key("environmentFrom", name).invalid(message);
        }
        value_from(source).map(|source| EnvVar { name: name.clone(), value: None, value_from: Some(source) })
    });
    let mut variables: Vec<_> = from.collect();
    for name in by_reference(service, at) {
        // The API server drops an empty value.
        let value = service.environment.get(name).map(|text| text.0.clone()).filter(|text| !text.is_empty());
        variables.push(EnvVar { name: name.to_owned(), value, value_from: None });
    }
    variables
}

/// Returns the keys of Secrets and ConfigMaps from which variables are set.
pub(super) fn reads(service: &Service) -> impl Iterator<Item = Read<'_>> {
    service.environment_from.values().filter_map(reference)
}

fn reference(source: &EnvironmentSource) -> Option<Read<'_>> {
    let (kind, reference) = match (&source.secret_key_ref, &source.config_map_key_ref) {
        (Some(reference), None) => (ObjectKind::Secret, reference),
        (None, Some(reference)) => (ObjectKind::ConfigMap, reference),
        _ => return None,
    };
    Some(Read { kind, name: &reference.name, key: &reference.key })
}

fn value_from(source: &EnvironmentSource) -> Option<EnvVarSource> {
    let Read { kind, name, key } = reference(source)?;
    let (name, key) = (name.to_owned(), key.to_owned());
    Some(if kind == ObjectKind::Secret {
        EnvVarSource {
            secret_key_ref: Some(SecretKeySelector { name, key, optional: None }),
            ..EnvVarSource::default()
        }
    } else {
        EnvVarSource {
            config_map_key_ref: Some(ConfigMapKeySelector { name, key, optional: None }),
            ..EnvVarSource::default()
        }
    })
}

/// Returns the names of `environment`, each after the names to which its value refers.
fn by_reference<'a>(service: &'a Service, at: &FieldPath<'_>) -> Vec<&'a str> {
    let needs: BTreeMap<_, _> = service
        .environment
        .iter()
        .map(|(name, value)| (name.as_str(), references(value).collect()))
        .collect();
    let ordered = order(&needs);
    for cycle in ordered.cycles {
        let message = format!(
            "the variables refer to each other in a cycle ({}): remove one $(NAME), or write $$(NAME) for the \
             literal text",
            cycle.join(" -> ")
        );
        at.key("environment", cycle[0]).problem(Reason::EnvironmentCycle, message);
    }
    ordered.names
}

/// Returns the names that Kubernetes expands in `text`: `$(NAME)`. `$$` is a literal dollar sign.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let after = &rest[rest.find('$')? + 1..];
            if let Some(name) = after.strip_prefix('(') {
                // If this parenthesis is not closed, no later one is. Without the return, the time is quadratic.
                let (name, behind) = name.split_once(')')?;
                rest = behind;
                return Some(name);
            }
            rest = after.strip_prefix('$').unwrap_or(after);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::references;

    #[test]
    fn references_are_read_as_kubernetes_reads_them() {
        for (text, expected) in [
            ("$(A)", "A"),
            ("x$(A)$(B)y", "A B"),
            ("$$(A)", ""),
            ("$$$(A)", "A"),
            ("$A ${B} $", ""),
            ("$(A", ""),
            ("$((A))", "(A"),
            ("é$(Ä)", "Ä"),
        ] {
            assert_eq!(references(text).collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }
}
