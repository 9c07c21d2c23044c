//! Compose projects and their Stacks, as files for a reviewer.
//!
//! Each folder of `tests/convert/cases/` is a case, and its name is the sentence that it proves. It has a
//! `compose.yaml` with the files that it reads, an `output.yaml` with the Stack and its objects, and a `report.txt`
//! with the entries that are not plainly mapped. A `.registry` file names the registry. The environment has only the
//! variables of `.env`. `UPDATE_GOLDEN=1` rewrites the expected files.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod agreement;
#[cfg(feature = "cluster")]
mod canary;
#[cfg(feature = "cluster")]
mod cli;
#[cfg(all(feature = "cluster", unix))]
mod confined;
mod corpus;
mod coverage;
mod explained;
mod files;
mod kinds;
mod outside;
mod secrets;
mod seeds;
mod speed;

#[path = "../support/examples.rs"]
mod examples;
#[path = "../support/fields.rs"]
mod fields;
#[path = "../../crates/compose-loader/tests/support/growth.rs"]
#[allow(dead_code, reason = "the tests of limits use the rest")]
mod growth;
#[path = "../support/projects.rs"]
mod projects;
#[path = "../support/corpus.rs"]
mod public;
#[path = "../support/remarks.rs"]
mod remarks;
#[path = "../support/specimens.rs"]
mod specimens;

use std::fs;
use std::path::{Path, PathBuf};

use compose_loader::{Project, Sources, discover::Options as Find, disk::Disk};
use stackwright::api::{Reason, Stack};
use stackwright::convert::Converted;
use stackwright::convert::output::{Secrets, manifests, stream};
use stackwright::translate::{Facts, Problem, translate};

use remarks::remarks;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/convert/cases");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 1, "the cases are gone");
    cases
}

fn converted(case: &Path) -> (Project, Sources, Converted) {
    let registry = fs::read_to_string(case.join(".registry")).ok().map(|text| text.trim().to_owned());
    let find = Find { folder: case.to_str().unwrap().to_owned(), ..Find::default() };
    projects::converted(&find, &Disk, registry).unwrap()
}

fn output(converted: &Converted) -> String {
    stream(&manifests(converted, Secrets::Plain).unwrap())
}

#[test]
fn every_case_matches_its_expected_files() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (_, sources, converted) = converted(&case);
        for (file, text) in [
            ("output.yaml", output(&converted)),
            ("report.txt", remarks(&converted, &sources, case.to_str().unwrap())),
        ] {
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(case.join(file), &text).unwrap();
            } else if fs::read_to_string(case.join(file)).unwrap_or_default() != text {
                wrong.push(format!("{}/{file} is:\n{text}", case.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "run with UPDATE_GOLDEN=1 if this is meant:\n{}", wrong.join("\n"));
}

#[test]
fn every_converted_case_can_be_translated() {
    for case in cases() {
        let problems = problems(&converted(&case).2.stack);
        assert!(problems.is_empty(), "{}: {problems:?}", case.display());
    }
}

/// Returns the reasons why a Stack cannot be translated, except privileges that a namespace must grant.
fn problems(stack: &Stack) -> Vec<Problem> {
    let problems = translate(stack, &Facts::default()).err().map(|invalid| invalid.problems);
    problems.into_iter().flatten().filter(|problem| problem.reason != Reason::NotAllowed).collect()
}

#[test]
fn two_conversions_are_equal_byte_for_byte() {
    for case in cases() {
        let (a, b) = (converted(&case).2, converted(&case).2);
        assert_eq!(output(&a), output(&b), "{}", case.display());
        assert_eq!(format!("{:?}", a.entries), format!("{:?}", b.entries), "{}", case.display());
    }
}
