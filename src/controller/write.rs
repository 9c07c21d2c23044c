//! Execution of a plan: first the objects that Pods mount and the policies, then replacements, then workloads, and last
//! the deletion of children that are no longer desired.

use std::time::{Duration, Instant};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use kube::api::PropagationPolicy;

use super::{context::Context, report};
use crate::{
    api::StackKey,
    cluster::{Applied, Applier, ApplyError, ChildUpdate, lock},
    plan::{Apply, Conflict, Delete, Digest, Identity, Plan, Refused},
    translate::Kind,
};

/// Time in which a reconciliation writes, and for which it holds its permit. Afterwards, the reconciliation starts no
/// further writes, and waits for running writes without a permit. A hanging webhook or a Stack with thousands of objects
/// therefore does not delay other Stacks.
pub(super) const TIME_SLICE: Duration = Duration::from_secs(1);

/// The number of children of one Stack that are written at the same time.
const PARALLEL_WRITES: usize = 8;

/// A writer of the children of one Stack.
pub(super) struct Writer<'a> {
    context: &'a Context,
    key: &'a StackKey,
    stack: Identity<'a>,
    applier: Applier,
    /// When the writing started.
    began: Instant,
}

/// The outcome of a plan.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The failed writes.
    pub failures: Vec<ApplyError>,
    /// The writes that are left for the next reconciliation, since the time slice of this one is over.
    pub left: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(context: &'a Context, key: &'a StackKey, stack: Identity<'a>) -> Self {
        let applier = Applier::new(context.client.clone(), &key.namespace);
        Self { context, key, stack, applier, began: Instant::now() }
    }

    /// Writes the planned objects within the time slice. An object that turns out to belong to another owner becomes a
    /// conflict of the plan.
    pub(super) async fn carry_out(&self, plan: &mut Plan) -> Outcome {
        let mut outcome = Outcome::default();
        // Sorted by kind, and workloads come last.
        let mut others = std::mem::take(&mut plan.applies);
        let mut workloads = others.split_off(others.partition_point(|it| it.object.kind < Kind::Deployment));
        self.apply(&others, plan, &mut outcome).await;
        if outcome.left > 0 {
            // No Pod starts before the objects that it mounts and the policies that protect it exist.
            outcome.left += workloads.len();
            return outcome;
        }
        self.replace(plan, &mut outcome).await;
        // A Pod without its NetworkPolicy would accept traffic from everywhere, and no Pod mounts an object of another owner.
        let open = outcome.failures.iter().any(|failure| failure.kind() == Kind::NetworkPolicy);
        let conflicts = plan.conflicts.clone();
        let may_run =
            |apply: &Apply| !open && !conflicts.iter().any(|it| apply.object.mounts(it.kind, &it.name));
        workloads.retain(may_run);
        self.apply(&workloads, plan, &mut outcome).await;
        self.release(&plan.released, &mut outcome.failures).await;
        self.suspend(&plan.retired, &mut outcome.failures).await;
        if outcome.failures.is_empty() && plan.conflicts.is_empty() && outcome.left == 0 {
            self.delete(&plan.pruned, PropagationPolicy::Background, &mut outcome).await;
        }
        outcome
    }

    /// Deletes replaced children, once every object that the successor needs exists and the successor's name is free.
    /// Otherwise the old workload would be gone and the new one could not start.
    async fn replace(&self, plan: &mut Plan, outcome: &mut Outcome) {
        if !outcome.failures.is_empty() || !plan.conflicts.is_empty() {
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
                Err(failure) => outcome.failures.push(failure),
            }
        }
        self.delete(&free, PropagationPolicy::Foreground, outcome).await;
    }

    async fn apply(&self, applies: &[Apply], plan: &mut Plan, outcome: &mut Outcome) {
        for written in self.run(applies, |writer, apply| writer.send(apply).boxed(), outcome).await {
            match written {
                Ok(conflict) => plan.conflicts.extend(conflict),
                Err(failure) => outcome.failures.push(failure),
            }
        }
    }

    async fn send(&self, apply: &Apply) -> Result<Option<Conflict>, ApplyError> {
        let key = (apply.object.kind, apply.object.name.clone());
        let applied = self.with_permit(self.applier.apply(self.stack, apply)).await;
        let mut index = lock(&self.context.index);
        match applied {
            Ok(Applied::Written { object, settled }) => {
                report::applied(self.context, self.key, apply);
                index.apply_reply(ChildUpdate::of(key.0, &object));
                index.set_refused(self.key, key.clone(), None);
                index.set_settled(&self.key.namespace, key, settled);
                Ok(None)
            }
            Ok(Applied::Taken(conflict)) => Ok(Some(conflict)),
            Ok(Applied::Later) => Ok(None),
            Err(failure) => {
                if failure.is_for_good() {
                    let refused =
                        Refused { desired: Digest::of(&apply.object.body), message: failure.to_string() };
                    index.set_refused(self.key, key, Some(refused));
                }
                Err(failure)
            }
        }
    }

    async fn release(&self, claims: &[Delete], failures: &mut Vec<ApplyError>) {
        for claim in claims {
            match self.with_permit(self.applier.release(claim)).await {
                Ok(Some(object)) => {
                    let update = ChildUpdate::of(claim.kind, &object);
                    lock(&self.context.index).apply_reply(update);
                }
                Ok(None) => {}
                Err(failure) => failures.push(failure),
            }
        }
    }

    async fn suspend(&self, cron_jobs: &[Delete], failures: &mut Vec<ApplyError>) {
        for cron_job in cron_jobs {
            match self.with_permit(self.applier.suspend(cron_job)).await {
                Ok(Some(object)) => {
                    let update = ChildUpdate::of(cron_job.kind, &object);
                    lock(&self.context.index).apply_reply(update);
                }
                Ok(None) => {}
                Err(failure) => failures.push(failure),
            }
        }
    }

    async fn delete<'w>(
        &'w self,
        deletes: &'w [Delete],
        propagation: PropagationPolicy,
        outcome: &mut Outcome,
    ) {
        let delete =
            |writer: &'w Self, delete: &'w Delete| writer.delete_one(delete, propagation.clone()).boxed();
        let deleted = self.run(deletes, delete, outcome).await;
        outcome.failures.extend(deleted.into_iter().filter_map(Result::err));
    }

    async fn delete_one(&self, delete: &Delete, propagation: PropagationPolicy) -> Result<(), ApplyError> {
        self.with_permit(self.applier.delete(delete, propagation)).await?;
        report::deleted(self.context, self.key, delete);
        lock(&self.context.index).mark_deleting(&self.key.namespace, delete.kind, &delete.name, &delete.uid);
        Ok(())
    }

    async fn with_permit<W: Future>(&self, write: W) -> W::Output {
        self.context.writes.run(&self.key.namespace, write).await
    }

    /// Runs writes until the time slice is over, and counts the ones that are left. A future is made when its write
    /// starts, since the future of a write has kilobytes.
    async fn run<'w, W, T>(
        &'w self,
        writes: &'w [W],
        write: impl Fn(&'w Self, &'w W) -> BoxFuture<'w, T>,
        outcome: &mut Outcome,
    ) -> Vec<T> {
        let (mut left, mut running, mut done) = (writes, FuturesUnordered::new(), Vec::new());
        loop {
            while running.len() < PARALLEL_WRITES
                && self.began.elapsed() < TIME_SLICE
                && let Some((next, rest)) = left.split_first()
            {
                running.push(write(self, next));
                left = rest;
            }
            let Some(written) = running.next().await else { break };
            done.push(written);
        }
        outcome.left += left.len();
        done
    }
}
