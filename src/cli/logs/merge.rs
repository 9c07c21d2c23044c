//! The merge of the logs of several containers by time.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// The time that a followed log has to deliver an earlier line. A line is shown at least this time after it has come.
const SETTLE: Duration = Duration::from_millis(80);

/// The time that a followed log has to begin.
const OPENING: Duration = Duration::from_secs(3);

/// A number for the log of a container.
pub(super) type Source = usize;

/// Sources in the order of the times of their lines. Each source has at most one line here, so the memory is bounded by
/// the number of sources.
#[derive(Debug)]
pub(super) struct Merge<T> {
    sources: BTreeMap<Source, State<T>>,
    /// Whether a source that delivers nothing holds the others up only for a short time.
    follow: bool,
}

#[derive(Debug)]
enum State<T> {
    /// No line has come yet.
    Opening { since: Instant },
    /// No line is there now.
    Empty { since: Instant },
    /// The next line.
    Head { time: Timestamp, received: Instant, line: T },
}

/// What happens next.
#[derive(Debug, PartialEq)]
pub(super) enum Next<T> {
    /// This line is shown.
    Line(Source, T),
    /// A source has to deliver a line or to end. Without that, the merge goes on at the given time.
    Wait(Option<Instant>),
    /// All sources have ended.
    Done,
}

impl<T> Merge<T> {
    pub fn new(follow: bool) -> Self {
        Self { sources: BTreeMap::new(), follow }
    }

    /// Adds a source.
    pub fn open(&mut self, source: Source, now: Instant) {
        self.sources.insert(source, State::Opening { since: now });
    }

    /// Records that a source has begun to deliver.
    pub fn begin(&mut self, source: Source, now: Instant) {
        if let Some(state @ State::Opening { .. }) = self.sources.get_mut(&source) {
            *state = State::Empty { since: now };
        }
    }

    /// Gives the next line of a source that has none here.
    pub fn put(&mut self, source: Source, time: Timestamp, received: Instant, line: T) {
        self.sources.insert(source, State::Head { time, received, line });
    }

    /// Removes a source that has ended. Its line must have been shown.
    pub fn close(&mut self, source: Source) {
        self.sources.remove(&source);
    }

    /// Returns the sources that have no line here.
    pub fn hungry(&self) -> impl Iterator<Item = Source> {
        self.sources
            .iter()
            .filter(|(_, state)| !matches!(state, State::Head { .. }))
            .map(|(source, _)| *source)
    }

    /// Reports whether a source has no line here.
    pub fn is_hungry(&self, source: Source) -> bool {
        self.sources.get(&source).is_some_and(|state| !matches!(state, State::Head { .. }))
    }

    /// Returns what happens next.
    pub fn next(&mut self, now: Instant) -> Next<T> {
        if self.sources.is_empty() {
            return Next::Done;
        }
        let heads = self.sources.iter().filter_map(|(source, state)| match state {
            State::Head { time, received, .. } => Some((*time, *source, *received)),
            _ => None,
        });
        let Some((_, source, received)) = heads.min() else { return Next::Wait(None) };
        let until = self.sources.values().filter_map(|state| match state {
            State::Opening { since } => Some(*since + OPENING),
            State::Empty { since } => Some((*since).max(received) + SETTLE),
            State::Head { .. } => None,
        });
        match until.max() {
            Some(_) if !self.follow => return Next::Wait(None),
            Some(until) if until > now => return Next::Wait(Some(until)),
            _ => {}
        }
        match self.sources.insert(source, State::Empty { since: now }) {
            Some(State::Head { line, .. }) => Next::Line(source, line),
            _ => Next::Wait(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn time(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    /// Returns all lines of sources that always deliver at once.
    fn merged(sources: &[Vec<i64>]) -> Vec<(i64, Source)> {
        let now = Instant::now();
        let mut merge = Merge::new(false);
        let mut left: Vec<VecDeque<i64>> =
            sources.iter().map(|times| times.iter().copied().collect()).collect();
        (0..left.len()).for_each(|source| merge.open(source, now));
        let mut shown = Vec::new();
        loop {
            match merge.next(now) {
                Next::Done => return shown,
                Next::Line(source, millis) => shown.push((millis, source)),
                Next::Wait(_) => {
                    let hungry = merge.hungry().next().unwrap();
                    match left[hungry].pop_front() {
                        Some(millis) => merge.put(hungry, time(millis), now, millis),
                        None => merge.close(hungry),
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn all_lines_come_in_the_order_of_their_times(
            mut sources in prop::collection::vec(prop::collection::vec(0_i64..1000, 0..30), 0..6),
        ) {
            sources.iter_mut().for_each(|times| times.sort_unstable());
            let mut expected: Vec<_> =
                sources.iter().enumerate().flat_map(|(source, times)| times.iter().map(move |&at| (at, source))).collect();
            expected.sort_unstable();
            prop_assert_eq!(merged(&sources), expected);
        }

        #[test]
        fn a_followed_source_loses_no_line_and_keeps_its_order(
            deliveries in prop::collection::vec((0_usize..3, 0_i64..1000, 0_u64..200), 0..60),
        ) {
            let mut now = Instant::now();
            let mut merge = Merge::new(true);
            (0..3).for_each(|source| merge.open(source, now));
            let mut queues = vec![VecDeque::new(); 3];
            let mut shown = vec![Vec::new(); 3];
            for &(source, millis, delay) in &deliveries {
                queues[source].push_back((millis, now));
                now += Duration::from_millis(delay);
                step(&mut merge, &mut queues, &mut shown, now, false);
            }
            step(&mut merge, &mut queues, &mut shown, now, true);
            for (source, shown) in shown.iter().enumerate() {
                let expected: Vec<_> =
                    deliveries.iter().filter(|it| it.0 == source).map(|it| it.1).collect();
                prop_assert_eq!(shown, &expected);
            }
        }
    }

    /// Shows the lines that can be shown now, or in the end.
    fn step(
        merge: &mut Merge<i64>,
        queues: &mut [VecDeque<(i64, Instant)>],
        shown: &mut [Vec<i64>],
        mut now: Instant,
        is_end: bool,
    ) {
        loop {
            for source in merge.hungry().collect::<Vec<_>>() {
                if let Some((millis, received)) = queues[source].pop_front() {
                    merge.put(source, time(millis), received, millis);
                }
            }
            match merge.next(now) {
                Next::Line(source, millis) => shown[source].push(millis),
                Next::Wait(Some(until)) if is_end => now = until,
                _ => return,
            }
        }
    }

    #[test]
    fn a_silent_source_holds_the_others_up_only_for_a_moment() {
        let start = Instant::now();
        let mut merge = Merge::new(true);
        merge.open(0, start);
        merge.open(1, start);
        merge.put(0, time(5), start, "web");
        // The other log has not been opened yet.
        assert_eq!(merge.next(start + SETTLE), Next::Wait(Some(start + OPENING)));
        merge.begin(1, start);
        assert_eq!(merge.next(start), Next::Wait(Some(start + SETTLE)));
        // An earlier line in time comes first.
        merge.put(1, time(3), start, "db");
        assert_eq!(merge.next(start), Next::Line(1, "db"));
        assert_eq!(merge.next(start + SETTLE), Next::Line(0, "web"));
        assert_eq!(merge.next(start + SETTLE), Next::Wait(None));
    }
}
