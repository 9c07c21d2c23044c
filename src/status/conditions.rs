//! The Stack's conditions, as kstatus and GitOps tools read them.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::{Finding, Unfinished};
use crate::{
    api::{ConditionType, ServiceState, ServiceStatus},
    plan::{Conflict, Gate, Plan, WaitOf},
    translate::{Desired, Kind},
};

/// What the conditions say.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether everything is up, work goes on, or the spec must change.
    pub outcome: Outcome,
    /// The CamelCase reason of that.
    pub reason: String,
    /// The sentence that names the cause.
    pub message: String,
    /// What could not be reproduced exactly.
    pub approximated: Option<String>,
}

/// The three ends of a pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Everything is up.
    Ready,
    /// Work goes on, or something is not there yet.
    Reconciling,
    /// Waiting does not help.
    Stalled,
}

pub(super) fn verdict(finding: Finding<'_>, services: &[ServiceStatus]) -> Verdict {
    match finding {
        Finding::Invalid(invalid) => Verdict {
            outcome: Outcome::Stalled,
            reason: invalid.problems.first().map_or("Invalid", |problem| problem.reason.as_str()).to_owned(),
            message: invalid.message(),
            approximated: None,
        },
        Finding::Internal(id) => Verdict {
            outcome: Outcome::Stalled,
            reason: "InternalError".to_owned(),
            message: format!(
                "Stackwright failed at this Stack and leaves what runs as it is: the operator's log explains the error {id}"
            ),
            approximated: None,
        },
        Finding::Forbidden(message) => Verdict {
            outcome: Outcome::Stalled,
            reason: "Forbidden".to_owned(),
            message: message.to_owned(),
            approximated: None,
        },
        // It may be a moment away.
        Finding::NoAccount(message) => Verdict {
            outcome: Outcome::Reconciling,
            reason: "MissingObject".to_owned(),
            message: message.to_owned(),
            approximated: None,
        },
        Finding::Planned { desired, plan, observed, unfinished } => {
            let (outcome, reason, message) = planned(desired, plan, unfinished, services);
            let settled = observed.settled.iter().map(|((kind, name), settled)| {
                format!(
                    "{} {name}: another program keeps changing {}",
                    kind.as_str(),
                    settled.fields.join(", ")
                )
            });
            let texts: Vec<String> = desired
                .approximations
                .iter()
                .map(|approximation| format!("{}: {}", approximation.path, approximation.message))
                .chain(settled)
                .collect();
            Verdict { outcome, reason, message, approximated: (!texts.is_empty()).then(|| texts.join("; ")) }
        }
    }
}

fn planned(
    desired: &Desired,
    plan: &Plan,
    unfinished: &Unfinished,
    services: &[ServiceStatus],
) -> (Outcome, String, String) {
    if let Some(conflict) = plan.conflicts.first() {
        let reason = if conflict.holder.is_some() { "NameTaken" } else { "Conflict" };
        return (Outcome::Stalled, reason.to_owned(), join(plan.conflicts.iter().map(conflict_message)));
    }
    if !unfinished.refused.is_empty() {
        return (Outcome::Stalled, "Refused".to_owned(), unfinished.refused.join("; "));
    }
    let down: Vec<_> = services.iter().filter(|service| !service.state.is_up()).collect();
    if down.is_empty() && !unfinished.outstanding.is_empty() {
        return (Outcome::Reconciling, "Progressing".to_owned(), unfinished.outstanding.join("; "));
    }
    let Some(first) = down.iter().min_by_key(|service| urgency(service.state)) else {
        let message = match services.len() {
            0 => "no service is active".to_owned(),
            1 => "the service is up".to_owned(),
            n => format!("all {n} services are up"),
        };
        return (Outcome::Ready, "Succeeded".to_owned(), message);
    };
    // For an object or an image.
    let for_object = |service: &ServiceStatus| {
        let gate = desired.unit_of(&service.name).and_then(|unit| plan.gates.get(unit.name()));
        matches!(gate, Some(Gate::Waits(waits)) if waits.iter().any(|wait| wait.of != WaitOf::Service))
    };
    let message = causes(&down, services.len(), for_object);
    let is_one_shot = |name: &str| {
        desired.unit_of(name).and_then(|unit| unit.workload.as_ref()).is_some_and(|w| w.kind() == Kind::Job)
    };
    if down.iter().any(|service| service.state == ServiceState::Failed && is_one_shot(&service.name)) {
        // It does not run again by itself, so waiting does not help.
        return (Outcome::Stalled, "OneShotFailed".to_owned(), message);
    }
    let waits_for = |of: WaitOf| {
        plan.gates.values().any(|gate| match gate {
            Gate::Waits(waits) => waits.iter().any(|wait| wait.of == of),
            _ => false,
        })
    };
    let reason = match first.state {
        ServiceState::Blocked => "Blocked",
        ServiceState::Failed => "ServiceFailed",
        ServiceState::Unhealthy => "ServiceUnhealthy",
        _ if waits_for(WaitOf::Object) => "MissingObject",
        _ if waits_for(WaitOf::Image) => "ImageUnknown",
        ServiceState::Waiting => "DependencyNotReady",
        _ => "Progressing",
    };
    (Outcome::Reconciling, reason.to_owned(), message)
}

/// So many causes are told in a condition; a service's own status has its cause in any case.
const MOST_CAUSES: usize = 3;
/// So many services are named beside them.
const MOST_NAMES: usize = 5;

