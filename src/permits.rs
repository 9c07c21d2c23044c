//! Permits for work that tenants share: each namespace in turn, and always some left for the next one.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

/// A number of permits. A namespace gets one more only while it has fewer than are free, and fewer than half of all: so
/// no namespace ever has them all, one that has none gets one at once as long as any is free, and a namespace that is
/// alone gets half of them. Those that wait are served round robin by namespace, within one in the order in which they
/// came.
#[derive(Clone)]
pub(crate) struct Permits(Arc<Mutex<State>>);

struct State {
    free: usize,
    /// The most that one namespace has.
    most: usize,
    /// How many each namespace has, where it has any, with those that were lent to others.
    held: HashMap<String, usize>,
    /// Who waits, by namespace.
    waiting: HashMap<String, VecDeque<oneshot::Sender<Permit>>>,
    /// The namespaces in which someone waits; the one that is served next comes first.
    round: VecDeque<String>,
}

/// A permit, until it is dropped.
pub(crate) struct Permit {
    permits: Permits,
    namespace: String,
    /// Someone else may have it already.
    is_lent: bool,
}

impl Permits {
    /// So many permits, and one at least.
    pub fn new(total: usize) -> Self {
        let (held, waiting, round) = Default::default();
        let (free, most) = (total.max(1), total.div_ceil(2).max(1));
        Self(Arc::new(Mutex::new(State { free, most, held, waiting, round })))
    }

    /// Waits for a permit. Whoever stops waiting loses nothing for the others.
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

    /// Gives permits out as long as there is one for somebody.
    fn hand_out(&self) {
        loop {
            let next = self.state().next();
            let Some((sender, namespace)) = next else { return };
            // One whose receiver is gone meanwhile comes back, and is given to the next.
            drop(sender.send(Permit { permits: self.clone(), namespace, is_lent: false }));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves nothing half written.
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

    /// Who gets a permit now, which counts as taken. The namespaces that are passed over have a permit, so no more of
    /// them are looked at than there are permits.
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
    /// Does work in this permit. Work that takes longer than `span` goes on without it: the permit is lent to the next one
    /// who waits, and still counts as one of this namespace's.
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

    /// Someone of a namespace, who waits from now on.
    fn wait(permits: &Permits, namespace: &'static str) -> (&'static str, Waiting) {
        let permits = permits.clone();
        let mut waiting = async move { permits.take(namespace).await }.boxed();
        let now = (&mut waiting).now_or_never();
        (namespace, if let Some(permit) = now { async { permit }.boxed() } else { waiting })
    }

    /// Those that have a permit now.
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
    fn a_namespace_never_has_all_turns_and_another_one_gets_one_at_once() {
        let permits = Permits::new(16);
        let mut bad: Vec<_> = (0..300).map(|_| wait(&permits, "bad")).collect();
        let held = served(&mut bad);
        assert_eq!(held.len(), 8);
        let mut good = vec![wait(&permits, "good")];
        assert_eq!(served(&mut good).len(), 1, "300 that never end delay nobody else");
        let mut worse: Vec<_> = (0..300).map(|_| wait(&permits, "worse")).collect();
        let more = served(&mut worse);
        assert!(more.len() >= 2, "{}", more.len());
        let mut another = vec![wait(&permits, "another")];
        assert_eq!(served(&mut another).len(), 1);
    }

    #[test]
    fn work_that_takes_long_lends_its_turn_to_others_and_its_namespace_gets_no_more_for_it() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let permits = Permits::new(2);
            let slow =
                permits.take("slow").await.hold(Duration::from_millis(1), std::future::pending::<()>());
            let mut slow = Box::pin(slow);
            let others = async {
                let first = permits.take("good").await;
                let second = permits.take("another").await;
                assert!(
                    permits.take("slow").now_or_never().is_none(),
                    "it has as many as a namespace may have"
                );
                drop((first, second));
            };
            tokio::select! {
                () = &mut slow => unreachable!("it never ends"),
                () = others => {}
            }
            drop(slow);
            let state = permits.state();
            assert!(state.free == 2 && state.held.is_empty());
        });
    }

    #[test]
    fn who_waits_is_served_round_robin_by_namespace() {
        let permits = Permits::new(1);
        let first = permits.take("a").now_or_never().unwrap();
        let mut waiting: Vec<_> = ["a"; 300].into_iter().map(|of| wait(&permits, of)).collect();
        waiting.extend([wait(&permits, "b"), wait(&permits, "b"), wait(&permits, "c")]);
        drop(first);
        let mut order = Vec::new();
        while order.len() < 6 {
            // The permit of one ends, and the next one begins.
            order.extend(served(&mut waiting).into_iter().map(|(of, _)| of));
        }
        assert_eq!(order, ["a", "b", "c", "a", "b", "a"]);
    }

    #[test]
    fn who_stops_waiting_or_never_takes_what_it_was_given_costs_nobody_a_turn() {
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
    fn with_more_namespaces_than_turns_each_has_its_turn_after_at_most_one_of_every_other() {
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
