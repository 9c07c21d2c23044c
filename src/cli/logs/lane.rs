//! The order in which the logs of one container of a Pod are read, through restarts and lost connections.

use std::time::Duration;

use jiff::Timestamp;

use super::{instance::Instance, line::Line, resume::Resume};

/// The time until the status of a container shows its end after its log has ended. The kubelet looks once a second.
const UNTIL_KNOWN: Duration = Duration::from_secs(2);

/// The wait before a connection that has failed is opened again.
const UNTIL_RETRY: Duration = Duration::from_millis(500);

/// What has to be read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::cli) struct Span {
    /// Whether to wait for further lines and containers.
    pub follow: bool,
    /// The time of the first line.
    pub since: Option<Timestamp>,
    /// The number of last lines that were written before.
    pub tail: Option<i64>,
}

/// The next step of a reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// Open the log, and report its lines and its end.
    Open(Request),
    /// Wait until the status of the container changes, but no longer than the given time.
    Wait(Option<Duration>),
    /// All is read.
    Finished,
}

/// A call of the log API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Request {
    pub is_previous: bool,
    pub follow: bool,
    pub since: Option<Timestamp>,
    pub tail: Option<i64>,
}

/// How a call of the log API has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// The API server has closed the connection.
    Closed,
    /// The connection has failed.
    Failed,
    /// The node has no such log.
    Missing,
}

/// A reader of the logs of one container of a Pod.
#[derive(Debug)]
pub(super) struct Lane {
    span: Span,
    reading: Option<Reading>,
    /// The last container whose log was read to its end.
    read: Option<String>,
}

#[derive(Debug)]
struct Reading {
    instance: Instance,
    resume: Resume,
    end: Option<End>,
    /// Whether the last wait was for news of this container.
    has_waited: bool,
}

impl Lane {
    pub fn new(span: Span) -> Self {
        Self { span, reading: None, read: None }
    }

    /// Reports whether a line is new and within the span.
    pub fn takes(&mut self, line: &Line) -> bool {
        let Some(reading) = &mut self.reading else { return false };
        reading.resume.is_new(line) && self.span.since.is_none_or(|since| line.time >= since)
    }

    /// Records how the call of the last [`Step::Open`] has ended.
    pub fn end(&mut self, end: End) {
        if let Some(reading) = &mut self.reading {
            reading.end = Some(end);
        }
    }

    /// Returns the next step. `seen` are the containers of the Pod's status. `is_last` says that no further container will
    /// start.
    pub fn step(&mut self, seen: &[Instance], is_last: bool) -> Step {
        let Some(reading) = &mut self.reading else { return self.begin(seen, is_last) };
        let now = seen.iter().find(|instance| instance.id == reading.instance.id);
        let missing = reading.end == Some(End::Missing);
        match now {
            Some(now) if now.has_ended && !missing => {
                if reading.instance.has_ended && reading.end == Some(End::Closed) {
                    return self.finish(seen, is_last);
                }
                // The connection can have ended before the last lines, and now no further line comes.
                let has_failed = reading.end == Some(End::Failed) && !reading.has_waited;
                reading.instance = now.clone();
                if has_failed { self.wait(UNTIL_RETRY) } else { self.reopen(false) }
            }
            Some(now) if self.span.follow && !is_last && !missing => {
                let until = if reading.end == Some(End::Failed) { UNTIL_RETRY } else { UNTIL_KNOWN };
                reading.instance = now.clone();
                if reading.has_waited { self.reopen(true) } else { self.wait(until) }
            }
            // The node has deleted the log, or nothing more is asked for.
            _ => self.finish(seen, is_last),
        }
    }

    fn begin(&mut self, seen: &[Instance], is_last: bool) -> Step {
        let Some(instance) = self.next(seen).cloned() else {
            let is_over = is_last || !self.span.follow;
            return if is_over { Step::Finished } else { Step::Wait(None) };
        };
        let is_first = self.read.is_none();
        let request = Request {
            is_previous: instance.is_previous,
            follow: self.span.follow && !instance.has_ended,
            since: self.span.since,
            tail: self.span.tail.filter(|_| is_first),
        };
        self.reading = Some(Reading { instance, resume: Resume::default(), end: None, has_waited: false });
        Step::Open(request)
    }

