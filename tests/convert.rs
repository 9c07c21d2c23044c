//! Compose projects and what becomes of them, as files that a reviewer can read.
//!
//! Each folder of `tests/convert/` is a case; its name is the sentence that it proves. Beside `compose.yaml`
//! (with the files that it reads) stands `output.yaml`, the Stack and what it needs, and `report.txt`, the
//! verdicts that are not plainly mapped. A `.registry` file names the registry. Environment: only `.env`.
//! `UPDATE_GOLDEN=1` writes what is expected anew.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use stackwright::compose::diagnostic::Severity;
use stackwright::compose::discover::{Options as Find, discover};
use stackwright::compose::disk::Disk;
use stackwright::compose::project::Project;
use stackwright::compose::source::Sources;
use stackwright::compose::{load_with, print};
use stackwright::convert::catalogue::attributes::ATTRIBUTES;
use stackwright::convert::catalogue::document::{MARK, document, is_covered};
use stackwright::convert::output::{Secrets, manifests, stream};
use stackwright::convert::verdict::report;
use stackwright::convert::{Converted, Options, convert};
use stackwright::translate::{Facts, translate};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/convert");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 1, "the cases are gone");
    cases
}

/// Loads a project with all profiles, and the environment of its `.env` alone.
fn load(folder: &Path, files: &[String]) -> Result<(Project, Sources, Vec<String>), String> {
    let find = Find { files: files.to_vec(), folder: folder.to_str().unwrap().to_owned(), ..Find::default() };
    let mut found = discover(&find, &Disk).map_err(|error| error.0.line(&error.1))?;
    let mut profiles = std::mem::replace(&mut found.request.profiles, vec!["*".to_owned()]);
    profiles.retain(|profile| !profile.is_empty());
    let loaded = load_with(&found.request, &Disk, found.sources);
    let errors = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|error| error.line(&loaded.sources)).collect();
    let project = loaded.project.ok_or_else(|| errors.join("\n"))?;
    Ok((project, loaded.sources, profiles))
}

fn converted(case: &Path) -> (Project, Sources, Converted) {
    let (project, sources, profiles) = load(case, &[]).unwrap();
    let registry = fs::read_to_string(case.join(".registry")).ok().map(|text| text.trim().to_owned());
    let options = Options { namespace: None, registry, profiles };
    let converted = convert(&project, &Disk, &options);
    (project, sources, converted)
}

fn output(converted: &Converted) -> String {
    stream(&manifests(converted, Secrets::Plain).unwrap())
}

fn remarks(converted: &Converted, sources: &Sources, folder: &Path) -> String {
    let mut text = String::new();
    for line in report(&converted.entries, sources, folder.to_str().unwrap()) {
        if let Some(id) = line.id {
            let at = line.line.map_or(String::new(), |number| format!(" (line {number})"));
            writeln!(text, "{} {id} {}{at}: {}", line.verdict.as_str(), line.pointer, line.reason).unwrap();
        }
    }
    text
}

#[test]
fn every_case_becomes_what_its_files_say() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (_, sources, converted) = converted(&case);
        for (file, text) in
            [("output.yaml", output(&converted)), ("report.txt", remarks(&converted, &sources, &case))]
        {
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
fn what_is_converted_can_be_translated() {
    for case in cases() {
        let (_, _, converted) = converted(&case);
        let outcome = translate(&converted.stack, &Facts::default());
        assert!(outcome.is_ok(), "{}: {:?}", case.display(), outcome.err());
    }
}

#[test]
fn two_conversions_are_equal_byte_for_byte() {
    for case in cases() {
        let (a, b) = (converted(&case).2, converted(&case).2);
        assert_eq!(output(&a), output(&b), "{}", case.display());
        assert_eq!(format!("{:?}", a.entries), format!("{:?}", b.entries), "{}", case.display());
    }
}

#[test]
fn every_leaf_of_the_canonical_model_has_a_verdict() {
    for case in cases() {
        let (project, _, converted) = converted(&case);
        assert_eq!(without_verdict(&project, &converted), Vec::<String>::new(), "{}", case.display());
    }
}

/// Counts by the printed JSON and the report alone.
fn without_verdict(project: &Project, converted: &Converted) -> Vec<String> {
    let json: Json = serde_json::from_str(&print::json(project, print::Style { escape: true })).unwrap();
    let pointers: BTreeSet<String> = converted
        .entries
        .iter()
        .filter(|entry| entry.rule.is_none_or(|rule| rule.id != "SW1999"))
        .map(|entry| entry.pointer.clone())
        .collect();
    let mut missing = Vec::new();
    leaves(&json, String::new(), &pointers, &mut missing);
    missing
}

fn leaves(json: &Json, pointer: String, known: &BTreeSet<String>, missing: &mut Vec<String>) {
    // A verdict may stand for an attribute of a service or resource, and for no more.
    let attribute = pointer.matches('/').count() > 2 || pointer.starts_with("/x-") || pointer == "/name";
    if attribute && known.contains(&pointer) {
        return;
    }
    match json {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                leaves(value, format!("{pointer}/{key}"), known, missing);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, format!("{pointer}/{index}"), known, missing);
            }
        }
        // A resource without attributes has no leaf.
        Json::Object(_) if pointer.matches('/').count() <= 2 => {}
        Json::Null if pointer.matches('/').count() <= 2 => {}
        _ if known.contains(&pointer) => {}
        _ => missing.push(pointer),
    }
}

