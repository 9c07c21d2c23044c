//! Services that have another name than in the project, and the texts that dial the old one.

use super::catalogue;
use super::context::{Context, dialing, first_place, texts_at};
use super::reader::pointer;
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
    for (at, node) in dialing(context.project) {
        texts_at(node, &at, &mut |text, node, at| {
            for (old, new) in &lost {
                if addresses(text).any(|address| address.host == *old) {
                    let detail = format!("it dials '{old}', which is '{new}' on the cluster");
                    context.log.remark(&catalogue::DIALS_OLD_NAME, at, node.place, detail);
                }
            }
        });
    }
}
