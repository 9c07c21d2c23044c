//! Reconciliation of one Stack: gather facts, translate, plan, write, report.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::http::{HeaderValue, header::ACCEPT};
use jiff::Timestamp;
use kube::{
    Resource,
    api::{Patch, PatchParams},
    core::{PartialObjectMeta, Request},
    runtime::controller::Action,
};
use serde_json::json;

use super::{
    account::{self, Refusal},
    context::{Context, Current},
    debounce::QUIET,
    facts,
    images::Known,
    report,
    status_fields::StatusFields,
    watched::Watched,
    write::{Outcome, Writer},
};
use crate::{
    api::{Stack, StackKey, StackStatus, labels::FIELD_MANAGER},
    cluster::{ApplyError, METADATA, REFUSED_FOR, lock},
    panics::{Panicked, catch_panic_async},
    plan::{self, Identity, LastStatus, Observed, Plan},
    status::{self, Finding, Unfinished},
    translate::{Desired, Facts, Invalid, Kind},
};

/// An error of a reconciliation. Each of them can go away with a retry.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The facts cannot be read.
    #[error("cannot read the objects that the Stack names: {0}")]
    Facts(#[source] kube::Error),
    /// The rights of the Stack's ServiceAccount cannot be checked.
    #[error("cannot check the rights of the Stack's ServiceAccount: {0}")]
    Account(#[source] kube::Error),
    /// Some children cannot be written. The others are.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Write(Vec<ApplyError>),
    /// The status cannot be written.
    #[error("cannot write the status: {0}")]
    Status(#[source] kube::Error),
    /// The reconciliation panicked.
    #[error(transparent)]
    Internal(#[from] Panicked),
    /// The API server took too long.
    #[error("the reconciliation took longer than {} seconds", LONGEST_RECONCILE.as_secs())]
    TooLong,
}

/// Timeout of a reconciliation. The client itself has no timeout, so a request without an answer would block the Stack.
const LONGEST_RECONCILE: Duration = Duration::from_secs(60);
/// Time after which a name that belongs to another object is checked again.
const CONFLICT_RECHECK: Duration = Duration::from_secs(60);
/// Time after which a Stack without events is reconciled, as insurance against a missed event.
const INSURANCE: Duration = Duration::from_secs(3600);

pub(super) async fn reconcile(watched: Arc<Watched>, context: Arc<Context>) -> Result<Action, Error> {
    let key = StackKey::of(watched.as_ref());
    let stack = match watched.as_ref() {
        Watched::Readable(stack) => stack,
        Watched::Unreadable(unreadable) => {
            // Without a parsed Stack there is no status to update, so the error becomes an event.
            report::unreadable(&context, watched.as_ref(), &unreadable.error).await;
            return Ok(Action::await_change());
        }
    };
    if stack.metadata.deletion_timestamp.is_some() {
        // Kubernetes deletes the children by their owner references.
        return Ok(Action::await_change());
    }
    let current = context.current(&key, stack);
    let began = std::time::Instant::now();
    let work = tokio::time::timeout(LONGEST_RECONCILE, reconcile_live(&context, &key, &current));
    // A panic in the task would end the whole queue.
    let result = match catch_panic_async(Some(&key), work).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Error::TooLong),
        Err(panicked) => Err(panicked.into()),
    };
    if let Err(Error::Internal(Panicked { id })) = &result {
        let (status, _) = status::status(stack, &current.status, Finding::Internal(id), Timestamp::now());
        write_status(&context, &key, &current, status).await?;
    }
    context.metrics().observe_reconcile(began.elapsed(), result.is_ok());
    if result.is_ok() {
        context.backoffs.reset(&key);
    }
    result
}

pub(super) fn on_error(stack: Arc<Watched>, error: &Error, context: Arc<Context>) -> Action {
    let key = StackKey::of(stack.as_ref());
    // A status that waits for its turn must not wait for the whole backoff.
    let delay = context.backoffs.next(&key).min(context.status_rate.due(&key).unwrap_or(Duration::MAX));
    tracing::warn!(namespace = key.namespace, stack = key.name, %error, retry_in = ?delay, "reconcile failed");
    Action::requeue(delay)
}

async fn reconcile_live(context: &Arc<Context>, key: &StackKey, current: &Current) -> Result<Action, Error> {
    let Current { stack, status: before } = current;
    let identity = identity(key, stack);
    let memory: LastStatus =
        before.services.iter().map(|service| (service.name.clone(), service.clone())).collect();
    if let Err(refusal) = context.accounts.permit(key, &stack.spec, || account::reads(&stack.spec)).await {
        return refuse(context, key, current, refusal).await;
    }
    let observed = lock(&context.index).observed(key, identity);
    let Some(Known { images, held, again }) = context.images.known(key, stack, &observed) else {
        return Ok(Action::requeue(INSURANCE));
    };
    let facts = facts::gather(context, key, &stack.spec, &observed, &memory).await.map_err(Error::Facts)?;
    let facts = Facts { images, unread: held, ..facts };
    let made = {
        let (context, key, stack) = (Arc::clone(context), key.clone(), Arc::clone(stack));
        move || make(&context, &key, &stack, &facts, &memory)
    };
    let (desired, mut plan, observed) = match context.workers.work(key, made).await? {
        Ok(made) => made,
        Err(invalid) => {
            let (status, _) = status::status(stack, before, Finding::Invalid(&invalid), Timestamp::now());
            write_status(context, key, current, status).await?;
            let again = again.into_iter().chain(context.status_rate.due(key)).min();
            return Ok(again.map_or_else(Action::await_change, Action::requeue));
        }
    };
    if let Err(refusal) = context.accounts.permit(key, &stack.spec, || account::writes(&desired, &plan)).await
    {
        return refuse(context, key, current, refusal).await;
    }
    let Outcome { failures, left } = Writer::new(context, key, identity).carry_out(&mut plan).await;
    let contended = plan.conflicts.iter().map(|conflict| (conflict.kind, conflict.name.clone())).collect();
    let snapshot = Snapshot { context, key, identity, wanted: desired.names() };
    {
        let mut index = lock(&context.index);
        index.set_contended(key, &contended);
        index.forget_refused(key, &snapshot.wanted);
    }
    let after = snapshot.observe();
    let (now, has_moved) = (Timestamp::now(), observed != after || left > 0);
    let unfinished = unfinished(&plan, &failures, left);
    let assess = {
        let Current { stack, status: before } = current.clone();
        move || {
            let finding = Finding::Planned {
                desired: &desired,
                plan: &plan,
                observed: &after,
                unfinished: &unfinished,
            };
            (status::status(&stack, &before, finding, now), plan)
        }
    };
    let ((status, recheck), plan) = context.workers.work(key, assess).await?;
    write_status(context, key, current, status).await?;
    if !failures.is_empty() {
        return Err(Error::Write(failures));
    }
    let recheck = recheck.and_then(|moment| Duration::try_from(moment.duration_since(now)).ok());
    let again = recheck.into_iter().chain(again).chain(context.status_rate.due(key)).min();
    Ok(next(&plan, again, has_moved))
}

/// Writes the status of a Stack whose ServiceAccount lacks a right or does not exist. No child is written.
async fn refuse(
    context: &Context,
    key: &StackKey,
    current: &Current,
    refusal: Refusal,
) -> Result<Action, Error> {
    let (finding, again) = match refusal {
        Refusal::Unknown(error) => return Err(Error::Account(error)),
        Refusal::Forbidden { ref message, again } => (Finding::Forbidden(message), again),
        Refusal::NoAccount { ref message, again } => (Finding::NoAccount(message), again),
    };
    let (status, _) = status::status(&current.stack, &current.status, finding, Timestamp::now());
    write_status(context, key, current, status).await?;
    Ok(Action::requeue(context.status_rate.due(key).map_or(again, |due| due.min(again))))
}

fn identity<'s>(key: &'s StackKey, stack: &'s Stack) -> Identity<'s> {
    Identity { uid: stack.metadata.uid.as_deref().unwrap_or_default(), name: &key.name }
}

/// Returns the desired state of a Stack, the plan, and the observed state that the plan is based on.
fn make(
    context: &Context,
    key: &StackKey,
    stack: &Stack,
    facts: &Facts,
    memory: &LastStatus,
) -> Result<(Desired, Plan, Observed), Invalid> {
    let desired = (context.translation)(stack, facts)?;
    let snapshot = Snapshot { context, key, identity: identity(key, stack), wanted: desired.names() };
    let observed = snapshot.observe();
    let plan = plan::plan(&desired, &observed, memory);
    Ok((desired, plan, observed))
}

/// A view of a Stack in the index, read anew by each call.
struct Snapshot<'a> {
    context: &'a Context,
    key: &'a StackKey,
    identity: Identity<'a>,
    wanted: BTreeSet<(Kind, String)>,
}

