//! Images whose tag can move.

use crate::convert::context::Context;
use crate::convert::reader::pointer;
use crate::rules;

pub fn lint(context: &Context<'_>) {
    for (service, node) in context.project.services() {
        let Some(image) = node.get("image") else { continue };
        let name = image.as_str().unwrap_or_default();
        if node.get("build").is_some() || !moves(name) {
            continue;
        }
        let detail = match node.str_at("pull_policy") {
            Some("missing" | "if_not_present") => {
                "with this pull policy a node keeps the image that it pulled first"
            }
            Some("never") => "with pull_policy: never a node runs the image that was loaded there",
            _ => "",
        };
        let at = pointer(["services", service, "image"]);
        context.log.remark(&rules::UNPINNED_IMAGE, &at, image.place, detail);
    }
}

/// Reports whether the name can refer to another image later.
fn moves(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    !image.contains('@') && (!last.contains(':') || last.ends_with(":latest"))
}
