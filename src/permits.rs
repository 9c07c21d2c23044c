//! Permits that namespaces share fairly: round robin, with some always left for the next namespace.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

/// A number of permits. A namespace gets another one only while it has fewer than are free, and fewer than half of all.
/// So no namespace has all permits, a namespace without one gets one at once while any is free, and a single namespace
/// gets half of them. Waiters are served round robin by namespace, and first come, first served within a namespace.
#[derive(Clone)]
pub(crate) struct Permits(Arc<Mutex<State>>);

struct State {
    free: usize,
    /// The maximum for one namespace.
    most: usize,
    /// The permits of each namespace that has any, including lent ones.
    held: HashMap<String, usize>,
    /// The waiters of each namespace.
    waiting: HashMap<String, VecDeque<oneshot::Sender<Permit>>>,
    /// The namespaces with waiters, the next one first.
    round: VecDeque<String>,
}

/// A permit, until it is dropped.
pub(crate) struct Permit {
    permits: Permits,
    namespace: String,
    /// Whether the permit was lent to another waiter.
    is_lent: bool,
}

impl Permits {
    /// Returns this number of permits, at least one.
    pub fn new(total: usize) -> Self {
        let (held, waiting, round) = Default::default();
        let (free, most) = (total.max(1), total.div_ceil(2).max(1));
        Self(Arc::new(Mutex::new(State { free, most, held, waiting, round })))
    }

    /// Waits for a permit. Dropping the future loses no permit.
    pub async fn take(&self, namespace: &str) -> Permit {
        let waiting = {
            let (sender, receiver) = oneshot::channel();
            self.state().wait(namespace, sender);
            receiver
        };
        self.hand_out();
        match waiting.await {
            Ok(permit) => permit,
            // Senders are dropped only when their receivers are.
            Err(_) => std::future::pending().await,
        }
    }

    /// Hands out permits while there is one for a waiter.
    fn hand_out(&self) {
        loop {
            let next = self.state().next();
            let Some((sender, namespace)) = next else { return };
            // A permit whose receiver is gone is dropped, and handed to the next waiter.
            drop(sender.send(Permit { permits: self.clone(), namespace, is_lent: false }));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No critical section leaves the state half written after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait(&mut self, namespace: &str, sender: oneshot::Sender<Permit>) {
        if let Some(queue) = self.waiting.get_mut(namespace) {
            return queue.push_back(sender);
        }
        self.waiting.insert(namespace.to_owned(), [sender].into());
        self.round.push_back(namespace.to_owned());
    }

    /// Takes a permit for the next waiter. A skipped namespace has a permit, so at most as many namespaces are skipped as
    /// there are permits.
    fn next(&mut self) -> Option<(oneshot::Sender<Permit>, String)> {
        let mut at = 0;
        while self.free > 0 && at < self.round.len() {
            let held = self.held.get(&self.round[at]).copied().unwrap_or_default();
            if held >= self.free.min(self.most) {
                at += 1;
                continue;
            }
            let namespace = self.round.remove(at)?;
            let mut queue = self.waiting.remove(&namespace)?;
            let open = std::iter::from_fn(|| queue.pop_front()).find(|sender| !sender.is_closed());
            let Some(sender) = open else { continue };
            if !queue.is_empty() {
                self.waiting.insert(namespace.clone(), queue);
                self.round.push_back(namespace.clone());
            }
            *self.held.entry(namespace.clone()).or_default() += 1;
            self.free -= 1;
            return Some((sender, namespace));
        }
        None
    }
}

impl Permit {
    /// Runs work with this permit. After `span`, the work continues without the permit, which is lent to the next waiter and
    /// still counts for this namespace.
    pub async fn hold<T>(mut self, span: Duration, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if let Ok(done) = tokio::time::timeout(span, &mut work).await {
            return done;
        }
        self.is_lent = true;
        self.permits.state().free += 1;
        self.permits.hand_out();
        work.await
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        {
            let mut state = self.permits.state();
            state.free += usize::from(!self.is_lent);
            let held = state.held.remove(&self.namespace).unwrap_or_default();
            if held > 1 {
                state.held.insert(self.namespace.clone(), held - 1);
            }
        }
        self.permits.hand_out();
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, future::BoxFuture};

    use super::*;

    type Waiting = BoxFuture<'static, Permit>;

    /// Returns a waiter of a namespace.
    fn wait(permits: &Permits, namespace: &'static str) -> (&'static str, Waiting) {
        let permits = permits.clone();
        let mut waiting = async move { permits.take(namespace).await }.boxed();
        let now = (&mut waiting).now_or_never();
        (namespace, if let Some(permit) = now { async { permit }.boxed() } else { waiting })
    }

    /// Returns the waiters that have a permit now.
    fn served(waiting: &mut Vec<(&'static str, Waiting)>) -> Vec<(&'static str, Permit)> {
        let mut served = Vec::new();
        let mut still = Vec::new();
        for (namespace, mut one) in waiting.drain(..) {
            match (&mut one).now_or_never() {
                Some(permit) => served.push((namespace, permit)),
                None => still.push((namespace, one)),
            }
        }
        *waiting = still;
        served
    }

    #[test]
    fn a_namespace_never_has_all_permits_and_another_gets_one_at_once() {
        let permits = Permits::new(16);
        let mut bad: Vec<_> = (0..300).map(|_| wait(&permits, "bad")).collect();
        let held = served(&mut bad);
        assert_eq!(held.len(), 8);
        let mut good = vec![wait(&permits, "good")];
        assert_eq!(served(&mut good).len(), 1, "300 endless works do not delay another namespace");
        let mut worse: Vec<_> = (0..300).map(|_| wait(&permits, "worse")).collect();
        let more = served(&mut worse);
        assert!(more.len() >= 2, "{}", more.len());
        let mut another = vec![wait(&permits, "another")];
        assert_eq!(served(&mut another).len(), 1);
    }

    #[test]
    fn long_work_lends_its_permit_and_its_namespace_gets_no_further_one() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let permits = Permits::new(2);
            let slow =
                permits.take("slow").await.hold(Duration::from_millis(1), std::future::pending::<()>());
            let mut slow = Box::pin(slow);
            let others = async {
                let first = permits.take("good").await;
                let second = permits.take("another").await;
                assert!(permits.take("slow").now_or_never().is_none(), "the namespace has its maximum");
                drop((first, second));
            };
            tokio::select! {
                () = &mut slow => unreachable!("the work never ends"),
                () = others => {}
            }
            drop(slow);
            let state = permits.state();
            assert!(state.free == 2 && state.held.is_empty());
        });
    }

