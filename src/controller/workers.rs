//! The pure part of passes: off the threads that await, a few at a time, and caught where it panics.

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    api::Stack,
    caught::{Panicked, caught},
    cluster::StackKey,
    translate::{Desired, Facts, Invalid},
};

/// What makes the objects of a Stack: [`crate::translate::translate`], but in tests of what happens when it fails.
pub type Translation = fn(&Stack, &Facts) -> Result<Desired, Invalid>;

/// How many passes work at the same time at least: a slow one alone holds up nobody.
const FEWEST: usize = 2;

/// Threads for work that does not await.
pub(super) struct Workers(Arc<Semaphore>);

impl Default for Workers {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new(processors.max(FEWEST))))
    }
}

impl Workers {
    /// Does work for a Stack when it is its turn. A work that has begun goes on to its end, also where nobody awaits
    /// it any more: its effort has a bound of its own.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        key: &StackKey,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        // Nobody closes the semaphore; without a turn the work is only not counted.
        let turn = Arc::clone(&self.0).acquire_owned().await.ok();
        let key = key.clone();
        let work = spawn_blocking(move || {
            let _turn = turn;
            caught(Some(&key), work)
        });
        // It ends without a result only with the process.
        work.await.unwrap_or_else(|_| Err(Panicked { id: "of the end of the process".to_owned() }))
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
        let workers = Workers(Arc::new(Semaphore::new(1)));
        runtime.block_on(async {
            for _ in 0..3 {
                let planted: Result<(), _> = workers.work(&key("bad"), || panic!("planted")).await;
                assert!(planted.is_err());
            }
            assert_eq!(workers.work(&key("good"), || 7).await, Ok(7));
        });
    }

    #[test]
    fn so_many_work_at_a_time_as_there_are_turns_and_nobody_awaits_them_on_their_thread() {
        static WORKING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let workers = Workers(Arc::new(Semaphore::new(2)));
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
