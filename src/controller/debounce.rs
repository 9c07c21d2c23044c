//! Debouncing of wakes: a burst of wakes becomes one reconciliation.
//!
//! The debounce of kube-runtime restarts its delay with each wake, so a Stack that is woken constantly would never be
//! reconciled. This one has a maximum delay, and applies only to wakes: an edit of a Stack is queued at once.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use futures::{Stream, StreamExt, stream};
use tokio::time::{Instant, sleep_until};

use crate::api::StackKey;

/// Time without another wake after which a Stack is reconciled. The events of a rollout come in bursts.
pub(super) const QUIET: Duration = Duration::from_millis(50);

/// Maximum delay of a wake.
const LONGEST: Duration = Duration::from_secs(1);

/// The Stacks that were woken and are not due yet.
#[derive(Default)]
struct Debounce {
    /// The first wake of each Stack, and when the Stack is due.
    of: HashMap<StackKey, (Instant, Instant)>,
    due: BTreeSet<(Instant, StackKey)>,
}

impl Debounce {
    fn wake(&mut self, stack: StackKey, now: Instant) {
        let first = self.of.get(&stack).map_or(now, |(first, _)| *first);
        let due = (now + QUIET).min(first + LONGEST);
        if let Some((_, before)) = self.of.insert(stack.clone(), (first, due)) {
            self.due.remove(&(before, stack.clone()));
        }
        self.due.insert((due, stack));
    }

    /// Returns a Stack that is due.
    fn next(&mut self, now: Instant) -> Option<StackKey> {
        self.due.first().filter(|(due, _)| *due <= now)?;
        let (_, stack) = self.due.pop_first()?;
        self.of.remove(&stack);
        Some(stack)
    }
}

/// Returns each woken Stack after [`QUIET`] without another wake, and after [`LONGEST`] at the latest.
pub(super) fn debounced(
    wakes: impl Stream<Item = StackKey> + Send + 'static,
) -> impl Stream<Item = StackKey> + Send {
    stream::unfold((wakes.boxed(), Debounce::default()), |(mut wakes, mut debounce)| async move {
        loop {
            if let Some(stack) = debounce.next(Instant::now()) {
                return Some((stack, (wakes, debounce)));
            }
            let due = debounce.due.first().map(|(due, _)| *due);
            let until_due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                stack = wakes.next() => debounce.wake(stack?, Instant::now()),
                () = until_due => {}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use futures::channel::mpsc;
    use tokio::time::{advance, timeout};

    use super::*;

    fn key(name: &str) -> StackKey {
        StackKey { namespace: "n".to_owned(), name: name.to_owned() }
    }

    /// Returns when a Stack that is woken this often is returned, in milliseconds after its first wake.
    async fn out(every: u64, times: u64) -> Vec<u64> {
        let (wakes, woken) = mpsc::unbounded();
        let mut debounced = Box::pin(debounced(woken));
        let began = Instant::now();
        let waking = async {
            for _ in 0..times {
                wakes.unbounded_send(key("shop")).unwrap();
                tokio::time::sleep(Duration::from_millis(every)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut seen = Vec::new();
        let reading = async {
            while let Ok(Some(_)) = timeout(Duration::from_secs(10), debounced.next()).await {
                seen.push(u64::try_from(began.elapsed().as_millis()).unwrap());
            }
        };
        tokio::select! {
            () = waking => {}
            () = reading => {}
        }
        seen
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_becomes_one_wake_and_an_endless_one_a_wake_a_second() {
        assert_eq!(out(10, 1).await, [50]);
        assert_eq!(out(10, 20).await, [240]);
        assert_eq!(out(100, 3).await, [50, 150, 250]);
        let flapping = out(10, 500).await;
        assert_eq!(flapping.len(), 5, "{flapping:?}");
        assert!(flapping.windows(2).all(|pair| pair[1] - pair[0] <= 1_010), "{flapping:?}");
        assert_eq!(flapping[0], 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_constantly_woken_stack_does_not_delay_another() {
        let (wakes, woken) = mpsc::unbounded();
        let mut debounced = Box::pin(debounced(woken));
        wakes.unbounded_send(key("flaps")).unwrap();
        wakes.unbounded_send(key("shop")).unwrap();
        for _ in 0..6 {
            advance(Duration::from_millis(10)).await;
            wakes.unbounded_send(key("flaps")).unwrap();
            assert!(
                timeout(Duration::ZERO, debounced.next())
                    .await
                    .ok()
                    .flatten()
                    .is_none_or(|it| it == key("shop"))
            );
        }
        assert!(timeout(Duration::from_millis(900), debounced.next()).await.is_ok());
        drop(wakes);
        assert_eq!(debounced.next().await, None, "the stream ends with the wakes");
    }
}
