//! Fair order of reconciliations. The queue of kube-runtime is first in, first out, so the Stacks of one namespace could
//! occupy it. Here, kube-runtime starts every reconciliation at once, and each waits for a permit of its namespace.

use std::sync::Arc;

use kube::runtime::{
    controller::Action,
    reflector::{ObjectRef, Store},
};
use tokio_util::sync::CancellationToken;

use super::{
    context::Context,
    reconcile::{self, Error},
    watched::Watched,
    write::TIME_SLICE,
};
use crate::{api::StackKey, permits::Permits};

/// The permits of reconciliations, and the store of Stacks.
#[derive(Clone)]
pub(super) struct Queue {
    pub(super) permits: Permits,
    pub(super) stacks: Store<Watched>,
    pub(super) stop: CancellationToken,
}

impl Queue {
    /// Reconciles a Stack in its state at the moment of the permit.
    pub(super) async fn reconcile(self, stack: Arc<Watched>, context: Arc<Context>) -> Result<Action, Error> {
        let (stack, key) = (ObjectRef::from_obj(stack.as_ref()), StackKey::of(stack.as_ref()));
        let result = self.with_permit(&stack, |now| reconcile::reconcile(now, Arc::clone(&context))).await;
        // The Stack can be deleted during the reconciliation, which has then remembered something for it.
        if self.stacks.get(&stack).is_none() {
            context.forget(&key);
            return Ok(Action::await_change());
        }
        result.unwrap_or_else(|| Ok(Action::await_change()))
    }

    /// Works on a Stack with a permit. Returns `None` without working once the operator stops, or if the Stack was
    /// deleted.
    async fn with_permit<W: Future>(
        &self,
        stack: &ObjectRef<Watched>,
        work: impl FnOnce(Arc<Watched>) -> W,
    ) -> Option<W::Output> {
        let permit = tokio::select! {
            biased;
            () = self.stop.cancelled() => return None,
            permit = self.permits.take(stack.namespace.as_deref().unwrap_or_default()) => permit,
        };
        let now = self.stacks.get(stack)?;
        // Boxed, since many futures wait and a reconciliation is a large one.
        Some(permit.hold(TIME_SLICE, Box::pin(work(now))).await)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Duration};

    use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
    use kube::runtime::{reflector, reflector::store::Writer, watcher::Event};
    use tokio::time::sleep;

    use super::{super::watched::tests::stack, *};

    fn queue(stacks: &[Watched]) -> (Queue, Writer<Watched>) {
        let (store, mut writer) = reflector::store();
        for stack in stacks {
            writer.apply_watcher_event(&Event::Apply(stack.clone()));
        }
        (Queue { permits: Permits::new(16), stacks: store, stop: CancellationToken::new() }, writer)
    }

    /// Returns a reconciliation of 20 ms, which records the Stack's name when it starts.
    fn reconciliation(
        queue: &Queue,
        stack: &Watched,
        begun: &Arc<Mutex<Vec<String>>>,
    ) -> BoxFuture<'static, Option<()>> {
        let (queue, stack, begun) = (queue.clone(), ObjectRef::from_obj(stack), Arc::clone(begun));
        async move {
            let name = stack.name.clone();
            queue
                .with_permit(&stack, |_| async move {
                    begun.lock().unwrap().push(name);
                    sleep(Duration::from_millis(20)).await;
                })
                .await
        }
        .boxed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_namespace_with_300_waiting_stacks_does_not_delay_another() {
        let bad: Vec<_> = (0..300).map(|n| stack("bad", &format!("bad-{n}"))).collect();
        let good = stack("good", "good");
        let (queue, _writer) = queue(&[&bad[..], std::slice::from_ref(&good)].concat());
        let begun = Arc::default();
        let mut running: FuturesUnordered<_> =
            bad.iter().map(|stack| reconciliation(&queue, stack, &begun)).collect();
        assert_eq!(running.next().await, Some(Some(())), "reconciliations are running");
        let at = tokio::time::Instant::now();
        running.push(reconciliation(&queue, &good, &begun));
        while !begun.lock().unwrap().iter().any(|name| name == "good") {
            assert_eq!(running.next().await, Some(Some(())));
        }
        assert!(at.elapsed() <= Duration::from_millis(20), "{:?}", at.elapsed());
        while running.next().await.is_some() {}
        assert_eq!(begun.lock().unwrap().len(), 301, "every Stack has had a permit");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_stop_nothing_starts_and_running_work_ends() {
        let stacks: Vec<_> = (0..20).map(|n| stack("n", &n.to_string())).collect();
        let (queue, _writer) = queue(&stacks);
        let begun = Arc::default();
        let running: Vec<_> =
            stacks.iter().map(|stack| tokio::spawn(reconciliation(&queue, stack, &begun))).collect();
        sleep(Duration::from_millis(10)).await;
        queue.stop.cancel();
        let mut done = 0;
        for reconciliation in running {
            done += usize::from(reconciliation.await.unwrap().is_some());
        }
        assert_eq!((done, begun.lock().unwrap().len()), (8, 8));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stack_that_is_deleted_while_it_waits_is_not_reconciled() {
        let stacks: Vec<_> = (0..9).map(|n| stack("n", &n.to_string())).collect();
        let (queue, mut writer) = queue(&stacks);
        let begun = Arc::default();
        let mut running: FuturesUnordered<_> =
            stacks.iter().map(|stack| reconciliation(&queue, stack, &begun)).collect();
        assert!(running.next().now_or_never().is_none(), "eight run and the last one waits");
        writer.apply_watcher_event(&Event::Delete(stacks[8].clone()));
        let done = running.collect::<Vec<_>>().await;
        assert_eq!(done.iter().flatten().count(), 8);
        assert!(queue.permits.take("n").now_or_never().is_some(), "its permit came back");
    }
}
