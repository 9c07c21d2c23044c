//! Carrying out a plan: what pods mount and obey first, then what is replaced, then the pods, and
//! at last the deletes of what is no longer wanted.

use futures::{StreamExt, stream};
use kube::api::PropagationPolicy;

use super::{context::Context, report};
use crate::{
    cluster::{Applied, Applier, ApplyError, News, StackKey, lock},
    plan::{Apply, Conflict, Delete, Digest, Identity, Plan, Refused},
    translate::Kind,
};

/// How many children of one Stack are written at the same time.
const PARALLEL_WRITES: usize = 8;

/// Writes the children of one Stack.
pub(super) struct Writer<'a> {
    context: &'a Context,
    key: &'a StackKey,
    stack: Identity<'a>,
    applier: Applier,
}

impl<'a> Writer<'a> {
    pub(super) fn new(context: &'a Context, key: &'a StackKey, stack: Identity<'a>) -> Self {
        Self { context, key, stack, applier: Applier::new(context.client.clone(), &key.namespace) }
    }

    /// Writes what is planned. What turns out to belong to someone else becomes a conflict of the
    /// plan. Gives what could not be written.
    pub(super) async fn carry_out(&self, plan: &mut Plan) -> Vec<ApplyError> {
        let mut failures = Vec::new();
        let applies = std::mem::take(&mut plan.applies);
        // Sorted by kind, and workloads come last.
        let (others, workloads) =
            applies.split_at(applies.partition_point(|it| !it.object.kind.is_workload()));
        self.apply(others, plan, &mut failures).await;
        self.replace(plan, &mut failures).await;
        // A pod without its policy is open to everyone, and none mounts what belongs to someone else.
        let open = failures.iter().any(|failure| failure.kind() == Kind::NetworkPolicy);
        let conflicts = plan.conflicts.clone();
        let may_run =
            |apply: &&Apply| !open && !conflicts.iter().any(|it| apply.object.mounts(it.kind, &it.name));
        let workloads: Vec<Apply> = workloads.iter().filter(may_run).cloned().collect();
        self.apply(&workloads, plan, &mut failures).await;
        self.release(&plan.released, &mut failures).await;
        if failures.is_empty() && plan.conflicts.is_empty() {
            self.delete(&plan.pruned, PropagationPolicy::Background, &mut failures).await;
        }
        failures
    }

    /// Deletes what is replaced, once everything is there that the successor needs, and its name
    /// is free: else nothing would run in place of what runs now.
    async fn replace(&self, plan: &mut Plan, failures: &mut Vec<ApplyError>) {
        if !failures.is_empty() || !plan.conflicts.is_empty() {
            return;
        }
        let mut free = Vec::new();
        for delete in &plan.replaced {
            let Some((kind, name)) = &delete.successor else {
                free.push(delete.clone());
                continue;
            };
            match self.applier.conflict(self.stack, *kind, name).await {
                Ok(None) => free.push(delete.clone()),
                Ok(Some(conflict)) => plan.conflicts.push(conflict),
                Err(failure) => failures.push(failure),
            }
        }
        self.delete(&free, PropagationPolicy::Foreground, failures).await;
    }

    async fn apply(&self, applies: &[Apply], plan: &mut Plan, failures: &mut Vec<ApplyError>) {
        let writes: Vec<_> = applies.iter().map(|apply| self.send(apply)).collect();
        for outcome in self.together(writes).await {
            match outcome {
                Ok(conflict) => plan.conflicts.extend(conflict),
                Err(failure) => failures.push(failure),
            }
        }
    }

    async fn send(&self, apply: &Apply) -> Result<Option<Conflict>, ApplyError> {
        let key = (apply.object.kind, apply.object.name.clone());
        let applied = self.applier.apply(self.stack, apply).await;
        let mut index = lock(&self.context.index);
        match applied {
            Ok(Applied::Written { object, settled }) => {
                report::applied(self.context, self.key, apply);
                index.apply_reply(News::of(key.0, &object));
                index.set_refused(&self.key.namespace, key.clone(), None);
                index.set_settled(&self.key.namespace, key, settled);
                Ok(None)
            }
            Ok(Applied::Taken(conflict)) => Ok(Some(conflict)),
            Ok(Applied::Later) => Ok(None),
            Err(failure) => {
                if failure.is_for_good() {
                    let refused =
                        Refused { desired: Digest::of(&apply.object.body), message: failure.to_string() };
                    index.set_refused(&self.key.namespace, key, Some(refused));
                }
                Err(failure)
            }
        }
    }

    async fn release(&self, claims: &[Delete], failures: &mut Vec<ApplyError>) {
        for claim in claims {
            match self.applier.release(claim).await {
                Ok(Some(object)) => {
                    let news = News::of(claim.kind, &object);
                    lock(&self.context.index).apply_reply(news);
                }
                Ok(None) => {}
                Err(failure) => failures.push(failure),
            }
        }
    }

    async fn delete(
        &self,
        deletes: &[Delete],
        propagation: PropagationPolicy,
        failures: &mut Vec<ApplyError>,
    ) {
        let writes: Vec<_> =
            deletes.iter().map(|delete| self.delete_one(delete, propagation.clone())).collect();
        failures.extend(self.together(writes).await.into_iter().filter_map(Result::err));
    }

    async fn delete_one(&self, delete: &Delete, propagation: PropagationPolicy) -> Result<(), ApplyError> {
        self.applier.delete(delete, propagation).await?;
        report::deleted(self.context, self.key, delete);
        lock(&self.context.index).mark_deleting(&self.key.namespace, delete.kind, &delete.name, &delete.uid);
        Ok(())
    }

    async fn together<F: Future>(&self, writes: Vec<F>) -> Vec<F::Output> {
        stream::iter(writes).buffer_unordered(PARALLEL_WRITES).collect().await
    }
}