#[test]
fn docs_compose_md_has_a_row_for_every_attribute_of_the_specification() {
    let schema = include_str!("../src/compose/schema/compose-spec.json");
    let schema: Json = serde_json::from_str(schema).unwrap();
    let mut paths = BTreeSet::new();
    attributes(&schema, &schema, "", &mut Vec::new(), &mut paths);
    assert!(paths.len() > 353, "{} attributes", paths.len());
    let missing: Vec<_> = paths.iter().filter(|path| !is_covered(path)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    for row in ATTRIBUTES {
        assert!(paths.contains(row.path), "{} is no attribute", row.path);
    }
    for path in stackwright::convert::catalogue::all().iter().flat_map(|rule| rule.attributes) {
        // The schema of the reference lacks what its prose and its code have.
        let known = paths.contains(*path)
            || ["secrets.*.driver", "configs.*.driver"].iter().any(|d| path.starts_with(d));
        assert!(known, "{path} is no attribute");
    }
}

#[test]
fn docs_compose_md_says_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compose.md");
    let text = fs::read_to_string(path).unwrap();
    let made = text.split_once(MARK).map(|(_, made)| format!("{MARK}{made}"));
    assert!(made == Some(document()), "docs/compose.md and the catalogue part: run hack/generate");
}

/// The paths of all attributes below a schema.
fn attributes(
    root: &Json,
    schema: &Json,
    path: &str,
    within: &mut Vec<String>,
    found: &mut BTreeSet<String>,
) {
    let child = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"))
        && !within.iter().any(|seen| seen == name)
    {
        within.push(name.to_owned());
        attributes(root, &root["$defs"][name], path, within, found);
        within.pop();
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for schema in schema[key].as_array().into_iter().flatten() {
            attributes(root, schema, path, within, found);
        }
    }
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        found.insert(child(key));
        attributes(root, schema, &child(key), within, found);
    }
    let patterns = schema["patternProperties"].as_object().into_iter().flatten();
    let patterns = patterns.filter(|(pattern, _)| !pattern.starts_with("^x-")).map(|(_, schema)| schema);
    let items =
        [&schema["additionalProperties"], &schema["items"]].into_iter().filter(|schema| schema.is_object());
    for schema in patterns.chain(items) {
        attributes(root, schema, &child("*"), within, found);
    }
}

/// Public compose files, where a corpus is there: `STACKWRIGHT_CORPUS` names its folder.
#[test]
fn public_compose_files_convert() {
    let Some(corpus) = std::env::var_os("STACKWRIGHT_CORPUS").map(PathBuf::from) else { return };
    let (mut total, mut plain, mut allowed) = (0, 0, 0);
    let mut causes: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let mut problems = String::new();
    for line in fs::read_to_string(corpus.join("CASES.tsv")).unwrap().lines() {
        let Some((files, _)) = line.split_once('\t').filter(|_| !line.starts_with('#')) else { continue };
        let files: Vec<String> = files
            .split(' ')
            .map(|file| corpus.join("files").join(file).to_str().unwrap().to_owned())
            .collect();
        let folder = Path::new(&files[0]).parent().unwrap().to_owned();
        let (project, _, profiles) = load(&folder, &files).unwrap();
        total += 1;
        let converted = convert(&project, &Disk, &Options { profiles, ..Options::default() });
        let missing = without_verdict(&project, &converted);
        assert!(missing.is_empty(), "{}: {missing:?}", files[0]);
        let refused: BTreeSet<&str> = converted.refused(&[]).map(|entry| entry.rule.unwrap().id).collect();
        plain += usize::from(refused.is_empty());
        for id in refused {
            *causes.entry(id).or_default() += 1;
        }
        assert!(!converted.entries.iter().any(|entry| entry.rule.is_some_and(|rule| rule.id == "SW1999")));
        match translate(&converted.stack, &Facts::default()) {
            Ok(_) => allowed += 1,
            Err(invalid) => writeln!(problems, "{}: {invalid:?}", files[0]).unwrap(),
        }
    }
    println!("{total} cases, {plain} convert, {allowed} with all refusals accepted\n{causes:?}\n{problems}");
    assert!(plain * 100 >= total * 85, "{plain} of {total} convert without a flag");
    assert!(allowed * 100 >= total * 99, "{allowed} of {total} convert with all refusals accepted");
}