impl Snapshot<'_> {
    fn observe(&self) -> Observed {
        let index = lock(&self.context.index);
        let mut observed = index.observed(self.key, self.identity);
        index.add_name_holders(self.key, self.identity, &self.wanted, &mut observed);
        observed
    }
}

/// Returns the differences from the spec that no service's state shows.
fn unfinished(plan: &Plan, failures: &[ApplyError], left: usize) -> Unfinished {
    let mut unfinished = Unfinished { refused: plan.refused.clone(), ..Unfinished::default() };
    for failure in failures {
        match failure {
            ApplyError::Refused { .. } => unfinished.refused.push(failure.to_string()),
            ApplyError::Retry { .. } => unfinished.outstanding.push(failure.to_string()),
        }
    }
    let replaced = plan.replaced.iter().filter(|delete| !delete.kind.is_workload());
    unfinished
        .outstanding
        .extend(replaced.map(|it| format!("{} {} is being replaced", it.kind.as_str(), it.name)));
    if left > 0 {
        unfinished.outstanding.push(format!("{left} objects are not written yet"));
    }
    unfinished.outstanding.extend(plan.leaving.iter().map(|(kind, name)| {
        format!("{} {name} of an earlier Stack with this name is still being deleted", kind.as_str())
    }));
    unfinished
}

