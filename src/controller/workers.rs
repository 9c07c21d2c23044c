//! The pure part of passes: off the threads that await, a few at a time, and caught where it panics.

use std::{num::NonZero, thread::available_parallelism};

use tokio::task::spawn_blocking;

use crate::{
    api::Stack,
    caught::{Panicked, caught},
    cluster::StackKey,
    permits::Permits,
    translate::{Desired, Facts, Invalid},
};

/// What makes the objects of a Stack: [`crate::translate::translate`], but in tests of what happens when it fails.
pub type Translation = fn(&Stack, &Facts) -> Result<Desired, Invalid>;

/// So many threads for each processor: a namespace has half of the permits at most, which are then as many as there are
/// processors.
const FOR_EACH_PROCESSOR: usize = 2;

/// Threads for work that does not await, by namespace in turn.
pub(super) struct Workers(Permits);

impl Default for Workers {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self(Permits::new(FOR_EACH_PROCESSOR * processors))
    }
}

impl Workers {
    /// Does work for a Stack once it has a permit. A work that has begun goes on to its end, also where nobody awaits
    /// it any more: its effort has a bound of its own.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        key: &StackKey,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let permit = self.0.take(&key.namespace).await;
        let key = key.clone();
        let work = spawn_blocking(move || {
            let _permit = permit;
            caught(Some(&key), work)
        });
        match work.await {
            Ok(result) => result,
            // Panics are caught, so it was not begun, since the process ends. Nobody is left to be told so.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use futures::future::join_all;

    use super::*;

    fn key(name: &str) -> StackKey {
        StackKey { namespace: "n".to_owned(), name: name.to_owned() }
    }

    #[test]
    fn work_that_panics_ends_alone_and_gives_its_turn_back() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let workers = Workers(Permits::new(1));
        runtime.block_on(async {
            for _ in 0..3 {
                let planted: Result<(), _> = workers.work(&key("bad"), || panic!("planted")).await;
                assert!(planted.is_err());
            }
            assert_eq!(workers.work(&key("good"), || 7).await, Ok(7));
        });
    }

    #[test]
    fn of_one_namespace_half_of_the_turns_work_at_a_time_and_nobody_awaits_them_on_their_thread() {
        static WORKING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let workers = Workers(Permits::new(4));
        let slow = || {
            MOST.fetch_max(WORKING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(20));
            WORKING.fetch_sub(1, Ordering::SeqCst);
        };
        runtime.block_on(async {
            let all: Vec<_> = (0..8).map(|number| key(&number.to_string())).collect();
            let works = all.iter().map(|key| workers.work(key, slow));
            assert!(join_all(works).await.iter().all(Result::is_ok));
        });
        assert_eq!(MOST.load(Ordering::SeqCst), 2);
    }
}
