//! Turns for work that tenants share: each namespace in its turn, and always some left for the next one.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

/// A number of turns. A namespace gets one more only while it has fewer than are free, and fewer than half of all: so
/// no namespace ever has them all, one that has none gets one at once as long as any is free, and a namespace that is
/// alone gets half of them. Those that wait are served round robin by namespace, within one in the order in which they
/// came.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Mutex<State>>);

struct State {
    free: usize,
    /// The most that one namespace has.
    most: usize,
    /// How many each namespace has, where it has any, with those that were lent to others.
    held: HashMap<String, usize>,
    /// Who waits, by namespace.
    waiting: HashMap<String, VecDeque<oneshot::Sender<Turn>>>,
    /// The namespaces in which someone waits; the one that is served next comes first.
    round: VecDeque<String>,
}

/// A turn, until it is dropped.
pub(crate) struct Turn {
    turns: Turns,
    namespace: String,
    /// Someone else may have it already.
    is_lent: bool,
}

impl Turns {
    /// So many turns, and one at least.
    pub fn new(total: usize) -> Self {
        let (held, waiting, round) = Default::default();
        let (free, most) = (total.max(1), total.div_ceil(2).max(1));
        Self(Arc::new(Mutex::new(State { free, most, held, waiting, round })))
    }

    /// Waits for a turn. Whoever stops waiting loses nothing for the others.
    pub async fn take(&self, namespace: &str) -> Turn {
        let waiting = {
            let (sender, receiver) = oneshot::channel();
            self.state().wait(namespace, sender);
            receiver
        };
        self.hand_out();
        match waiting.await {
            Ok(turn) => turn,
            // Senders are dropped only when their receivers are.
            Err(_) => std::future::pending().await,
        }
    }