/// Returns when to reconcile again. Events trigger most reconciliations. The exceptions are states that change by time
/// alone, names that belong to others, refusals, and changes during this reconciliation.
fn next(plan: &Plan, recheck: Option<Duration>, has_moved: bool) -> Action {
    if has_moved {
        return Action::requeue(QUIET);
    }
    let conflict = (!plan.conflicts.is_empty()).then_some(CONFLICT_RECHECK);
    let refused = (!plan.refused.is_empty()).then_some(REFUSED_FOR);
    Action::requeue([recheck, conflict, refused].into_iter().flatten().min().unwrap_or(INSURANCE))
}

/// Writes the status if it has changed, at a limited rate.
async fn write_status(
    context: &Context,
    key: &StackKey,
    current: &Current,
    status: StackStatus,
) -> Result<(), Error> {
    let Current { stack, status: before } = current;
    let mut status = context.status_fields.fit(status);
    if **before == status {
        context.status_rate.is_current(key);
        return Ok(());
    }
    if !context.status_rate.may_write(key, before, &status) {
        return Ok(());
    }
    let mut sent = send_status(context, key, stack, &status).await;
    if let Err(kube::Error::Api(refusal)) = &sent
        && StatusFields::is_refusal(refusal)
    {
        context.status_fields.learn(&context.client, &status).await.map_err(Error::Status)?;
        status = context.status_fields.fit(status);
        sent = send_status(context, key, stack, &status).await;
    }
    match sent {
        Ok(written) => {
            context.status_rate.wrote(key);
            // Remembered before the events are sent, whose requests can take until the timeout of the reconciliation.
            let status = Arc::new(status);
            context.wrote(key, &written.metadata, Arc::clone(&status));
            report::transitions(context, stack, before, &status).await;
            Ok(())
        }
        // The Stack was deleted meanwhile.
        Err(kube::Error::Api(error)) if error.is_not_found() || error.is_conflict() => Ok(()),
        Err(error) => Err(Error::Status(error)),
    }
}

async fn send_status(
    context: &Context,
    key: &StackKey,
    stack: &Stack,
    status: &StackStatus,
) -> kube::Result<PartialObjectMeta<Stack>> {
    let body = json!({
        "apiVersion": Stack::api_version(&()),
        "kind": Stack::kind(&()),
        // The UID keeps the status off another Stack with the same name.
        "metadata": { "name": key.name, "uid": stack.metadata.uid },
        "status": status,
    });
    let params = PatchParams::apply(FIELD_MANAGER).validation_strict().force();
    let stacks = Request::new(Stack::url_path(&(), Some(&key.namespace)));
    let mut request = stacks
        .patch_subresource("status", &key.name, &params, &Patch::Apply(&body))
        .map_err(kube::Error::BuildRequest)?;
    // The response would contain the spec, of up to 1.5 MiB.
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static(METADATA));
    context.client.request(request).await
}
