//! Time to load projects, compared with compose-go in the same run: `make bench`.
//!
//! Both loaders run in a long-lived process: this crate in this one, and compose-go in the program that
//! `STACKWRIGHT_COMPOSE_ORACLE` names (`bench DIR… --rounds N` prints the seconds of each load as JSON). They alternate, so
//! that other load on the machine affects both. The time does not include freeing the project, which Go leaves to the
//! garbage collector. Without the program, the table shows only this crate. The largest Compose files of the folder
//! `STACKWRIGHT_CORPUS` are loaded too.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]

mod projects;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use compose_loader::{
    Project,
    discover::{Options, discover},
    disk::Disk,
    load_with,
};

/// The numbers of services of the generated projects.
const SIZES: [usize; 4] = [1, 10, 100, 1000];
/// The number of files of a corpus.
const LARGEST: usize = 5;
/// The number of turns of each loader.
const TURNS: usize = 5;

/// A project that both loaders load.
struct Case {
    name: String,
    folder: PathBuf,
    services: usize,
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
}

fn main() {
    let scratch = std::env::temp_dir().join(format!("compose-loader-bench-{}", std::process::id()));
    let mut cases: Vec<Case> = SIZES.iter().map(|&services| generated(&scratch, services)).collect();
    if let Some(corpus) = std::env::var_os("STACKWRIGHT_CORPUS") {
        cases.extend(largest(Path::new(&corpus), &scratch));
    }
    let oracle = std::env::var_os("STACKWRIGHT_COMPOSE_ORACLE").map(PathBuf::from);
    for case in &mut cases {
        load(&case.folder);
        // Small projects take about as much time in total as large ones.
        let rounds = (200 / case.services.max(1)).clamp(1, 20);
        for _ in 0..TURNS {
            for _ in 0..rounds * 3 {
                case.ours.push(load(&case.folder));
            }
            if let Some(oracle) = &oracle {
                case.theirs.extend(theirs(oracle, &case.folder, rounds));
            }
        }
    }
    report(&cases);
    fs::remove_dir_all(scratch).unwrap();
}

fn generated(scratch: &Path, services: usize) -> Case {
    let folder = scratch.join(services.to_string());
    projects::write(&folder, services).unwrap();
    case(format!("{services} services"), folder, services)
}

fn case(name: String, folder: PathBuf, services: usize) -> Case {
    Case { name, folder, services, ours: Vec::new(), theirs: Vec::new() }
}

/// Returns the largest valid Compose files of a corpus, each in a separate folder.
fn largest(corpus: &Path, scratch: &Path) -> Vec<Case> {
    let mut files = Vec::new();
    let mut open = vec![corpus.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                files.push((fs::metadata(&path).unwrap().len(), path));
            }
        }
    }
    files.sort_by(|a, b| b.cmp(a));
    let cases = files.into_iter().enumerate().filter_map(|(number, (_, path))| {
        let folder = scratch.join(format!("corpus-{number}"));
        fs::create_dir_all(&folder).unwrap();
        fs::copy(&path, folder.join("compose.yaml")).unwrap();
        let services = try_load(&folder)?.services().count();
        let below = path.strip_prefix(corpus).unwrap().display().to_string();
        let name: String = below.chars().skip(below.chars().count().saturating_sub(46)).collect();
        Some(case(name, folder, services))
    });
    cases.take(LARGEST).collect()
}

/// Measures the load of a project.
fn load(folder: &Path) -> Duration {
    let start = Instant::now();
    let project = try_load(folder);
    let time = start.elapsed();
    assert!(project.is_some(), "{} must load", folder.display());
    time
}

/// Loads a project. Returns `None` for an invalid one.
fn try_load(folder: &Path) -> Option<Project> {
    let options = Options { folder: folder.to_str().unwrap().to_owned(), ..Options::default() };
    let found = discover(&options, &Disk).unwrap();
    load_with(&found.request, &Disk, found.sources).project
}

fn theirs(oracle: &Path, folder: &Path, rounds: usize) -> Vec<Duration> {
    let output = Command::new(oracle)
        .arg("bench")
        .arg(folder)
        .args(["--rounds", &rounds.to_string()])
        .output()
        .expect("the program that STACKWRIGHT_COMPOSE_ORACLE names must run");
    assert!(output.status.success(), "compose-go: {}", String::from_utf8_lossy(&output.stderr));
    let seconds: BTreeMap<String, Vec<f64>> = serde_json::from_slice(&output.stdout).unwrap();
    seconds.into_values().flatten().map(Duration::from_secs_f64).collect()
}

fn report(cases: &[Case]) {
    println!("{:<46} {:>8} {:>12} {:>12} {:>8}", "project", "services", "stackwright", "compose-go", "ratio");
    for case in cases {
        let ours = median(&case.ours).unwrap();
        let (theirs, ratio) = match median(&case.theirs) {
            Some(theirs) => (milliseconds(theirs), format!("{:.0}x", theirs / ours)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        println!("{:<46} {:>8} {:>12} {theirs:>12} {ratio:>8}", case.name, case.services, milliseconds(ours));
    }
    let of = |services: usize, side: fn(&Case) -> &Vec<Duration>| {
        cases.iter().find(|case| case.services == services).and_then(|case| median(side(case)))
    };
    for (name, side) in [
        ("stackwright", (|case| &case.ours) as fn(&Case) -> &Vec<Duration>),
        ("compose-go", |case| &case.theirs),
    ] {
        if let (Some(hundred), Some(thousand)) = (of(100, side), of(1000, side)) {
            println!(
                "growth exponent of {name} from 100 to 1000 services: {:.2}",
                (thousand / hundred).log10()
            );
        }
    }
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1000.0)
}

/// The median in seconds.
fn median(times: &[Duration]) -> Option<f64> {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).map(Duration::as_secs_f64)
}
