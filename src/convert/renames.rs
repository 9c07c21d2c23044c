//! Services with another name than in the project, and the texts with the old name.

use super::context::{Context, first_place, texts_at, with_addresses};
use super::reader::pointer;
use crate::rules;
use crate::text::addresses::addresses;

/// Adds an entry for each renamed service and for each text with an old name.
pub fn renames(context: &Context<'_>) {
    for (name, node) in context.project.services() {
        if let Some(rule) = context.names.renamed(name) {
            // A verdict belongs to an attribute. The name is known on the networks of the service.
            let pointer = pointer(["services", name, "networks"]);
            let detail = format!("'{name}' is named '{}' on the cluster", context.names.service(name));
            context.log.remark(rule, &pointer, first_place(node), detail);
        }
    }
    let lost: Vec<(&str, &str)> = context.names.lost().collect();
    if lost.is_empty() {
        return;
    }
    for (at, node) in with_addresses(context.project) {
        texts_at(node, &at, &mut |text, node, at| {
            for (old, new) in &lost {
                if addresses(text).any(|address| address.host == *old) {
                    let detail = format!("'{old}' is named '{new}' on the cluster");
                    context.log.remark(&rules::OLD_SERVICE_NAME, at, node.place, detail);
                }
            }
        });
    }
}
