//! Published ports.

use std::collections::BTreeMap;

use compose_loader::Node;

use crate::convert::context::Context;
use crate::convert::reader::{int, pointer};
use crate::rules;

pub fn lint(context: &Context<'_>) {
    let mut taken: BTreeMap<(i64, &str, &str), &str> = BTreeMap::new();
    for (service, node) in context.project.services() {
        for (index, port) in node.get("ports").and_then(Node::as_list).unwrap_or_default().iter().enumerate()
        {
            let index = index.to_string();
            let address = port.str_at("host_ip").unwrap_or_default();
            if address == "::1" || address.starts_with("127.") {
                let at = pointer(["services", service, "ports", &index, "host_ip"]);
                context.log.remark(&rules::LOOPBACK_PORT, &at, port.place, "");
            }
            let Some(published) = port.get("published").and_then(int) else { continue };
            let protocol = port.str_at("protocol").unwrap_or("tcp");
            let other = *taken.entry((published, protocol, address)).or_insert(service);
            if other != service && context.answers.may_run_together(other, service) {
                let at = pointer(["services", service, "ports", &index, "published"]);
                context.log.remark(
                    &rules::PORT_CLASH,
                    &at,
                    port.place,
                    format!("{other} also publishes this port"),
                );
            }
        }
    }
}
