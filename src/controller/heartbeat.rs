//! Liveness of the task that processes the events of the watches.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::interval};

/// Time between two beats.
const BEAT: Duration = Duration::from_secs(1);

/// Time without a beat after which the task counts as blocked. The largest list takes a few seconds.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// The receiving side of a heartbeat: the time of the last beat.
#[derive(Clone)]
pub(super) struct Heartbeat(watch::Receiver<Instant>);

/// The sending side of a heartbeat.
pub(super) struct HeartbeatSender(watch::Sender<Instant>);

impl Heartbeat {
    pub(super) fn new() -> (HeartbeatSender, Self) {
        let (beat, heartbeat) = watch::channel(Instant::now());
        (HeartbeatSender(beat), Self(heartbeat))
    }

    /// Reports whether the task is alive. A new heartbeat counts as alive.
    pub(super) fn is_alive(&self) -> bool {
        self.0.borrow().elapsed() < LONGEST_SILENCE
    }
}

impl HeartbeatSender {
    /// Beats until the work ends. A task that is blocked in the work does not beat.
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
    fn a_heartbeat_is_alive_from_the_start_until_its_task_is_blocked() {
        let (beat, heartbeat) = Heartbeat::new();
        assert!(heartbeat.is_alive());
        let long_ago = Instant::now().checked_sub(2 * LONGEST_SILENCE).unwrap();
        beat.0.send_replace(long_ago);
        assert!(!heartbeat.is_alive());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { beat.during(tokio::time::sleep(Duration::from_millis(1))).await });
        assert!(heartbeat.is_alive());
    }
}
