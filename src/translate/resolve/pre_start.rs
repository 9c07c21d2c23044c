//! Programs that end before a service starts.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::EnvVar;

use super::{Problems, environment::environment, user};
use crate::api::{PreStart, Service, Text};

/// What a program is given that ends before the service starts.
pub(in crate::translate) struct Before<'a> {
    pub spec: &'a PreStart,
    pub environment: Vec<EnvVar>,
    /// The user's and the group's number.
    pub user: Option<(i64, Option<i64>)>,
}

/// Reads a service's `preStart`.
pub(super) fn pre_start<'a>(service: &'a Service, path: &str, problems: &mut Problems) -> Vec<Before<'a>> {
    let mut found = Vec::new();
    for (index, spec) in service.pre_start.iter().enumerate() {
        let path = format!("{path}.preStart[{index}]");
        found.push(Before {
            spec,
            environment: variables(service, &spec.environment, &path, problems),
            user: user(spec.user.as_deref(), &path, problems),
        });
    }
    found
}

/// The service's variables, and the program's own, which win wherever others name them.
pub(super) fn variables(
    service: &Service,
    own: &BTreeMap<String, Text>,
    path: &str,
    problems: &mut Problems,
) -> Vec<EnvVar> {
    let mut both = Service {
        environment: service.environment.clone(),
        environment_from: service.environment_from.clone(),
        ..Service::default()
    };
    both.environment_from.retain(|name, _| !own.contains_key(name));
    both.environment.extend(own.clone());
    // What is wrong with the service's own is told where it stands.
    let mut told = Problems::default();
    environment(service, path, &mut told);
    let problems = if told.is_empty() { problems } else { &mut told };
    environment(&both, path, problems)
}
