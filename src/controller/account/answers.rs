//! Answers that hold for a while, and are asked for once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;

/// Questions with their answers: each answer holds for `lifetime`, and at most `limit` are kept. Whoever asks what is
/// being asked already waits for that answer.
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

/// An answer, and until when it holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    pub is_yes: bool,
    pub until: Instant,
}

impl<Q: Clone + Eq + Hash> Answers<Q> {
    pub fn new(lifetime: Duration, limit: usize) -> Self {
        Self { kept: Mutex::default(), lifetime, limit }
    }

    /// The answer to a question, by `ask` where none is kept. What could not be asked is asked anew by the next one.
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

    /// Forgets what holds no longer.
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
                // Answers cost a request each, and no more than that: whoever fills the room gains nothing.
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
    async fn those_who_ask_the_same_at_the_same_time_ask_once() {
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
    async fn what_could_not_be_asked_is_asked_again() {
        let answers = Answers::new(LONG, 100);
        assert_eq!(answers.answer("q", async |_| Err("down")).await, Err("down"));
        let answer = answers.answer("q", async |_| Ok::<_, &str>(false)).await.unwrap();
        assert!(!answer.is_yes && answer.until > Instant::now());
        // The answer that is kept counts.
        assert!(!answers.answer("q", async |_| Ok::<_, &str>(true)).await.unwrap().is_yes);
    }

    #[tokio::test]
    async fn an_answer_holds_for_its_time_and_is_freed_after_it() {
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
    async fn no_more_answers_are_kept_than_the_limit() {
        let answers = Answers::new(LONG, 16);
        for question in 0..1_000 {
            answers.answer(question, async |_| Ok::<_, Infallible>(true)).await.unwrap();
            assert!(answers.kept().len() <= 16, "{question}");
        }
    }
}
