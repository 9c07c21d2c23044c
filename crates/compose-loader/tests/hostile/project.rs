//! Projects that a process loads, and what it takes.
//!
//! A project ends in a model or an error within [`TIME`] and [`MEMORY`], beyond the size of its files and what the same
//! program takes for a project of one service.
//!
//! Time is processor time, so that other processes do not count. A process that waits instead of working, as a reader of
//! a FIFO does, runs into [`PATIENCE`]. The limit on time is that of a release build: `cargo test --release --test
//! hostile` measures it on an idle machine. A build without optimization may take [`UNOPTIMISED`] times as long.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use wait4::Wait4;

/// The limit on the time of a case.
pub const TIME: Duration = Duration::from_millis(100);
/// The limit on the time of a large project: one with 100,000 values, which is the limit of the loader, or one with
/// millions of lines.
pub const LARGE: Duration = Duration::from_millis(250);
/// The limit on the memory of a case, in bytes.
const MEMORY: u64 = 64 << 20;
/// The factor by which a build without optimization can be slower.
const UNOPTIMISED: u32 = 40;
/// The time after which the test kills a process, which probably waits forever.
const PATIENCE: Duration = Duration::from_secs(30);
/// The number of attempts of a case. Other processes slow down a run by sharing the caches.
const ATTEMPTS: usize = 3;
/// The maximum number of bytes of the output that the test reads.
const SHOWN: u64 = 64 << 10;

/// Allows one process at a time, so that no other test uses the processor meanwhile.
static TURN: Mutex<()> = Mutex::new(());

/// The time and memory of the program for a minimal project.
static NOTHING: LazyLock<(Duration, u64)> = LazyLock::new(|| {
    let project = Project::new();
    project.file("compose.yaml", "services: {web: {image: nginx}}");
    let runs: Vec<Outcome> = (0..ATTEMPTS).map(|_| project.run()).collect();
    assert!(runs.iter().all(|run| run.code == Some(0)), "{}", runs[0].errors);
    (runs.iter().map(|run| run.time).min().unwrap(), runs.iter().map(|run| run.memory).max().unwrap())
});

/// A temporary folder with a project.
pub struct Project(PathBuf);

/// The result of a process, and its time and memory.
pub struct Outcome {
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
    pub time: Duration,
    /// The maximum resident memory in bytes.
    pub memory: u64,
}

impl Project {
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("compose-loader-hostile-{}-{number}", std::process::id()));
        fs::create_dir_all(folder.join("project")).unwrap();
        Project(folder)
    }

    /// Creates a project of one file.
    pub fn of(text: impl AsRef<[u8]>) -> Self {
        let project = Self::new();
        project.file("compose.yaml", text);
        project
    }

    /// Creates a project of one file: `before`, `part` repeated `times` times, and `after`.
    pub fn long(before: &str, part: &str, times: usize, after: &str) -> Self {
        let project = Self::new();
        let mut file = BufWriter::new(File::create(project.folder().join("compose.yaml")).unwrap());
        file.write_all(before.as_bytes()).unwrap();
        for _ in 0..times {
            file.write_all(part.as_bytes()).unwrap();
        }
        file.write_all(after.as_bytes()).unwrap();
        file.flush().unwrap();
        project
    }

    pub fn folder(&self) -> PathBuf {
        self.0.join("project")
    }

    pub fn file(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Asserts that the project loads. Returns the output.
    pub fn loads(&self) -> String {
        self.loads_within(TIME)
    }

    /// Asserts that the project loads within a time. Returns the output.
    pub fn loads_within(&self, limit: Duration) -> String {
        let outcome = self.measured(limit);
        assert_eq!(outcome.code, Some(0), "should load:\n{}", start(&outcome.errors));
        outcome.output
    }

    /// Asserts that the project is rejected with an error of this id. Returns the messages.
    pub fn rejected(&self, id: &str) -> String {
        self.rejected_within(TIME, id)
    }

    /// Asserts that the project is rejected within a time with an error of this id. Returns the messages.
    pub fn rejected_within(&self, limit: Duration, id: &str) -> String {
        let outcome = self.measured(limit);
        let errors = &outcome.errors;
        assert_eq!(outcome.code, Some(1), "must be rejected with {id}:\n{}", start(errors));
        assert!(errors.contains(&format!("error[{id}]")), "{id} is missing:\n{}", start(errors));
        outcome.errors
    }

    /// Runs the project until an attempt is within the limits.
    pub fn measured(&self, limit: Duration) -> Outcome {
        let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (time, memory) = *NOTHING;
        let size = size(&self.0);
        let over = |outcome: &Outcome| {
            let slower = if cfg!(debug_assertions) { UNOPTIMISED } else { 1 };
            outcome.time > time + limit * slower || outcome.memory > memory + size + MEMORY
        };
        let mut outcome = self.run();
        for _ in 1..ATTEMPTS {
            if !over(&outcome) {
                break;
            }
            outcome = self.run();
        }
        let took = format!(
            "{:.0} ms and {:.1} MiB beyond what an empty project and its {:.1} MiB take",
            outcome.time.saturating_sub(time).as_secs_f64() * 1e3,
            (outcome.memory.saturating_sub(memory + size)) as f64 / f64::from(1 << 20),
            size as f64 / f64::from(1 << 20),
        );
        println!("{took}");
        assert!(!over(&outcome), "{took}");
        outcome
    }

    fn run(&self) -> Outcome {
        let (output, errors) = (self.0.join("output"), self.0.join("errors"));
        let start = Instant::now();
        let mut child = crate::program()
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .stdout(File::create(&output).unwrap())
            .stderr(File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let mut memory = None;
        let used = loop {
            if let Some(used) = child.try_wait4().unwrap() {
                break used;
            }
            memory = peak(child.id()).or(memory);
            if start.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("still running after {PATIENCE:?}");
            }
            sleep(Duration::from_millis(1));
        };
        let take = |path: &Path| {
            let mut text = Vec::new();
            File::open(path).unwrap().take(SHOWN).read_to_end(&mut text).unwrap();
            fs::remove_file(path).unwrap();
            String::from_utf8_lossy(&text).into_owned()
        };
        let errors = take(&errors);
        assert!(!errors.contains("panicked"), "{}", self::start(&errors));
        Outcome {
            code: used.status.code(),
            output: take(&output),
            errors,
            time: used.rusage.utime + used.rusage.stime,
            // The kernel adds the memory that this process has at the fork, so its number is only a bound.
            memory: memory.unwrap_or(used.rusage.maxrss),
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Returns the maximum resident memory of a process until now, where the system has `/proc`.
fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(kilobytes.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

/// Returns the size of all files in a folder.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sizes = entries.map(|path| match fs::symlink_metadata(&path).unwrap() {
        meta if meta.is_dir() => size(&path),
        meta if meta.is_file() => meta.len(),
        _ => 0,
    });
    sizes.sum()
}

fn start(text: &str) -> String {
    text.chars().take(2000).collect()
}
