//! `extends`: a service that begins as another one, of this file or of another.

use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::source::Place;
use super::trail::Trail;
use super::tree::{Map, Node, Value};
use super::yaml::{self, Path};
use super::{Load, Scope, merge, paths, schema};
use crate::nearest::did_you_mean;

/// The services of a file that another one extends from; those that were asked for are resolved.
pub struct Base {
    services: Map,
    resets: Vec<Path>,
    scope: Scope,
}

/// A file and the folder that it is seen from.
pub type BaseKey = (String, String);

/// Who extends whom, to find a circle; kept on the stack.
///
/// As in the reference a link bears the name of the service that extends with the file that it extends from,
/// or with the project's own file where it names none: a service and its namesake in that file count as one.
struct Chain<'a> {
    root: &'a str,
    file: &'a str,
    /// The file that the service stands in, for messages.
    within: &'a str,
    service: &'a str,
    before: Option<&'a Chain<'a>>,
}

/// Services that extend each other in a row longer than this are refused.
const MAX_DEPTH: usize = 100;

/// Resolves every `extends` of a document.
///
/// # Errors
/// Where a service or a file is not there, or services extend each other in a circle.
pub fn apply(load: &mut Load<'_>, root: &mut Node, scope: &Scope, resets: &[Path]) -> Result<(), Diagnostic> {
    let Some(services) = root.as_map_mut().and_then(|map| map.get_mut("services")) else { return Ok(()) };
    let place = services.place;
    let Value::Map(services) = &mut services.value else {
        let message = "services must be a mapping";
        return Err(Diagnostic::error("wrong-type", place, message)
            .remedy("write each service as `name:` with its keys below"));
    };
    let names: Vec<Arc<str>> = services
        .iter()
        .filter(|(_, node)| node.get("extends").is_some())
        .map(|(name, _)| name.clone())
        .collect();
    if let Some((name, node)) = services.iter().find(|(_, node)| !node.is_null() && node.as_map().is_none()) {
        let message = format!("services.{name} must be a mapping");
        return Err(Diagnostic::error("wrong-type", node.place, message).remedy(schema::of_service(name)));
    }
    for name in names {
        one(load, &name, services, scope, resets, None)?;
    }
    Ok(())
}

/// What a service says that it extends.
struct Extends {
    service: Arc<str>,
    file: Option<Arc<str>>,
    place: Place,
}

fn read(name: &str, node: &Node) -> Result<Extends, Diagnostic> {
    let wrong = |message: String, place| {
        Diagnostic::error("extends-service", place, message)
            .remedy("write `extends: SERVICE`, or `service:` and `file:` below it")
    };
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
    scope: &Scope,
    resets: &[Path],
    before: Option<&Chain<'_>>,
) -> Result<(), Diagnostic> {
    let Some(Node { value: Value::Map(service), .. }) = services.get(name) else {
        return match services.get(name) {
            None | Some(Node { value: Value::Null, .. }) => Ok(()),
            Some(other) => Err(Diagnostic::error(
                "wrong-type",
                other.place,
                format!("services.{name} must be a mapping"),
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
            // Taken out of the cache while it is worked on, so that only the one service is copied.
            let (key, mut base) = base_of_file(load, name, file, &extends, scope)?;
            known(name, &extends, &base.services, Some(file))?;
            one(load, &extends.service, &mut base.services, &base.scope, &base.resets, chain)?;
            let service = base.services.get(&extends.service).cloned();
            load.bases.insert(key, base);
            service
        }
        None => {
            known(name, &extends, services, None)?;
            one(load, &extends.service, services, scope, resets, chain)?;
            services.get(&extends.service).cloned()
        }
    };
    let Some(base @ Node { value: Value::Map(_), .. }) = base else { return Ok(()) };
    let Some(over) = services.get_mut(name).map(std::mem::take) else { return Ok(()) };
    let place = over.place;
    let base = reset(base, "services", name, resets);
    let mut merged = merge::merge(base, over, merge::service(), &Trail::ROOT.key("services").key(name))?;
    merged.place = place;
    if let Some(map) = merged.as_map_mut() {
        map.remove("extends");
    }
    if let Some(slot) = services.get_mut(name) {
        *slot = merged;
    }
    Ok(())
}

/// Takes out of what lies under an entry of a section what the document of that entry resets. A tag on the
/// entry as a whole takes nothing out.
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

fn known(name: &str, extends: &Extends, services: &Map, file: Option<&str>) -> Result<(), Diagnostic> {
    if services.has(&extends.service) {
        return Ok(());
    }
    let within = file.map_or(String::new(), |file| format!(" in {file}"));
    let message = format!("cannot extend service {name:?}: service {:?} not found{within}", extends.service);
    let remedy = match did_you_mean(&extends.service, services.iter().map(|(name, _)| &**name)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "name a service that is defined there".to_owned(),
    };
    Err(Diagnostic::error("extends-service", extends.place, message).remedy(remedy))
}

fn base_of_file(
    load: &mut Load<'_>,
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
    // What the file itself extends has its path made relative to the same folder as this path.
    let inner = Scope { file: path.as_str().into(), ..scope.clone() };
    let (mut root, resets) = load.base(&path, &inner, extends.place)?;
    let missing = |what: &str| {
        Diagnostic::error(
            "extends-service",
            extends.place,
            format!("cannot extend service {name:?} in {path}: {what}"),
        )
        .remedy("name a file that defines the service")
    };
    if root.get("services").is_none() {
        return Err(missing("no services section"));
    }
    load.resolve_paths(&mut root, &folder)?;
    let services = root.as_map_mut().and_then(|map| map.remove("services")).unwrap_or_default();
    let Value::Map(services) = services.value else { return Err(missing("services must be a mapping")) };
    Ok((key, Base { services: *services, resets, scope: inner }))
}

/// Files of other machines are not fetched.
///
/// # Errors
/// Where the path is one.
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
    Err(Diagnostic::error(
        "remote-resource",
        place,
        format!("{path} is a remote {what}, which is not fetched"),
    )
    .remedy(format!("fetch it first, such as with `{how}`, and name the file of your copy")))
}

impl Chain<'_> {
    /// Refuses a service that stands in the row already, and a row that is too long.
    fn check(&self, place: Place) -> Result<(), Diagnostic> {
        let row: Vec<&Chain<'_>> = std::iter::successors(Some(self), |link| link.before).collect();
        let again = row.iter().skip(1).any(|link| (link.file, link.service) == (self.file, self.service));
        if again {
            let all: Vec<String> =
                row.iter().rev().map(|link| format!("{} in {}", link.service, link.within)).collect();
            return Err(Diagnostic::error(
                "extends-cycle",
                place,
                format!("circular reference: {}", all.join(" extends ")),
            )
            .remedy("one of these services must stand on its own"));
        }
        if row.len() > MAX_DEPTH {
            return Err(Diagnostic::error(
                "extends-cycle",
                place,
                format!("more than {MAX_DEPTH} services extend each other in a row"),
            )
            .remedy("let them extend one that has all they share"));
        }
        Ok(())
    }
}
