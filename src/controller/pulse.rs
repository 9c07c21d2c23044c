//! Whether the task that takes in what the watches bring still does so.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::interval};

/// How often it beats.
const BEAT: Duration = Duration::from_secs(1);

/// A task that has not beaten for so long is held up by something that does not end. The largest list of objects is
/// taken in within a few seconds.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// When a task has beaten last.
#[derive(Clone)]
pub(super) struct Pulse(watch::Receiver<Instant>);

/// What beats.
pub(super) struct Beat(watch::Sender<Instant>);

impl Pulse {
    pub(super) fn new() -> (Beat, Self) {
        let (beat, pulse) = watch::channel(Instant::now());
        (Beat(beat), Self(pulse))
    }

    /// Whether the task lives. It has a while to begin.
    pub(super) fn is_felt(&self) -> bool {
        self.0.borrow().elapsed() < LONGEST_SILENCE
    }
}

impl Beat {
    /// Beats as long as the task that awaits this does other work, too.
    pub(super) async fn during(self, work: impl Future<Output = ()>) {
        let mut every = interval(BEAT);
        let beat = async {
            loop {
                every.tick().await;
                self.0.send_replace(Instant::now());
            }
        };
        tokio::select! {
            () = work => {}
            () = beat => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pulse_is_felt_from_the_start_and_goes_with_its_task() {
        let (beat, pulse) = Pulse::new();
        assert!(pulse.is_felt());
        let long_ago = Instant::now().checked_sub(2 * LONGEST_SILENCE).unwrap();
        beat.0.send_replace(long_ago);
        assert!(!pulse.is_felt());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { beat.during(tokio::time::sleep(Duration::from_millis(1))).await });
        assert!(pulse.is_felt());
    }
}
