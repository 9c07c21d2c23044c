//! Passes in turn, by namespace: the queue of kube-runtime runs whatever comes first, and the Stacks of one namespace
//! could take all of its places. It starts every pass at once, and the pass waits here.

use std::sync::Arc;

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
    reconcile::{self, Error},
};
use crate::{api::Stack, turns::Turns};

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
        let _turn = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Ok(Action::await_change()),
            turn = self.turns.take(stack.namespace.as_deref().unwrap_or_default()) => turn,
        };
        // It may be gone meanwhile.
        let Some(stack) = self.stacks.get(&stack) else { return Ok(Action::await_change()) };
        // Those that wait are many, and a pass is large.
        Box::pin(reconcile::reconcile(stack, context)).await
    }
}
