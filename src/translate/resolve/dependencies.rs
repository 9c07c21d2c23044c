//! What services wait for, and whether they can.

use std::collections::BTreeMap;

use super::{Problems, ResolvedService};
use crate::{
    api::{DependencyCondition, StackSpec},
    translate::{
        Activity, Reason, WaitFor,
        order::{Order, order},
    },
};

/// Checks all dependencies, and gives the services in an order in which each comes after those
/// that it depends on.
pub(super) fn dependencies<'a>(
    spec: &'a StackSpec,
    services: &BTreeMap<&'a str, ResolvedService<'a>>,
    problems: &mut Problems,
) -> Vec<&'a str> {
    for (name, service) in &spec.services {
        for (other, dependency) in &service.depends_on {
            let path = format!("spec.services.{name}.dependsOn.{other}");
            let required = dependency.required.unwrap_or(true);
            match services.get(other.as_str()) {
                None if required => {
                    let known = spec.services.keys().map(String::as_str).filter(|known| known != name);
                    let what = ("service", other.as_str(), "spec.services");
                    problems.unknown(Reason::UnknownDependency, path, what, known);
                }
                Some(found)
                    if required
                        && found.health.is_none()
                        && dependency.condition == Some(DependencyCondition::ServiceHealthy) =>
                {
                    let message = format!(
                        "'{other}' has no health check, so it never becomes healthy: give it a 'healthcheck' with a \
                         'test' (one in its image is not seen here), or wait for 'service_started'"
                    );
                    problems.add(Reason::NoHealthcheck, path, message);
                }
                _ => {}
            }
        }
    }
    let needs = spec
        .services
        .iter()
        .map(|(name, service)| (name.as_str(), service.depends_on.keys().map(String::as_str).collect()))
        .collect();
    let Order { names, cycles } = order(&needs);
    for cycle in cycles {
        let path = format!("spec.services.{}.dependsOn.{}", cycle[0], cycle[1]);
        let message = format!(
            "the services wait for each other ({}), so none would start: take one of the dependencies out",
            cycle.join(" -> ")
        );
        problems.add(Reason::DependencyCycle, path, message);
    }
    names
}

/// What holds a service's new template back: the dependencies that can be waited for. Those that
/// are stopped, scaled to zero or inactive count as met, as in Compose.
pub(super) fn waits_for(
    service: &ResolvedService<'_>,
    services: &BTreeMap<&str, ResolvedService<'_>>,
) -> Vec<WaitFor> {
    let waits = |(name, dependency): (&String, &crate::api::Dependency)| {
        let other = services.get(name.as_str()).filter(|other| other.activity == Activity::Active)?;
        let condition = dependency.condition.unwrap_or_default();
        // Only an optional dependency gets here without the health check that it would need.
        let possible = condition != DependencyCondition::ServiceHealthy || other.health.is_some();
        let required = dependency.required.unwrap_or(true);
        possible.then(|| WaitFor { unit: name.clone(), condition, required })
    };
    service.spec.depends_on.iter().filter_map(waits).collect()
}
