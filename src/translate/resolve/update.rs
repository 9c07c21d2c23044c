//! How a new version replaces the old one, read.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::api::{Duration, Service};

/// The pace of updates. All times are whole seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Update {
    /// How many containers are replaced at the same time.
    pub at_once: Option<AtOnce>,
    /// How long a new container must have been up before the next one is replaced.
    pub delay: Option<i32>,
    /// How long an update may make no progress.
    pub monitor: Option<i32>,
}

/// How many containers are replaced at the same time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::translate) enum AtOnce {
    /// So many, at least one.
    Some(i32),
    /// All of them.
    All,
}

impl AtOnce {
    /// As Kubernetes writes it.
    pub fn amount(self) -> IntOrString {
        match self {
            Self::Some(number) => IntOrString::Int(number),
            Self::All => IntOrString::String("100%".to_owned()),
        }
    }

    /// Whether this is fewer than all of `replicas` containers.
    pub fn is_some_of(self, replicas: i32) -> bool {
        matches!(self, Self::Some(number) if number < replicas)
    }
}

/// Reads a service's `deploy.updateConfig`.
pub(super) fn update(service: &Service) -> Update {
    let given = service.deploy.as_ref().and_then(|deploy| deploy.update_config.as_ref());
    let Some(given) = given else { return Update::default() };
    let seconds =
        |time: &Option<Duration>| time.as_ref().map(|time| i32::try_from(time.seconds()).unwrap_or(i32::MAX));
    Update {
        at_once: given.parallelism.map(|number| if number > 0 { AtOnce::Some(number) } else { AtOnce::All }),
        delay: seconds(&given.delay),
        // Zero means "not given", as in Docker.
        monitor: seconds(&given.monitor).filter(|&seconds| seconds > 0),
    }
}
