//! Which kind of workload a service is, and how a new version replaces the old one.

use super::{Problems, health, image, ports, sharing, siblings::Siblings};
use crate::{
    api::{Mode, Service, StackSpec, UpdateOrder},
    translate::Kind,
};

/// What becomes of a container that ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::translate) enum Restart {
    /// No `restart` key: kept running, unless it ends with exit code 0.
    Unset,
    /// Never.
    No,
    /// `always`, `unless-stopped`.
    Always,
    /// After an error, so many times, or without end.
    OnFailure(i32),
}

/// Reads the `restart` key.
pub(super) fn restart(service: &Service, path: &str, problems: &mut Problems) -> Restart {
    match service.restart.as_deref() {
        None => Restart::Unset,
        Some("no") => Restart::No,
        Some("always" | "unless-stopped") => Restart::Always,
        Some("on-failure") => Restart::OnFailure(i32::MAX),
        Some(text) => {
            let tries = text.strip_prefix("on-failure:").and_then(|tries| tries.parse().ok());
            match tries.filter(|tries| (0..=999_999).contains(tries)) {
                // As in Docker, where zero means "without end".
                Some(0) => Restart::OnFailure(i32::MAX),
                Some(tries) => Restart::OnFailure(tries),
                None => {
                    let message = "write no, always, unless-stopped, on-failure or on-failure:<tries>";
                    problems.value(format!("{path}.restart"), message);
                    Restart::Unset
                }
            }
        }
    }
}

/// What of a service decides its kind.
pub(super) struct Traits<'a> {
    pub name: &'a str,
    pub service: &'a Service,
    pub restart: Restart,
    pub has_port: bool,
    pub has_health: bool,
    /// Whether being unhealthy keeps others from it, so that a successor is waited for.
    pub gates: bool,
    pub writes_volume: bool,
    /// Whether it has something that only one container can have at a time, such as a node's port.
    pub is_exclusive: bool,
    /// Whether it shares its pod with another service.
    pub shares_pod: bool,
}

/// The kind of workload, and whether its successor starts before it ends.
pub(super) fn kind(
    traits: &Traits<'_>,
    siblings: &Siblings<'_>,
    path: &str,
    problems: &mut Problems,
) -> (Kind, bool) {
    let deploy = traits.service.deploy.as_ref();
    let order = deploy.and_then(|deploy| deploy.update_config.as_ref()?.order);
    match deploy.and_then(|deploy| deploy.mode).unwrap_or_default() {
        Mode::ReplicatedJob => return (Kind::Job, false),
        Mode::GlobalJob => problems.value(format!("{path}.deploy.mode"), GLOBAL_JOB),
        Mode::Global => {
            check_global(traits, siblings, path, problems);
            return (Kind::DaemonSet, order == Some(UpdateOrder::StartFirst));
        }
        Mode::Replicated => {}
    }
    if is_one_shot(traits, siblings) {
        return (Kind::Job, false);
    }
    if traits.writes_volume && order != Some(UpdateOrder::StartFirst) {
        // A ReplicaSet starts a successor while the predecessor is still ending; two programs on
        // one data folder destroy it. A StatefulSet never has two pods of one name.
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

const GLOBAL_JOB: &str = "Kubernetes has no Job with a container on each node: write 'replicated-job' with as many \
                          'replicas' as there are nodes and 'placement.maxReplicasPerNode: 1'";

/// Refuses what cannot be said of one container on each node.
fn check_global(traits: &Traits<'_>, siblings: &Siblings<'_>, path: &str, problems: &mut Problems) {
    let deploy = traits.service.deploy.as_ref();
    if runs_once(traits, siblings) {
        problems.value(format!("{path}.deploy.mode"), GLOBAL_JOB);
    }
    if deploy.is_some_and(|deploy| deploy.replicas.is_some_and(|replicas| replicas != 0)) {
        let message = "a global service has one container on each node: take 'replicas' out";
        problems.value(format!("{path}.deploy.replicas"), message);
    }
    if traits.service.container_name.is_some() {
        let message =
            "a global service has one container on each node, and a container name is unique: take it out";
        problems.value(format!("{path}.containerName"), message);
    }
}

fn is_one_shot(traits: &Traits<'_>, siblings: &Siblings<'_>) -> bool {
    runs_once(traits, siblings) || is_one_shot_by_default(traits, siblings)
}

/// Whether nothing says that the service is kept running.
fn is_one_shot_by_default(traits: &Traits<'_>, siblings: &Siblings<'_>) -> bool {
    let looks_it = !traits.has_port && !traits.has_health && !siblings.named.contains(traits.name);
    // Beside the container whose pod it shares, it is kept running as that one is.
    traits.restart == Restart::Unset && looks_it && !traits.shares_pod
}

/// The services that become Jobs although nothing says that they end: they have no `restart`, no port, no health
/// check and no sibling that names them. The image of one may still tell of a port or a health check.
pub fn one_shots_by_default(spec: &StackSpec) -> Vec<&str> {
    let siblings = Siblings::of(spec);
    let shared: Vec<&str> = spec.services.values().flat_map(sharing::targets).map(|(_, name)| name).collect();
    let by_default = |name: &str, service: &Service| {
        // Problems are told where the Stack is translated.
        let problems = &mut Problems::default();
        let health = health::health(service, &image::NOTHING, "", problems);
        let traits = Traits {
            name,
            service,
            restart: restart(service, "", problems),
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

/// Whether it is said that the service ends.
fn runs_once(traits: &Traits<'_>, siblings: &Siblings<'_>) -> bool {
    siblings.completion_targets.contains(traits.name)
        || matches!(traits.restart, Restart::No | Restart::OnFailure(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_restart_key_is_read_or_refused() {
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
            let mut problems = Problems::default();
            let restart = restart(&service, "s", &mut problems);
            assert_eq!(problems.into_result().is_ok().then_some(restart), expected, "{text:?}");
        }
    }
}
