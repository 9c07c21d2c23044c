//! Services that have another name than in the project, and the texts that dial the old one.

use super::catalogue;
use super::context::{Context, DIALING};
use super::reader::pointer;
use crate::compose::source::Place;
use crate::compose::tree::{Node, Value};
use crate::translate::addresses::addresses;

/// Says of each renamed service that it is, and lists the texts that do not know it.
pub fn renames(context: &Context<'_>) {
    for (name, node) in context.project.services() {
        if let Some(rule) = context.names.renamed(name) {
            // A verdict stands for an attribute: the networks are where the name is known.
            let pointer = pointer(["services", name, "networks"]);
            let detail = format!("'{name}' is '{}' on the cluster", context.names.service(name));
            context.log.remark(rule, &pointer, first_place(node), detail);
        }
    }
    let lost: Vec<(&str, &str)> = context.names.lost().collect();
    if lost.is_empty() {
        return;
    }
    for (name, service) in context.project.services() {
        for key in DIALING {
            if let Some(node) = service.get(key) {
                walk(context, &lost, node, &pointer(["services", name, key]));
            }
        }
    }
}

fn walk(context: &Context<'_>, lost: &[(&str, &str)], node: &Node, at: &str) {
    match &node.value {
        Value::Str(text) => {
            for (old, new) in lost {
                if addresses(text).any(|address| address.host == *old) {
                    let detail = format!("it dials '{old}', which is '{new}' on the cluster");
                    context.log.remark(&catalogue::DIALS_OLD_NAME, at, node.place, detail);
                }
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(context, lost, item, &format!("{at}/{index}"));
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter() {
                walk(context, lost, item, &format!("{at}{}", pointer([key])));
            }
        }
        _ => {}
    }
}

/// The first place of a tree that was written.
fn first_place(node: &Node) -> Place {
    if node.place != Place::NONE {
        return node.place;
    }
    let inner = node.as_map().into_iter().flat_map(crate::compose::tree::Map::iter);
    inner.map(|(_, node)| node.place).find(|place| *place != Place::NONE).unwrap_or_default()
}
