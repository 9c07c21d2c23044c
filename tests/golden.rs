//! Stacks and what becomes of them, as files that a reviewer can read.
//!
//! Each folder of `tests/golden/` is a case; its name is the sentence that it proves. Beside
//! `stack.yaml` (or `from`, the path of a Stack in `examples/`) stands `objects.yaml`, every object
//! in the order in which it is applied, or `problems.txt`, why the Stack is refused. `facts.yaml`
//! may tell what is on the cluster already. `UPDATE_GOLDEN=1` writes what is expected anew.
//!
//! A case may have a `compose.yaml` instead, with the files that it reads: what `convert` says of it stands
//! before the objects, the ConfigMaps and Secrets among them, and a `.registry` file names the registry.
//! `shown.yaml` says which of the objects are shown, and what of them; the others are only named.
//! `README.md` is the list of these cases.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/fields.rs"]
mod fields;
#[path = "support/projects.rs"]
mod projects;
#[path = "support/remarks.rs"]
mod remarks;
#[path = "support/shown.rs"]
mod shown;

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use compose_loader::{Sources, discover::Options as Find, disk::Disk};
use serde::Deserialize;
use serde_json::Value;
use shown::Shown;
use stackwright::{
    api::{AccessMode, Stack, TemplateHash, labels::TEMPLATE},
    convert::{
        Converted,
        output::{self, Secrets, manifests},
    },
    translate::{
        Desired, Facts, Image, Invalid, LiveClaim, LiveService, ObjectKind, Privilege, Privileges,
        ServerVersion, named_objects, translate,
    },
};

