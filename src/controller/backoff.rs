//! Backoff: exponential delays with jitter. kube-runtime has no backoff per object.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::api::StackKey;

/// Exponential delays between two bounds.
#[derive(Debug)]
pub(super) struct Backoff {
    delays: ExponentialBackoff,
    longest: Duration,
}

impl Backoff {
    /// Returns delays that start at `shortest` and never end.
    pub(super) fn new(shortest: Duration, longest: Duration) -> Self {
        let builder = ExponentialBuilder::default().with_min_delay(shortest).with_max_delay(longest);
        Self { delays: builder.without_max_times().with_jitter().build(), longest }
    }

    /// Returns the next delay.
    pub(super) fn next(&mut self) -> Duration {
        self.delays.next().unwrap_or(self.longest)
    }
}

/// The delays of each Stack after failed reconciliations.
#[derive(Debug, Default)]
pub(super) struct Backoffs(Mutex<HashMap<StackKey, Backoff>>);

/// The shortest and the longest delay after a failed reconciliation.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

impl Backoffs {
    /// Returns the delay before the next retry.
    pub(super) fn next(&self, stack: &StackKey) -> Duration {
        let mut backoffs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        backoffs.entry(stack.clone()).or_insert_with(|| Backoff::new(SHORTEST, LONGEST)).next()
    }

    /// Forgets all Stacks but those that `is_known` accepts.
    pub(super) fn keep(&self, is_known: impl Fn(&StackKey) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|stack, _| is_known(stack));
    }

    /// Resets a Stack after a successful reconciliation.
    pub(super) fn reset(&self, stack: &StackKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(stack);
    }
}
