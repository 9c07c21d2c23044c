//! `extends`: services that inherit from a service of the same or another file, and jobs that inherit from a job of the
//! same file or a service of another one.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::load::{Base, BaseKey, Load, Scope};
use crate::nearest::did_you_mean;
use crate::rules;
use crate::source::Place;
use crate::trail::Trail;
use crate::tree::{Map, Node, Value};
use crate::yaml::{self, Path};
use crate::{merge, paths, resolve, schema};

/// The chain of services that extend each other, to find a cycle. It lives on the stack.
///
/// As in compose-go, a link has the name of the extending service and the file that it extends from, or the project's
/// file where it names none. So a service and the service of the same name in that file count as one.
struct Chain<'a> {
    root: &'a str,
    file: &'a str,
    /// The file of the service, for messages.
    within: &'a str,
    service: &'a str,
    before: Option<&'a Chain<'a>>,
}

/// The maximum length of a chain.
const MAX_DEPTH: usize = 100;

/// Loads a file that a service extends from, without the steps for whole projects.
pub type LoadBase<'f> =
    &'f dyn Fn(&mut Load<'_>, &str, &Scope, Place) -> Result<(Node, Vec<Path>), Diagnostic>;

/// Resolves every `extends` of a document. `load_base` loads the other files.
///
/// # Errors
/// Returns an error where a service or a file is missing, or services extend each other in a cycle.
pub fn apply(
    load: &mut Load<'_>,
    root: &mut Node,
    scope: &Scope,
    resets: &[Path],
    load_base: LoadBase<'_>,
) -> Result<(), Diagnostic> {
    for section in ["services", "jobs"] {
        let Some(entries) = root.as_map_mut().and_then(|map| map.get_mut(section)) else { continue };
        let place = entries.place;
        let Value::Map(entries) = &mut entries.value else {
            let kind = kind(section);
            return Err(Diagnostic::new(&rules::WRONG_TYPE, place, format!("{section} must be a mapping"))
                .remedy(format!("write each {kind} as `NAME:` with its keys below")));
        };
        let names: Vec<Arc<str>> = entries
            .iter()
            .filter(|(_, node)| node.get("extends").is_some())
            .map(|(name, _)| name.clone())
            .collect();
        if let Some((name, node)) =
            entries.iter().find(|(_, node)| !node.is_null() && node.as_map().is_none())
        {
            let message = format!("{section}.{name} must be a mapping");
            return Err(
                Diagnostic::new(&rules::WRONG_TYPE, node.place, message).remedy(schema::of_service(name))
            );
        }
        for name in names {
            one(load, &name, entries, section, &Within { load_base, scope, resets, before: None })?;
        }
    }
    Ok(())
}

/// Where a service or job extends another one.
struct Within<'a> {
    load_base: LoadBase<'a>,
    scope: &'a Scope,
    resets: &'a [Path],
    before: Option<&'a Chain<'a>>,
}

/// Returns the word for an entry of a section.
fn kind(section: &str) -> &'static str {
    if section == "jobs" { "job" } else { "service" }
}

/// The value of `extends`.
struct Extends {
    service: Arc<str>,
    file: Option<Arc<str>>,
    place: Place,
}

fn read(name: &str, node: &Node) -> Result<Extends, Diagnostic> {
    let wrong = |message: String, place| Diagnostic::new(&rules::EXTENDS_SERVICE, place, message);
    match &node.value {
        Value::Str(service) => Ok(Extends { service: service.clone(), file: None, place: node.place }),
        Value::Map(map) => {
            let Some(Node { value: Value::Str(service), place, .. }) = map.get("service") else {
                return Err(wrong(format!("extends.{name}.service is required"), node.place));
            };
            let file = match map.get("file") {
                None | Some(Node { value: Value::Null, .. }) => None,
                Some(Node { value: Value::Str(file), .. }) => Some(file.clone()),
                Some(other) => {
                    return Err(wrong(format!("extends.{name}.file must be a string"), other.place));
                }
            };
            Ok(Extends { service: service.clone(), file, place: *place })
        }
        other => Err(wrong(
            format!("services.{name}.extends must be a string or a mapping, not {}", other.kind()),
            node.place,
        )),
    }
}

fn one(
    load: &mut Load<'_>,
    name: &str,
    services: &mut Map,
    section: &'static str,
    within: &Within<'_>,
) -> Result<(), Diagnostic> {
    let Within { load_base, scope, resets, before } = *within;
    let Some(Node { value: Value::Map(service), .. }) = services.get(name) else {
        return match services.get(name) {
            None | Some(Node { value: Value::Null, .. }) => Ok(()),
            Some(other) => Err(Diagnostic::new(
                &rules::WRONG_TYPE,
                other.place,
                format!("{section}.{name} must be a mapping"),
            )),
        };
    };
    let Some(extends) = service.get("extends") else { return Ok(()) };
    let extends = read(name, extends)?;
    let root = before.map_or(&*scope.file, |link| link.root);
    let file = extends.file.as_deref().unwrap_or(root);
    let chain = Chain { root, file, within: &scope.file, service: name, before };
    chain.check(extends.place)?;
    let chain = Some(&chain);
    let base = match &extends.file {
        Some(file) => {
            // Move the file out of the cache meanwhile, so that only one service is copied.
            let (key, mut base) = base_of_file(load, load_base, name, file, &extends, scope)?;
            known(name, &extends, &base.services, section, Some(file))?;
            let within = Within { load_base, scope: &base.scope, resets: &base.resets, before: chain };
            one(load, &extends.service, &mut base.services, "services", &within)?;
            let service = base.services.get(&extends.service).cloned();
            load.bases.insert(key, base);
            service
        }
        None => {
            known(name, &extends, services, section, None)?;
            let within = Within { load_base, scope, resets, before: chain };
            one(load, &extends.service, services, section, &within)?;
            services.get(&extends.service).cloned()
        }
    };
    let Some(base @ Node { value: Value::Map(_), .. }) = base else { return Ok(()) };
    let Some(over) = services.get_mut(name).map(std::mem::take) else { return Ok(()) };
    let place = over.place;
    // As in compose-go, a path of a reset is one below `services`, also where a job extends another job.
    let base = reset(base, "services", name, resets);
    let mut merged = merge::merge(base, over, merge::service(), &Trail::ROOT.key(section).key(name))?;
    merged.place = place;
    if let Some(map) = merged.as_map_mut() {
        map.remove("extends");
    }
    if let Some(slot) = services.get_mut(name) {
        *slot = merged;
    }
    Ok(())
}

