//! Small projects with their models in compose-go.
//!
//! `tests/rules/*.txt` contain cases: `=== ` and a sentence that the case proves, the files of the project (those named
//! `compose*.yaml` are merged in their order), and then the model, with a line for each resource, or the errors. Values
//! that every service has, such as the default network, are left out. The models were compared with compose-go when the
//! cases were written. `UPDATE_RULES=1 cargo test -p compose-loader --test loader rules` writes the current results.

use std::fmt::Write;

use compose_loader::{
    Input, MemoryFiles, Origin, Request, Severity, load,
    print::{self, Style},
};
use serde_json::{Value as Json, json};

#[test]
fn small_projects_have_the_models_of_compose_go() {
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

/// Returns a case with its current result.
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

/// Returns a line for each resource, without the values that every service has.
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
