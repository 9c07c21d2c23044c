//! Passes in turn, by namespace: the queue of kube-runtime runs whatever comes first, and the Stacks of one namespace
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
use crate::{api::Stack, turns::Turns};

/// How long a pass has its turn. One that takes longer writes nothing new, and waits without a turn for the answers to
/// what it has sent: neither a webhook that hangs nor a Stack of thousands of objects holds up the others.
pub(super) const TURN: Duration = Duration::from_secs(1);

/// The turns of passes, and where Stacks are looked up when a turn has come.
#[derive(Clone)]
pub(super) struct Queue {
    pub(super) turns: Turns,
    pub(super) stacks: Store<DeserializeGuard<Stack>>,
    pub(super) stop: CancellationToken,
}

impl Queue {
    /// One pass over a Stack, as it is when the turn of its namespace has come. None begins once the operator is told
    /// to stop.
    pub(super) async fn reconcile(
        self,
        stack: Arc<DeserializeGuard<Stack>>,
        context: Arc<Context>,
    ) -> Result<Action, Error> {
        let stack = ObjectRef::from_obj(stack.as_ref());
        let turn = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Ok(Action::await_change()),
            turn = self.turns.take(stack.namespace.as_deref().unwrap_or_default()) => turn,
        };
        // It may be gone meanwhile.
        let Some(now) = self.stacks.get(&stack) else { return Ok(Action::await_change()) };
        let key = key_of(now.as_ref());
        // Those that wait are many, and a pass is large.
        let pass = Box::pin(reconcile::reconcile(now, Arc::clone(&context)));
        let result = turn.hold(TURN, pass).await;
        // It may have gone during the pass, which would leave behind what nobody forgets.
        if self.stacks.get(&stack).is_none() {
            context.forget(&key);
            return Ok(Action::await_change());
        }
        result
    }
}
