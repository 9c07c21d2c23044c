//! One pass over one Stack: gather facts, translate, plan, write, tell.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use kube::{
    Api, Resource,
    api::{Patch, PatchParams, PropagationPolicy},
    core::DeserializeGuard,
    runtime::controller::Action,
};
use serde_json::json;

use super::{context::Context, facts, key_of, report};
use crate::{
    api::{Stack, StackStatus, labels::FIELD_MANAGER},
    cluster::{Applied, Applier, ApplyError, StackKey, lock},
    plan::{self, Apply, Conflict, Delete, Identity, Plan},
    status::{self, Finding},
    translate::{self, Desired},
};

/// Why a pass did not reach its end. Every one of them may be mended by another try.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The facts could not be read.
    #[error("the objects that the Stack names could not be read: {0}")]
    Facts(#[source] kube::Error),
    /// Some children could not be written; the others were.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Write(Vec<ApplyError>),
    /// The status could not be written.
    #[error("the status could not be written: {0}")]
    Status(#[source] kube::Error),
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
/// How many children of one Stack are written at the same time.
const PARALLEL_WRITES: usize = 8;

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
    let stack = context.with_newest_status(&key, stack);
    let began = std::time::Instant::now();
    let result = match tokio::time::timeout(LONGEST_PASS, pass(&context, &key, &stack)).await {
        Ok(result) => result,
        Err(_) => Err(Error::TooLong),
    };
    context.metrics().observe_pass(began.elapsed(), result.is_ok());
    if result.is_ok() {
        context.backoffs.reset(&key);
    }
    result
}

pub(super) fn on_error(stack: Arc<DeserializeGuard<Stack>>, error: &Error, context: Arc<Context>) -> Action {
    let key = key_of(stack.as_ref());
    let delay = context.backoffs.next(&key);
    tracing::warn!(namespace = key.namespace, stack = key.name, %error, retry_in = ?delay, "a pass failed");
    Action::requeue(delay)
}

async fn pass(context: &Context, key: &StackKey, stack: &Stack) -> Result<Action, Error> {
    let identity = Identity { uid: stack.metadata.uid.as_deref().unwrap_or_default(), name: &key.name };
    let mut observed = lock(&context.index).observed(key);
    let facts = facts::gather(context, key, identity, &stack.spec, &observed).await.map_err(Error::Facts)?;
    let desired = match translate::translate(stack, &facts) {
        Ok(desired) => desired,
        Err(invalid) => {
            let (status, _) = status::status(stack, Finding::Invalid(&invalid), Timestamp::now());
            write_status(context, key, stack, status).await?;
            return Ok(Action::await_change());
        }
    };
    let wanted = facts::wanted_names(&desired);
    let names = || wanted.iter().map(|(kind, name)| (*kind, name.as_str()));
    lock(&context.index).add_namesakes(key, names(), &mut observed);
    let memory = stack
        .status
        .iter()
        .flat_map(|status| &status.services)
        .map(|service| (service.name.clone(), service.clone()))
        .collect();
    let mut plan = plan::plan(identity, &desired, &observed, &memory);
    let failures = carry_out(context, key, identity, &mut plan).await;
    {
        let contended: BTreeSet<_> =
            plan.conflicts.iter().map(|conflict| (conflict.kind, conflict.name.clone())).collect();
        let mut index = lock(&context.index);
        index.set_contended(key, &contended);
        observed = index.observed(key);
        index.add_namesakes(key, names(), &mut observed);
    }
    tell(context, key, stack, &desired, &plan, &observed, failures).await
}

async fn tell(
    context: &Context,
    key: &StackKey,
    stack: &Stack,
    desired: &Desired,
    plan: &Plan,
    observed: &plan::Observed,
    failures: Vec<ApplyError>,
) -> Result<Action, Error> {
    let refused: Vec<String> = failures
        .iter()
        .filter(|failure| matches!(failure, ApplyError::Refused { .. }))
        .map(ToString::to_string)
        .collect();
    let now = Timestamp::now();
    let finding = Finding::Planned { desired, plan, observed, refused: &refused };
    let (status, recheck) = status::status(stack, finding, now);
    write_status(context, key, stack, status).await?;
    if !failures.is_empty() {
        return Err(Error::Write(failures));
    }
    let again = recheck.and_then(|moment| Duration::try_from(moment.duration_since(now)).ok());
    let conflict = (!plan.conflicts.is_empty()).then_some(CONFLICT_RECHECK);
    Ok(Action::requeue([again, conflict].into_iter().flatten().min().unwrap_or(INSURANCE)))
}

/// Writes what is planned: what pods mount and obey first, then the pods; deletes of what is no
/// longer wanted only when everything was written. What turns out to belong to someone else
/// becomes a conflict of the plan.
async fn carry_out(
    context: &Context,
    key: &StackKey,
    stack: Identity<'_>,
    plan: &mut Plan,
) -> Vec<ApplyError> {
    let writer =
        Writer { context, key, stack, applier: Applier::new(context.client.clone(), &key.namespace) };
    let mut failures = writer.delete(&plan.replaced, PropagationPolicy::Foreground).await;
    let (workloads, others): (Vec<_>, Vec<_>) =
        plan.applies.iter().cloned().partition(|apply| apply.object.kind.is_workload());
    writer.apply(&others, &mut plan.conflicts, &mut failures).await;
    // No pod of ours mounts what belongs to someone else.
    let foreign = plan.conflicts.clone();
    let mounts_foreign = |apply: &Apply| foreign.iter().any(|it| apply.object.mounts(it.kind, &it.name));
    let workloads: Vec<_> = workloads.into_iter().filter(|apply| !mounts_foreign(apply)).collect();
    writer.apply(&workloads, &mut plan.conflicts, &mut failures).await;
    if failures.is_empty() {
        failures = writer.delete(&plan.pruned, PropagationPolicy::Background).await;
    }
    failures
}

struct Writer<'a> {
    context: &'a Context,
    key: &'a StackKey,
    stack: Identity<'a>,
    applier: Applier,
}

