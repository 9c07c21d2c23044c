//! A bound on the writes that run at the same time.
//!
//! The API server cannot distinguish the operator's requests for one tenant from those for another: they are one flow of
//! API Priority and Fairness. Without a bound, thousands of writes for one Stack would queue before the only write of
//! another.

use std::time::Duration;

use crate::permits::Permits;

/// Writes that run at the same time. One namespace has at most half of them.
const PARALLEL: usize = 16;

/// Time after which a write, such as one that waits for a webhook, no longer counts.
const SLOW: Duration = Duration::from_secs(1);

/// Permits to write to the API server, shared by namespaces in turn.
pub(super) struct Writes(Permits);

impl Default for Writes {
    fn default() -> Self {
        Self(Permits::new(PARALLEL))
    }
}

impl Writes {
    /// Runs a write for a Stack of the namespace as soon as the namespace has a permit.
    pub(super) async fn run<W: Future>(&self, namespace: &str, write: W) -> W::Output {
        self.0.take(namespace).await.hold(SLOW, write).await
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn thousands_of_writes_in_one_namespace_do_not_delay_a_write_in_another() {
        let writes = Writes::default();
        let took = Duration::from_millis(20);
        let mut bad: FuturesUnordered<_> =
            (0..2_000).map(|_| writes.run("bad", sleep(took)).boxed()).collect();
        assert!(bad.next().await.is_some());
        let began = Instant::now();
        tokio::select! {
            () = writes.run("good", sleep(took)) => {}
            () = async { while bad.next().await.is_some() {} } => {}
        }
        assert!(began.elapsed() <= took, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn hanging_writes_in_one_namespace_do_not_delay_writes_in_another() {
        let writes = Writes::default();
        let mut hanging: FuturesUnordered<_> =
            (0..PARALLEL).map(|_| writes.run("bad", std::future::pending::<()>()).boxed()).collect();
        let began = Instant::now();
        let good = async {
            for _ in 0..100 {
                writes.run("good", sleep(Duration::from_millis(10))).await;
            }
        };
        tokio::select! {
            () = good => {}
            _ = hanging.next() => unreachable!("the writes hang"),
        }
        assert!(began.elapsed() <= SLOW, "{:?}", began.elapsed());
    }
}
