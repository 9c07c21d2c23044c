//! Waits until a Stack reaches a goal, and shows its services meanwhile. The status of the Stack is the only source.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use kube::runtime::{WatchStreamExt, watcher};

use super::view::{FRAME, Phase, Row, View};
use crate::api::{ConditionType, ServiceState, ServiceStatus, Stack};
use crate::cli::connection::Connection;

/// What the user waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// The condition `Ready` is true.
    Ready,
    /// Each service has started or failed, as after `docker compose up -d`.
    Settled,
    /// Each of these services is up. A one-shot is up when it has completed.
    Up(Vec<String>),
    /// Each of these services is stopped.
    Stopped(Vec<String>),
    /// The Stack does not exist.
    Gone,
}

/// How a Stack is followed.
#[derive(Clone, Debug)]
pub struct Follow<'a> {
    /// The name of the Stack.
    pub name: &'a str,
    /// The generation that the status must describe.
    pub generation: Option<i64>,
    /// The goal.
    pub goal: Goal,
    /// How long to wait. `None` to wait without end.
    pub timeout: Option<Duration>,
}

/// How a wait ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The goal is reached. The Stack is missing if it was deleted.
    Reached(Option<Box<Stack>>),
    /// Waiting does not help, because of this message.
    Stalled(String),
    /// The Stack was deleted, which was not the goal.
    Deleted,
    /// The time is over. The message says what the Stack waits for.
    TimedOut(String),
    /// The user pressed Ctrl-C.
    Interrupted,
}

/// How long the operator may take to see a change before the user is told that it may not run.
const UNSEEN: Duration = Duration::from_secs(10);

/// Follows a Stack until its goal.
///
/// # Errors
/// When the Stack cannot be watched.
pub async fn follow(connection: &Connection, what: &Follow<'_>, view: &mut View) -> anyhow::Result<Outcome> {
    let stacks = watcher::watch_object(connection.stacks(), what.name).default_backoff();
    let interrupt = async {
        // Without a handler for the signal, the process ends by it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        outcome = until(connection, stacks, what, view) => outcome,
        () = interrupt => Ok(Outcome::Interrupted),
    }
}

async fn until(
    connection: &Connection,
    stacks: impl Stream<Item = watcher::Result<Option<Stack>>>,
    what: &Follow<'_>,
    view: &mut View,
) -> anyhow::Result<Outcome> {
    let mut stacks = pin!(stacks);
    let mut frames = tokio::time::interval(FRAME);
    let start = Instant::now();
    let mut last: Option<Stack> = None;
    loop {
        tokio::select! {
            event = stacks.next() => match event {
                Some(Ok(stack)) => {
                    if let Some(outcome) = outcome(stack.as_ref(), what) {
                        view.show(&rows(stack.as_ref(), what, start.elapsed()));
                        return Ok(outcome);
                    }
                    last = stack;
                    view.show(&rows(last.as_ref(), what, start.elapsed()));
                }
                Some(Err(error)) => fatal(connection, what.name, error)?,
                None => return Ok(Outcome::Deleted),
            },
            _ = frames.tick() => {
                if what.timeout.is_some_and(|timeout| start.elapsed() >= timeout) {
                    return Ok(Outcome::TimedOut(message(last.as_ref())));
                }
                if !is_seen(last.as_ref(), what) {
                    view.show(&rows(last.as_ref(), what, start.elapsed()));
                }
                view.tick();
            }
        }
    }
}

/// Returns the error of a watch that does not heal by a retry.
fn fatal(connection: &Connection, name: &str, error: watcher::Error) -> anyhow::Result<()> {
    let error = match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => error,
        watcher::Error::WatchError(status) => kube::Error::Api(status),
        watcher::Error::NoResourceVersion => return Ok(()),
    };
    match error {
        // 410: the resourceVersion is too old, so the watcher lists again.
        kube::Error::Api(status) if matches!(status.code, 401 | 403 | 404) => {
            Err(connection.failed(&format!("watch Stack {name}"), kube::Error::Api(status)).into())
        }
        _ => Ok(()),
    }
}