    #[test]
    fn waiters_are_served_round_robin_by_namespace() {
        let permits = Permits::new(1);
        let first = permits.take("a").now_or_never().unwrap();
        let mut waiting: Vec<_> = ["a"; 300].into_iter().map(|of| wait(&permits, of)).collect();
        waiting.extend([wait(&permits, "b"), wait(&permits, "b"), wait(&permits, "c")]);
        drop(first);
        let mut order = Vec::new();
        while order.len() < 6 {
            // Each served permit is dropped, and the next waiter has one.
            order.extend(served(&mut waiting).into_iter().map(|(of, _)| of));
        }
        assert_eq!(order, ["a", "b", "c", "a", "b", "a"]);
    }

    #[test]
    fn a_dropped_waiter_loses_no_permit() {
        let permits = Permits::new(2);
        let held = permits.take("a").now_or_never().unwrap();
        let mut waiting: Vec<_> = (0..1000).map(|_| wait(&permits, "a")).collect();
        let mut last = vec![waiting.pop().unwrap()];
        waiting.clear();
        drop(held);
        assert_eq!(served(&mut last).len(), 1);
        assert!(permits.take("b").now_or_never().is_some());
        let state = permits.state();
        assert!(state.free == 2 && state.held.is_empty() && state.waiting.is_empty());
    }

    #[test]
    fn each_namespace_is_served_after_at_most_one_permit_of_every_other() {
        let permits = Permits::new(4);
        let names: Vec<&'static str> = (0..50).map(|n| &*format!("hostile-{n}").leak()).collect();
        let mut waiting: Vec<_> = names.iter().flat_map(|of| [of; 20]).map(|of| wait(&permits, of)).collect();
        let mut held = served(&mut waiting);
        let mut good = vec![wait(&permits, "good")];
        let mut ended = 0;
        while served(&mut good).is_empty() {
            drop(held.remove(0));
            ended += 1;
            held.extend(served(&mut waiting));
            assert!(ended <= names.len() + 1, "{ended}");
        }
    }
}
