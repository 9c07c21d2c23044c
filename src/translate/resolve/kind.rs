//! Which kind of workload a service is, and how a new version replaces the old one.

use super::{Problems, siblings::Siblings};
use crate::{
    api::{Service, UpdateOrder},
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
    pub writes_volume: bool,
    pub writes_host: bool,
}

/// The kind of workload, and whether its successor starts before it ends.
pub(super) fn kind(traits: &Traits<'_>, siblings: &Siblings<'_>) -> (Kind, bool) {
    let order = traits.service.deploy.as_ref().and_then(|deploy| deploy.update_config.as_ref()?.order);
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
            let has_rival = traits.service.container_name.is_some() || traits.writes_host;
            traits.has_port && traits.has_health && !has_rival
        }
    };
    (Kind::Deployment, start_first)
}

fn is_one_shot(traits: &Traits<'_>, siblings: &Siblings<'_>) -> bool {
    siblings.completion_targets.contains(traits.name)
        || match traits.restart {
            Restart::No | Restart::OnFailure(_) => true,
            Restart::Always => false,
            Restart::Unset => !traits.has_port && !traits.has_health && !siblings.named.contains(traits.name),
        }
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
