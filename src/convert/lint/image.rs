//! Images whose tag moves.

use crate::convert::catalogue;
use crate::convert::context::Context;
use crate::convert::reader::pointer;

pub fn lint(context: &Context<'_>) {
    for (service, node) in context.project.services() {
        let Some(image) = node.get("image") else { continue };
        let name = image.as_str().unwrap_or_default();
        if node.get("build").is_some() || !moves(name) {
            continue;
        }
        let detail = match node.str_at("pull_policy") {
            Some("missing" | "if_not_present") => "and each node keeps what it pulled first",
            Some("never") => "and each node has what was put there",
            _ => "",
        };
        let at = pointer(["services", service, "image"]);
        context.log.remark(&catalogue::LATEST, &at, image.place, detail);
    }
}

/// Whether a name stands for another image tomorrow.
fn moves(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    !image.contains('@') && (!last.contains(':') || last.ends_with(":latest"))
}
