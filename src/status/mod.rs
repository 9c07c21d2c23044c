//! Status of a Stack: the state of each service, and the conditions that follow from them. The code is pure: the time
//! is an argument.

mod assessment;
mod blocker;
mod bounds;
mod conditions;
mod finding;
mod job;
mod service;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use assessment::Recheck;
pub use conditions::Verdict;
pub use finding::{Finding, Unfinished};

use crate::{
    api::{ServiceState, ServiceStatus, Stack, StackStatus},
    plan::{Observed, Plan},
    translate::{Activity, Desired},
};

/// Returns the status of a Stack after a reconciliation, and when a service's state can change by time alone.
///
/// `before` is the newest known status, which can be newer than the one in the Stack.
///
/// ```
/// use jiff::Timestamp;
/// use serde_json::json;
/// use stackwright::{
///     api::{Stack, StackStatus},
///     status::{Finding, status},
///     translate::{Facts, translate},
/// };
///
/// let services = json!({"web": {"image": "nginx:1.29", "dependsOn": {"db": {"condition": "service_started"}}}});
/// let stack = json!({"metadata": {"name": "shop"}, "spec": {"services": services}});
/// let stack: Stack = serde_json::from_value(stack)?;
/// let invalid = translate(&stack, &Facts::default()).unwrap_err();
///
/// let (status, _) = status(&stack, &StackStatus::default(), Finding::Invalid(&invalid), Timestamp::UNIX_EPOCH);
/// let stalled = status.conditions.iter().find(|condition| condition.type_ == "Stalled").unwrap();
/// assert_eq!(stalled.reason, "UnknownDependency");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn status(
    stack: &Stack,
    before: &StackStatus,
    finding: Finding<'_>,
    now: Timestamp,
) -> (StackStatus, Option<Recheck>) {
    let (services, recheck) = match finding {
        Finding::Planned { desired, plan, observed, .. } => services(before, desired, plan, observed, now),
        _ => (before.services.clone(), None),
    };
    let jobs = match finding {
        Finding::Planned { desired, plan, observed, .. } => job::jobs(before, desired, plan, observed, now),
        _ => before.jobs.clone(),
    };
    let verdict = conditions::verdict(finding, &services);
    let services_ready = match finding {
        Finding::Planned { .. } => {
            let up = services.iter().filter(|service| service.state.is_up()).count();
            Some(format!("{up}/{}", services.len()))
        }
        _ => before.services_ready.clone(),
    };
    let generation = stack.metadata.generation;
    let mut status = StackStatus {
        observed_generation: generation,
        conditions: conditions::conditions(
            &verdict,
            job::failed(&jobs).as_deref(),
            &before.conditions,
            generation,
            now,
        ),
        services_ready,
        services,
        jobs,
    };
    bounds::enforce(&mut status);
    (status, recheck)
}

fn services(
    before: &StackStatus,
    desired: &Desired,
    plan: &Plan,
    observed: &Observed,
    now: Timestamp,
) -> (Vec<ServiceStatus>, Option<Recheck>) {
    let mut recheck: Option<Recheck> = None;
    let mut statuses: Vec<ServiceStatus> = desired
        .units
        .values()
        .filter(|unit| unit.activity != Activity::Inactive)
        .flat_map(|unit| unit.services.iter().map(move |name| (unit, name)))
        .map(|(unit, name)| {
            let before = before.services.iter().find(|service| service.name == *name);
            let own = (unit.services.len() > 1).then(|| observed.seen_by(unit.name(), name));
            let (status, again) =
                service::status((unit, name), plan, own.as_ref().unwrap_or(observed), before, now);
            recheck = [recheck, again].into_iter().flatten().min();
            status
        })
        .collect();
    statuses.sort_by(|a, b| a.name.cmp(&b.name));
    (statuses, recheck)
}

impl ServiceState {
    /// Returns the name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Blocked => "Blocked",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Healthy => "Healthy",
            Self::Unhealthy => "Unhealthy",
            Self::Updating => "Updating",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
        }
    }
}
