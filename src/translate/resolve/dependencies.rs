//! Dependencies between services.

use std::collections::BTreeMap;

use super::{
    image,
    pod_order::condition,
    service::{OwnSettings, ResolvedService, ServiceDraft},
    sharing::Sharing,
};
use crate::{
    api::{Dependency, DependencyCondition, Reason, StackSpec},
    translate::{
        Activity, WaitFor,
        findings::Findings,
        order::{Order, order},
    },
};

/// Checks all dependencies, and returns the services of each unit. A unit comes after its dependencies.
pub(super) fn dependencies<'a>(
    spec: &'a StackSpec,
    services: &BTreeMap<&'a str, ResolvedService<'a>>,
    sharing: &Sharing<'a>,
    findings: &Findings,
) -> Vec<Vec<&'a str>> {
    for (name, service) in &spec.services {
        let at = findings.service(name);
        for (other, dependency) in &service.depends_on {
            let at = at.key("dependsOn", other);
            let required = dependency.required.unwrap_or(true);
            match services.get(other.as_str()) {
                None if required => {
                    let known = spec.services.keys().map(String::as_str).filter(|known| known != name);
                    let what = ("service", other.as_str(), "spec.services");
                    at.unknown(Reason::UnknownDependency, what, known);
                }
                Some(found)
                    if required
                        && found.own.activity == Activity::Active
                        && found.own.health.is_none()
                        && !image::may_have_check(spec, found.own.spec, found.own.image)
                        && dependency.condition == Some(DependencyCondition::ServiceHealthy) =>
                {
                    let message = format!(
                        "'{other}' has no health check{}: set a 'healthcheck' with a 'test' for '{other}', or wait \
                         for 'service_started'",
                        image::of_its_check(found.own.spec, found.own.image)
                    );
                    at.problem(Reason::NoHealthcheck, message);
                }
                _ => {}
            }
        }
    }
    let needs: BTreeMap<&str, Vec<&str>> = spec
        .services
        .iter()
        .map(|(name, service)| (name.as_str(), service.depends_on.keys().map(String::as_str).collect()))
        .collect();
    let by_service = order(&needs);
    let what = "the services depend on each other in a cycle";
    let is_in_order = by_service.cycles.is_empty();
    refuse(by_service, what, findings);
    let mut of_pods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, others) in &needs {
        let lead = sharing.lead(name);
        let others = others.iter().map(|other| sharing.lead(other)).filter(|other| *other != lead);
        of_pods.entry(lead).or_default().extend(others);
    }
    let by_pod = order(&of_pods);
    let mut pods: BTreeMap<&str, Vec<&str>> = sharing.pods().into_iter().map(|pod| (pod[0], pod)).collect();
    let units = by_pod.names.iter().map(|lead| pods.remove(lead).unwrap_or_else(|| vec![*lead])).collect();
    if is_in_order {
        refuse(
            by_pod,
            "services of one Pod are created together, and these Pods depend on each other in a cycle",
            findings,
        );
    }
    units
}

fn refuse(order: Order<'_>, what: &str, findings: &Findings) {
    for cycle in order.cycles {
        let message = format!("{what} ({}): remove one of the dependencies", cycle.join(" -> "));
        findings.service(cycle[0]).key("dependsOn", cycle[1]).problem(Reason::DependencyCycle, message);
    }
}

/// Returns the dependencies for which a new template of a service waits. Services that are stopped, scaled to zero or
/// inactive count as met, as in Compose.
pub(super) fn waits_for(
    service: &OwnSettings<'_>,
    drafts: &BTreeMap<&str, ServiceDraft<'_>>,
) -> Vec<WaitFor> {
    let waits = |(name, dependency): (&String, &Dependency)| {
        let other = &drafts.get(name.as_str())?.own;
        // Without the health check, a required dependency is refused.
        let asks_for_health = dependency.condition == Some(DependencyCondition::ServiceHealthy);
        let possible = !asks_for_health || other.health.is_some();
        let is_elsewhere = other.lead != service.lead;
        (other.activity == Activity::Active && possible && is_elsewhere).then(|| WaitFor {
            unit: other.lead.to_owned(),
            service: name.clone(),
            condition: condition(dependency, other),
            required: dependency.required.unwrap_or(true),
        })
    };
    service.spec.depends_on.iter().filter_map(waits).collect()
}
