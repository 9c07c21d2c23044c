//! Small projects and the models that Docker Compose's own library makes of them.
//!
//! `rules/*.txt` hold cases: `=== ` and the sentence that the case shows, the files of the project (those
//! called `compose*.yaml` are put over each other in their order), then either the model, one line for each
//! resource, or what is wrong. What every service has (its own default network, no command) is left out.
//! The models were compared with compose-go's when they were written. `UPDATE_RULES=1 cargo test --test
//! compose rules` writes what comes out now.

use std::fmt::Write;

use compose_loader::{
    Input, MemoryFiles, Origin, Request, Severity, load,
    print::{self, Style},
};
use serde_json::{Value as Json, json};

#[test]
fn the_rules_are_those_of_the_reference() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let written = std::fs::read_to_string(&path).unwrap();
        let (head, cases) = written.split_once("=== ").expect("a file of rules has cases");
        let cases: Vec<String> = cases.split("\n=== ").map(again).collect();
        count += cases.len();
        let now = format!("{head}=== {}\n", cases.join("\n=== "));
        if std::env::var_os("UPDATE_RULES").is_some() {
            std::fs::write(&path, now).unwrap();
        } else {
            assert_same(&path.display().to_string(), &written, &now);
        }
    }
    assert!(count > 40, "only {count} cases were found");
}

fn assert_same(path: &str, written: &str, now: &str) {
    let first = written.lines().zip(now.lines()).position(|(written, now)| written != now);
    let first = first.unwrap_or(written.lines().count().min(now.lines().count()));
    let line = |text: &str| text.lines().nth(first).unwrap_or("nothing").to_owned();
    assert!(written == now, "{path}:{}\n  written {}\n  now     {}", first + 1, line(written), line(now));
}

/// A case with what comes out of it now.
fn again(case: &str) -> String {
    let (sentence, rest) = case.split_once('\n').expect("a case has files");
    let mut kept = sentence.to_owned();
    let mut files = MemoryFiles::default();
    let mut request = Request { working_dir: "/p".into(), default_name: "p".into(), ..Request::default() };
    for part in rest.split("--- ").skip(1) {
        let (name, text) = part.split_once('\n').expect("a part has text");
        if matches!(name, "model" | "refused") {
            break;
        }
        let _ = write!(kept, "\n--- {name}\n{}", text.trim_end());
        if name == ".env" {
            for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
                request.environment.set(name, value.to_owned(), Origin::Process);
            }
        }
        if name.starts_with("compose") {
            request.files.push(Input { path: format!("/p/{name}"), text: None });
        }
        files.add(format!("/p/{name}"), text);
    }
    let loaded = load(&request, &files);
    let Some(project) = loaded.project else {
        let errors = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let lines: Vec<String> = errors.map(|error| error.line(&loaded.sources).replace("/p/", "")).collect();
        return format!("{kept}\n--- refused\n{}\n", lines.join("\n"));
    };
    let model: Json = serde_json::from_str(&print::json(&project, Style { escape: false })).unwrap();
    format!("{kept}\n--- model\n{}", lines(&model))
}

/// One line for each resource, without what every service has.
fn lines(model: &Json) -> String {
    let mut out = String::new();
    for (section, resources) in model.as_object().expect("a project is an object") {
        for (name, resource) in resources.as_object().into_iter().flatten() {
            let mut resource = resource.clone();
            if let Some(fields) = resource.as_object_mut() {
                fields.retain(|key, value| {
                    let usual = match key.as_str() {
                        "command" | "entrypoint" => json!(null),
                        "networks" => json!({"default": null}),
                        "ipam" => json!({}),
                        _ => return true,
                    };
                    *value != usual
                });
            }
            if section != "networks" || name != "default" {
                let _ = writeln!(out, "{section}.{name} {resource}");
            }
        }
    }
    out
}