/// Returns the outcome if the wait is over.
fn outcome(stack: Option<&Stack>, what: &Follow<'_>) -> Option<Outcome> {
    let Some(stack) = stack else {
        return Some(if what.goal == Goal::Gone { Outcome::Reached(None) } else { Outcome::Deleted });
    };
    if what.goal == Goal::Gone || !is_seen(Some(stack), what) {
        return None;
    }
    let of = |name: &String| state_of(stack, name);
    let reached = match &what.goal {
        Goal::Ready => is_true(stack, ConditionType::Ready).is_some(),
        Goal::Settled => is_settled(stack),
        Goal::Up(names) => names.iter().all(|name| of(name).is_none_or(ServiceState::is_up)),
        Goal::Stopped(names) => {
            names.iter().all(|name| of(name).is_none_or(|state| state == ServiceState::Stopped))
        }
        Goal::Gone => false,
    };
    if reached {
        return Some(Outcome::Reached(Some(Box::new(stack.clone()))));
    }
    let is_stalled =
        || is_true(stack, ConditionType::Stalled).map(|message| Outcome::Stalled(message.to_owned()));
    match &what.goal {
        // The other services of a stalled Stack can still stop.
        Goal::Stopped(_) | Goal::Gone => None,
        Goal::Ready | Goal::Settled | Goal::Up(_) => is_stalled(),
    }
}

/// Reports whether no service is at work or waits. A failed service is not at work, although it may be tried again.
fn is_settled(stack: &Stack) -> bool {
    let services = stack.status.as_ref().map(|status| status.services.as_slice()).unwrap_or_default();
    let is_at_work = |service: &ServiceStatus| match service.state {
        ServiceState::Waiting | ServiceState::Blocked | ServiceState::Starting | ServiceState::Updating => {
            true
        }
        ServiceState::Unhealthy | ServiceState::Failed => false,
        state => !state.is_up(),
    };
    !services.iter().any(is_at_work)
}

/// Returns the state of a service. A service of no active profile has none.
fn state_of(stack: &Stack, service: &str) -> Option<ServiceState> {
    let services = stack.status.as_ref().map(|status| status.services.as_slice()).unwrap_or_default();
    services.iter().find(|it| it.name == service).map(|it| it.state)
}

/// Returns the message of a condition that is true.
fn is_true(stack: &Stack, condition: ConditionType) -> Option<&str> {
    let conditions = stack.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let found = conditions.iter().find(|it| it.type_ == condition.as_str() && it.status == "True")?;
    Some(&found.message)
}

/// Returns the message of the condition `Ready`.
fn message(stack: Option<&Stack>) -> String {
    let conditions = stack.and_then(|stack| stack.status.as_ref()).map(|status| status.conditions.as_slice());
    let ready = conditions.unwrap_or_default().iter().find(|it| it.type_ == ConditionType::Ready.as_str());
    ready.map_or_else(|| "the operator has not seen the Stack".to_owned(), |it| it.message.clone())
}

/// Reports whether the operator has seen the generation.
fn is_seen(stack: Option<&Stack>, what: &Follow<'_>) -> bool {
    let observed = stack.and_then(|stack| stack.status.as_ref()?.observed_generation);
    observed.is_some_and(|observed| observed >= what.generation.unwrap_or_default().max(0))
}

/// Returns the row of each service, or one row for the Stack before the operator has seen it.
fn rows(stack: Option<&Stack>, what: &Follow<'_>, elapsed: Duration) -> Vec<Row> {
    let of_stack = |state: &str, cause: Option<&str>| {
        vec![Row {
            name: what.name.to_owned(),
            state: state.to_owned(),
            cause: cause.map(str::to_owned),
            ..Row::default()
        }]
    };
    if what.goal == Goal::Gone {
        return match stack {
            Some(_) => of_stack("Removing", Some("its objects are being deleted")),
            None => vec![Row { phase: Phase::Done, ..of_stack("Removed", None).remove(0) }],
        };
    }
    if !is_seen(stack, what) {
        let cause = "no operator has seen the change yet: check the operator with doctor";
        return of_stack("Applied", (elapsed >= UNSEEN).then_some(cause));
    }
    let services = stack.and_then(|stack| stack.status.as_ref()).map(|status| status.services.as_slice());
    let shown = |service: &&ServiceStatus| match &what.goal {
        Goal::Up(names) | Goal::Stopped(names) => names.contains(&service.name),
        Goal::Ready | Goal::Settled | Goal::Gone => true,
    };
    services.unwrap_or_default().iter().filter(shown).map(|service| row(service, &what.goal)).collect()
}

