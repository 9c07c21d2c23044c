//! Stacks and what becomes of them, as files that a reviewer can read.
//!
//! Each folder of `tests/golden/` is a case; its name is the sentence that it proves. Beside
//! `stack.yaml` (or `from`, the path of a Stack in `examples/`) stands `objects.yaml`, every object
//! in the order in which it is applied, or `problems.txt`, why the Stack is refused. `facts.yaml`
//! may tell what is on the cluster already. `UPDATE_GOLDEN=1` writes what is expected anew.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/fields.rs"]
mod fields;

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use stackwright::{
    api::{AccessMode, Stack, labels::TEMPLATE},
    translate::{
        Desired, Facts, Invalid, LiveClaim, LiveService, ObjectKind, Power, Powers, ServerVersion, translate,
    },
};

#[test]
fn every_case_gives_what_its_files_say() {
    let mut wrong = Vec::new();
    for case in cases() {
        let outcome = translate(&stack(&case), &facts(&case));
        let (file, other, text) = match &outcome {
            Ok(desired) => ("objects.yaml", "problems.txt", objects(desired)),
            Err(invalid) => ("problems.txt", "objects.yaml", problems(invalid)),
        };
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(case.join(file), &text).unwrap();
            let _ = fs::remove_file(case.join(other));
        } else if case.join(other).exists() || read(&case.join(file)) != text {
            wrong.push(format!("{}:\n{}", case.display(), difference(&read(&case.join(file)), &text)));
        }
    }
    assert!(wrong.is_empty(), "run with UPDATE_GOLDEN=1 if this is meant:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_made_for_kubernetes_1_33_is_known_to_it() {
    let mut unknown = Vec::new();
    for case in cases() {
        let facts = Facts { version: ServerVersion { minor: 33 }, ..facts(&case) };
        // What an older version lacks is refused, or left out and said.
        let Ok(desired) = translate(&stack(&case), &facts) else { continue };
        for object in desired.objects() {
            let places = fields::unknown_to_1_33(&object.body);
            unknown.extend(places.iter().map(|place| format!("{}: {place}", case.display())));
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

#[test]
fn translation_does_not_depend_on_the_run() {
    for case in cases() {
        let (stack, facts) = (stack(&case), facts(&case));
        assert_eq!(translate(&stack, &facts), translate(&stack, &facts), "{}", case.display());
    }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 1, "the cases are gone");
    cases
}

fn stack(case: &Path) -> Stack {
    let from = read(&case.join("from"));
    let path = match from.trim() {
        "" => case.join("stack.yaml"),
        example => Path::new(env!("CARGO_MANIFEST_DIR")).join(example),
    };
    serde_saphyr::from_str(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a case tells of the cluster.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct GivenFacts {
    minor: Option<u32>,
    config_maps: BTreeMap<String, Vec<String>>,
    secrets: BTreeMap<String, Vec<String>>,
    headless: BTreeMap<String, bool>,
    publishes_not_ready: Vec<String>,
    healthy: Vec<String>,
    /// The powers over nodes that the namespace allows.
    powers: Vec<String>,
    /// Services that ended at the template that they are to have.
    completed: Vec<String>,
    /// The claims that are there, and what of them is known.
    claims: BTreeMap<String, GivenClaim>,
    shared_classes: Vec<String>,
    helper_image: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct GivenClaim {
    of_a_stack: bool,
    access_mode: Option<AccessMode>,
    together: Option<String>,
    created: i64,
}

fn facts(case: &Path) -> Facts {
    let text = read(&case.join("facts.yaml"));
    let given: GivenFacts =
        if text.is_empty() { GivenFacts::default() } else { serde_saphyr::from_str(&text).unwrap() };
    let live = |(name, headless): (&String, &bool)| {
        let publishes_not_ready = given.publishes_not_ready.contains(name);
        (name.clone(), LiveService { headless: *headless, publishes_not_ready })
    };
    let claim = |(name, claim): (&String, &GivenClaim)| {
        let claim = LiveClaim {
            of_a_stack: claim.of_a_stack,
            access_mode: claim.access_mode,
            together: claim.together.clone(),
            created: claim.created,
        };
        (name.clone(), claim)
    };
    let mut facts = Facts {
        claims: given.claims.iter().map(claim).collect(),
        shared_classes: given.shared_classes.iter().cloned().collect(),
        helper_image: given.helper_image.clone(),
        version: given.minor.map_or_else(ServerVersion::default, |minor| ServerVersion { minor }),
        live_services: given.headless.iter().map(live).collect(),
        healthy: given.healthy.iter().cloned().collect(),
        powers: Powers(
            Power::ALL.into_iter().filter(|it| given.powers.iter().any(|name| name == it.as_str())).collect(),
        ),
        ..Facts::default()
    };
    for (kind, objects) in [(ObjectKind::ConfigMap, &given.config_maps), (ObjectKind::Secret, &given.secrets)]
    {
        for (name, keys) in objects {
            let digests = keys.iter().map(|key| (key.clone(), format!("of {key}"))).collect();
            facts.objects.insert((kind, name.clone()), digests);
        }
    }
    if !given.completed.is_empty() {
        let desired = translate(&stack(case), &facts).unwrap();
        let template = |name: &String| (name.clone(), desired.units[name].template.clone());
        facts.completed = given.completed.iter().map(template).collect();
    }
    facts
}

/// Every object in the order in which it is applied, and before them what is no object.
fn objects(desired: &Desired) -> String {
    let mut text = String::new();
    for unit in desired.units.values() {
        write!(text, "# {}: {:?}, {} wanted", unit.services.join(" and "), unit.activity, unit.replicas)
            .unwrap();
        let waits: Vec<_> = unit
            .waits_for
            .iter()
            .map(|wait| {
                format!(
                    "{} ({:?}{})",
                    wait.service,
                    wait.condition,
                    if wait.required { "" } else { ", optional" }
                )
            })
            .collect();
        let missing: Vec<_> = unit
            .missing
            .iter()
            .map(|missing| format!("{} {} ({:?})", missing.kind.as_str(), missing.name, missing.need))
            .collect();
        for (what, all) in [("waits for", waits), ("misses", missing)] {
            if !all.is_empty() {
                write!(text, ", {what} {}", all.join(" and ")).unwrap();
            }
        }
        for (is, word) in [(unit.may_overlap, "may overlap"), (unit.completes_on_exit, "completes on exit")] {
            if is {
                write!(text, ", {word}").unwrap();
            }
        }
        for (service, patience) in &unit.patience {
            let whose = if unit.services.len() > 1 { format!("{service} ") } else { String::new() };
            write!(text, ", {whose}unhealthy after {patience} s").unwrap();
        }
        if let Some(requests) = &unit.requests {
            write!(text, ", asks for {requests}").unwrap();
        }
        text.push('\n');
    }
    for approximation in &desired.approximations {
        writeln!(text, "# approximated: {}: {}", approximation.path, approximation.message).unwrap();
    }
    for object in desired.objects() {
        let yaml = serde_saphyr::to_string(&object.body).unwrap();
        write!(text, "---\n{}\n", yaml.trim_end()).unwrap();
    }
    text
}

fn problems(invalid: &Invalid) -> String {
    let line =
        |problem: &stackwright::translate::Problem| format!("{}: {problem}\n", problem.reason.as_str());
    invalid.problems.iter().map(line).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The lines that only one of two texts has, each with a sign before it.
fn difference(expected: &str, got: &str) -> String {
    let missing = expected
        .lines()
        .filter(|line| !got.lines().any(|other| other == *line))
        .map(|line| format!("- {line}"));
    let added = got
        .lines()
        .filter(|line| !expected.lines().any(|other| other == *line))
        .map(|line| format!("+ {line}"));
    missing.chain(added).take(40).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_template_bears_its_own_hash() {
    for case in cases() {
        let Ok(desired) = translate(&stack(&case), &facts(&case)) else { continue };
        for unit in desired.units.values() {
            let Some(workload) = &unit.workload else { continue };
            let body = workload.object().body;
            let annotation = &body["spec"]["template"]["metadata"]["annotations"][TEMPLATE];
            assert_eq!(annotation, &unit.template, "{}", case.display());
        }
    }
}
