//! The Stack's conditions, as kstatus and GitOps tools read them.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::{
    assessment::CREATING,
    finding::{Finding, Unfinished},
    service::{CHECK_PENDING, REPLACING, ROLLING_OUT, STOPPING, cause},
};
use crate::{
    api::{ConditionType, Reason, ServiceState, ServiceStatus},
    plan::{Conflict, Gate, Plan, Wait, WaitOf},
    translate::{Desired, Kind},
};

/// The outcome of a reconciliation, from which the conditions are made.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether the Stack is ready, in progress or stalled.
    pub outcome: Outcome,
    /// The reason.
    pub reason: Reason,
    /// A summary with the most urgent cause.
    pub message: String,
    /// The approximations and field conflicts.
    pub approximated: Option<String>,
}

/// The three outcomes of a reconciliation, as kstatus knows them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Every service is up.
    Ready,
    /// Work is in progress, or something is missing that can still come.
    Reconciling,
    /// The Stack needs a change by its user.
    Stalled,
}

pub(super) fn verdict(finding: Finding<'_>, services: &[ServiceStatus]) -> Verdict {
    match finding {
        Finding::Invalid(invalid) => Verdict {
            outcome: Outcome::Stalled,
            reason: invalid.problems.first().map_or(Reason::InvalidValue, |problem| problem.reason),
            message: invalid.message(),
            approximated: None,
        },
        Finding::Internal(id) => Verdict {
            outcome: Outcome::Stalled,
            reason: Reason::InternalError,
            message: format!(
                "internal error {id}: existing objects are unchanged; the operator's log explains the error"
            ),
            approximated: None,
        },
        Finding::Forbidden(message) => Verdict {
            outcome: Outcome::Stalled,
            reason: Reason::Forbidden,
            message: message.to_owned(),
            approximated: None,
        },
        // GitOps tools apply a ServiceAccount together with the Stack, in any order.
        Finding::NoAccount(message) => Verdict {
            outcome: Outcome::Reconciling,
            reason: Reason::MissingObject,
            message: message.to_owned(),
            approximated: None,
        },
        Finding::Planned { desired, plan, observed, unfinished } => {
            let (outcome, reason, message) = planned(desired, plan, unfinished, services);
            let conflicts = observed.settled.iter().map(|((kind, name), settled)| {
                let fields = settled.fields.join(", ");
                format!("{} {name}: another program keeps changing {fields}", kind.as_str())
            });
            let texts: Vec<String> = desired
                .approximations
                .iter()
                .map(|approximation| format!("{}: {}", approximation.path, approximation.message))
                .chain(conflicts)
                .collect();
            let approximated = match texts.len() {
                0 | 1 => texts.into_iter().next(),
                count => Some(format!("{count} approximations: {}", numbered(texts))),
            };
            Verdict { outcome, reason, message, approximated }
        }
    }
}

fn planned(
    desired: &Desired,
    plan: &Plan,
    unfinished: &Unfinished,
    services: &[ServiceStatus],
) -> (Outcome, Reason, String) {
    if let Some(conflict) = plan.conflicts.first() {
        let reason = if conflict.holder.is_some() { Reason::NameTaken } else { Reason::Conflict };
        let messages = plan.conflicts.iter().map(conflict_message).collect();
        return (Outcome::Stalled, reason, numbered(messages));
    }
    if !unfinished.refused.is_empty() {
        return (Outcome::Stalled, Reason::Refused, numbered(unfinished.refused.clone()));
    }
    let down: Vec<_> = services.iter().filter(|service| !service.state.is_up()).collect();
    if down.is_empty() && !unfinished.outstanding.is_empty() {
        return (Outcome::Reconciling, Reason::Progressing, numbered(unfinished.outstanding.clone()));
    }
    let Some(first) = down.iter().min_by_key(|service| urgency(service.state)) else {
        let message = match services.len() {
            0 => "no service is active".to_owned(),
            1 => "the service is up".to_owned(),
            n => format!("all {n} services are up"),
        };
        return (Outcome::Ready, Reason::Succeeded, message);
    };
    let views: Vec<_> = down.iter().map(|status| Down::new(status, desired, plan)).collect();
    let message = summary(&views, services.len());
    if views.iter().any(|service| service.status.state == ServiceState::Failed && service.is_one_shot) {
        // A Job that has failed is never run again with the same template.
        return (Outcome::Stalled, Reason::OneShotFailed, message);
    }
    let waits_for = |of: WaitOf| {
        plan.gates.values().any(|gate| match gate {
            Gate::Waits(waits) => waits.iter().any(|wait| wait.of == of),
            _ => false,
        })
    };
    let reason = match first.state {
        ServiceState::Blocked => Reason::Blocked,
        ServiceState::Failed => Reason::ServiceFailed,
        ServiceState::Unhealthy => Reason::ServiceUnhealthy,
        _ if waits_for(WaitOf::Object) => Reason::MissingObject,
        _ if waits_for(WaitOf::Image) => Reason::ImageUnknown,
        ServiceState::Waiting => Reason::DependencyNotReady,
        _ => Reason::Progressing,
    };
    (Outcome::Reconciling, reason, message)
}

