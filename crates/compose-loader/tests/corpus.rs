//! Comparison of the loader with models of compose-go (`make corpus`). `STACKWRIGHT_CORPUS` is the folder of a corpus, and
//! `STACKWRIGHT_COMPOSE_GO` the source of compose-go, whose files some of the cases read.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::{Path, PathBuf};

use compose_loader::{
    Environment, FileKind, Files, Input, Loaded, Origin, Request, Severity, Stages,
    disk::Disk,
    load,
    paths::join,
    print::{Style, json},
};
use serde_json::Value as Json;

/// Cases whose files are not in the corpus, or that need the loader of remote files of the tests of compose-go.
/// The last one has a relative working directory, which the command line never passes.
const NOT_RUN: [&str; 9] = [
    "TestLoadExtendsSameFile",
    "TestLoadExtendsListenerMultipleFiles",
    "TestLoadWithIncludeEnv",
    "TestNestedIncludeAndExtends",
    "TestLoadExtendsMultipleFiles",
    "TestOverrideMiddle",
    "TestLoadWithRemoteResources",
    "TestLoadWithNestedResources",
    "TestLoadIncludeExtendsCombined",
];

/// Cases that differ on purpose; docs/compose.md has the reasons.
const DIFFERENT: [&str; 3] = ["TestServiceHooks", "TestPreStartInheritsServiceImage", "TestXService"];

/// The files of the tests of compose-go. Relative paths start from the folder of the tests.
struct From(String);

impl Files for From {
    fn kind(&self, path: &str) -> Option<FileKind> {
        Disk.kind(&join(&self.0, path))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        Disk.read(&join(&self.0, path))
    }
}

/// Returns the folder that a variable names.
fn folder(variable: &str) -> PathBuf {
    std::env::var_os(variable).map(PathBuf::from).unwrap_or_else(|| panic!("{variable} is not set"))
}

