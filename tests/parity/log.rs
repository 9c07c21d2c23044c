//! Container logs.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// The log of a container, as it is written.
pub struct Log {
    events: Arc<Mutex<Vec<Value>>>,
    reader: thread::JoinHandle<()>,
}

impl Log {
    /// Follows the output of a command.
    pub fn follow(mut command: Command) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the engine's client runs");
        let stdout = child.stdout.take().expect("a pipe");
        let heard = Arc::clone(&events);
        let reader = thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line) {
                    heard.lock().expect("nobody panics while it is held").push(event);
                }
            }
            let _ = child.wait();
        });
        Self { events, reader }
    }

    /// Returns the log so far.
    pub fn events(&self) -> Vec<Value> {
        self.events.lock().expect("nobody panics while it is held").clone()
    }

    /// Returns the last start event.
    pub fn start(&self) -> Option<Value> {
        self.events().into_iter().rev().find(|event| event["event"] == "start")
    }

    /// Reports whether the log has ended.
    pub fn has_ended(&self) -> bool {
        self.reader.is_finished()
    }

    /// Returns the whole log of a container that is ending.
    pub fn until_its_end(&self, startup_deadline: Duration) -> Vec<Value> {
        let began = Instant::now();
        while !self.has_ended() && began.elapsed() < startup_deadline {
            thread::sleep(Duration::from_millis(50));
        }
        self.events()
    }
}
