//! Observed -> the state of each service -> the Stack's conditions. Pure: the time is an argument.

mod blocker;
mod bounds;
mod conditions;
mod service;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use conditions::Verdict;
pub use service::Recheck;

use crate::{
    api::{ServiceState, ServiceStatus, Stack, StackStatus},
    plan::{Observed, Plan},
    translate::{Activity, Desired, Invalid},
};

/// What a pass found, from which the status is made.
#[derive(Clone, Copy, Debug)]
pub enum Finding<'a> {
    /// The spec cannot be translated; what runs was left as it is.
    Invalid(&'a Invalid),
    /// The pass met a mistake of Stackwright itself; what runs was left as it is. The log explains the id.
    Internal(&'a str),
    /// The Stack's ServiceAccount may not do what is to be done, in this sentence; what runs was left as it is.
    Forbidden(&'a str),
    /// The Stack's ServiceAccount does not exist, as this sentence says; what runs was left as it is.
    NoAccount(&'a str),
    /// The pass went through.
    Planned {
        /// What should exist.
        desired: &'a Desired,
        /// What the pass did.
        plan: &'a Plan,
        /// What is observed after it.
        observed: &'a Observed,
        /// What keeps the Stack from being as its spec says, although every service may be up.
        unfinished: &'a Unfinished,
    },
}

/// What a pass could not bring to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unfinished {
    /// What the API server refuses, in its words.
    pub refused: Vec<String>,
    /// What is still under way or is tried again.
    pub outstanding: Vec<String>,
}

/// The status of a Stack after a pass, and when to look again because only time will change it.
pub fn status(stack: &Stack, finding: Finding<'_>, now: Timestamp) -> (StackStatus, Option<Recheck>) {
    let before = stack.status.clone().unwrap_or_default();
    let (services, recheck) = match finding {
        Finding::Planned { desired, plan, observed, .. } => services(&before, desired, plan, observed, now),
        _ => (before.services.clone(), None),
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
        conditions: conditions::conditions(&verdict, &before.conditions, generation, now),
        services_ready,
        services,
    };
    bounds::hold(&mut status);
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
    /// The word that messages use.
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