    /// Gives turns out as long as there is one for somebody.
    fn hand_out(&self) {
        loop {
            let next = self.state().next();
            let Some((sender, namespace)) = next else { return };
            // One whose receiver is gone meanwhile comes back, and is given to the next.
            drop(sender.send(Turn { turns: self.clone(), namespace, is_lent: false }));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves nothing half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait(&mut self, namespace: &str, sender: oneshot::Sender<Turn>) {
        if let Some(queue) = self.waiting.get_mut(namespace) {
            return queue.push_back(sender);
        }
        self.waiting.insert(namespace.to_owned(), [sender].into());
        self.round.push_back(namespace.to_owned());
    }

    /// Who gets a turn now, which counts as taken. The namespaces that are passed over have a turn, so no more of
    /// them are looked at than there are turns.
    fn next(&mut self) -> Option<(oneshot::Sender<Turn>, String)> {
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

impl Turn {
    /// Does work in this turn. Work that takes longer than `span` goes on without it: the turn is lent to the next one
    /// who waits, and still counts as one of this namespace's.
    pub async fn hold<T>(mut self, span: Duration, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if let Ok(done) = tokio::time::timeout(span, &mut work).await {
            return done;
        }
        self.is_lent = true;
        self.turns.state().free += 1;
        self.turns.hand_out();
        work.await
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        {
            let mut state = self.turns.state();
            state.free += usize::from(!self.is_lent);
            let held = state.held.remove(&self.namespace).unwrap_or_default();
            if held > 1 {
                state.held.insert(self.namespace.clone(), held - 1);
            }
        }
        self.turns.hand_out();
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, future::BoxFuture};

    use super::*;

    type Waiting = BoxFuture<'static, Turn>;

    /// Someone of a namespace, who waits from now on.
    fn wait(turns: &Turns, namespace: &'static str) -> (&'static str, Waiting) {
        let turns = turns.clone();
        let mut waiting = async move { turns.take(namespace).await }.boxed();
        let now = (&mut waiting).now_or_never();
        (namespace, if let Some(turn) = now { async { turn }.boxed() } else { waiting })
    }

    /// Those that have a turn now.
    fn served(waiting: &mut Vec<(&'static str, Waiting)>) -> Vec<(&'static str, Turn)> {
        let mut served = Vec::new();
        let mut still = Vec::new();
        for (namespace, mut one) in waiting.drain(..) {
            match (&mut one).now_or_never() {
                Some(turn) => served.push((namespace, turn)),
                None => still.push((namespace, one)),
            }
        }
        *waiting = still;
        served
    }

    #[test]
    fn a_namespace_never_has_all_turns_and_another_one_gets_one_at_once() {
        let turns = Turns::new(16);
        let mut bad: Vec<_> = (0..300).map(|_| wait(&turns, "bad")).collect();
        let held = served(&mut bad);
        assert_eq!(held.len(), 8);
        let mut good = vec![wait(&turns, "good")];
        assert_eq!(served(&mut good).len(), 1, "300 that never end delay nobody else");
        let mut worse: Vec<_> = (0..300).map(|_| wait(&turns, "worse")).collect();
        let more = served(&mut worse);
        assert!(more.len() >= 2, "{}", more.len());
        let mut another = vec![wait(&turns, "another")];
        assert_eq!(served(&mut another).len(), 1);
    }

    #[test]
    fn work_that_takes_long_lends_its_turn_to_others_and_its_namespace_gets_no_more_for_it() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let turns = Turns::new(2);
            let slow = turns.take("slow").await.hold(Duration::from_millis(1), std::future::pending::<()>());
            let mut slow = Box::pin(slow);
            let others = async {
                let first = turns.take("good").await;
                let second = turns.take("another").await;
                assert!(
                    turns.take("slow").now_or_never().is_none(),
                    "it has as many as a namespace may have"
                );
                drop((first, second));
            };
            tokio::select! {
                () = &mut slow => unreachable!("it never ends"),
                () = others => {}
            }
            drop(slow);
            let state = turns.state();
            assert!(state.free == 2 && state.held.is_empty());
        });
    }

    #[test]
    fn who_waits_is_served_round_robin_by_namespace() {
        let turns = Turns::new(1);
        let first = turns.take("a").now_or_never().unwrap();
        let mut waiting: Vec<_> = ["a"; 300].into_iter().map(|of| wait(&turns, of)).collect();
        waiting.extend([wait(&turns, "b"), wait(&turns, "b"), wait(&turns, "c")]);
        drop(first);
        let mut order = Vec::new();
        while order.len() < 6 {
            // The turn of one ends, and the next one begins.
            order.extend(served(&mut waiting).into_iter().map(|(of, _)| of));
        }
        assert_eq!(order, ["a", "b", "c", "a", "b", "a"]);
    }

    #[test]
    fn who_stops_waiting_or_never_takes_what_it_was_given_costs_nobody_a_turn() {
        let turns = Turns::new(2);
        let held = turns.take("a").now_or_never().unwrap();
        let mut waiting: Vec<_> = (0..1000).map(|_| wait(&turns, "a")).collect();
        let mut last = vec![waiting.pop().unwrap()];
        waiting.clear();
        drop(held);
        assert_eq!(served(&mut last).len(), 1);
        assert!(turns.take("b").now_or_never().is_some());
        let state = turns.state();
        assert!(state.free == 2 && state.held.is_empty() && state.waiting.is_empty());
    }

    #[test]
    fn with_more_namespaces_than_turns_each_has_its_turn_after_at_most_one_of_every_other() {
        let turns = Turns::new(4);
        let names: Vec<&'static str> = (0..50).map(|n| &*format!("hostile-{n}").leak()).collect();
        let mut waiting: Vec<_> = names.iter().flat_map(|of| [of; 20]).map(|of| wait(&turns, of)).collect();
        let mut held = served(&mut waiting);
        let mut good = vec![wait(&turns, "good")];
        let mut ended = 0;
        while served(&mut good).is_empty() {
            drop(held.remove(0));
            ended += 1;
            held.extend(served(&mut waiting));
            assert!(ended <= names.len() + 1, "{ended}");
        }
    }
}
