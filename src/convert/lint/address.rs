//! Addresses that mean something else, or nothing, on a cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::{Text, is_local, public, variables, words};
use crate::compose::tree::{Map, Node};
use crate::convert::catalogue;
use crate::convert::context::{Context, texts};
use crate::convert::reader::{int, pointer};
use crate::translate::addresses::addresses;

/// Names and addresses that Docker gives to the machine that it runs on: the last is that of its own bridge.
const DOCKER_HOSTS: [&str; 4] =
    ["host.docker.internal", "gateway.docker.internal", "docker.for.mac.localhost", "172.17.0.1"];

/// So many services are named that a text may mean.
const MOST_MEANT: usize = 3;

pub fn lint(context: &Context<'_>) {
    let fixed = fixed_addresses(context);
    let mut told = BTreeSet::new();
    for text in variables(context).into_iter().chain(words(context)) {
        for address in addresses(text.text()) {
            if DOCKER_HOSTS.contains(&address.host) {
                let meant = address.port.map(|port| published(context, text.service, Some(port)));
                let detail = meant.iter().flatten().next().map_or(String::new(), Publisher::detail);
                text.remark(context, &catalogue::DOCKER_HOST_NAME, detail);
            } else if let Some(owner) = fixed.get(address.host).filter(|owner| **owner != text.service) {
                let detail = format!("it is that of {owner}");
                text.remark(context, &catalogue::FIXED_ADDRESS_DIALED, detail);
            } else if is_local(address.host) && !text.variable.is_some_and(public::is_read_outside) {
                local(context, &text, address.port, &mut told);
            }
        }
    }
    for (service, node) in context.project.services() {
        for key in ["dns", "extra_hosts"] {
            for (index, item) in node.get(key).and_then(Node::as_list).unwrap_or_default().iter().enumerate()
            {
                let text = item.as_str().unwrap_or_default();
                let (_, address) = text.split_once('=').unwrap_or(("", text));
                if let Some(owner) = fixed.get(address).filter(|owner| **owner != service) {
                    let at = pointer(["services", service, key, &index.to_string()]);
                    let detail = format!("it is that of {owner}");
                    context.log.remark(&catalogue::FIXED_ADDRESS_DIALED, &at, item.place, detail);
                }
            }
        }
    }
}

/// Says where a port of the container or machine itself is on a cluster.
fn local<'a>(context: &Context<'a>, text: &Text<'a>, port: Option<u16>, told: &mut BTreeSet<&'a str>) {
    let Some(own) = context.project.service(text.service) else { return };
    match own.str_at("network_mode") {
        Some("host") => on_host(context, text, own, port, told),
        // What shares the network of another means that one.
        Some(_) => {}
        None => {
            let Some(port) = port.filter(|port| !listens(own, *port)) else { return };
            let owner = context.project.services().find(|(_, node)| listens(node, port));
            if let Some((owner, _)) = owner {
                let detail = format!("port {port} is that of {owner}");
                text.remark(context, &catalogue::LOCALHOST, detail);
            }
        }
    }
}

/// As [`local`], for a service on the machine's network. That two may be on different nodes is told once.
fn on_host<'a>(
    context: &Context<'a>,
    text: &Text<'a>,
    own: &Node,
    port: Option<u16>,
    told: &mut BTreeSet<&'a str>,
) {
    // A host alone has its port in a variable beside it, such as DB_PORT beside DB_HOST.
    let alone =
        text.variable.filter(|name| port.is_none() && is_local(text.text()) && !listening(text.text(), name));
    let beside = alone.and_then(|name| {
        let (prefix, _) = name.rsplit_once('_')?;
        let number = own.get("environment")?.get(&format!("{prefix}_PORT")).and_then(int)?;
        u16::try_from(number).ok()
    });
    let port = port.or(beside);
    if port.is_none() && alone.is_none() || port.is_some_and(|port| listens(own, port)) {
        return;
    }
    let meant = published(context, text.service, port);
    if !meant.is_empty() {
        let details: Vec<_> = meant.iter().map(Publisher::detail).collect();
        text.remark(context, &catalogue::HOST_LOCALHOST, details.join(", or "));
    } else if let Some(port) = port
        && let Some(other) = on_host_with(context, text.service, port)
        && told.insert(text.service)
    {
        text.remark(context, &catalogue::TWO_ON_HOST, format!("port {port} is that of '{other}'"));
    }
}

/// Whether an address is one that the program itself listens on.
fn listening(address: &str, variable: &str) -> bool {
    let says = ["BIND", "LISTEN", "ANNOUNCE"].iter().any(|word| variable.contains(word));
    address == "0.0.0.0" || says || !variable.contains('_')
}

/// A port of the machine that a service publishes.
struct Publisher<'a> {
    service: &'a str,
    /// The service's name on the cluster.
    name: String,
    port: i64,
    target: i64,
}

impl Publisher<'_> {
    fn detail(&self) -> String {
        format!("port {} is that of '{}': write {}:{}", self.port, self.service, self.name, self.target)
    }
}

/// What the other services publish at the machine under a number, or at all.
fn published<'a>(context: &Context<'a>, asker: &str, wanted: Option<u16>) -> Vec<Publisher<'a>> {
    let others = context.project.services().filter(|(name, node)| {
        *name != asker && node.get("network_mode").is_none() && context.answers.may_run_together(name, asker)
    });
    let ports = others.flat_map(|(service, node)| ports(node).map(move |port| (service, port)));
    let fitting = ports.filter(|(_, (published, _, on_node))| {
        !on_node && wanted.is_none_or(|wanted| i64::from(wanted) == *published)
    });
    let made = fitting.map(|(service, (port, target, _))| Publisher {
        service,
        name: context.names.service(service),
        port,
        target,
    });
    made.take(MOST_MEANT).collect()
}

/// The other service that has a port of the machine itself: on its network, where `ports`, `expose` or a text
/// says so, or by `mode: host`.
fn on_host_with<'a>(context: &Context<'a>, asker: &str, port: u16) -> Option<&'a str> {
    let number = port.to_string();
    let says = |node: &Node| {
        let mut found = listens(node, port);
        for node in ["environment", "command", "healthcheck"].iter().filter_map(|key| node.get(key)) {
            texts(node, &mut |text| {
                found |= text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == number);
            });
        }
        found
    };
    let is_there = |node: &Node| match node.str_at("network_mode") {
        Some(mode) => mode == "host" && says(node),
        None => ports(node).any(|(published, _, on_node)| on_node && published == i64::from(port)),
    };
    let mut others = context.project.services().filter(|(name, _)| *name != asker);
    let found = others.find(|(name, node)| is_there(node) && context.answers.may_run_together(name, asker));
    found.map(|(name, _)| name)
}

/// The ports that a service publishes: under which number, which of its own, and whether on the machine alone.
fn ports(service: &Node) -> impl Iterator<Item = (i64, i64, bool)> {
    let ports = service.get("ports").and_then(Node::as_list).unwrap_or_default().iter();
    ports.filter_map(|port| {
        let on_node = port.str_at("mode") == Some("host");
        Some((port.get("published").and_then(int)?, port.get("target").and_then(int)?, on_node))
    })
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

fn listens(service: &Node, port: u16) -> bool {
    let items = |key: &str| service.get(key).and_then(Node::as_list).unwrap_or_default();
    let is = |node: Option<&Node>| node.and_then(int) == Some(i64::from(port));
    items("ports").iter().any(|node| is(node.get("published")) || is(node.get("target")))
        || items("expose").iter().any(|node| is(Some(node)))
}