    /// Returns the container after the one that was read last. With a number of last lines, reading starts with the last
    /// container.
    fn next<'s>(&self, seen: &'s [Instance]) -> Option<&'s Instance> {
        match &self.read {
            None if self.span.tail.is_some() => seen.last(),
            None => seen.first(),
            Some(read) => match seen.iter().position(|instance| instance.id == *read) {
                Some(place) => seen.get(place + 1),
                None => seen.first(),
            },
        }
    }

    fn finish(&mut self, seen: &[Instance], is_last: bool) -> Step {
        self.read = self.reading.take().map(|reading| reading.instance.id);
        self.begin(seen, is_last)
    }

    fn wait(&mut self, at_most: Duration) -> Step {
        if let Some(reading) = &mut self.reading {
            reading.has_waited = true;
        }
        Step::Wait(Some(at_most))
    }

    fn reopen(&mut self, follow: bool) -> Step {
        let Some(reading) = &mut self.reading else { return Step::Finished };
        reading.resume.reopen();
        reading.has_waited = false;
        reading.end = None;
        // Without a line yet, the last lines have not been delivered either.
        let (since, tail) = match reading.resume.since() {
            Some(time) => (Some(time), None),
            None => (self.span.since, self.span.tail.filter(|_| self.read.is_none())),
        };
        Step::Open(Request { is_previous: reading.instance.is_previous, follow, since, tail })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A container that writes numbered lines, ends and starts again, on a node that keeps the log of one earlier container.
    #[derive(Default)]
    struct Node {
        logs: Vec<Vec<Line>>,
        is_running: bool,
        clock: i128,
        written: usize,
    }

    impl Node {
        fn write(&mut self, lines: usize) {
            for _ in 0..lines {
                self.clock += 70_000_000;
                let time = Timestamp::from_nanosecond(1_700_000_000_000_000_000 + self.clock).unwrap();
                self.logs
                    .last_mut()
                    .unwrap()
                    .push(Line { time, text: self.written.to_string().into_bytes() });
                self.written += 1;
            }
        }

        fn restart(&mut self) {
            self.logs.push(Vec::new());
            self.is_running = true;
        }

        fn instances(&self) -> Vec<Instance> {
            let last = self.logs.len().checked_sub(1);
            let instance = |place: usize| Instance {
                id: place.to_string(),
                is_previous: Some(place) != last,
                has_ended: Some(place) != last || !self.is_running,
            };
            (self.logs.len().saturating_sub(2)..self.logs.len()).map(instance).collect()
        }

        /// Returns the lines that a call delivers before its end.
        fn answer(&self, request: &Request) -> Vec<Line> {
            let place = self.logs.len() - 1 - usize::from(request.is_previous);
            let second = request.since.map_or(i64::MIN, |since| since.as_second());
            let lines = self.logs[place].iter().filter(|line| line.time.as_second() >= second);
            lines.cloned().collect()
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Event {
        /// The container writes lines.
        Write(usize),
        /// The container ends.
        Exit,
        /// The reader takes this share of what it can get, and then the connection ends.
        Read { percent: usize, end: End },
    }

    fn event() -> impl Strategy<Value = Event> {
        let end = prop_oneof![Just(End::Closed), Just(End::Failed)];
        prop_oneof![
            3 => (0_usize..40).prop_map(Event::Write),
            1 => Just(Event::Exit),
            4 => (0_usize..=100, end).prop_map(|(percent, end)| Event::Read { percent, end }),
        ]
    }

    /// A reader of the log of `node`, and what it has read.
    struct Reader {
        lane: Lane,
        open: Option<Request>,
        read: Vec<Vec<u8>>,
        is_finished: bool,
    }

    impl Reader {
        /// Makes steps until the reader has a connection, or waits for news.
        fn advance(&mut self, node: &Node, is_last: bool) {
            let mut waits = 0;
            while self.open.is_none() && !self.is_finished {
                match self.lane.step(&node.instances(), is_last) {
                    Step::Open(request) => self.open = Some(request),
                    Step::Finished => self.is_finished = true,
                    Step::Wait(_) if waits == 2 => return,
                    Step::Wait(_) => waits += 1,
                }
            }
        }

        /// Takes lines, and ends the connection. A connection that closes by itself has delivered all lines of a container
        /// that has ended.
        fn take(&mut self, node: &Node, percent: usize, end: End) {
            let Some(request) = self.open.take() else { return };
            let lines = node.answer(&request);
            let is_whole = end == End::Closed && !request.follow;
            let count = if is_whole { lines.len() } else { lines.len() * percent / 100 };
            for line in &lines[..count] {
                if self.lane.takes(line) {
                    self.read.push(line.text.clone());
                }
            }
            self.lane.end(end);
        }
    }

    proptest! {
        #[test]
        fn every_line_is_read_once_and_in_order_through_restarts_and_lost_connections(
            events in prop::collection::vec(event(), 1..60),
        ) {
            let mut node = Node::default();
            node.restart();
            let span = Span { follow: true, ..Span::default() };
            let mut reader = Reader { lane: Lane::new(span), open: None, read: Vec::new(), is_finished: false };
            reader.advance(&node, false);
            for event in events {
                match event {
                    Event::Write(lines) if node.is_running => node.write(lines),
                    Event::Write(_) => {}
                    Event::Exit => {
                        node.is_running = false;
                        // The next container starts after the reader has seen the end of this one: a node keeps the log of
                        // one earlier container.
                        for _ in 0..4 {
                            reader.take(&node, 100, End::Closed);
                            reader.advance(&node, false);
                        }
                        node.restart();
                    }
                    Event::Read { percent, end } => {
                        reader.take(&node, percent, end);
                        reader.advance(&node, false);
                    }
                }
            }
            node.is_running = false;
            for _ in 0..6 {
                reader.take(&node, 100, End::Closed);
                reader.advance(&node, true);
            }
            prop_assert!(reader.is_finished);
            let expected: Vec<_> = (0..node.written).map(|number| number.to_string().into_bytes()).collect();
            prop_assert_eq!(reader.read, expected);
        }
    }

    fn instance(id: &str, is_previous: bool, has_ended: bool) -> Instance {
        Instance { id: id.to_owned(), is_previous, has_ended }
    }

    #[test]
    fn without_follow_each_log_is_read_once() {
        let seen = [instance("a", true, true), instance("b", false, false)];
        let mut lane = Lane::new(Span::default());
        let request =
            |is_previous| Step::Open(Request { is_previous, follow: false, since: None, tail: None });
        assert_eq!(lane.step(&seen, false), request(true));
        lane.end(End::Closed);
        assert_eq!(lane.step(&seen, false), request(false));
        lane.end(End::Closed);
        assert_eq!(lane.step(&seen, false), Step::Finished);
    }

    #[test]
    fn a_number_of_last_lines_is_that_of_the_last_container() {
        let seen = [instance("a", true, true), instance("b", false, false)];
        let mut lane = Lane::new(Span { tail: Some(5), follow: true, since: None });
        let request = Request { is_previous: false, follow: true, since: None, tail: Some(5) };
        assert_eq!(lane.step(&seen, false), Step::Open(request));
    }

    #[test]
    fn a_log_that_the_node_has_deleted_is_left_out() {
        let mut lane = Lane::new(Span { follow: true, ..Span::default() });
        let seen = [instance("a", true, true), instance("b", false, false)];
        assert!(matches!(lane.step(&seen, false), Step::Open(Request { is_previous: true, .. })));
        lane.end(End::Missing);
        assert!(matches!(lane.step(&seen, false), Step::Open(Request { is_previous: false, .. })));
    }
}
