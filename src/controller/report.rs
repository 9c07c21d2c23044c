//! Reports of a reconciliation: log lines, metrics and events. None contains a value of a Secret, since a reconciliation
//! holds only digests of them.

use kube::{
    Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};

use super::context::Context;
use crate::{
    api::{JobStatus, RunResult, ServiceState, ServiceStatus, Stack, StackKey, StackStatus},
    plan::{Apply, Delete},
    text::clip::clipped,
};

/// Bytes of the note of an event, the limit of the API server.
const LONGEST_NOTE: usize = 1024;

pub(super) fn applied(context: &Context, key: &StackKey, apply: &Apply) {
    let kind = apply.object.kind.as_str();
    context.metrics().count_write(kind, "apply");
    tracing::info!(
        namespace = key.namespace,
        stack = key.name,
        kind,
        name = apply.object.name,
        gated = apply.keeps_template,
        "applied"
    );
}

pub(super) fn deleted(context: &Context, key: &StackKey, delete: &Delete) {
    let kind = delete.kind.as_str();
    context.metrics().count_write(kind, "delete");
    tracing::info!(namespace = key.namespace, stack = key.name, kind, name = delete.name, "deleted");
}

/// Publishes the transitions between two statuses: an event for a new reason of the Stack's `Ready` condition, a log line
/// for each service whose state has changed, and an event for each service that now needs an action.
pub(super) async fn transitions(context: &Context, stack: &Stack, before: &StackStatus, after: &StackStatus) {
    let ready = |status: &StackStatus| {
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready")?;
        Some((ready.status.clone(), ready.reason.clone(), ready.message.clone()))
    };
    if let Some((status, reason, message)) = ready(after) {
        let changed =
            ready(before).is_none_or(|(was, why, _)| (was, why) != (status.clone(), reason.clone()));
        if changed {
            let stalled = after.conditions.iter().any(|condition| condition.type_ == "Stalled");
            let kind = if stalled { EventType::Warning } else { EventType::Normal };
            publish(context, stack, kind, &reason, &message).await;
        }
    }
    for job in &after.jobs {
        let last_run = |status: &JobStatus| status.last_run.as_ref().map(|run| run.name.clone());
        let was = before.jobs.iter().find(|earlier| earlier.name == job.name);
        let ended = job.last_run.as_ref().filter(|_| was.and_then(last_run) != last_run(job));
        if let Some(run) = ended.filter(|run| run.result == RunResult::Failed) {
            let note = format!("{}: {}", job.name, run.sentence());
            publish(context, stack, EventType::Warning, "JobFailed", &note).await;
        }
    }
    for service in &after.services {
        let was = before.services.iter().find(|earlier| earlier.name == service.name);
        let has_changed = was.is_none_or(|was| was.state != service.state);
        if has_changed {
            tracing::info!(
                namespace = stack.metadata.namespace,
                stack = stack.metadata.name,
                service = service.name,
                state = service.state.as_str(),
                cause = service.message,
                "service changed its state"
            );
        }
        if needs_action(service) && (has_changed || !was.is_some_and(needs_action)) {
            let cause = action_cause(service);
            let reason = format!("Service{}", service.state.as_str());
            publish(context, stack, EventType::Warning, &reason, &format!("{}: {cause}", service.name)).await;
        }
    }
}

/// Reports whether only a user can bring the service up: it is blocked, fails, or waits for an object.
fn needs_action(service: &ServiceStatus) -> bool {
    // An entry for an object has its kind first, such as `Secret db`. The operator retries images by itself.
    let waits_for_object =
        || service.waits_for.iter().any(|what| what.contains(' ') && !what.starts_with("image "));
    matches!(service.state, ServiceState::Blocked | ServiceState::Failed | ServiceState::Unhealthy)
        || waits_for_object()
}

/// Returns the cause of the state of a service that needs an action. For a service that waits, the cause is the first
/// wait. Gates list objects before dependencies, whose state would soon be outdated in the event.
fn action_cause(service: &ServiceStatus) -> &str {
    let message = service.message.as_deref().unwrap_or_default();
    let first = message.split_once("; ").map_or(message, |(first, _)| first);
    if service.waits_for.is_empty() { message } else { first }
}

/// Publishes an event for a Stack that the operator cannot parse. Only a CRD of another version admits such a Stack.
pub(super) async fn unreadable<K: Resource<DynamicType = ()>>(context: &Context, stack: &K, why: &str) {
    let reference = stack.object_ref(&());
    tracing::warn!(namespace = reference.namespace, stack = reference.name, why, "cannot parse the Stack");
    let note = format!("cannot parse the Stack: {why}");
    send(context, EventType::Warning, "Unreadable", &note, &reference).await;
}

async fn publish(context: &Context, stack: &Stack, kind: EventType, reason: &str, note: &str) {
    send(context, kind, reason, note, &stack.object_ref(&())).await;
}

/// Sends one event. Each event has its own recorder, since a shared one repeats the first note of a reason
/// (kube-runtime aggregates events by reason).
async fn send(
    context: &Context,
    kind: EventType,
    reason: &str,
    note: &str,
    reference: &k8s_openapi::api::core::v1::ObjectReference,
) {
    let reporter = Reporter { controller: "stackwright".to_owned(), instance: None };
    let event = Event {
        type_: kind,
        reason: reason.to_owned(),
        note: Some(clipped(note, LONGEST_NOTE)),
        action: "Reconcile".to_owned(),
        secondary: None,
    };
    if let Err(error) = Recorder::new(context.client.clone(), reporter).publish(&event, reference).await {
        // The status has the same message.
        tracing::debug!(%error, "cannot write an event");
    }
}
