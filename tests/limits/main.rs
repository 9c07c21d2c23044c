//! What the largest Stacks cost that the definition takes: each becomes at most so many objects, in so much memory and
//! time, or is refused in less.
//!
//! Memory is what translation has allocated at once, beside the Stack. Time is the processor's. The limits on it are
//! those of what is shipped: `cargo test --release --test limits` measures them; without optimisation a row may take
//! [`UNOPTIMISED`] times as long. Each row is measured in a process of its own, since an allocator tells the most that
//! was ever allocated: this program calls itself with the file of a Stack.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../../crates/compose-loader/tests/support/growth.rs"]
#[allow(dead_code, reason = "other tests measure exponents")]
mod growth;
mod stacks;

use std::{alloc::System, env, fs, path::Path, process::Command, sync::Arc, time::Duration};

use cap::Cap;
use jiff::Timestamp;
use stackwright::{
    api::{Reason, Service, Stack},
    plan::{LastStatus, Observed, plan},
    status::{Finding, Unfinished, status},
    translate::{Desired, Facts, Image, ImageConfig, Invalid, Privilege, Privileges, translate},
};

use stacks::{Expected, rows};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// How many objects a Stack may become.
const OBJECTS: usize = 2_000;
/// How many bytes translation may have allocated at once.
const MEMORY: usize = 64 << 20;
/// How long it may take.
const TIME: Duration = Duration::from_millis(500);
/// How long a Stack may take that is refused.
const REFUSAL: Duration = Duration::from_millis(50);
/// How many times slower a build without optimisation may be.
const UNOPTIMISED: u32 = 40;
/// The most bytes of an object that etcd takes (`--max-request-bytes`).
const LARGEST_STACK: usize = 3 << 19;
/// The most bytes of the status of a Stack, with which it is stored.
const STATUS: usize = 512 << 10;
/// The file with the metadata of images, beside that of the Stack.
const IMAGE: &str = "image.json";

fn main() {
    if let Some(path) = env::args().nth(1).filter(|argument| argument.starts_with('/')) {
        return measure(&path);
    }
    let folder = tempfile::tempdir().unwrap();
    let wanted = env::args().nth(1).unwrap_or_default();
    let mut failed = Vec::new();
    println!("objects    MiB      ms  status");
    for row in rows().into_iter().filter(|row| row.name.contains(&wanted)) {
        let path = folder.path().join("stack.json");
        let text = row.stack.to_string();
        assert!(text.len() < LARGEST_STACK, "{}: no API server takes {} bytes", row.name, text.len());
        fs::write(&path, text).unwrap();
        fs::write(folder.path().join(IMAGE), row.image.to_string()).unwrap();
        drop(row.stack);
        let child = Command::new(env::current_exe().unwrap()).arg(&path).output().unwrap();
        let (told, errors) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
        assert!(child.status.success(), "{}: {told}{errors}", row.name);
        let (outcome, numbers) = told.trim().split_once('|').unwrap();
        println!("{numbers}  {}: {outcome}", row.name);
        let is_expected = match row.expected {
            Expected::Made => outcome == "made",
            Expected::TooLarge(flag) => outcome.contains(flag),
            Expected::Invalid => outcome.starts_with("invalid"),
        };
        if !is_expected || !errors.is_empty() {
            failed.push(format!("{}: {outcome}\n{errors}", row.name));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Prints what becomes of the Stack of a file, and what it costs; what is too much as errors.
fn measure(path: &str) {
    let text = fs::read_to_string(path).unwrap();
    let stack: Stack = serde_json::from_str(&text).unwrap();
    drop(text);
    let config = fs::read_to_string(Path::new(path).with_file_name(IMAGE)).unwrap();
    let config: Arc<ImageConfig> = Arc::new(serde_json::from_str(&config).unwrap());
    let image = |(name, service): (&String, &Service)| {
        let digest = Some("sha256:0".to_owned());
        let image = Image { image: service.image.clone(), digest, unread: None, config: Arc::clone(&config) };
        (name.clone(), image)
    };
    let facts = Facts {
        images: stack.spec.services.iter().map(image).collect(),
        helper_image: Some("helper:1".to_owned()),
        privileges: Privileges(Privilege::ALL.into()),
        ..Facts::default()
    };
    let before = ALLOCATOR.allocated();
    // Reading the Stack must not hide what comes after it.
    assert!(ALLOCATOR.max_allocated() - before < MEMORY / 8, "the text of the Stack is too large");
    let result = translate(&stack, &facts);
    let memory = ALLOCATOR.max_allocated() - before;
    let slower = if cfg!(debug_assertions) { UNOPTIMISED } else { 1 };
    let time = growth::processor_time(|| drop(translate(&stack, &facts)));
    let told = told(&stack, &result);
    let (outcome, objects, longest) = match &result {
        Ok(desired) => ("made".to_owned(), desired.names().len(), TIME),
        Err(invalid) if invalid.problems[0].reason == Reason::TooLarge => {
            (invalid.problems[0].to_string(), 0, REFUSAL)
        }
        Err(invalid) => (format!("invalid, {} problems", invalid.problems.len() + invalid.more), 0, TIME),
    };
    let mib = memory as f64 / f64::from(1 << 20);
    println!("{outcome}|{objects:7} {mib:6.1} {:7.1} {told:7}", time.as_secs_f64() * 1e3);
    for (is_too_much, what) in [
        (objects > OBJECTS, "too many objects"),
        (memory > MEMORY, "too much memory"),
        (time > longest * slower, "too much time"),
        (told > STATUS, "too much is told"),
    ] {
        if is_too_much {
            eprintln!("{what}");
        }
    }
}

/// How many bytes the status has.
fn told(stack: &Stack, result: &Result<Desired, Invalid>) -> usize {
    let (observed, unfinished) = (Observed::default(), Unfinished::default());
    let status = |finding: Finding<'_>| {
        let (status, _) =
            status(stack, &stack.status.clone().unwrap_or_default(), finding, Timestamp::UNIX_EPOCH);
        serde_json::to_string(&status).unwrap().len()
    };
    match result {
        Ok(desired) => {
            let plan = plan(desired, &observed, &LastStatus::default());
            status(Finding::Planned { desired, plan: &plan, observed: &observed, unfinished: &unfinished })
        }
        Err(invalid) => status(Finding::Invalid(invalid)),
    }
}
