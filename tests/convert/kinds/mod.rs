//! Kinds of projects, each as a table of Compose text and expected entries.

mod advice;
mod binds;
mod data;
mod hooks;
mod names;
mod pods;
mod secrets;

use compose_loader::{Input, MemoryFiles, Request, load};
use stackwright::convert::{Converted, Options, convert};

/// Converts the project `shop` in `/p` with these files and active profiles.
fn converted(compose: &str, beside: &[(&str, &str)], profiles: &[&str]) -> Converted {
    let mut files = MemoryFiles::default();
    files.add("/p/compose.yaml", compose);
    for (name, text) in beside {
        files.add(format!("/p/{name}"), *text);
    }
    let request = Request {
        files: vec![Input { path: "/p/compose.yaml".to_owned(), text: None }],
        working_dir: "/p".to_owned(),
        name: Some("shop".to_owned()),
        profiles: vec!["*".to_owned()],
        ..Request::default()
    };
    let loaded = load(&request, &files);
    let project = loaded.project.unwrap_or_else(|| panic!("{compose}\n{:?}", loaded.diagnostics));
    let profiles = profiles.iter().map(|profile| (*profile).to_owned()).collect();
    convert(&project, &files, &Options { profiles, ..Options::default() })
}

/// Returns the entries of some rules as `ID POINTER`, without `/services/`.
fn said(converted: &Converted, rules: &[&str]) -> Vec<String> {
    let found = converted.entries.iter().filter_map(|entry| Some((entry.rule?.id, entry)));
    let found = found.filter(|(id, _)| rules.contains(id));
    let short = |pointer: &str| pointer.trim_start_matches("/services/").to_owned();
    found.map(|(id, entry)| format!("{id} {}", short(&entry.pointer))).collect()
}
