//! What is told of a pass, in one place: log lines, metrics and events. Nothing here ever holds a
//! value of a Secret, since no pass does.

use kube::{
    Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};

use super::context::Context;
use crate::{
    api::{ServiceState, Stack, StackStatus},
    cluster::StackKey,
    plan::{Apply, Delete},
};

pub(super) fn applied(context: &Context, key: &StackKey, apply: &Apply) {
    let kind = apply.object.kind.as_str();
    context.metrics().count_write(kind, "apply");
    tracing::info!(
        namespace = key.namespace,
        stack = key.name,
        kind,
        name = apply.object.name,
        held = apply.keeps_template,
        "applied"
    );
}

pub(super) fn deleted(context: &Context, key: &StackKey, delete: &Delete) {
    let kind = delete.kind.as_str();
    context.metrics().count_write(kind, "delete");
    tracing::info!(namespace = key.namespace, stack = key.name, kind, name = delete.name, "deleted");
}

/// Tells what has changed between two statuses: the Stack's verdict, and services that came into
/// a state that someone should look at.
pub(super) async fn transitions(context: &Context, stack: &Stack, before: &StackStatus, after: &StackStatus) {
    let verdict = |status: &StackStatus| {
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready")?;
        Some((ready.status.clone(), ready.reason.clone(), ready.message.clone()))
    };
    if let Some((status, reason, message)) = verdict(after) {
        let changed =
            verdict(before).is_none_or(|(was, why, _)| (was, why) != (status.clone(), reason.clone()));
        if changed {
            let stalled = after.conditions.iter().any(|condition| condition.type_ == "Stalled");
            let kind = if stalled { EventType::Warning } else { EventType::Normal };
            publish(context, stack, kind, &reason, &message).await;
        }
    }
    for service in &after.services {
        let was =
            before.services.iter().find(|earlier| earlier.name == service.name).map(|earlier| earlier.state);
        if was == Some(service.state) {
            continue;
        }
        tracing::info!(
            namespace = stack.metadata.namespace,
            stack = stack.metadata.name,
            service = service.name,
            state = service.state.as_str(),
            cause = service.message,
            "service"
        );
        if matches!(service.state, ServiceState::Blocked | ServiceState::Failed | ServiceState::Unhealthy) {
            let cause = service.message.as_deref().unwrap_or_default();
            let reason = format!("Service{}", service.state.as_str());
            publish(context, stack, EventType::Warning, &reason, &format!("{}: {cause}", service.name)).await;
        }
    }
}

/// A Stack that the types cannot read, which only a change of the CRD can have let in.
pub(super) async fn unreadable<K: Resource<DynamicType = ()>>(context: &Context, stack: &K, why: &str) {
    let reference = stack.object_ref(&());
    tracing::warn!(namespace = reference.namespace, stack = reference.name, why, "a Stack cannot be read");
    let note = format!("the Stack cannot be read: {why}");
    send(context, EventType::Warning, "Unreadable", &note, &reference).await;
}

async fn publish(context: &Context, stack: &Stack, kind: EventType, reason: &str, note: &str) {
    send(context, kind, reason, note, &stack.object_ref(&())).await;
}

/// A new recorder for each event: a shared one would repeat the first note of a reason for ever.
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
        note: Some(clipped(note).to_owned()),
        action: "Reconcile".to_owned(),
        secondary: None,
    };
    if let Err(error) = Recorder::new(context.client.clone(), reporter).publish(&event, reference).await {
        // An event is a courtesy; the status has the same words.
        tracing::debug!(%error, "an event could not be written");
    }
}

/// The API server takes notes of 1,024 bytes.
fn clipped(note: &str) -> &str {
    &note[..note.floor_char_boundary(1024)]
}
