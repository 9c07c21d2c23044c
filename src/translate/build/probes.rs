//! A health check -> probes.

use k8s_openapi::api::core::v1::{ExecAction, Probe};

use crate::translate::resolve::Health;

/// The probes of a container.
#[derive(Default)]
pub(super) struct Probes {
    pub startup: Option<Probe>,
    pub readiness: Option<Probe>,
    pub liveness: Option<Probe>,
}

/// The probes for a health check.
pub(super) fn probes(health: &Health) -> Probes {
    let probe = |period: i32, failures: i32| Probe {
        exec: Some(ExecAction { command: Some(health.command.clone()) }),
        period_seconds: Some(period),
        timeout_seconds: Some(health.timeout),
        failure_threshold: Some(failures),
        ..Probe::default()
    };
    Probes {
        // It asks often until the first success, so that what waits need not wait for a whole
        // interval. Failing, it would end the container, which Docker never does: hence the
        // threshold that is not reached in a hundred years.
        startup: Some(probe(health.start_interval, i32::MAX)),
        readiness: Some(probe(health.interval, health.retries)),
        // More patient than readiness, so that the service first stops being reached.
        liveness: health.restarts().then(|| probe(health.interval, health.retries.saturating_mul(2))),
    }
}
