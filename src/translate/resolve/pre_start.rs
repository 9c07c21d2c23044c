//! Programs that run to completion before a service starts.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::EnvVar;

use super::{
    environment::environment,
    user::{User, user},
};
use crate::{
    api::{PreStart, Service, Text},
    translate::findings::{FieldPath, Findings},
};

/// A resolved program of `preStart`.
pub(in crate::translate) struct Before<'a> {
    pub spec: &'a PreStart,
    pub environment: Vec<EnvVar>,
    pub user: Option<User>,
}

/// Reads `preStart` of a service.
pub(super) fn pre_start<'a>(service: &'a Service, at: &FieldPath<'_>) -> Vec<Before<'a>> {
    let mut found = Vec::new();
    for (index, spec) in service.pre_start.iter().enumerate() {
        let at = &at.index("preStart", index);
        found.push(Before {
            spec,
            environment: variables(service, &spec.environment, at),
            user: user(spec.user.as_deref(), at),
        });
    }
    found
}

/// Returns the variables of the service and the program. Those of the program take precedence.
pub(super) fn variables(service: &Service, own: &BTreeMap<String, Text>, at: &FieldPath<'_>) -> Vec<EnvVar> {
    let mut both = Service {
        environment: service.environment.clone(),
        environment_from: service.environment_from.clone(),
        ..Service::default()
    };
    both.environment_from.retain(|name, _| !own.contains_key(name));
    both.environment.extend(own.clone());
    // Problems of the variables of the service are reported at the service.
    let of_service = Findings::default();
    let elsewhere = of_service.root("");
    environment(service, &elsewhere);
    environment(&both, if of_service.has_problems() { &elsewhere } else { at })
}
