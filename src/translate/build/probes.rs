//! Builder of probes for a health check.

use k8s_openapi::api::core::v1::{ExecAction, Probe};

use crate::translate::resolve::Health;

/// The probes of a container.
#[derive(Default)]
pub(super) struct Probes {
    pub startup: Option<Probe>,
    pub readiness: Option<Probe>,
    pub liveness: Option<Probe>,
}

/// Builds the probes for a health check.
pub(super) fn probes(health: &Health) -> Probes {
    let probe = |period: i32, failures: i32| Probe {
        exec: Some(ExecAction { command: Some(health.command.clone()) }),
        period_seconds: Some(period),
        timeout_seconds: Some(health.timeout),
        failure_threshold: Some(failures),
        ..Probe::default()
    };
    Probes {
        // The startup probe runs often, so that dependents do not wait for a whole interval. A failed startup probe kills
        // the container, which Docker does not do, so the threshold is never reached.
        startup: Some(probe(health.start_interval, i32::MAX)),
        readiness: Some(probe(health.interval, health.retries)),
        // The threshold is higher than for readiness, so the Pod first leaves the endpoints of its Services.
        liveness: health.restarts().then(|| probe(health.interval, health.retries.saturating_mul(2))),
    }
}