/// What keeps the services from being up: the most urgent causes, and the names of the others. A service that only
/// waits for another one has no cause of its own.
fn causes(down: &[&ServiceStatus], services: usize, for_object: impl Fn(&ServiceStatus) -> bool) -> String {
    let told = |service: &ServiceStatus| {
        let cause = service.message.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{} is {}{cause}", service.name, service.state.as_str().to_lowercase())
    };
    let mut own: Vec<_> = down
        .iter()
        .copied()
        .filter(|service| service.state != ServiceState::Waiting || for_object(service))
        .collect();
    if own.is_empty() {
        own.extend(down);
    }
    // What an object of others is missing for, the user mends.
    own.sort_by_key(|service| if for_object(service) { 2 } else { urgency(service.state) });
    own.truncate(MOST_CAUSES);
    let others = down.iter().filter(|service| !own.iter().any(|it| it.name == service.name));
    let others: Vec<&str> = others.map(|service| service.name.as_str()).collect();
    let mut texts: Vec<String> = own.iter().map(|service| told(service)).collect();
    if services > 1 {
        texts.insert(0, format!("{} of {services} services are up", services - down.len()));
    }
    if !others.is_empty() {
        let more = others.len().saturating_sub(MOST_NAMES);
        let names = others[..others.len() - more].join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        texts.push(format!("not up yet: {names}{more}"));
    }
    texts.join("; ")
}

/// How urgent a state's cause is: what a user must act on names the condition's reason.
fn urgency(state: ServiceState) -> u8 {
    match state {
        ServiceState::Failed => 0,
        ServiceState::Blocked => 1,
        ServiceState::Unhealthy => 2,
        ServiceState::Updating => 3,
        ServiceState::Starting => 4,
        _ => 5,
    }
}

fn conflict_message(conflict: &Conflict) -> String {
    let (kind, name) = (conflict.kind.as_str(), &conflict.name);
    match &conflict.holder {
        Some(stack) => format!(
            "{kind} {name} belongs to the Stack {stack}: rename the service or alias here, or move one of the two Stacks to another namespace"
        ),
        None => format!(
            "{kind} {name} exists and was not made by this Stack: delete or rename it, or rename what needs the name here; it was left as it is"
        ),
    }
}

pub(super) fn conditions(
    verdict: &Verdict,
    before: &[Condition],
    generation: Option<i64>,
    now: Timestamp,
) -> Vec<Condition> {
    let make = |kind: ConditionType, status: bool, reason: &str, message: &str| {
        let status = if status { "True" } else { "False" };
        let same =
            before.iter().find(|condition| condition.type_ == kind.as_str() && condition.status == status);
        Condition {
            type_: kind.as_str().to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            observed_generation: generation,
            // It tells when the status last changed, not when it was last written.
            last_transition_time: same.map_or(Time(now), |condition| condition.last_transition_time.clone()),
        }
    };
    let (reason, message) = (verdict.reason.as_str(), verdict.message.as_str());
    let mut conditions = vec![make(ConditionType::Ready, verdict.outcome == Outcome::Ready, reason, message)];
    match verdict.outcome {
        Outcome::Ready => {}
        Outcome::Reconciling => conditions.push(make(ConditionType::Reconciling, true, reason, message)),
        Outcome::Stalled => conditions.push(make(ConditionType::Stalled, true, reason, message)),
    }
    if let Some(message) = &verdict.approximated {
        conditions.push(make(ConditionType::Approximated, true, "NotExact", message));
    }
    conditions
}

fn join(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Services that are written `name:State`, or `name:Object` where one waits for an object.
    fn told(down: &str, services: usize) -> String {
        let state = |word: &str| match word {
            "Failed" => ServiceState::Failed,
            "Blocked" => ServiceState::Blocked,
            "Starting" => ServiceState::Starting,
            _ => ServiceState::Waiting,
        };
        let down = down.split_whitespace().filter_map(|service| service.split_once(':'));
        let down: Vec<ServiceStatus> = down
            .map(|(name, word)| ServiceStatus {
                name: name.to_owned(),
                state: state(word),
                message: Some(word.to_lowercase()),
                ..ServiceStatus::default()
            })
            .collect();
        let for_object = |service: &ServiceStatus| service.message.as_deref() == Some("object");
        causes(&down.iter().collect::<Vec<_>>(), services, for_object)
    }

    #[test]
    fn the_message_of_a_stack_tells_the_causes_that_can_be_mended_first_and_stays_short() {
        for (down, services, expected) in [
            ("a:Starting", 1, "a is starting: starting"),
            ("a:Waiting b:Starting", 3, "1 of 3 services are up; b is starting: starting; not up yet: a"),
            (
                "a:Starting b:Object c:Failed d:Blocked e:Waiting",
                5,
                "0 of 5 services are up; c is failed: failed; d is blocked: blocked; b is waiting: object; \
                 not up yet: a, e",
            ),
            (
                "a:Waiting b:Waiting",
                3,
                "1 of 3 services are up; a is waiting: waiting; b is waiting: waiting",
            ),
            (
                "a:Blocked b:Waiting c:Waiting d:Waiting e:Waiting f:Waiting g:Waiting h:Waiting",
                9,
                "1 of 9 services are up; a is blocked: blocked; not up yet: b, c, d, e, f and 2 more",
            ),
        ] {
            assert_eq!(told(down, services), expected, "{down}");
        }
    }
}
