//! Wakes on their way to the queue: those of one burst become one.
//!
//! kube-runtime's debounce starts anew with each wake, so that a Stack which is woken again and again would never have
//! its turn. This one has an end, and only wakes wait in it: an edit of a Stack goes to the queue at once.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use futures::{Stream, StreamExt, stream};
use tokio::time::{Instant, sleep_until};

use crate::cluster::StackKey;

/// Events of one rollout come in bursts; a pass for each would tell states that nobody sees.
pub(super) const QUIET: Duration = Duration::from_millis(50);

/// The longest time that a wake waits for others to end.
const LONGEST: Duration = Duration::from_secs(1);

/// Stacks that were woken, until each is left in peace for a moment.
#[derive(Default)]
struct Settling {
    /// When each was woken first, and when it is due.
    of: HashMap<StackKey, (Instant, Instant)>,
    due: BTreeSet<(Instant, StackKey)>,
}

impl Settling {
    fn wake(&mut self, stack: StackKey, now: Instant) {
        let first = self.of.get(&stack).map_or(now, |(first, _)| *first);
        let due = (now + QUIET).min(first + LONGEST);
        if let Some((_, before)) = self.of.insert(stack.clone(), (first, due)) {
            self.due.remove(&(before, stack.clone()));
        }
        self.due.insert((due, stack));
    }

    /// One that is due.
    fn next(&mut self, now: Instant) -> Option<StackKey> {
        self.due.first().filter(|(due, _)| *due <= now)?;
        let (_, stack) = self.due.pop_first()?;
        self.of.remove(&stack);
        Some(stack)
    }
}

/// Each Stack that is woken, once it has not been for [`QUIET`], and after [`LONGEST`] in any case.
pub(super) fn settled(
    wakes: impl Stream<Item = StackKey> + Send + 'static,
) -> impl Stream<Item = StackKey> + Send {
    stream::unfold((wakes.boxed(), Settling::default()), |(mut wakes, mut settling)| async move {
        loop {
            if let Some(stack) = settling.next(Instant::now()) {
                return Some((stack, (wakes, settling)));
            }
            let due = settling.due.first().map(|(due, _)| *due);
            let until_due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                stack = wakes.next() => settling.wake(stack?, Instant::now()),
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

    /// When a Stack comes out that is woken so often, in milliseconds after its first wake.
    async fn out(every: u64, times: u64) -> Vec<u64> {
        let (wakes, woken) = mpsc::unbounded();
        let mut settled = Box::pin(settled(woken));
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
            while let Ok(Some(_)) = timeout(Duration::from_secs(10), settled.next()).await {
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
    async fn a_burst_becomes_one_pass_and_one_without_an_end_a_pass_a_second() {
        assert_eq!(out(10, 1).await, [50]);
        assert_eq!(out(10, 20).await, [240]);
        assert_eq!(out(100, 3).await, [50, 150, 250]);
        let flapping = out(10, 500).await;
        assert_eq!(flapping.len(), 5, "{flapping:?}");
        assert!(flapping.windows(2).all(|pair| pair[1] - pair[0] <= 1_010), "{flapping:?}");
        assert_eq!(flapping[0], 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stack_does_not_wait_for_another_that_is_woken_without_an_end() {
        let (wakes, woken) = mpsc::unbounded();
        let mut settled = Box::pin(settled(woken));
        wakes.unbounded_send(key("flaps")).unwrap();
        wakes.unbounded_send(key("shop")).unwrap();
        for _ in 0..6 {
            advance(Duration::from_millis(10)).await;
            wakes.unbounded_send(key("flaps")).unwrap();
            assert!(
                timeout(Duration::ZERO, settled.next())
                    .await
                    .ok()
                    .flatten()
                    .is_none_or(|it| it == key("shop"))
            );
        }
        assert!(timeout(Duration::from_millis(900), settled.next()).await.is_ok());
        drop(wakes);
        assert_eq!(settled.next().await, None, "it ends with the wakes");
    }
}
