//! Extension keys that are now part of the Compose specification.

use crate::diagnostic::Diagnostic;
use crate::merge;
use crate::trail::Trail;
use crate::tree::{Map, Node, Value};

/// Renames the extension keys. Values under a new name override those under the old one.
///
/// # Errors
/// Returns an error where the values of both names cannot be merged.
pub fn promote(root: &mut Node) -> Result<(), Diagnostic> {
    let services = root.as_map_mut().and_then(|map| map.get_mut("services")).and_then(Node::as_map_mut);
    for (name, service) in services.into_iter().flat_map(Map::iter_mut) {
        let Some(service) = service.as_map_mut() else { continue };
        rename(service, "x-develop", "develop", &Trail::ROOT.key("services").key(name))?;
        let watch = service
            .get_mut("develop")
            .and_then(Node::as_map_mut)
            .and_then(|develop| develop.get_mut("watch"));
        if let Some(Node { value: Value::List(items), .. }) = watch {
            for item in items.iter_mut().filter_map(Node::as_map_mut) {
                rename(item, "x-initialSync", "initial_sync", &Trail::ROOT.key("watch"))?;
            }
        }
    }
    Ok(())
}

fn rename(map: &mut Map, from: &str, to: &'static str, trail: &Trail<'_>) -> Result<(), Diagnostic> {
    let Some(extension) = map.remove(from) else { return Ok(()) };
    let place = extension.place;
    let merged = match map.remove(to).filter(|node| !node.is_null()) {
        Some(own) => merge::merge(extension, own, None, &trail.key(to))?,
        None => extension,
    };
    map.insert(to, place, merged);
    Ok(())
}
