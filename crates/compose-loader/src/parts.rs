//! Division of a project into parts with a few services each. The tree of a thousand services is larger than the caches
//! of a processor. A part stays in the caches through several steps.

use crate::diagnostic::Diagnostic;
use crate::source::Place;
use crate::tree::{Map, Node, Value};

/// The number of services in a part, which has some hundred kilobytes.
const SERVICES: usize = 32;

/// Applies `work` to the parts of a project: first to everything except the services, then to a few services at a time.
/// Each part is a project with only these values.
///
/// # Errors
/// Returns the error of `work`. The project is incomplete then.
pub fn each(
    root: &mut Node,
    mut work: impl FnMut(&mut Node) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    let services = root.as_map_mut().and_then(|map| map.get_mut("services"));
    let place = services.as_ref().map_or(Place::NONE, |services| services.place);
    let all = services.and_then(Node::as_map_mut).map(std::mem::take).unwrap_or_default();
    work(root)?;
    let mut done = Map::with_capacity(all.len());
    for part in all.into_parts(SERVICES) {
        let mut part = Node::map([("services", Node::new(Value::Map(Box::new(part)), place))], place);
        work(&mut part)?;
        if let Some(Value::Map(part)) =
            part.as_map_mut().and_then(|map| map.remove("services")).map(|node| node.value)
        {
            done.append(*part);
        }
    }
    if let Some(services) =
        root.as_map_mut().and_then(|map| map.get_mut("services")).and_then(Node::as_map_mut)
    {
        *services = done;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{SERVICES, each};
    use crate::tree::{Map, Node};
    use crate::yaml;

    #[test]
    fn a_project_is_complete_after_work_on_its_parts() {
        for count in [0, 1, SERVICES, SERVICES + 1, 5 * SERVICES - 1] {
            let services: String = (0..count).map(|number| format!(", s{number:03}: {{image: a}}")).collect();
            let text = format!("name: many\nservices: {{x-a: {{}}{services}}}\nnetworks: {{n: {{}}}}\n");
            let mut tree = yaml::parse(&text, 0).unwrap().remove(0).root;
            let before = format!("{tree:?}");
            let mut sizes = Vec::new();
            each(&mut tree, |part| {
                sizes.push(part.get("services").and_then(Node::as_map).map_or(0, Map::len));
                Ok(())
            })
            .unwrap();
            assert_eq!(format!("{tree:?}"), before);
            assert_eq!((sizes[0], sizes.iter().sum()), (0, count + 1), "{sizes:?}");
            assert!(sizes.iter().all(|size| *size <= SERVICES));
        }
    }
}
