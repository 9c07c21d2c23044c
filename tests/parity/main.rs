//! Comparison of two engines: Docker Compose on a Docker engine, and Stackwright on a cluster with real nodes, run each project
//! of `projects`. The observations of the processes must be equal, or `docs/behaviour.md` must explain the difference under the
//! name of a verdict.
//!
//! `make parity` starts both engines and runs all projects. `hack/parity PART-OF-A-TITLE...` runs some.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod compare;
mod docker;
mod engine;
mod kubernetes;
mod log;
mod play;
mod project;
mod times;
mod verdicts;

use std::{
    collections::BTreeSet,
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use compare::{Difference, differences};
use docker::Docker;
use kubernetes::{Cluster, Kubernetes};
use play::play;
use project::Project;
use verdicts::{VERDICTS, matches};

/// Projects that run at the same time. They mostly wait.
const AT_ONCE: usize = 4;

#[test]
#[ignore = "needs both engines: make parity"]
fn what_a_process_experiences_is_the_same_on_docker_compose_and_here() {
    let wanted = env::var("STACKWRIGHT_PARITY_ONLY").unwrap_or_default();
    let wanted: Vec<_> = wanted.lines().filter(|line| !line.is_empty()).collect();
    let is_wanted =
        |project: &Project| wanted.is_empty() || wanted.iter().any(|part| project.title.contains(part));
    let projects: Vec<_> = Project::all().into_iter().filter(is_wanted).collect();
    assert!(!projects.is_empty(), "no project has a title with one of {wanted:?}");

    let cluster = Cluster::start();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(project) = projects.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let began = Instant::now();
                    let result = catch_unwind(AssertUnwindSafe(|| compared(&cluster, project)));
                    let result = result.unwrap_or_else(|_| Compared { broke: true, ..Compared::default() });
                    println!("{}", result.line(project, began.elapsed().as_secs()));
                    results.lock().expect("nobody panics while it is held").push(result);
                }
            });
        }
    });
    let results = results.into_inner().expect("nobody panicked while it was held");
    let bad = results.iter().filter(|it| it.broke || it.unexplained() > 0).count();
    let facts: usize = results.iter().map(|it| it.facts).sum();
    let used: BTreeSet<_> =
        results.iter().flat_map(|it| &it.differences).filter_map(|it| it.verdict).collect();
    println!("{} projects, {facts} facts, {bad} with a difference that nothing explains", results.len());
    assert_eq!(bad, 0, "differences that nothing explains (above)");
    if wanted.is_empty() {
        let all: BTreeSet<_> = VERDICTS.iter().map(|verdict| verdict.id).collect();
        assert_eq!(used, all, "verdicts that were met, and those that there are");
    }
}

/// The result of comparing one project.
#[derive(Default)]
struct Compared {
    facts: usize,
    differences: Vec<Difference>,
    diagnosis: String,
    broke: bool,
}

fn compared(cluster: &Cluster, project: &Project) -> Compared {
    let folder = tempfile::tempdir().expect("a folder");
    let (at_docker, at_cluster) = (folder.path().join("docker"), folder.path().join("cluster"));
    // Each engine has its own copy of the files, since processes and steps change them.
    let copy = &project.copied_to(&at_docker);
    let docker = Docker::new(copy);
    docker.clear_away();
    let model = docker.model();
    let example = play(&docker, copy, &model, None);
    docker.clear_away();

    let copy = &project.copied_to(&at_cluster);
    let kubernetes = Kubernetes::new(cluster, copy);
    let seen = play(&kubernetes, copy, &model, Some(&example));
    let diagnosis = kubernetes.diagnosis();
    kubernetes.clear_away();
    Compared {
        facts: example.len(),
        differences: differences(&project.title, &example, &seen),
        diagnosis,
        broke: false,
    }
}

impl Compared {
    fn unexplained(&self) -> usize {
        self.differences.iter().filter(|it| it.verdict.is_none()).count()
    }

    /// Returns the line of the table, followed by unexplained differences.
    fn line(&self, project: &Project, seconds: u64) -> String {
        if self.broke {
            return format!("BROKE      {} ({seconds} s)", project.title);
        }
        let verdicts: BTreeSet<_> = self.differences.iter().filter_map(|it| it.verdict).collect();
        let word = if self.unexplained() > 0 {
            "DIFFERENT"
        } else if verdicts.is_empty() {
            "equal"
        } else {
            "explained"
        };
        let verdicts = verdicts.into_iter().collect::<Vec<_>>().join(" ");
        let mut line = format!("{word:10} {}: {} facts ({seconds} s) {verdicts}", project.title, self.facts);
        for difference in self.differences.iter().filter(|it| it.verdict.is_none()) {
            line.push_str(&format!("\n    {difference}"));
        }
        if self.unexplained() > 0 && !self.diagnosis.is_empty() {
            line.push_str(&format!("\n{}", self.diagnosis));
        }
        line
    }
}

/// Returns the path of the witness program on this machine.
fn witness() -> String {
    env::var("STACKWRIGHT_PARITY_WITNESS").expect("hack/parity builds the witness and says where it is")
}

#[test]
fn every_verdict_has_its_reason_in_the_manual_and_the_other_way_round() {
    let manual = include_str!("../../docs/behaviour.md");
    let told: BTreeSet<_> =
        manual.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let used: BTreeSet<_> = VERDICTS.iter().map(|verdict| verdict.id).collect();
    assert_eq!(told, used);
}

#[test]
fn a_star_stands_for_any_characters_and_the_rest_for_itself() {
    let cases = [
        ("*/env/A", "web/env/A", true),
        ("*/env/A", "web/env/AB", false),
        ("*/env/A*", "web/env/AB", true),
        ("*/a*b/c", "x/aXbYb/c", true),
        ("*", "", true),
        ("a", "b", false),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(matches(pattern, text), expected, "{pattern} and {text}");
    }
}