/// Services that a summary names beside the first one.
const MOST_NAMES: usize = 3;

/// A service that is not up.
struct Down<'a> {
    status: &'a ServiceStatus,
    is_one_shot: bool,
    /// What its unit's gate waits for.
    waits: &'a [Wait],
}

impl<'a> Down<'a> {
    fn new(status: &'a ServiceStatus, desired: &Desired, plan: &'a Plan) -> Self {
        let unit = desired.unit_of(&status.name);
        let is_one_shot = unit.and_then(|unit| unit.workload.as_ref()).is_some_and(|w| w.kind() == Kind::Job);
        let waits = match unit.and_then(|unit| plan.gates.get(unit.name())) {
            Some(Gate::Waits(waits)) => waits.as_slice(),
            _ => &[],
        };
        Self { status, is_one_shot, waits }
    }

    fn name(&self) -> &str {
        &self.status.name
    }

    /// Returns the first object or image that the service waits for. Only a user can provide an object.
    fn missing(&self) -> Option<&Wait> {
        self.waits.iter().find(|wait| wait.of != WaitOf::Service)
    }

    /// Reports whether the service waits only for other services, which have causes of their own.
    fn waits_for_others(&self) -> bool {
        self.missing().is_none() && (self.status.state == ServiceState::Waiting || !self.waits.is_empty())
    }

    /// Returns what a service does that comes up without any action.
    fn progress(&self) -> Option<&'static str> {
        match (self.missing(), self.status.message.as_deref()?) {
            (Some(_), _) => None,
            (None, CHECK_PENDING) => Some("health check"),
            (None, CREATING) => Some("starting"),
            (None, ROLLING_OUT) => Some("rollout"),
            (None, REPLACING) => Some("replacement"),
            (None, STOPPING) => Some("stopping"),
            _ => None,
        }
    }

    /// Returns the service with its state and its cause.
    fn sentence(&self) -> String {
        let state = match self.status.state {
            ServiceState::Failed if self.is_one_shot => "failed".to_owned(),
            ServiceState::Failed => "is failing".to_owned(),
            state => format!("is {}", state.as_str().to_lowercase()),
        };
        let cause = self.missing().or(self.waits.first()).map(cause).or_else(|| self.status.message.clone());
        let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{} {state}{cause}", self.name())
    }

    /// Orders services by how much they need an action: an object that is missing comes after what fails.
    fn urgency(&self) -> u8 {
        if self.missing().is_some() { 2 } else { urgency(self.status.state) }
    }
}

/// Returns how many services are up, and the most urgent cause of the others. Each service's own status has its cause.
fn summary(down: &[Down<'_>], services: usize) -> String {
    let mut own: Vec<_> = down.iter().filter(|service| !service.waits_for_others()).collect();
    own.sort_by_key(|service| service.urgency());
    let (progress, stuck): (Vec<_>, Vec<_>) =
        own.into_iter().partition(|service| service.progress().is_some());
    let cause = if let Some((first, others)) = stuck.split_first() {
        let others = names(others.iter().map(|service| service.name().to_owned()).collect());
        let others = others.map(|names| format!(" (see also {names})")).unwrap_or_default();
        Some(format!("{}{others}", first.sentence()))
    } else {
        let doing = |it: &Down<'_>| Some(format!("{} ({})", it.name(), it.progress()?));
        names(progress.into_iter().filter_map(doing).collect())
            .map(|names| format!("waiting for {names}"))
            .or_else(|| down.first().map(Down::sentence))
    };
    let up = (services > 1).then(|| format!("{} of {services} services are up", services - down.len()));
    up.into_iter().chain(cause).collect::<Vec<_>>().join("; ")
}

/// Returns the first names, and the number of the others.
fn names(mut names: Vec<String>) -> Option<String> {
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    let text = names.join(", ");
    match more {
        0 => (!text.is_empty()).then_some(text),
        more => Some(format!("{text} and {more} more")),
    }
}

/// Orders states by how much they need an action. The most urgent one decides the condition's reason.
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
            "{kind} {name} belongs to the Stack {stack}; rename the service or alias, or move one Stack to another namespace"
        ),
        None => format!(
            "{kind} {name} exists and does not belong to this Stack; delete or rename the object, or use another name in the Stack"
        ),
    }
}

