//! Labels and variables that programs read from Docker.

use compose_loader::{Map, Node};

use crate::convert::context::Context;
use crate::convert::reader::pointer;
use crate::rules::{self, Rule};

/// Prefixes of labels of proxies.
const ROUTING: [&str; 4] = ["traefik.", "caddy", "com.github.jrcs.letsencrypt", "sozu."];
/// Prefixes of labels of other programs that watch Docker.
const WATCHING: [&str; 9] = [
    "com.centurylinklabs.watchtower",
    "diun.",
    "docker-volume-backup.",
    "dozzle.",
    "homepage.",
    "ofelia.",
    "promtail.",
    "prometheus.",
    "wud.",
];
/// Variables of nginx-proxy.
const ROUTING_VARIABLES: [&str; 3] = ["VIRTUAL_HOST", "LETSENCRYPT_HOST", "VIRTUAL_PATH"];

pub fn lint(context: &Context<'_>) {
    for (service, node) in context.project.services() {
        let deploy = node.get("deploy").and_then(|deploy| deploy.get("labels"));
        for (path, labels) in [("labels", node.get("labels")), ("deploy/labels", deploy)] {
            let at = format!("{}/{path}", pointer(["services", service]));
            first(context, &at, labels, &ROUTING, &rules::PROXY_ROUTING);
            first(context, &at, labels, &WATCHING, &rules::DOCKER_WATCHER_LABELS);
        }
        let at = pointer(["services", service, "environment"]);
        first(context, &at, node.get("environment"), &ROUTING_VARIABLES, &rules::PROXY_ROUTING);
    }
}

/// Adds an entry for the first key with one of these prefixes. One entry for each mapping is enough.
fn first(context: &Context<'_>, at: &str, map: Option<&Node>, starts: &[&str], rule: &'static Rule) {
    let entries = map.and_then(Node::as_map).into_iter().flat_map(Map::iter);
    let mut fitting = entries.filter(|(name, _)| starts.iter().any(|start| name.starts_with(start)));
    if let Some((name, node)) = fitting.next() {
        let more = fitting.count();
        let detail = if more > 0 { format!("and {more} more like it") } else { String::new() };
        context.log.remark(rule, &format!("{at}{}", pointer([name])), node.place, detail);
    }
}
