//! Backoff after a failed reconciliation, for each Stack. kube-runtime has no backoff per object.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::api::StackKey;

/// Exponential delays of each Stack, from one second to five minutes.
#[derive(Debug, Default)]
pub(super) struct Backoffs(Mutex<HashMap<StackKey, ExponentialBackoff>>);

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

impl Backoffs {
    /// Returns the delay before the next retry.
    pub(super) fn next(&self, stack: &StackKey) -> Duration {
        let mut backoffs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let backoff = backoffs.entry(stack.clone()).or_insert_with(|| {
            let builder = ExponentialBuilder::default().with_min_delay(SHORTEST).with_max_delay(LONGEST);
            builder.without_max_times().with_jitter().build()
        });
        backoff.next().unwrap_or(LONGEST)
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
