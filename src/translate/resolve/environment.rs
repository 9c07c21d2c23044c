//! Environment variables, in the order that Kubernetes' `$(NAME)` needs: it sees only what stands
//! before it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMapKeySelector, EnvVar, EnvVarSource, SecretKeySelector};

use super::{Problems, Read};
use crate::{
    api::{EnvironmentSource, Service},
    translate::{ObjectKind, Reason, order::order},
};

/// The variables of a service: those from Secrets and ConfigMaps first, by name, then the rest so
/// that each comes after those that it names.
pub(super) fn environment(service: &Service, path: &str, problems: &mut Problems) -> Vec<EnvVar> {
    for (name, place) in service
        .environment
        .keys()
        .map(|name| (name, "environment"))
        .chain(service.environment_from.keys().map(|name| (name, "environmentFrom")))
    {
        if name.is_empty() || name.contains('=') || !name.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            let message =
                format!("'{name}' is no name for a variable: write printable ASCII characters but '='");
            problems.add(Reason::InvalidName, format!("{path}.{place}"), message);
        }
    }
    for name in service.environment_from.keys().filter(|name| service.environment.contains_key(*name)) {
        let message = "the variable is given here and in 'environment': keep one of the two";
        problems.value(format!("{path}.environmentFrom.{name}"), message);
    }
    let from = service.environment_from.iter().filter_map(|(name, source)| {
        if reference(source).is_none() {
            let message =
                "a value comes from one place: set exactly one of 'secretKeyRef' and 'configMapKeyRef'";
            problems.value(format!("{path}.environmentFrom.{name}"), message);
        }
        value_from(source).map(|source| EnvVar { name: name.clone(), value: None, value_from: Some(source) })
    });
    let mut variables: Vec<_> = from.collect();
    for name in by_reference(service, path, problems) {
        // The API server drops an empty value, so it is not written.
        let value = service.environment.get(name).map(|text| text.0.clone()).filter(|text| !text.is_empty());
        variables.push(EnvVar { name: name.to_owned(), value, value_from: None });
    }
    variables
}

/// The keys of Secrets and ConfigMaps that the variables come from.
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

/// The names of `environment`, each after those that its value names.
fn by_reference<'a>(service: &'a Service, path: &str, problems: &mut Problems) -> Vec<&'a str> {
    let needs: BTreeMap<_, _> = service
        .environment
        .iter()
        .map(|(name, value)| (name.as_str(), references(value).collect()))
        .collect();
    let ordered = order(&needs);
    for cycle in ordered.cycles {
        let message = format!(
            "the variables expand into each other ({}): take one $(NAME) out, or write $$(NAME) for the text itself",
            cycle.join(" -> ")
        );
        problems.add(Reason::EnvironmentCycle, format!("{path}.environment.{}", cycle[0]), message);
    }
    ordered.names
}

/// The names that Kubernetes would expand in `text`: `$(NAME)`, where `$$` stands for a dollar sign.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let after = &rest[rest.find('$')? + 1..];
            if let Some(name) = after.strip_prefix('(') {
                // Where nothing closes this one, nothing closes any other: looking again for each takes long.
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
