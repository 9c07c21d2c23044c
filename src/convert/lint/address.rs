//! Addresses that mean something else, or nothing, on a cluster.

use std::collections::BTreeMap;

use super::{Text, is_local, public, variables, words};
use crate::compose::tree::{Map, Node};
use crate::convert::catalogue;
use crate::convert::context::Context;
use crate::convert::reader::int;
use crate::translate::addresses::addresses;

/// Names that Docker gives to the machine that it runs on.
const DOCKER_HOSTS: [&str; 3] =
    ["host.docker.internal", "gateway.docker.internal", "docker.for.mac.localhost"];

pub fn lint(context: &Context<'_>) {
    let fixed = fixed_addresses(context);
    for text in variables(context).into_iter().chain(words(context)) {
        for address in addresses(text.text()) {
            if DOCKER_HOSTS.contains(&address.host) {
                text.remark(context, &catalogue::DOCKER_HOST_NAME, "");
            } else if let Some(owner) = fixed.get(address.host).filter(|owner| **owner != text.service) {
                let detail = format!("it is that of {owner}");
                text.remark(context, &catalogue::FIXED_ADDRESS_DIALED, detail);
            } else if is_local(address.host)
                && !text.variable.is_some_and(public::is_read_outside)
                && let Some(port) = address.port
                && let Some(owner) = other_owner(context, &text, port)
            {
                let detail = format!("port {port} is that of {owner}");
                text.remark(context, &catalogue::LOCALHOST, detail);
            }
        }
    }
}

/// The services with an address of their own, by that address.
fn fixed_addresses<'a>(context: &Context<'a>) -> BTreeMap<&'a str, &'a str> {
    let mut found = BTreeMap::new();
    for (service, node) in context.project.services() {
        let networks = node.get("networks").and_then(Node::as_map).into_iter().flat_map(Map::iter);
        for (_, network) in networks {
            let addresses = ["ipv4_address", "ipv6_address"].into_iter();
            found.extend(addresses.filter_map(|key| network.str_at(key)).map(|address| (address, service)));
        }
    }
    found
}

/// The service that listens on a port, where it is not the one that the text belongs to.
fn other_owner<'a>(context: &Context<'a>, text: &Text<'_>, port: u16) -> Option<&'a str> {
    let own = context.project.service(text.service)?;
    // What shares the network of another may mean that one, or the node.
    if own.str_at("network_mode").is_some() || listens(own, port) {
        return None;
    }
    context.project.services().find(|(_, node)| listens(node, port)).map(|(name, _)| name)
}

fn listens(service: &Node, port: u16) -> bool {
    let items = |key: &str| service.get(key).and_then(Node::as_list).unwrap_or_default();
    let is = |node: Option<&Node>| node.and_then(int) == Some(i64::from(port));
    items("ports").iter().any(|node| is(node.get("published")) || is(node.get("target")))
        || items("expose").iter().any(|node| is(Some(node)))
}
