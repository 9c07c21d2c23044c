//! Cache of answers with a lifetime.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;

/// A cache of at most `limit` answers, each valid for `lifetime`. Equal questions at the same time are asked once.
pub(super) struct Answers<Q> {
    kept: Mutex<HashMap<Q, Kept>>,
    lifetime: Duration,
    limit: usize,
}

#[derive(Clone)]
struct Kept {
    asked: Instant,
    answer: Arc<OnceCell<bool>>,
}

/// An answer with its expiry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    pub is_yes: bool,
    pub until: Instant,
}

impl<Q: Clone + Eq + Hash> Answers<Q> {
    pub fn new(lifetime: Duration, limit: usize) -> Self {
        Self { kept: Mutex::default(), lifetime, limit }
    }

    /// Returns the answer to a question, from `ask` if none is cached. Errors are not cached.
    ///
    /// # Errors
    /// Those of `ask`.
    pub async fn answer<E>(
        &self,
        question: Q,
        ask: impl AsyncFnOnce(Q) -> Result<bool, E>,
    ) -> Result<Answer, E> {
        let kept = self.keep(&question);
        let is_yes = *kept.answer.get_or_try_init(|| ask(question)).await?;
        Ok(Answer { is_yes, until: kept.asked + self.lifetime })
    }

    /// Forgets expired answers.
    pub fn forget_old(&self) {
        let mut kept = self.kept();
        self.drop_old(&mut kept);
        kept.shrink_to_fit();
    }

    fn keep(&self, question: &Q) -> Kept {
        let mut all = self.kept();
        if let Some(kept) = all.get(question).filter(|kept| self.holds(kept)) {
            return kept.clone();
        }
        if all.len() >= self.limit {
            self.drop_old(&mut all);
            if all.len() >= self.limit {
                // A lost answer costs one request, so filling the cache gains a tenant nothing.
                all.clear();
            }
        }
        let kept = Kept { asked: Instant::now(), answer: Arc::default() };
        all.insert(question.clone(), kept.clone());
        kept
    }

    fn holds(&self, kept: &Kept) -> bool {
        kept.asked.elapsed() < self.lifetime
    }

    fn drop_old(&self, kept: &mut HashMap<Q, Kept>) {
        kept.retain(|_, kept| self.holds(kept));
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Q, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use futures::future::join_all;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn equal_questions_at_the_same_time_are_asked_once() {
        let (answers, asked) = (Answers::new(LONG, 100), AtomicUsize::new(0));
        let ask = async |_| {
            asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok::<_, Infallible>(true)
        };
        let all = join_all((0..20).map(|n| answers.answer(n % 2, ask))).await;
        assert!(all.iter().all(|answer| answer.as_ref().unwrap().is_yes));
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_error_is_not_cached() {
        let answers = Answers::new(LONG, 100);
        assert_eq!(answers.answer("q", async |_| Err("down")).await, Err("down"));
        let answer = answers.answer("q", async |_| Ok::<_, &str>(false)).await.unwrap();
        assert!(!answer.is_yes && answer.until > Instant::now());
        // The cached answer is used.
        assert!(!answers.answer("q", async |_| Ok::<_, &str>(true)).await.unwrap().is_yes);
    }

    #[tokio::test]
    async fn an_answer_expires_and_is_freed() {
        let answers = Answers::new(Duration::from_millis(20), 100);
        let yes = async |_| Ok::<_, Infallible>(true);
        let first = answers.answer("q", yes).await.unwrap();
        tokio::time::sleep_until(first.until.into()).await;
        assert!(!answers.answer("q", async |_| Ok::<_, Infallible>(false)).await.unwrap().is_yes);
        tokio::time::sleep(Duration::from_millis(25)).await;
        answers.forget_old();
        assert_eq!(answers.kept().capacity(), 0);
    }

    #[tokio::test]
    async fn the_cache_has_a_limit() {
        let answers = Answers::new(LONG, 16);
        for question in 0..1_000 {
            answers.answer(question, async |_| Ok::<_, Infallible>(true)).await.unwrap();
            assert!(answers.kept().len() <= 16, "{question}");
        }
    }
}
