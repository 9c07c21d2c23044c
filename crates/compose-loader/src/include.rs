//! `include`: other projects, which are loaded by themselves and then merged.

use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::extends::{refuse_remote, reset};
use crate::files::FileKind;
use crate::load::{Imported, Load, Scope};
use crate::rules;
use crate::source::Place;
use crate::trail::Trail;
use crate::tree::{Map, Node, Value};
use crate::yaml::Path;
use crate::{merge, paths};

/// An entry of `include`.
struct Include {
    paths: Vec<(String, Place)>,
    folder: Option<String>,
    env_files: Vec<(String, Place)>,
}

/// The maximum depth of files that include each other.
const MAX_DEPTH: usize = 64;

/// Loads files with what they include, and merges them.
pub type LoadModel<'f> = &'f dyn Fn(&mut Load<'_>, &[(String, Place)], &Scope) -> Result<Node, Diagnostic>;

/// Merges the projects that a document includes. `model` loads each of them.
///
/// # Errors
/// Returns an error where a file is missing, files include each other in a cycle, or definitions conflict.
pub fn apply(
    load: &mut Load<'_>,
    root: &mut Node,
    scope: &Scope,
    resets: &[Path],
    model: LoadModel<'_>,
) -> Result<(), Diagnostic> {
    let Some(map) = root.as_map_mut() else { return Ok(()) };
    let Some(include) = map.remove("include") else { return Ok(()) };
    for entry in read(&include)? {
        let imported = one(load, &entry, scope, model)?;
        take_in(imported, map, resets)?;
    }
    Ok(())
}

fn read(node: &Node) -> Result<Vec<Include>, Diagnostic> {
    let wrong = |node: &Node, message: &str| {
        Diagnostic::new(&rules::WRONG_TYPE, node.place, message)
            .remedy("write a list of paths, or of mappings with `path:`")
    };
    let items = match &node.value {
        Value::Null => return Ok(Vec::new()),
        Value::List(items) => items,
        _ => return Err(wrong(node, "`include` must be a list")),
    };
    let texts = |node: Option<&Node>| -> Result<Vec<(String, Place)>, Diagnostic> {
        match node {
            None | Some(Node { value: Value::Null, .. }) => Ok(Vec::new()),
            Some(Node { value: Value::Str(text), place, .. }) => Ok(vec![(text.to_string(), *place)]),
            Some(node @ Node { value: Value::List(items), .. }) => items
                .iter()
                .map(|item| {
                    Ok((
                        item.as_str().ok_or_else(|| wrong(node, "a path must be a string"))?.to_owned(),
                        item.place,
                    ))
                })
                .collect(),
            Some(node) => Err(wrong(node, "a path must be a string")),
        }
    };
    // compose-go ignores empty entries.
    let items = items.iter().filter(|item| !matches!(item.value, Value::Null | Value::Time(_)));
    items
        .map(|item| match &item.value {
            Value::Str(path) => Ok(Include {
                paths: vec![(path.to_string(), item.place)],
                folder: None,
                env_files: Vec::new(),
            }),
            Value::Map(map) => {
                // The schema has not checked these keys yet, and compose-go accepts them in any letter case.
                let get = |key: &str| {
                    let other = || map.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
                    map.get(key).or_else(|| other().map(|(_, node)| node))
                };
                let folder = match get("project_directory") {
                    None | Some(Node { value: Value::Null, .. }) => None,
                    Some(Node { value: value @ (Value::Str(_) | Value::Int(_)), .. }) => {
                        Some(value.to_string())
                    }
                    Some(node) => return Err(wrong(node, "a folder must be a string")),
                };
                let folder = folder.filter(|folder| !folder.is_empty());
                Ok(Include { paths: texts(get("path"))?, folder, env_files: texts(get("env_file"))? })
            }
            _ => Err(wrong(item, "an entry of `include` must be a path or a mapping")),
        })
        .collect()
}

fn one(
    load: &mut Load<'_>,
    entry: &Include,
    scope: &Scope,
    model: LoadModel<'_>,
) -> Result<Node, Diagnostic> {
    let mut files = Vec::new();
    for (path, place) in &entry.paths {
        refuse_remote(path, *place)?;
        let file = paths::join(&scope.files_folder, path);
        if load.files.kind(&load.full(&file)) == Some(FileKind::Outside) {
            return Err(Diagnostic::outside(path, *place));
        }
        files.push((file, *place));
    }
    let Some((main, place)) = files.first().cloned() else {
        return Ok(Node::new(Value::Map(Box::default()), Place::NONE));
    };
    if scope.included.contains(&main) {
        let all: Vec<&str> = scope.included.iter().map(String::as_str).chain([main.as_str()]).collect();
        return Err(Diagnostic::new(
            &rules::INCLUDE_CYCLE,
            place,
            format!("include cycle detected: {}", all.join(" includes ")),
        ));
    }
    if scope.included.len() > MAX_DEPTH {
        return Err(Diagnostic::new(
            &rules::INCLUDE_CYCLE,
            place,
            format!("more than {MAX_DEPTH} files include each other in a row"),
        )
        .remedy("include all of them from one file"));
    }
    // Paths of the included files become relative to the same folder as the paths of this file, and absolute together
    // with them.
    let (folder, files_folder) = match &entry.folder {
        None => (scope.shown_folder(&paths::parent(&main)), paths::parent(&main)),
        Some(given) if given.starts_with('/') => {
            if load.files.kind(given) == Some(FileKind::Outside) {
                return Err(Diagnostic::outside(given, place));
            }
            (given.clone(), given.clone())
        }
        Some(given) => {
            let full = paths::join(&scope.files_folder, given);
            // compose-go uses the parent of a path that is not a folder.
            let kind = load.files.kind(&load.full(&full));
            if kind == Some(FileKind::Outside) {
                return Err(Diagnostic::outside(given, place));
            }
            let is_folder = kind == Some(FileKind::Folder);
            let full = if is_folder { full } else { paths::parent(&full) };
            (scope.shown_folder(&full), paths::join(&scope.folder, given))
        }
    };
    let environment = environment(load, entry, scope, &files_folder)?.into();
    let inner = Scope {
        file: main.as_str().into(),
        files_folder,
        folder,
        environment,
        included: scope.included.clone(),
    };
    if let Some(known) = load.imported.iter().find(|known| known.files == files && known.scope == inner) {
        return Ok(known.model.clone());
    }
    let model = model(load, &files, &inner)?;
    load.imported.push(Imported { files, scope: inner, model: model.clone() });
    Ok(model)
}

/// Returns the variables of an included project. Outer variables override its env files.
fn environment(
    load: &mut Load<'_>,
    entry: &Include,
    scope: &Scope,
    folder: &str,
) -> Result<Environment, Diagnostic> {
    let mut files = Vec::new();
    for (path, place) in &entry.env_files {
        if path == "/dev/null" {
            continue;
        }
        let full = paths::join(&scope.folder, path);
        let full = load.full(&full);
        match load.files.kind(&full) {
            None => {
                return Err(Diagnostic::new(
                    &rules::MISSING_ENV_FILE,
                    *place,
                    format!("couldn't find env file: {full}"),
                )
                .remedy("create the file, or remove the path from `env_file`"));
            }
            Some(FileKind::File | FileKind::Outside) => files.push((full, *place)),
            Some(_) => {
                return Err(Diagnostic::new(
                    &rules::MISSING_ENV_FILE,
                    *place,
                    format!("{full} is not a file"),
                )
                .remedy("name an env file of `NAME=value` lines"));
            }
        }
    }
    if entry.env_files.is_empty() {
        let default = paths::join(&load.full(folder), ".env");
        if matches!(load.files.kind(&default), Some(FileKind::File | FileKind::Outside)) {
            files.push((default, Place::NONE));
        }
    }
    let mut found = Environment::default();
    for (path, place) in files {
        load.env_file(&path, place, &mut found, &scope.environment)?;
    }
    let mut environment = (*scope.environment).clone();
    environment.add_missing(&found);
    Ok(environment)
}

/// Adds imported resources. A resource of the including file is merged over the imported one.
fn take_in(mut imported: Node, map: &mut Map, resets: &[Path]) -> Result<(), Diagnostic> {
    for kind in ["services", "jobs", "volumes", "networks", "secrets", "configs", "models"] {
        let Some(from) = imported.as_map_mut().and_then(|imported| imported.remove(kind)) else { continue };
        let place = from.place;
        let Value::Map(from) = from.value else { continue };
        map.insert_new(kind, place, || Node::new(Value::Map(Box::default()), place));
        let Some(to) = map.get_mut(kind) else { continue };
        if to.is_null() {
            to.value = Value::Map(Box::default());
        }
        let at = to.place;
        let Some(to) = to.as_map_mut() else {
            return Err(Diagnostic::new(&rules::WRONG_TYPE, at, format!("{kind} must be a mapping")));
        };
        for (name, entry) in from.into_entries() {
            let Some(here) = to.get_mut(&name) else {
                to.insert(name, entry.key, entry.node);
                continue;
            };
            if *here == entry.node {
                continue;
            }
            let over = std::mem::take(here);
            let base = reset(entry.node, kind, &name, resets);
            let at = merge::project().and_then(|at| at.key(kind)).and_then(|at| at.key(&name));
            let trail = Trail::ROOT.key(kind);
            let merged = merge::merge(base, over, at, &trail.key(&name))?;
            to.insert(name, entry.key, merged);
        }
    }
    Ok(())
}
