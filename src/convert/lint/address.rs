//! Addresses that mean something else, or nothing, on a cluster.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::{Map, Node};

use super::listeners::{Ports, Publisher};
use super::{Text, is_local, public, variables, words};
use crate::convert::catalogue;
use crate::convert::context::Context;
use crate::convert::reader::{int, pointer};
use crate::translate::addresses::addresses;

/// Names and addresses that Docker gives to the machine that it runs on: the last is that of its own bridge.
const DOCKER_HOSTS: [&str; 4] =
    ["host.docker.internal", "gateway.docker.internal", "docker.for.mac.localhost", "172.17.0.1"];

pub fn lint(context: &Context<'_>) {
    let fixed = fixed_addresses(context);
    let ports = Ports::of(context);
    let mut told = BTreeSet::new();
    for text in variables(context).into_iter().chain(words(context)) {
        for address in addresses(text.text()) {
            if DOCKER_HOSTS.contains(&address.host) {
                let meant = address.port.map(|port| ports.published(context, text.service, Some(port)));
                let detail = meant.iter().flatten().next().map_or(String::new(), Publisher::detail);
                text.remark(context, &catalogue::DOCKER_HOST_NAME, detail);
            } else if let Some(owner) = fixed.get(address.host).filter(|owner| **owner != text.service) {
                let detail = format!("it is that of {owner}");
                text.remark(context, &catalogue::FIXED_ADDRESS_DIALED, detail);
            } else if is_local(address.host) && !text.variable.is_some_and(public::is_read_outside) {
                local(context, &ports, &text, address.port, &mut told);
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
fn local<'a>(
    context: &Context<'a>,
    ports: &Ports<'a>,
    text: &Text<'a>,
    port: Option<u16>,
    told: &mut BTreeSet<&'a str>,
) {
    let Some(own) = context.project.service(text.service) else { return };
    match own.str_at("network_mode") {
        Some("host") => on_host(context, ports, text, port, told),
        // What shares the network of another means that one.
        Some(_) => {}
        None => {
            let Some(port) = port.filter(|port| !ports.listens(text.service, *port)) else { return };
            if let Some(owner) = ports.listener(port) {
                let detail = format!("port {port} is that of {owner}");
                text.remark(context, &catalogue::LOCALHOST, detail);
            }
        }
    }
}

/// As [`local`], for a service on the machine's network. That two may be on different nodes is told once.
fn on_host<'a>(
    context: &Context<'a>,
    ports: &Ports<'a>,
    text: &Text<'a>,
    port: Option<u16>,
    told: &mut BTreeSet<&'a str>,
) {
    let Some(own) = context.project.service(text.service) else { return };
    // A host alone has its port in a variable beside it, such as DB_PORT beside DB_HOST.
    let alone =
        text.variable.filter(|name| port.is_none() && is_local(text.text()) && !listening(text.text(), name));
    let beside = alone.and_then(|name| {
        let (prefix, _) = name.rsplit_once('_')?;
        let number = own.get("environment")?.get(&format!("{prefix}_PORT")).and_then(int)?;
        u16::try_from(number).ok()
    });
    let port = port.or(beside);
    if port.is_none() && alone.is_none() || port.is_some_and(|port| ports.listens(text.service, port)) {
        return;
    }
    let meant = ports.published(context, text.service, port);
    if !meant.is_empty() {
        let details: Vec<_> = meant.iter().map(Publisher::detail).collect();
        text.remark(context, &catalogue::HOST_LOCALHOST, details.join(", or "));
    } else if let Some(port) = port
        && let Some(other) = ports.on_host(context, text.service, port)
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
