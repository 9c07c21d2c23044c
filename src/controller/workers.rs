//! Worker threads for the pure part of reconciliations: a bounded number, apart from the async threads, with panics caught.

use std::{num::NonZero, thread::available_parallelism};

use tokio::task::spawn_blocking;

use crate::{
    api::{Stack, StackKey},
    panics::{Panicked, catch_panic},
    permits::Permits,
    translate::{Desired, Facts, Invalid},
};

/// The function that translates a Stack: [`crate::translate::translate`], except in tests of failures.
pub type Translation = fn(&Stack, &Facts) -> Result<Desired, Invalid>;

/// Threads per processor. One namespace has at most half of the permits, which is one thread per processor.
const FOR_EACH_PROCESSOR: usize = 2;

/// Worker threads that namespaces share fairly.
pub(super) struct Workers(Permits);

impl Default for Workers {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self(Permits::new(FOR_EACH_PROCESSOR * processors))
    }
}

impl Workers {
    /// Runs work for a Stack once its namespace has a permit. Started work runs to its end even if the caller is dropped.
    /// The limits of a Stack bound its effort.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        key: &StackKey,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let permit = self.0.take(&key.namespace).await;
        let key = key.clone();
        let work = spawn_blocking(move || {
            let _permit = permit;
            catch_panic(Some(&key), work)
        });
        match work.await {
            Ok(result) => result,
            // Panics are caught, so the work was not started because the runtime shuts down.
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
    fn work_that_panics_returns_its_permit() {
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
    fn one_namespace_uses_at_most_half_of_the_threads() {
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
