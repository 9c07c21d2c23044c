//! Passes by namespace, in turn: the queue of kube-runtime runs whatever comes first, and the Stacks of one namespace
//! could take all of its places. It starts every pass at once, and the pass waits here.

use std::{sync::Arc, time::Duration};

use kube::{
    core::DeserializeGuard,
    runtime::{
        controller::Action,
        reflector::{ObjectRef, Store},
    },
};
use tokio_util::sync::CancellationToken;

use super::{
    context::Context,
    key_of,
    reconcile::{self, Error},
};
use crate::{api::Stack, permits::Permits};

/// How long a pass has its permit. One that takes longer writes nothing new, and waits without a permit for the answers to
/// what it has sent: neither a webhook that hangs nor a Stack of thousands of objects holds up the others.
pub(super) const TURN: Duration = Duration::from_secs(1);

/// The permits of passes, and where Stacks are looked up when a permit has come.
#[derive(Clone)]
pub(super) struct Queue {
    pub(super) permits: Permits,
    pub(super) stacks: Store<DeserializeGuard<Stack>>,
    pub(super) stop: CancellationToken,
}

impl Queue {
    /// One pass over a Stack, as it is when the permit of its namespace has come.
    pub(super) async fn reconcile(
        self,
        stack: Arc<DeserializeGuard<Stack>>,
        context: Arc<Context>,
    ) -> Result<Action, Error> {
        let (stack, key) = (ObjectRef::from_obj(stack.as_ref()), key_of(stack.as_ref()));
        let result = self.pass(&stack, |now| reconcile::reconcile(now, Arc::clone(&context))).await;
        // It may have gone during the pass, which would leave behind what nobody forgets.
        if self.stacks.get(&stack).is_none() {
            context.forget(&key);
            return Ok(Action::await_change());
        }
        result.unwrap_or_else(|| Ok(Action::await_change()))
    }

    /// Does work for a Stack in its permit. None begins once the operator is told to stop, or where the Stack is gone
    /// meanwhile.
    async fn pass<W: Future>(
        &self,
        stack: &ObjectRef<DeserializeGuard<Stack>>,
        work: impl FnOnce(Arc<DeserializeGuard<Stack>>) -> W,
    ) -> Option<W::Output> {
        let permit = tokio::select! {
            biased;
            () = self.stop.cancelled() => return None,
            permit = self.permits.take(stack.namespace.as_deref().unwrap_or_default()) => permit,
        };
        let now = self.stacks.get(stack)?;
        // Those that wait are many, and a pass is large.
        Some(permit.hold(TURN, Box::pin(work(now))).await)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
    use kube::runtime::{reflector, reflector::store::Writer, watcher::Event};
    use tokio::time::sleep;

    use super::*;

    type Guarded = DeserializeGuard<Stack>;

    fn stack(namespace: &str, name: &str) -> Guarded {
        let mut stack = Stack::new(name, serde_json::from_str(r#"{"services": {}}"#).unwrap());
        stack.metadata.namespace = Some(namespace.to_owned());
        DeserializeGuard(Ok(stack))
    }

    fn queue(stacks: &[Guarded]) -> (Queue, Writer<Guarded>) {
        let (store, mut writer) = reflector::store();
        for stack in stacks {
            writer.apply_watcher_event(&Event::Apply(stack.clone()));
        }
        (Queue { permits: Permits::new(16), stacks: store, stop: CancellationToken::new() }, writer)
    }

    /// A pass of 20 ms over a Stack, which writes its name down when it begins.
    fn pass(
        queue: &Queue,
        stack: &Guarded,
        begun: &Arc<Mutex<Vec<String>>>,
    ) -> BoxFuture<'static, Option<()>> {
        let (queue, stack, begun) = (queue.clone(), ObjectRef::from_obj(stack), Arc::clone(begun));
        async move {
            let name = stack.name.clone();
            queue
                .pass(&stack, |_| async move {
                    begun.lock().unwrap().push(name);
                    sleep(Duration::from_millis(20)).await;
                })
                .await
        }
        .boxed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_namespace_of_which_300_stacks_wait_delays_another_by_no_pass() {
        let bad: Vec<_> = (0..300).map(|n| stack("bad", &format!("bad-{n}"))).collect();
        let good = stack("good", "good");
        let (queue, _writer) = queue(&[&bad[..], std::slice::from_ref(&good)].concat());
        let begun = Arc::default();
        let mut passes: FuturesUnordered<_> = bad.iter().map(|stack| pass(&queue, stack, &begun)).collect();
        assert_eq!(passes.next().await, Some(Some(())), "they are at work");
        let at = tokio::time::Instant::now();
        passes.push(pass(&queue, &good, &begun));
        while !begun.lock().unwrap().iter().any(|name| name == "good") {
            assert_eq!(passes.next().await, Some(Some(())));
        }
        assert!(at.elapsed() <= Duration::from_millis(20), "{:?}", at.elapsed());
        while passes.next().await.is_some() {}
        assert_eq!(begun.lock().unwrap().len(), 301, "everyone has had a permit");
    }

    #[tokio::test(start_paused = true)]
    async fn none_begins_once_the_operator_is_told_to_stop_and_what_has_begun_ends() {
        let stacks: Vec<_> = (0..20).map(|n| stack("n", &n.to_string())).collect();
        let (queue, _writer) = queue(&stacks);
        let begun = Arc::default();
        let passes: Vec<_> = stacks.iter().map(|stack| tokio::spawn(pass(&queue, stack, &begun))).collect();
        sleep(Duration::from_millis(10)).await;
        queue.stop.cancel();
        let mut done = 0;
        for pass in passes {
            done += usize::from(pass.await.unwrap().is_some());
        }
        assert_eq!((done, begun.lock().unwrap().len()), (8, 8));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stack_that_went_while_it_waited_has_no_pass() {
        let stacks: Vec<_> = (0..9).map(|n| stack("n", &n.to_string())).collect();
        let (queue, mut writer) = queue(&stacks);
        let begun = Arc::default();
        let mut passes: FuturesUnordered<_> =
            stacks.iter().map(|stack| pass(&queue, stack, &begun)).collect();
        assert!(passes.next().now_or_never().is_none(), "eight have begun and the last one waits");
        writer.apply_watcher_event(&Event::Delete(stacks[8].clone()));
        let done = passes.collect::<Vec<_>>().await;
        assert_eq!(done.iter().flatten().count(), 8);
        assert!(queue.permits.take("n").now_or_never().is_some(), "its permit came back");
    }
}
