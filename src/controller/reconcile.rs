//! One pass over one Stack: gather facts, translate, plan, write, tell.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use kube::{
    Api, Resource,
    api::{Patch, PatchParams},
    core::DeserializeGuard,
    runtime::controller::Action,
};
use serde_json::json;

use super::{
    account::{self, Refusal},
    context::Context,
    facts,
    images::Known,
    key_of, report,
    settle::QUIET,
    status_fields::StatusFields,
    write::{Outcome, Writer},
};
use crate::{
    api::{Stack, StackStatus, labels::FIELD_MANAGER},
    caught::{Panicked, caught_while},
    cluster::{ApplyError, REFUSED_FOR, StackKey, lock},
    plan::{self, Identity, LastStatus, Observed, Plan},
    status::{self, Finding, Unfinished},
    translate::{Desired, Facts, Invalid, Kind},
};

/// Why a pass did not reach its end. Every one of them may be mended by another try.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The facts could not be read.
    #[error("the objects that the Stack names could not be read: {0}")]
    Facts(#[source] kube::Error),
    /// What the Stack's account may do is not known.
    #[error("what the ServiceAccount of the Stack may do could not be asked: {0}")]
    Account(#[source] kube::Error),
    /// Some children could not be written; the others were.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Write(Vec<ApplyError>),
    /// The status could not be written.
    #[error("the status could not be written: {0}")]
    Status(#[source] kube::Error),
    /// The pass met a mistake of this program.
    #[error(transparent)]
    Internal(#[from] Panicked),
    /// The API server took too long.
    #[error("the pass took longer than {} seconds", LONGEST_PASS.as_secs())]
    TooLong,
}

/// A call without an answer must not hold a Stack for ever: the client waits without end.
const LONGEST_PASS: Duration = Duration::from_secs(60);
/// How often a name that someone else holds is looked at again.
const CONFLICT_RECHECK: Duration = Duration::from_secs(60);
/// Insurance against an event that was missed; such a pass sends nothing.
const INSURANCE: Duration = Duration::from_secs(3600);

pub(super) async fn reconcile(
    stack: Arc<DeserializeGuard<Stack>>,
    context: Arc<Context>,
) -> Result<Action, Error> {
    let key = key_of(stack.as_ref());
    let stack = match &stack.0 {
        Ok(stack) => stack,
        Err(invalid) => {
            // It cannot even be read, so not even its status can be told apart: an event it is.
            report::unreadable(&context, stack.as_ref(), &invalid.error).await;
            return Ok(Action::await_change());
        }
    };
    if stack.metadata.deletion_timestamp.is_some() {
        // Children go by their owner references, with the operator up or down.
        return Ok(Action::await_change());
    }
    let stack = Arc::new(context.with_newest_status(&key, stack));
    let began = std::time::Instant::now();
    let work = tokio::time::timeout(LONGEST_PASS, pass(&context, &key, &stack));
    // What a pass awaits is caught, too: a task that panics would end the whole queue.
    let result = match caught_while(Some(&key), work).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Error::TooLong),
        Err(panicked) => Err(panicked.into()),
    };
    if let Err(Error::Internal(Panicked { id })) = &result {
        let (status, _) = status::status(&stack, Finding::Internal(id), Timestamp::now());
        write_status(&context, &key, &stack, status).await?;
    }
    context.metrics().observe_pass(began.elapsed(), result.is_ok());
    if result.is_ok() {
        context.backoffs.reset(&key);
    }
    result
}

pub(super) fn on_error(stack: Arc<DeserializeGuard<Stack>>, error: &Error, context: Arc<Context>) -> Action {
    let key = key_of(stack.as_ref());
    // What the pass has found is told in time, also where the next try is far away.
    let delay = context.backoffs.next(&key).min(context.pace.due(&key).unwrap_or(Duration::MAX));
    tracing::warn!(namespace = key.namespace, stack = key.name, %error, retry_in = ?delay, "a pass failed");
    Action::requeue(delay)
}

async fn pass(context: &Arc<Context>, key: &StackKey, stack: &Arc<Stack>) -> Result<Action, Error> {
    let identity = identity(key, stack);
    let memory: LastStatus = stack
        .status
        .iter()
        .flat_map(|status| &status.services)
        .map(|service| (service.name.clone(), service.clone()))
        .collect();
    if let Err(refusal) = context.accounts.permit(key, &stack.spec, || account::reads(&stack.spec)).await {
        return refuse(context, key, stack, refusal).await;
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
            let (status, _) = status::status(stack, Finding::Invalid(&invalid), Timestamp::now());
            write_status(context, key, stack, status).await?;
            let again = again.into_iter().chain(context.pace.due(key)).min();
            return Ok(again.map_or_else(Action::await_change, Action::requeue));
        }
    };
    if let Err(refusal) = context.accounts.permit(key, &stack.spec, || account::writes(&desired, &plan)).await
    {
        return refuse(context, key, stack, refusal).await;
    }
    let Outcome { failures, left } = Writer::new(context, key, identity).carry_out(&mut plan).await;
    let contended = plan.conflicts.iter().map(|conflict| (conflict.kind, conflict.name.clone())).collect();
    let level = Level { context, key, identity, wanted: desired.names() };
    {
        let mut index = lock(&context.index);
        index.set_contended(key, &contended);
        index.forget_refused(key, &level.wanted);
    }
    let after = level.observe();
    let (now, has_moved) = (Timestamp::now(), observed != after || left > 0);
    let unfinished = unfinished(&plan, &failures, left);
    let told = {
        let stack = Arc::clone(stack);
        move || {
            let finding = Finding::Planned {
                desired: &desired,
                plan: &plan,
                observed: &after,
                unfinished: &unfinished,
            };
            (status::status(&stack, finding, now), plan)
        }
    };
    let ((status, recheck), plan) = context.workers.work(key, told).await?;
    write_status(context, key, stack, status).await?;
    if !failures.is_empty() {
        return Err(Error::Write(failures));
    }
    let recheck = recheck.and_then(|moment| Duration::try_from(moment.duration_since(now)).ok());
    let again = recheck.into_iter().chain(again).chain(context.pace.due(key)).min();
    Ok(next(&plan, again, has_moved))
}

