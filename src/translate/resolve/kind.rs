//! The kind of the workload of a service, and the order of its updates.

use super::{health, image, ports, sharing, siblings::Siblings};
use crate::{
    api::{Mode, Service, StackSpec, UpdateOrder},
    translate::{
        Kind,
        findings::{FieldPath, Findings},
    },
};

/// The restart policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::translate) enum Restart {
    /// `restart` is not set: restarts, unless the container ends with exit code 0.
    Unset,
    /// Never.
    No,
    /// `always`, `unless-stopped`.
    Always,
    /// Restarts after an error, this number of times.
    OnFailure(i32),
}

/// Reads `restart`.
pub(super) fn restart(service: &Service, at: &FieldPath<'_>) -> Restart {
    match service.restart.as_deref() {
        None => Restart::Unset,
        Some("no") => Restart::No,
        Some("always" | "unless-stopped") => Restart::Always,
        Some("on-failure") => Restart::OnFailure(i32::MAX),
        Some(text) => {
            let tries = text.strip_prefix("on-failure:").and_then(|tries| tries.parse().ok());
            match tries.filter(|tries| (0..=999_999).contains(tries)) {
                // In Docker, zero means no limit.
                Some(0) => Restart::OnFailure(i32::MAX),
                Some(tries) => Restart::OnFailure(tries),
                None => {
                    let message = "the value is not a restart policy: write no, always, unless-stopped, on-failure \
                                   or on-failure:<tries>";
                    at.child("restart").invalid(message);
                    Restart::Unset
                }
            }
        }
    }
}

/// The properties of a service that determine its kind.
pub(super) struct Traits<'a> {
    pub name: &'a str,
    pub service: &'a Service,
    pub restart: Restart,
    pub has_port: bool,
    pub has_health: bool,
    /// Whether dependents wait for the health of the service.
    pub gates: bool,
    pub writes_volume: bool,
    /// Whether only one container at a time can have a resource of the service, such as a host port.
    pub is_exclusive: bool,
    /// Whether the service shares its Pod with another service.
    pub shares_pod: bool,
}

/// Returns the kind of the workload, and whether an update starts the new container before the old one ends.
pub(super) fn kind(traits: &Traits<'_>, siblings: &Siblings<'_>, at: &FieldPath<'_>) -> (Kind, bool) {
    if traits.service.triggers.is_some() {
        return (Kind::CronJob, false);
    }
    let deploy = traits.service.deploy.as_ref();
    let order = deploy.and_then(|deploy| deploy.update_config.as_ref()?.order);
    match deploy.and_then(|deploy| deploy.mode).unwrap_or_default() {
        Mode::ReplicatedJob => return (Kind::Job, false),
        Mode::GlobalJob => at.child("deploy.mode").invalid(GLOBAL_JOB),
        Mode::Global => {
            check_global(traits, siblings, at);
            return (Kind::DaemonSet, order == Some(UpdateOrder::StartFirst));
        }
        Mode::Replicated => {}
    }
    if is_one_shot(traits, siblings) {
        return (Kind::Job, false);
    }
    if traits.writes_volume && order != Some(UpdateOrder::StartFirst) {
        // A ReplicaSet starts a new Pod while the old one terminates, and two programs can destroy a data folder. A
        // StatefulSet never has two Pods with one name.
        return (Kind::StatefulSet, false);
    }
    let start_first = match order {
        Some(order) => order == UpdateOrder::StartFirst,
        None => {
            let only_one = traits.is_exclusive || traits.service.container_name.is_some();
            traits.has_port && traits.gates && !only_one
        }
    };
    (Kind::Deployment, start_first)
}

const GLOBAL_JOB: &str = "a one-shot on each node is not supported: write 'replicated-job' with 'replicas' set to \
                          the number of nodes and 'placement.maxReplicasPerNode: 1'";

/// Refuses settings that are not supported with one container on each node.
fn check_global(traits: &Traits<'_>, siblings: &Siblings<'_>, at: &FieldPath<'_>) {
    let deploy = traits.service.deploy.as_ref();
    if runs_once(traits, siblings) {
        at.child("deploy.mode").invalid(GLOBAL_JOB);
    }
    if deploy.is_some_and(|deploy| deploy.replicas.is_some_and(|replicas| replicas != 0)) {
        let message = "a global service has one container on each node: remove 'replicas'";
        at.child("deploy.replicas").invalid(message);
    }
    if traits.service.container_name.is_some() {
        let message = "a container name is unique, and a global service has one container on each node: remove 'containerName'";
        at.child("containerName").invalid(message);
    }
}

fn is_one_shot(traits: &Traits<'_>, siblings: &Siblings<'_>) -> bool {
    runs_once(traits, siblings) || is_one_shot_by_default(traits, siblings)
}

/// Reports whether nothing in the Stack indicates that the service runs until it is stopped.
fn is_one_shot_by_default(traits: &Traits<'_>, siblings: &Siblings<'_>) -> bool {
    let looks_it = !traits.has_port && !traits.has_health && !siblings.named.contains(traits.name);
    // A service that shares a Pod is not a one-shot by default.
    traits.restart == Restart::Unset && looks_it && !traits.shares_pod && traits.service.triggers.is_none()
}

/// Returns the services that are one-shots by default: they have no `restart`, no port, no health check, and no other
/// service names them. The image of such a service can still declare a port or a health check.
pub fn one_shots_by_default(spec: &StackSpec) -> Vec<&str> {
    let siblings = Siblings::of(spec);
    let shared: Vec<&str> = spec.services.values().flat_map(sharing::targets).map(|(_, name)| name).collect();
    let by_default = |name: &str, service: &Service| {
        // Translation reports the problems.
        let findings = Findings::default();
        let at = &findings.root("");
        let health = health::health(service, &image::NOTHING, at);
        let traits = Traits {
            name,
            service,
            restart: restart(service, at),
            has_port: !ports::own_ports(service, &image::NOTHING, health.as_ref()).is_empty(),
            has_health: health.is_some(),
            gates: false,
            writes_volume: false,
            is_exclusive: false,
            shares_pod: sharing::targets(service).next().is_some() || shared.contains(&name),
        };
        let mode = service.deploy.as_ref().and_then(|deploy| deploy.mode).unwrap_or_default();
        mode == Mode::Replicated
            && !runs_once(&traits, &siblings)
            && is_one_shot_by_default(&traits, &siblings)
    };
    let services = spec.services.iter().filter(|(name, service)| by_default(name, service));
    services.map(|(name, _)| name.as_str()).collect()
}

/// Reports whether a setting makes the service a one-shot.
fn runs_once(traits: &Traits<'_>, siblings: &Siblings<'_>) -> bool {
    siblings.completion_targets.contains(traits.name)
        || matches!(traits.restart, Restart::No | Restart::OnFailure(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_restart_policy_is_refused() {
        for (text, expected) in [
            (None, Some(Restart::Unset)),
            (Some("no"), Some(Restart::No)),
            (Some("always"), Some(Restart::Always)),
            (Some("unless-stopped"), Some(Restart::Always)),
            (Some("on-failure"), Some(Restart::OnFailure(i32::MAX))),
            (Some("on-failure:3"), Some(Restart::OnFailure(3))),
            (Some("on-failure:-3"), None),
            (Some("on-failure:x"), None),
            (Some("sometimes"), None),
        ] {
            let service = Service { restart: text.map(str::to_owned), ..Service::default() };
            let findings = Findings::default();
            let restart = restart(&service, &findings.root("s"));
            assert_eq!(findings.check().is_ok().then_some(restart), expected, "{text:?}");
        }
    }
}
