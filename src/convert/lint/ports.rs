//! Published ports.

use std::collections::BTreeMap;

use crate::compose::tree::Node;
use crate::convert::catalogue;
use crate::convert::context::Context;
use crate::convert::reader::{int, pointer};

pub fn lint(context: &Context<'_>) {
    let mut taken: BTreeMap<(i64, &str, &str), &str> = BTreeMap::new();
    for (service, node) in context.project.services() {
        for (index, port) in node.get("ports").and_then(Node::as_list).unwrap_or_default().iter().enumerate()
        {
            let index = index.to_string();
            let address = port.str_at("host_ip").unwrap_or_default();
            if address == "::1" || address.starts_with("127.") {
                let at = pointer(["services", service, "ports", &index, "host_ip"]);
                context.log.remark(&catalogue::LOOPBACK, &at, port.place, "");
            }
            let Some(published) = port.get("published").and_then(int) else { continue };
            let protocol = port.str_at("protocol").unwrap_or("tcp");
            let other = *taken.entry((published, protocol, address)).or_insert(service);
            if other != service && may_run_together(context, other, service) {
                let at = pointer(["services", service, "ports", &index, "published"]);
                context.log.remark(
                    &catalogue::PORT_CLASH,
                    &at,
                    port.place,
                    format!("{other} publishes it too"),
                );
            }
        }
    }
}

/// Whether some choice of profiles starts both: none is needed, or one that both have.
fn may_run_together(context: &Context<'_>, a: &str, b: &str) -> bool {
    let profiles = |name: &str| {
        let service = context.project.service(name).and_then(|node| node.get("profiles"));
        service.and_then(Node::as_list).unwrap_or_default()
    };
    let (a, b) = (profiles(a), profiles(b));
    a.is_empty() || b.is_empty() || a.iter().any(|own| b.iter().any(|other| own.as_str() == other.as_str()))
}