fn lines(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn errors(loaded: &Loaded) -> Vec<String> {
    let errors = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.map(|error| error.line(&loaded.sources)).collect()
}

/// Removes differences without a meaning: null and empty values, which compose-go prints inconsistently.
fn normal(value: &Json) -> Json {
    match value {
        Json::Object(map) => map
            .iter()
            .filter(|(key, value)| {
                !(matches!(key.as_str(), "create_host_path" | "required") && **value == true)
            })
            .map(|(key, value)| (key.clone(), normal(value)))
            .filter(|(key, value)| {
                !(matches!(key.as_str(), "bind" | "volume" | "ipam")
                    && (value.is_null() || *value == serde_json::json!({})))
            })
            .collect(),
        Json::Array(items) => items.iter().map(normal).collect(),
        Json::Number(number) => number.as_f64().map_or(Json::Null, |number| serde_json::json!(number)),
        other => other.clone(),
    }
}

fn request(case: &Json, sources: &str) -> Request {
    let place = |text: &str| text.replace("@COMPOSE_GO@", sources);
    let options = &case["opts"];
    let on = |key: &str| options[key] == true;
    let test = case["test"].as_str().unwrap_or_default();
    let mut environment = Environment::default();
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        environment.set(name.as_str(), value.as_str().unwrap_or_default(), Origin::Process);
    }
    let texts = |key: &str| -> Vec<String> {
        options[key].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let name = options["project_name"].as_str().unwrap_or_default();
    let name = if name.is_empty() { String::new() } else { name.to_owned() };
    Request {
        files: case["files"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|file| Input {
                path: place(file["name"].as_str().unwrap_or_default()),
                text: file["content"].as_str().map(place),
            })
            .collect(),
        working_dir: place(case["workdir"].as_str().unwrap_or_default()),
        environment,
        name: on("imperative").then(|| name.clone()),
        default_name: name,
        profiles: texts("profiles"),
        services: texts("selected"),
        home: std::env::var("HOME").ok(),
        stages: Stages {
            interpolate: !on("skip_interp"),
            include: !on("skip_include"),
            extends: !on("skip_extends"),
            validate: !on("skip_validation"),
            defaults: !on("skip_defaults"),
            resolve_paths: on("resolve_paths"),
            normalize: !on("skip_norm"),
            consistency: !on("skip_consistency"),
            environment: !on("skip_resolve_env"),
            // The cases do not record these options.
            prune: test.contains("UnnecessaryResources") && !test.ends_with(".func1"),
            discard_files: matches!(test, "TestProjectWithDiscardEnvFile" | "TestProjectWithMultipleEnvFile")
                || test == "TestDiscardEnvFileOption"
                    && case["json"]["services"]["web"]["env_file"].is_null(),
            ..Stages::default()
        },
    }
}

#[test]
#[ignore = "needs a corpus: make corpus"]
fn projects_of_compose_go_have_its_models() {
    let corpus = folder("STACKWRIGHT_CORPUS");
    let sources = folder("STACKWRIGHT_COMPOSE_GO").into_os_string().into_string().unwrap();
    let cases = lines(&corpus.join("compose-go-loads.jsonl"));
    let mut differ = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let test = case["test"].as_str().unwrap_or_default();
        if NOT_RUN.contains(&test) || DIFFERENT.contains(&test) {
            continue;
        }
        let name = format!("{number} {test}");
        let loaded = load(&request(case, &sources), &From(format!("{sources}/loader")));
        let refused = errors(&loaded);
        let why = match (&loaded.project, case["error"].as_str()) {
            (Some(project), None) => {
                // compose-go cannot print SSH keys with a path as JSON.
                if case["json"].is_null() {
                    continue;
                }
                let found: Json = serde_json::from_str(&json(project, Style::default())).unwrap();
                let text = case["json"].to_string().replace("@COMPOSE_GO@", &sources);
                let wanted: Json = serde_json::from_str(&text).unwrap();
                let mut paths = Vec::new();
                difference("", &normal(&wanted), &normal(&found), &mut paths);
                if paths.is_empty() {
                    continue;
                }
                paths.join("\n    ")
            }
            (None, Some(_)) => continue,
            (Some(_), Some(error)) => format!("must be rejected: {error}"),
            (None, None) => format!("must load: {}", refused.join("; ")),
        };
        differ.push(format!("{name}: {why}"));
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), cases.len(), differ.join("\n"));
}

fn difference(path: &str, wanted: &Json, found: &Json, out: &mut Vec<String>) {
    match (wanted, found) {
        (Json::Object(a), Json::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let nothing = Json::String("(absent)".to_owned());
                difference(
                    &format!("{path}.{key}"),
                    a.get(key).unwrap_or(&nothing),
                    b.get(key).unwrap_or(&nothing),
                    out,
                );
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                difference(&format!("{path}[{index}]"), a, b, out);
            }
        }
        _ if wanted == found => {}
        _ => out.push(format!("{path}: want {wanted}, found {found}")),
    }
}

#[test]
#[ignore = "needs a corpus: make corpus"]
fn every_invalid_file_is_rejected_with_a_place() {
    let corpus = folder("STACKWRIGHT_CORPUS");
    let text = std::fs::read_to_string(corpus.join("REJECTED.tsv")).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let file = corpus.join("files").join(line.split('\t').next().unwrap());
        let request = Request {
            files: vec![Input { path: file.to_str().unwrap().to_owned(), text: None }],
            working_dir: file.parent().unwrap().to_str().unwrap().to_owned(),
            default_name: "rejected".to_owned(),
            profiles: vec!["*".to_owned()],
            ..Request::default()
        };
        let loaded = load(&request, &Disk);
        assert!(loaded.project.is_none(), "{line}");
        for error in loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error) {
            assert!(loaded.sources.locate(error.place).is_some(), "{line}: {} has no place", error.message);
        }
    }
}
