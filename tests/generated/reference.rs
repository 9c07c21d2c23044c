//! The reference names all that the code has.

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use regex::Regex;
use serde_json::Value;
use stackwright::api::{Reason, definition};

use super::{
    pages::{page, root},
    stackwright,
};

fn text(path: &str) -> String {
    page(Path::new(path)).text
}

/// Writes a page if `UPDATE_GOLDEN` is set, and compares it otherwise.
fn assert_page(path: &str, wanted: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(root().join(path), wanted).unwrap();
    } else {
        let found = fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(found == wanted, "{path} is not what the code says: run make generate");
    }
}

#[test]
fn the_reference_lists_all_reasons() {
    const BEGIN: &str = "<!-- The table of reasons is made from code -->\n";
    const END: &str = "<!-- End of the table of reasons -->";
    let text = text("docs/reference.md");
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let rows = Reason::ALL.iter().map(|reason| {
        format!("| `{}` | `{}` | {} |\n", reason.as_str(), reason.condition().as_str(), reason.meaning())
    });
    let table = format!("\n| reason | condition | meaning |\n|---|---|---|\n{}\n", rows.collect::<String>());
    assert_page("docs/reference.md", &[before, BEGIN, &table, END, after].concat());
}

#[test]
fn the_chapter_on_commands_has_the_table_of_docker_compose() {
    const BEGIN: &str = "<!-- The table of docker compose is made from code -->\n";
    let text = text("docs/commands.md");
    let (before, _) = text.split_once(BEGIN).unwrap();
    let table = stackwright::cli::compose::markdown();
    assert_page("docs/commands.md", &[before, BEGIN, "\n", &table].concat());
    assert!(before.contains(&format!("Docker Compose {}", stackwright::cli::compose::VERSION)));
}

#[test]
fn the_reference_lists_all_fields() {
    let crd = serde_json::to_value(definition()).unwrap();
    let stack = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    let mut page = "# Fields of a Stack\n\n<!-- make generate writes this page -->\n\n`kubectl explain stack.spec` describes \
                    the same fields. `NAME` stands for a key of a map, and `[]` for an entry of a list.\n"
        .to_owned();
    for root in ["spec", "status"] {
        describe_fields(&mut page, root, &stack[root]);
    }
    assert_page("docs/fields.md", &page);
}

/// Adds a section with the fields of an object, and the sections of the objects in it.
fn describe_fields(page: &mut String, path: &str, schema: &Value) {
    let Some(fields) = schema["properties"].as_object() else { return };
    let about = schema["description"].as_str().unwrap_or_default();
    write!(page, "\n## `{path}`\n\n{about}\n\n| field | type | content |\n|---|---|---|\n").unwrap();
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (name, field) in fields {
        let required = if required.iter().any(|one| one == name) { ", required" } else { "" };
        let about = field["description"].as_str().unwrap_or_default().replace('|', "\\|").replace('\n', " ");
        writeln!(page, "| `{name}` | {}{required} | {about} |", type_of(field)).unwrap();
    }
    for (name, field) in fields {
        let (mut path, mut field) = (format!("{path}.{name}"), field);
        loop {
            if field["additionalProperties"].is_object() {
                (path, field) = (path + ".NAME", &field["additionalProperties"]);
            } else if field["items"].is_object() {
                (path, field) = (path + "[]", &field["items"]);
            } else {
                break describe_fields(page, &path, field);
            }
        }
    }
}

fn type_of(schema: &Value) -> String {
    let kind = schema["type"].as_str().unwrap_or_default();
    if schema["additionalProperties"].is_object() {
        format!("map of {}", type_of(&schema["additionalProperties"]))
    } else if schema["items"].is_object() {
        format!("list of {}", type_of(&schema["items"]))
    } else if schema["x-kubernetes-int-or-string"] == true {
        "integer or string".to_owned()
    } else if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().filter_map(Value::as_str).map(|value| format!("`{value}`"));
        values.collect::<Vec<_>>().join(", ")
    } else {
        kind.to_owned()
    }
}

#[test]
fn troubleshooting_has_a_remedy_for_each_reason() {
    let text = text("docs/troubleshooting.md");
    let rows: Vec<Vec<_>> = text.lines().map(|line| line.split(" | ").map(str::trim).collect()).collect();
    for reason in Reason::ALL.iter().filter(|reason| **reason != Reason::Succeeded) {
        let name = format!("`{}`", reason.as_str());
        let has_remedy = rows.iter().any(|row| row.len() == 3 && row[0].contains(&name) && row[2] != "|");
        assert!(has_remedy, "docs/troubleshooting.md has no remedy for {name}");
    }
}

#[test]
fn the_reference_lists_all_labels_and_annotations() {
    let source = fs::read_to_string(root().join("src/api/labels.rs")).unwrap();
    let key = Regex::new(r#""([a-z.]+\.[a-z]+/[a-z-]*)""#).unwrap();
    let reference = text("docs/reference.md");
    let keys: BTreeSet<_> = key.captures_iter(&source).map(|found| found.extract::<1>().1[0]).collect();
    assert!(keys.len() > 10, "{keys:?}");
    for key in keys {
        // What follows a domain differs.
        let name = if key.ends_with('/') { format!("`{key}") } else { format!("`{key}`") };
        assert!(reference.contains(&name), "docs/reference.md lacks {name}");
    }
}

#[test]
fn the_reference_lists_all_commands_and_the_flags_of_the_operator() {
    let option = Regex::new(r"(?m)^ +(?:-\w, )?(--[a-z-]+)").unwrap();
    let operations = text("docs/operations.md");
    let help = stackwright(&["controller", "--help"]);
    for flag in option.captures_iter(&help).map(|found| found.extract::<1>().1[0]) {
        let is_of_all = ["--help", "--version", "--color"].contains(&flag);
        assert!(is_of_all || operations.contains(&format!("`{flag}`")), "docs/operations.md lacks {flag}");
    }
    let reference = text("docs/reference.md");
    let verb = Regex::new(r"(?m)^  ([a-z]+) +[A-Z]").unwrap();
    for verb in verb.captures_iter(&stackwright(&["--help"])).map(|found| found.extract::<1>().1[0]) {
        assert!(reference.contains(&format!("| `stackwright {verb}")), "docs/reference.md lacks {verb}");
    }
}
