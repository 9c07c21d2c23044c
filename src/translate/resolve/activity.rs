//! The activity of services.

use crate::{
    api::{Service, StackSpec},
    translate::Activity,
};

/// Returns the activity of a service.
pub fn activity(service: &Service, spec: &StackSpec) -> Activity {
    let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas);
    if is_inactive(service, spec) {
        Activity::Inactive
    } else if service.stopped == Some(true) || replicas.is_some_and(|replicas| replicas <= 0) {
        Activity::Stopped
    } else {
        Activity::Active
    }
}

/// Reports whether no profile of a service is active.
pub(super) fn is_inactive(service: &Service, spec: &StackSpec) -> bool {
    let active = |profile: &String| spec.profiles.iter().any(|on| on == "*" || on == profile);
    !service.profiles.is_empty() && !service.profiles.iter().any(active)
}