fn row(service: &ServiceStatus, goal: &Goal) -> Row {
    let phase = match (service.state, goal) {
        (ServiceState::Stopped, _) => Phase::Done,
        (_, Goal::Stopped(_)) => Phase::Working,
        (state, _) if state.is_up() => Phase::Done,
        (ServiceState::Failed | ServiceState::Blocked | ServiceState::Unhealthy, _) => Phase::Failed,
        _ => Phase::Working,
    };
    let cause = service.message.clone().filter(|_| phase != Phase::Done);
    Row { name: service.name.clone(), state: service.state.as_str().to_owned(), cause, phase }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn stack(observed: i64, condition: &str, services: Value) -> Stack {
        let condition = json!({"type": condition, "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        serde_json::from_value(json!({
            "metadata": {"name": "shop", "generation": 2},
            "spec": {},
            "status": {"observedGeneration": observed, "conditions": [condition], "services": services},
        }))
        .unwrap()
    }

    fn toward(goal: Goal) -> Follow<'static> {
        Follow { name: "shop", generation: Some(2), goal, timeout: None }
    }

    #[test]
    fn a_wait_ends_only_with_the_status_of_the_applied_generation() {
        let up = json!([{"name": "web", "state": "Running"}]);
        assert_eq!(outcome(Some(&stack(1, "Ready", up.clone())), &toward(Goal::Ready)), None);
        assert!(matches!(
            outcome(Some(&stack(2, "Ready", up)), &toward(Goal::Ready)),
            Some(Outcome::Reached(_))
        ));
    }

    #[test]
    fn a_stalled_stack_ends_the_wait_for_ready_but_not_for_stopped() {
        let stalled = stack(2, "Stalled", json!([{"name": "web", "state": "Running"}]));
        assert_eq!(outcome(Some(&stalled), &toward(Goal::Ready)), Some(Outcome::Stalled("m".to_owned())));
        assert_eq!(outcome(Some(&stalled), &toward(Goal::Stopped(vec!["web".to_owned()]))), None);
    }

    #[test]
    fn a_failed_service_is_settled_and_a_waiting_one_is_not() {
        let settled = |state: &str| {
            let stack = stack(
                2,
                "Reconciling",
                json!([{"name": "a", "state": "Healthy"}, {"name": "b", "state": state}]),
            );
            outcome(Some(&stack), &toward(Goal::Settled)).is_some()
        };
        assert!(["Failed", "Running", "Stopped", "Unhealthy"].into_iter().all(settled));
        assert!(!["Waiting", "Starting", "Blocked", "Updating"].into_iter().any(settled));
    }

    #[test]
    fn only_the_named_services_count() {
        let one = stack(
            2,
            "Reconciling",
            json!([{"name": "a", "state": "Healthy"}, {"name": "b", "state": "Starting"}]),
        );
        let reached = |names: &[&str]| {
            let names = names.iter().map(|&name| name.to_owned()).collect();
            outcome(Some(&one), &toward(Goal::Up(names))).is_some()
        };
        assert!(reached(&["a"]) && !reached(&["a", "b"]));
        let names: Vec<_> = rows(Some(&one), &toward(Goal::Up(vec!["b".to_owned()])), Duration::ZERO)
            .into_iter()
            .map(|row| row.name)
            .collect();
        assert_eq!(names, ["b"]);
    }

    #[test]
    fn a_deleted_stack_is_the_goal_or_an_error() {
        assert_eq!(outcome(None, &toward(Goal::Gone)), Some(Outcome::Reached(None)));
        assert_eq!(outcome(None, &toward(Goal::Ready)), Some(Outcome::Deleted));
    }

    #[test]
    fn an_unseen_stack_names_the_operator_after_some_time() {
        let unseen = stack(1, "Ready", json!([]));
        let cause = |elapsed| rows(Some(&unseen), &toward(Goal::Ready), elapsed).remove(0).cause;
        assert_eq!(cause(Duration::from_secs(1)), None);
        assert!(cause(UNSEEN).is_some_and(|cause| cause.starts_with("no operator")));
    }

    #[test]
    fn a_failed_service_shows_its_cause() {
        let service = ServiceStatus {
            name: "db".into(),
            state: ServiceState::Failed,
            message: Some("exit code 1".into()),
            ..ServiceStatus::default()
        };
        let row = row(&service, &Goal::Ready);
        assert_eq!((row.phase, row.cause.as_deref()), (Phase::Failed, Some("exit code 1")));
    }
}
