//! `stackwright explain` answers for every id that a message shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use stackwright::rules;

/// The texts in which messages stand: transcripts, expected output, tests that name ids, and documentation.
const TEXTS: [&str; 9] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs",
    "tests/cli",
    "tests/cluster",
    "tests/compose",
    "tests/convert",
    "tests/golden",
];

/// Numbers that stand in tests because no rule has them.
const UNKNOWN: [&str; 2] = ["SW0000", "SW9999"];

#[test]
fn explain_answers_for_every_id_in_transcripts_tests_and_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut shown: BTreeMap<String, PathBuf> = BTreeMap::new();
    for text in TEXTS {
        for path in files(&root.join(text)) {
            // Some cases have files that are not UTF-8.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            for id in text.lines().flat_map(ids) {
                shown.entry(id).or_insert_with(|| path.clone());
            }
        }
    }
    assert!(shown.len() > 250, "only {} ids are found", shown.len());
    shown.retain(|id, _| rules::find(id).is_none() && !UNKNOWN.contains(&id.as_str()));
    assert!(shown.is_empty(), "explain does not know {shown:#?}");
}

fn files(path: &Path) -> Vec<PathBuf> {
    match fs::read_dir(path) {
        Ok(entries) => entries.flat_map(|entry| files(&entry.unwrap().path())).collect(),
        Err(_) => vec![path.to_owned()],
    }
}

/// Returns the ids in a line of text: `error[…]`, `warning[…]`, `VERDICT ID /POINTER` in a report, the headings and
/// links of docs/rules.md, and numbers.
fn ids(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for mark in ["error[", "warning[", "rules.md#"] {
        found.extend(line.split(mark).skip(1).map(id_at));
    }
    found.extend(line.strip_prefix("### ").filter(|rest| is_id(rest)).map(str::to_owned));
    let words: Vec<&str> = line.trim_start_matches("# ").split(' ').collect();
    if let [kind, id, pointer, ..] = words[..]
        && ["advice", "approximated", "ignored", "mapped", "refused"].contains(&kind)
        && pointer.starts_with('/')
    {
        found.push(id.to_owned());
    }
    let numbers = line.split(|c: char| !c.is_ascii_alphanumeric());
    let is_number = |word: &&str| {
        word.strip_prefix("SW")
            .is_some_and(|rest| rest.len() == 4 && rest.bytes().all(|c| c.is_ascii_digit()))
    };
    found.extend(numbers.filter(is_number).map(str::to_owned));
    found.retain(|id| !id.is_empty());
    found
}

/// Returns the id at the start of a text.
fn id_at(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect()
}

/// Reports whether a heading is an id. Headings of prose start in upper case.
fn is_id(heading: &str) -> bool {
    heading.starts_with(|c: char| c.is_ascii_lowercase()) && !heading.contains(' ')
}