/// Removes the values that a document resets from the node under an entry of a section. A tag on the entry as a whole
/// removes nothing.
pub fn reset(below: Node, section: &str, name: &str, resets: &[Path]) -> Node {
    let inner: Vec<Path> = resets.iter().filter(|path| path.len() > 2).cloned().collect();
    if inner.is_empty() {
        return below;
    }
    let place = below.place;
    let mut wrapped = Node::map([(section, Node::map([(name, below)], place))], place);
    yaml::apply(&inner, &mut wrapped);
    let entries = wrapped.as_map_mut().and_then(|map| map.remove(section));
    entries.and_then(|mut entries| entries.as_map_mut()?.remove(name)).unwrap_or_default()
}

fn known(
    name: &str,
    extends: &Extends,
    services: &Map,
    section: &'static str,
    file: Option<&str>,
) -> Result<(), Diagnostic> {
    if services.has(&extends.service) {
        return Ok(());
    }
    let within = file.map_or(String::new(), |file| format!(" in {file}"));
    // In another file, a job can extend only a service.
    let (own, other) = (kind(section), if file.is_some() { "service" } else { kind(section) });
    let message = format!("cannot extend {own} {name:?}: {other} {:?} not found{within}", extends.service);
    let remedy = match did_you_mean(&extends.service, services.iter().map(|(name, _)| &**name)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("name a {other} that the file defines"),
    };
    Err(Diagnostic::new(&rules::EXTENDS_SERVICE, extends.place, message).remedy(remedy))
}

fn base_of_file(
    load: &mut Load<'_>,
    load_base: LoadBase<'_>,
    name: &str,
    file: &str,
    extends: &Extends,
    scope: &Scope,
) -> Result<(BaseKey, Base), Diagnostic> {
    refuse_remote(file, extends.place)?;
    let path = paths::join(&scope.files_folder, file);
    let folder = scope.shown_folder(&paths::parent(&path));
    let key = (path.clone(), folder.clone());
    if let Some(base) = load.bases.remove(&key) {
        return Ok((key, base));
    }
    // Paths that the file itself extends from are relative to the same folder as this path.
    let inner = Scope { file: path.as_str().into(), ..scope.clone() };
    let (mut root, resets) = load_base(load, &path, &inner, extends.place)?;
    let missing = |what: &str| {
        Diagnostic::new(
            &rules::EXTENDS_SERVICE,
            extends.place,
            format!("cannot extend service {name:?} in {path}: {what}"),
        )
        .remedy("name a file that defines the service")
    };
    if root.get("services").is_none() {
        return Err(missing("no services section"));
    }
    let folders = resolve::Base { folder: &folder, home: load.home.as_deref(), files: load.files };
    folders.resolve(&mut root)?;
    let services = root.as_map_mut().and_then(|map| map.remove("services")).unwrap_or_default();
    let Value::Map(services) = services.value else { return Err(missing("services must be a mapping")) };
    Ok((key, Base { services: *services, resets, scope: inner }))
}

/// Rejects files of other machines, which the loader does not fetch.
///
/// # Errors
/// Returns an error where the path is remote.
pub fn refuse_remote(path: &str, place: Place) -> Result<(), Diagnostic> {
    let schemes = ["https://", "http://", "git://", "ssh://", "git@", "oci://"];
    if !schemes.iter().any(|scheme| path.starts_with(scheme)) && !path.starts_with("github.com/") {
        return Ok(());
    }
    let (what, how) = if path.starts_with("oci://") {
        ("OCI artifact", "oras pull")
    } else {
        ("Git repository", "git clone")
    };
    Err(Diagnostic::new(
        &rules::REMOTE_RESOURCE,
        place,
        format!("cannot load {path}: a remote {what} is not fetched"),
    )
    .remedy(format!("download the {what} with `{how}`, and name the local file")))
}

impl Chain<'_> {
    /// Rejects a service that is already in the chain, and a chain that is too long.
    fn check(&self, place: Place) -> Result<(), Diagnostic> {
        let row: Vec<&Chain<'_>> = std::iter::successors(Some(self), |link| link.before).collect();
        let again = row.iter().skip(1).any(|link| (link.file, link.service) == (self.file, self.service));
        if again {
            let all: Vec<String> =
                row.iter().rev().map(|link| format!("{} in {}", link.service, link.within)).collect();
            return Err(Diagnostic::new(
                &rules::EXTENDS_CYCLE,
                place,
                format!("circular reference: {}", all.join(" extends ")),
            ));
        }
        if row.len() > MAX_DEPTH {
            return Err(Diagnostic::new(
                &rules::EXTENDS_CYCLE,
                place,
                format!("more than {MAX_DEPTH} services extend each other in a row"),
            )
            .remedy("move what they share into one service that all of them extend"));
        }
        Ok(())
    }
}
