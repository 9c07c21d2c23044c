//! Programs that run to completion before a service starts.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::EnvVar;

use super::{Problems, environment::environment, user};
use crate::api::{PreStart, Service, Text};

/// A resolved program of `preStart`.
pub(in crate::translate) struct Before<'a> {
    pub spec: &'a PreStart,
    pub environment: Vec<EnvVar>,
    /// The numbers of the user and the group.
    pub user: Option<(i64, Option<i64>)>,
}

/// Reads `preStart` of a service.
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

/// Returns the variables of the service and the program. Those of the program take precedence.
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
    // Problems of the variables of the service are reported at the service.
    let mut told = Problems::default();
    environment(service, path, &mut told);
    let problems = if told.is_empty() { problems } else { &mut told };
    environment(&both, path, problems)
}
