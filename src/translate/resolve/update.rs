//! Update settings.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::api::{Duration, Service};

/// The update settings of a service. All times are in whole seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Update {
    /// The number of containers that are replaced at the same time.
    pub at_once: Option<AtOnce>,
    /// The time that a new container must be up before the next one is replaced.
    pub delay: Option<i32>,
    /// The time without progress after which an update counts as failed.
    pub monitor: Option<i32>,
}

/// The number of containers that are replaced at the same time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::translate) enum AtOnce {
    /// This number, at least one.
    Some(i32),
    /// All of them.
    All,
}

impl AtOnce {
    /// Returns the value in Kubernetes.
    pub fn amount(self) -> IntOrString {
        match self {
            Self::Some(number) => IntOrString::Int(number),
            Self::All => IntOrString::String("100%".to_owned()),
        }
    }

    /// Reports whether this is less than `replicas`.
    pub fn is_some_of(self, replicas: i32) -> bool {
        matches!(self, Self::Some(number) if number < replicas)
    }
}

/// Reads `deploy.updateConfig` of a service.
pub(super) fn update(service: &Service) -> Update {
    let given = service.deploy.as_ref().and_then(|deploy| deploy.update_config.as_ref());
    let Some(given) = given else { return Update::default() };
    let seconds =
        |time: &Option<Duration>| time.as_ref().map(|time| i32::try_from(time.seconds()).unwrap_or(i32::MAX));
    Update {
        at_once: given.parallelism.map(|number| if number > 0 { AtOnce::Some(number) } else { AtOnce::All }),
        delay: seconds(&given.delay),
        // In Docker, zero means that the field is not set.
        monitor: seconds(&given.monitor).filter(|&seconds| seconds > 0),
    }
}