pub(super) fn conditions(
    verdict: &Verdict,
    failed_jobs: Option<&str>,
    before: &[Condition],
    generation: Option<i64>,
    now: Timestamp,
) -> Vec<Condition> {
    let make = |kind: ConditionType, status: bool, reason: Reason, message: &str| {
        let status = if status { "True" } else { "False" };
        let same =
            before.iter().find(|condition| condition.type_ == kind.as_str() && condition.status == status);
        Condition {
            type_: kind.as_str().to_owned(),
            status: status.to_owned(),
            reason: reason.as_str().to_owned(),
            message: message.to_owned(),
            observed_generation: generation,
            // Kubernetes: lastTransitionTime is when the status changed, not when the condition was written.
            last_transition_time: same.map_or(Time(now), |condition| condition.last_transition_time.clone()),
        }
    };
    let (reason, message) = (verdict.reason, verdict.message.as_str());
    let mut conditions = vec![make(ConditionType::Ready, verdict.outcome == Outcome::Ready, reason, message)];
    match verdict.outcome {
        Outcome::Ready => {}
        Outcome::Reconciling => conditions.push(make(ConditionType::Reconciling, true, reason, message)),
        Outcome::Stalled => conditions.push(make(ConditionType::Stalled, true, reason, message)),
    }
    if let Some(message) = &verdict.approximated {
        conditions.push(make(ConditionType::Approximated, true, Reason::NotExact, message));
    }
    if let Some(message) = failed_jobs {
        conditions.push(make(ConditionType::JobFailed, true, Reason::RunFailed, message));
    }
    conditions
}

/// Returns one text as it is, and several as a numbered list.
fn numbered(texts: Vec<String>) -> String {
    if texts.len() < 2 {
        return texts.into_iter().collect();
    }
    let items: Vec<_> = texts.iter().zip(1..).map(|(text, number)| format!("({number}) {text}")).collect();
    items.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the summary of services that are written `name:State:message`; the message `object` is a missing one.
    fn summarized(down: &str, services: usize) -> String {
        let object = [Wait { what: "Secret s".to_owned(), why: "is missing".to_owned(), of: WaitOf::Object }];
        let status = |service: &str| {
            let [name, state, message] = service.splitn(3, ':').collect::<Vec<_>>()[..] else {
                unreachable!()
            };
            ServiceStatus {
                name: name.to_owned(),
                state: match state {
                    "Failed" => ServiceState::Failed,
                    "Blocked" => ServiceState::Blocked,
                    "Starting" => ServiceState::Starting,
                    "Updating" => ServiceState::Updating,
                    _ => ServiceState::Waiting,
                },
                message: Some(message.to_owned()),
                ..ServiceStatus::default()
            }
        };
        let statuses: Vec<_> = down.split(" | ").map(status).collect();
        let down = statuses.iter().map(|status| {
            let waits = if status.message.as_deref() == Some("object") { &object[..] } else { &[] };
            Down { status, is_one_shot: status.name == "job", waits }
        });
        summary(&down.collect::<Vec<_>>(), services)
    }

    #[test]
    fn a_summary_has_one_cause_which_needs_an_action_where_one_does() {
        for (down, services, expected) in [
            ("a:Starting:containers are being created", 1, "waiting for a (starting)"),
            (
                "a:Waiting:b is starting | b:Starting:health check has not succeeded yet",
                3,
                "1 of 3 services are up; waiting for b (health check)",
            ),
            (
                "a:Starting:containers are being created | b:Waiting:object | c:Failed:exit | d:Blocked:no node | \
                 e:Waiting:a is starting",
                5,
                "0 of 5 services are up; c is failing: exit (see also d, b)",
            ),
            (
                "a:Starting:containers are being created | b:Waiting:object",
                2,
                "0 of 2 services are up; b is waiting: Secret s is missing",
            ),
            ("job:Failed:exited with code 2", 2, "1 of 2 services are up; job failed: exited with code 2"),
            (
                "a:Starting:cannot create the containers yet: no volume",
                2,
                "1 of 2 services are up; a is starting: cannot create the containers yet: no volume",
            ),
            (
                "a:Waiting:c has ended | b:Waiting:c has ended",
                3,
                "1 of 3 services are up; a is waiting: c has ended",
            ),
            (
                "a:Starting:containers are being created | b:Starting:health check has not succeeded yet | \
                 c:Starting:containers are being created | d:Starting:containers are being created | \
                 e:Updating:new version is replacing the old one",
                9,
                "4 of 9 services are up; waiting for e (rollout), a (starting), b (health check) and 2 more",
            ),
        ] {
            assert_eq!(summarized(down, services), expected, "{down}");
        }
    }
}
