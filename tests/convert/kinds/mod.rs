//! Kinds of projects, each as a table: what stands in a compose file, and what is said of it.

mod advice;
mod binds;
mod data;
mod hooks;
mod names;
mod secrets;

use stackwright::compose::source::{Files, Kind, Memory};
use stackwright::compose::{Input, Request, load};
use stackwright::convert::{Converted, Folders, Options, convert};

/// Files in memory, none of which may be executed.
struct Plain(Memory);

impl Files for Plain {
    fn kind(&self, path: &str) -> Option<Kind> {
        self.0.kind(path)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.read(path)
    }
}

impl Folders for Plain {
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let folder = format!("{path}/");
        let below = self.0.paths().filter_map(|file| file.strip_prefix(&folder));
        let mut names: Vec<String> =
            below.filter_map(|rest| rest.split('/').next()).map(str::to_owned).collect();
        names.dedup();
        Ok(names)
    }

    fn mode(&self, _: &str) -> u32 {
        0o644
    }
}

/// What becomes of the project `shop` in `/p`, with these files beside it and these profiles active.
fn converted(compose: &str, files: &[(&str, &str)], profiles: &[&str]) -> Converted {
    let mut memory = Memory::default();
    memory.add("/p/compose.yaml", compose);
    for (name, text) in files {
        memory.add(format!("/p/{name}"), *text);
    }
    let files = Plain(memory);
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

/// The remarks of some rules: `ID POINTER`, without `/services/`.
fn said(converted: &Converted, rules: &[&str]) -> Vec<String> {
    let found = converted.entries.iter().filter_map(|entry| Some((entry.rule?.id, entry)));
    let found = found.filter(|(id, _)| rules.contains(id));
    let short = |pointer: &str| pointer.trim_start_matches("/services/").to_owned();
    found.map(|(id, entry)| format!("{id} {}", short(&entry.pointer))).collect()
}