/// Tells what the Stack's account lacks. Nothing is written for it until then.
async fn refuse(context: &Context, key: &StackKey, stack: &Stack, refusal: Refusal) -> Result<Action, Error> {
    let (finding, again) = match refusal {
        Refusal::Unknown(error) => return Err(Error::Account(error)),
        Refusal::Forbidden { ref message, again } => (Finding::Forbidden(message), again),
        Refusal::NoAccount { ref message, again } => (Finding::NoAccount(message), again),
    };
    let (status, _) = status::status(stack, finding, Timestamp::now());
    write_status(context, key, stack, status).await?;
    Ok(Action::requeue(context.pace.due(key).map_or(again, |due| due.min(again))))
}

fn identity<'s>(key: &'s StackKey, stack: &'s Stack) -> Identity<'s> {
    Identity { uid: stack.metadata.uid.as_deref().unwrap_or_default(), name: &key.name }
}

/// What a Stack should have, what is to be done, and what was observed for it.
fn make(
    context: &Context,
    key: &StackKey,
    stack: &Stack,
    facts: &Facts,
    memory: &LastStatus,
) -> Result<(Desired, Plan, Observed), Invalid> {
    let desired = (context.translation)(stack, facts)?;
    let level = Level { context, key, identity: identity(key, stack), wanted: desired.names() };
    let observed = level.observe();
    let plan = plan::plan(&desired, &observed, memory);
    Ok((desired, plan, observed))
}

/// What is known of a Stack, taken anew whenever it is asked for.
struct Level<'a> {
    context: &'a Context,
    key: &'a StackKey,
    identity: Identity<'a>,
    wanted: BTreeSet<(Kind, String)>,
}

impl Level<'_> {
    fn observe(&self) -> Observed {
        let index = lock(&self.context.index);
        let mut observed = index.observed(self.key, self.identity);
        index.add_namesakes(self.key, self.identity, &self.wanted, &mut observed);
        observed
    }
}

/// What keeps the Stack from being as its spec says although every service may be up.
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
        unfinished.outstanding.push(format!("{left} objects are still to be written"));
    }
    unfinished.outstanding.extend(plan.leaving.iter().map(|(kind, name)| {
        format!("{} {name} of an earlier Stack of this name is still being deleted", kind.as_str())
    }));
    unfinished
}

/// When to look again. Events say most of it; what they do not say is what time alone changes,
/// what someone else holds, and what happened while this pass was writing.
fn next(plan: &Plan, recheck: Option<Duration>, has_moved: bool) -> Action {
    if has_moved {
        return Action::requeue(QUIET);
    }
    let conflict = (!plan.conflicts.is_empty()).then_some(CONFLICT_RECHECK);
    let refused = (!plan.refused.is_empty()).then_some(REFUSED_FOR);
    Action::requeue([recheck, conflict, refused].into_iter().flatten().min().unwrap_or(INSURANCE))
}

/// Writes the status if it says something else than before, and not too soon after it.
async fn write_status(
    context: &Context,
    key: &StackKey,
    stack: &Stack,
    status: StackStatus,
) -> Result<(), Error> {
    let before = stack.status.clone().unwrap_or_default();
    let mut status = context.status_fields.fit(status);
    if before == status {
        context.pace.is_told(key);
        return Ok(());
    }
    if !context.pace.may_write(key, &before, &status) {
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
            context.pace.wrote(key);
            context.wrote(key, &written);
            report::transitions(context, stack, &before, &status).await;
            Ok(())
        }
        // It was deleted meanwhile.
        Err(kube::Error::Api(error)) if error.is_not_found() || error.is_conflict() => Ok(()),
        Err(error) => Err(Error::Status(error)),
    }
}

async fn send_status(
    context: &Context,
    key: &StackKey,
    stack: &Stack,
    status: &StackStatus,
) -> kube::Result<Stack> {
    let api: Api<Stack> = Api::namespaced(context.client.clone(), &key.namespace);
    let body = json!({
        "apiVersion": Stack::api_version(&()),
        "kind": Stack::kind(&()),
        // Not the status of another Stack that has taken the name.
        "metadata": { "name": key.name, "uid": stack.metadata.uid },
        "status": status,
    });
    let params = PatchParams::apply(FIELD_MANAGER).validation_strict().force();
    api.patch_status(&key.name, &params, &Patch::Apply(&body)).await
}