impl Writer<'_> {
    async fn apply(&self, applies: &[Apply], taken: &mut Vec<Conflict>, failures: &mut Vec<ApplyError>) {
        let writes: Vec<_> = applies.iter().map(|apply| self.apply_one(apply)).collect();
        let outcomes: Vec<_> = stream::iter(writes).buffer_unordered(PARALLEL_WRITES).collect().await;
        for outcome in outcomes {
            match outcome {
                Ok(conflict) => taken.extend(conflict),
                Err(failure) => failures.push(failure),
            }
        }
    }

    async fn apply_one(&self, apply: &Apply) -> Result<Option<Conflict>, ApplyError> {
        let kind = apply.object.kind;
        match self.applier.apply(self.stack, apply).await? {
            Applied::Written { object, settled } => {
                report::applied(self.context, self.key, apply);
                let mut index = lock(&self.context.index);
                index.apply_child(kind, &object);
                index.set_settled(&self.key.namespace, (kind, apply.object.name.clone()), settled);
                Ok(None)
            }
            Applied::Taken(conflict) => Ok(Some(conflict)),
            Applied::Leaving => Ok(None),
        }
    }

    async fn delete(&self, deletes: &[Delete], propagation: PropagationPolicy) -> Vec<ApplyError> {
        let writes: Vec<_> =
            deletes.iter().map(|delete| self.delete_one(delete, propagation.clone())).collect();
        let results: Vec<_> = stream::iter(writes).buffer_unordered(PARALLEL_WRITES).collect().await;
        results.into_iter().filter_map(Result::err).collect()
    }

    async fn delete_one(&self, delete: &Delete, propagation: PropagationPolicy) -> Result<(), ApplyError> {
        self.applier.delete(delete, propagation).await?;
        report::deleted(self.context, self.key, delete);
        lock(&self.context.index).mark_deleting(&self.key.namespace, delete.kind, &delete.name, &delete.uid);
        Ok(())
    }
}

/// Writes the status if it says something else than before.
async fn write_status(
    context: &Context,
    key: &StackKey,
    stack: &Stack,
    status: StackStatus,
) -> Result<(), Error> {
    let before = stack.status.clone().unwrap_or_default();
    if before == status {
        return Ok(());
    }
    let api: Api<Stack> = Api::namespaced(context.client.clone(), &key.namespace);
    let body = json!({
        "apiVersion": Stack::api_version(&()),
        "kind": Stack::kind(&()),
        // Not the status of another Stack that has taken the name.
        "metadata": { "name": key.name, "uid": stack.metadata.uid },
        "status": status,
    });
    let params = PatchParams::apply(FIELD_MANAGER).validation_strict().force();
    match api.patch_status(&key.name, &params, &Patch::Apply(&body)).await {
        Ok(written) => {
            context.wrote(key, &written);
            report::transitions(context, stack, &before, &status).await;
            Ok(())
        }
        // It was deleted meanwhile.
        Err(kube::Error::Api(error)) if error.is_not_found() || error.is_conflict() => Ok(()),
        Err(error) => Err(Error::Status(error)),
    }
}