#[test]
fn every_case_matches_its_expected_files() {
    let mut wrong = Vec::new();
    for case in cases() {
        let outcome = translate(&stack(&case), &facts(&case));
        let (file, other, text) = match &outcome {
            Ok(desired) => ("objects.yaml", "problems.txt", objects(&case, desired)),
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
fn objects_for_the_oldest_kubernetes_have_only_its_fields() {
    let mut unknown = Vec::new();
    for case in cases() {
        let facts = Facts { version: ServerVersion::OLDEST, ..facts(&case) };
        // What an older version lacks is refused, or left out and said.
        let Ok(desired) = translate(&stack(&case), &facts) else { continue };
        for object in desired.objects() {
            let places = fields::unknown_to_the_oldest(&object.body);
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

#[test]
fn the_readme_lists_each_case_with_a_compose_file_once() {
    let list = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/README.md"));
    let cells = list.lines().filter_map(|line| line.rsplit_once("](")?.1.strip_suffix("/objects.yaml) |"));
    let mut listed: Vec<_> = cells.collect();
    listed.sort_unstable();
    let cases = cases();
    let of_compose = cases.iter().filter(|case| case.join("compose.yaml").exists());
    let names: Vec<_> = of_compose.map(|case| case.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(listed, names);
    for row in list.lines().filter(|line| line.ends_with("/objects.yaml) |")) {
        let (name, link) = row.rsplit_once("](").unwrap();
        assert!(name.ends_with(link.strip_suffix("/objects.yaml) |").unwrap()), "{row}");
    }
}

#[test]
fn an_upgrade_of_the_operator_keeps_the_templates_of_running_pods() {
    let mut by_case: BTreeMap<&str, BTreeMap<String, TemplateHash>> = BTreeMap::new();
    let known = include_str!("support/first-edition.txt");
    for line in known.lines().filter(|line| !line.starts_with('#')) {
        let [case, service, hash] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        by_case.entry(case).or_default().insert(service.to_owned(), hash.into());
    }
    let mut renewed = Vec::new();
    for (name, templates) in by_case {
        let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        let (stack, mut facts) = (stack(&case), facts(&case));
        facts.released_templates = templates;
        let desired = translate(&stack, &facts).unwrap();
        for (service, hash) in &facts.released_templates {
            let now = &desired.units[service].template;
            if now != hash {
                renewed.push(format!("{name} {service}: {hash} is {now} now"));
            }
        }
    }
    assert!(renewed.is_empty(), "their pods would be made anew:\n{}", renewed.join("\n"));
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(cases.len() > 1, "the cases are gone");
    cases
}

/// What a case with a compose file becomes, and what its texts are.
fn converted(case: &Path) -> Option<(Converted, Sources)> {
    if !case.join("compose.yaml").exists() {
        return None;
    }
    let find = Find { folder: case.to_str().unwrap().to_owned(), ..Find::default() };
    let registry = Some(read(&case.join(".registry")).trim().to_owned()).filter(|text| !text.is_empty());
    let (_, sources, converted) = projects::converted(&find, &Disk, registry).unwrap();
    Some((converted, sources))
}

fn stack(case: &Path) -> Stack {
    if let Some((converted, _)) = converted(case) {
        return converted.stack;
    }
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
    /// The privileges that the namespace allows.
    privileges: Vec<String>,
    /// Services that ended at the template that they are to have.
    completed: Vec<String>,
    /// The claims that are there, and what of them is known.
    claims: BTreeMap<String, GivenClaim>,
    shared_classes: Vec<String>,
    helper_image: Option<String>,
    /// What is known of the services' images.
    images: BTreeMap<String, Image>,
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
            node_group: claim.together.clone(),
            created: claim.created,
        };
        (name.clone(), claim)
    };
    let mut facts = Facts {
        claims: given.claims.iter().map(claim).collect(),
        shared_classes: given.shared_classes.iter().cloned().collect(),
        helper_image: given.helper_image.clone(),
        images: given.images.clone(),
        version: given.minor.map_or_else(ServerVersion::default, |minor| ServerVersion { minor }),
        live_services: given.headless.iter().map(live).collect(),
        healthy: given.healthy.iter().cloned().collect(),
        privileges: Privileges(
            Privilege::ALL
                .into_iter()
                .filter(|it| given.privileges.iter().any(|name| name == it.as_str()))
                .collect(),
        ),
        ..converted(case).map(|(converted, _)| projects::facts(&converted)).unwrap_or_default()
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
fn objects(case: &Path, desired: &Desired) -> String {
    let mut all: Vec<Value> = desired.objects().into_iter().map(|object| object.body).collect();
    let mut text = String::new();
    if let Some((converted, sources)) = converted(case) {
        let written = output::stream(&manifests(&converted, Secrets::Plain).unwrap());
        let read: Vec<Value> = serde_saphyr::from_multiple(&written).unwrap();
        all.splice(0..0, read.into_iter().filter(|object| object["kind"] != "Stack"));
        for line in remarks::remarks(&converted, &sources, case.to_str().unwrap()).lines() {
            writeln!(text, "# {line}").unwrap();
        }
    }
    text += &units(desired);
    if let Some(shown) = Shown::of(&read(&case.join("shown.yaml"))) {
        let missing = shown.missing(&all);
        assert!(missing.is_empty(), "{}: there is no {missing:?}", case.display());
        let (kept, others): (Vec<_>, Vec<_>) = all.iter().partition(|object| shown.part(object).is_some());
        let others: Vec<_> = others.into_iter().map(shown::named).collect();
        if !others.is_empty() {
            writeln!(text, "# not shown: {}", others.join(", ")).unwrap();
        }
        all = kept.into_iter().filter_map(|object| shown.part(object)).collect();
    }
    for object in all {
        let yaml = serde_saphyr::to_string(&object).unwrap();
        write!(text, "---\n{}\n", yaml.trim_end()).unwrap();
    }
    text
}

/// What is known of the units beside their objects.
fn units(desired: &Desired) -> String {
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
        for (service, waits) in &unit.waits_within {
            let names: Vec<_> = waits.iter().map(|wait| wait.service.as_str()).collect();
            write!(text, ", {service} after {}", names.join(" and ")).unwrap();
        }
        for (service, startup_deadline) in &unit.startup_deadline {
            let whose = if unit.services.len() > 1 { format!("{service} ") } else { String::new() };
            write!(text, ", {whose}unhealthy after {startup_deadline} s").unwrap();
        }
        if let Some(requests) = &unit.requests {
            write!(text, ", asks for {requests}").unwrap();
        }
        text.push('\n');
    }
    for approximation in &desired.approximations {
        writeln!(text, "# approximated: {}: {}", approximation.path, approximation.message).unwrap();
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
fn each_object_that_a_service_reads_is_one_that_the_operator_fetches() {
    for case in cases() {
        let stack = stack(&case);
        let facts = Facts { objects: BTreeMap::new(), ..facts(&case) };
        let Ok(desired) = translate(&stack, &facts) else { continue };
        let named = named_objects(&stack.spec);
        for missing in desired.units.values().flat_map(|unit| &unit.missing) {
            let object = (missing.kind, missing.name.clone());
            assert!(named.contains(&object), "{}: {object:?}", case.display());
        }
    }
}

#[test]
fn a_template_bears_its_own_hash() {
    for case in cases() {
        let Ok(desired) = translate(&stack(&case), &facts(&case)) else { continue };
        for unit in desired.units.values() {
            let Some(workload) = &unit.workload else { continue };
            let body = workload.object().body;
            let annotation = &body["spec"]["template"]["metadata"]["annotations"][TEMPLATE];
            assert_eq!(annotation, &unit.template.to_string(), "{}", case.display());
        }
    }
}
