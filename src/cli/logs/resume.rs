//! Reading the log of a container again after a connection has ended, without a line twice.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

use super::line::Line;

/// Lines that are remembered. The log API takes a time in whole seconds, so it repeats lines of up to a second. A
/// repeated line that is older than all remembered lines is known by its time.
const REMEMBERED: usize = 4096;

/// The lines of one container that were read last.
#[derive(Debug, Default)]
pub(super) struct Resume {
    recent: VecDeque<Mark>,
    /// While lines are repeated: those that are still expected, and the time of the oldest of them.
    repeated: Option<Repeated>,
}

#[derive(Debug)]
struct Repeated {
    expected: VecDeque<Mark>,
    oldest: Timestamp,
    newest: Timestamp,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Mark {
    time: Timestamp,
    hash: u64,
}

impl Mark {
    fn of(line: &Line) -> Self {
        let mut hasher = DefaultHasher::new();
        line.text.hash(&mut hasher);
        Self { time: line.time, hash: hasher.finish() }
    }
}

impl Resume {
    /// Returns the time from which the log has to be read again, if a line was read.
    pub fn since(&self) -> Option<Timestamp> {
        self.recent.iter().map(|mark| mark.time).max()
    }

    /// Expects that the next lines repeat earlier ones.
    pub fn reopen(&mut self) {
        let times = self.recent.iter().map(|mark| mark.time);
        self.repeated = times.clone().min().zip(times.max()).map(|(oldest, newest)| Repeated {
            expected: self.recent.clone(),
            oldest,
            newest,
        });
    }

    /// Reports whether a line was not read before.
    pub fn is_new(&mut self, line: &Line) -> bool {
        let mark = Mark::of(line);
        if let Some(repeated) = &mut self.repeated {
            if mark.time > repeated.newest {
                self.repeated = None;
            } else if mark.time < repeated.oldest {
                return false;
            } else if let Some(place) = repeated.expected.iter().position(|expected| *expected == mark) {
                repeated.expected.remove(place);
                return false;
            }
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(mark);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(nanos: i128, text: usize) -> Line {
        let time = Timestamp::from_nanosecond(1_700_000_000_000_000_000 + nanos).unwrap();
        Line { time, text: text.to_string().into_bytes() }
    }

    /// Returns what the log API repeats: the lines from the second of `since`.
    fn replay(log: &[Line], since: Option<Timestamp>) -> &[Line] {
        let second = since.map_or(i64::MIN, |since| since.as_second());
        let start = log.iter().position(|line| line.time.as_second() >= second).unwrap_or(log.len());
        &log[start..]
    }

    proptest! {
        #[test]
        fn a_log_that_is_read_in_pieces_has_each_line_once(
            steps in prop::collection::vec((0_i128..400_000_000, 0_usize..3), 1..400),
            cuts in prop::collection::vec(0_usize..400, 0..8),
        ) {
            let mut nanos = 0;
            let mut log = Vec::new();
            for (step, text) in steps {
                // Many lines have the time or the text of another one, and some have both.
                nanos += if step % 3 == 0 { 0 } else { step };
                log.push(line(nanos, text));
            }
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut % (log.len() + 1)).collect();
            cuts.sort_unstable();
            cuts.push(log.len());
            let mut resume = Resume::default();
            let mut read = Vec::new();
            for cut in cuts {
                let since = resume.since();
                resume.reopen();
                read.extend(replay(&log[..cut], since).iter().filter(|line| resume.is_new(line)).cloned());
            }
            prop_assert_eq!(read, log);
        }
    }

    #[test]
    fn a_second_with_more_lines_than_are_remembered_is_not_repeated() {
        let log: Vec<_> = (0..3 * REMEMBERED).map(|at| line(at as i128 * 10_000, at)).collect();
        let mut resume = Resume::default();
        assert!(log[..2 * REMEMBERED].iter().all(|line| resume.is_new(line)));
        resume.reopen();
        let new: Vec<_> = log.iter().filter(|line| resume.is_new(line)).cloned().collect();
        assert_eq!(new, log[2 * REMEMBERED..]);
        assert!(resume.recent.len() <= REMEMBERED);
    }
}
