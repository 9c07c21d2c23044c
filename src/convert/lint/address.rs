//! Addresses with another meaning, or none, on a cluster.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::{Map, Node};

use super::listeners::{Ports, Publisher};
use super::public;
use super::texts::{Text, is_local, variables, words};
use crate::convert::context::Context;
use crate::convert::reader::{int, pointer};
use crate::rules;
use crate::text::addresses::addresses;
use crate::text::port::PortNumber;

/// The names and addresses of the Docker host. The last one is the address of Docker's default bridge.
const DOCKER_HOSTS: [&str; 4] =
    ["host.docker.internal", "gateway.docker.internal", "docker.for.mac.localhost", "172.17.0.1"];

pub fn lint(context: &Context<'_>) {
    let fixed = fixed_addresses(context);
    let ports = Ports::of(context);
    let mut reported = BTreeSet::new();
    for text in variables(context).into_iter().chain(words(context)) {
        for address in addresses(text.text()) {
            if DOCKER_HOSTS.contains(&address.host) {
                let meant = address.port.map(|port| ports.published(context, text.service, Some(port)));
                let detail = meant.iter().flatten().next().map_or(String::new(), Publisher::detail);
                text.remark(context, &rules::DOCKER_HOST_NAME, detail);
            } else if let Some(owner) = fixed.get(address.host).filter(|owner| **owner != text.service) {
                let detail = format!("the address of {owner}");
                text.remark(context, &rules::FIXED_ADDRESS_USE, detail);
            } else if is_local(address.host) && !text.variable.is_some_and(public::is_read_outside) {
                local(context, &ports, &text, address.port, &mut reported);
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
                    let detail = format!("the address of {owner}");
                    context.log.remark(&rules::FIXED_ADDRESS_USE, &at, item.place, detail);
                }
            }
        }
    }
}

/// Reports a local address whose port belongs to another service.
fn local<'a>(
    context: &Context<'a>,
    ports: &Ports<'a>,
    text: &Text<'a>,
    port: Option<PortNumber>,
    reported: &mut BTreeSet<&'a str>,
) {
    let Some(own) = context.project.service(text.service) else { return };
    match own.str_at("network_mode") {
        Some("host") => on_host(context, ports, text, port, reported),
        // A service with the network of another service means that service.
        Some(_) => {}
        None => {
            let Some(port) = port.filter(|port| !ports.listens(text.service, *port)) else { return };
            if let Some(owner) = ports.listener(port) {
                let detail = format!("port {port} belongs to {owner}");
                text.remark(context, &rules::LOCALHOST_OF_OTHER_SERVICE, detail);
            }
        }
    }
}

/// Does the work of [`local`] for a service on the host network. Reports once per service that two services can run on
/// different nodes.
fn on_host<'a>(
    context: &Context<'a>,
    ports: &Ports<'a>,
    text: &Text<'a>,
    port: Option<PortNumber>,
    reported: &mut BTreeSet<&'a str>,
) {
    let Some(own) = context.project.service(text.service) else { return };
    // The port of a host without a port is often in a second variable, such as DB_PORT for DB_HOST.
    let alone =
        text.variable.filter(|name| port.is_none() && is_local(text.text()) && !listening(text.text(), name));
    let beside = alone.and_then(|name| {
        let (prefix, _) = name.rsplit_once('_')?;
        own.get("environment")?.get(&format!("{prefix}_PORT")).and_then(int).and_then(PortNumber::new)
    });
    let port = port.or(beside);
    if port.is_none() && alone.is_none() || port.is_some_and(|port| ports.listens(text.service, port)) {
        return;
    }
    let meant = ports.published(context, text.service, port);
    if !meant.is_empty() {
        let details: Vec<_> = meant.iter().map(Publisher::detail).collect();
        text.remark(context, &rules::HOST_NETWORK_LOCALHOST, details.join(", or "));
    } else if let Some(port) = port
        && let Some(other) = ports.on_host(context, text.service, port)
        && reported.insert(text.service)
    {
        text.remark(context, &rules::HOST_NETWORK_PEERS, format!("port {port} belongs to '{other}'"));
    }
}

/// Reports whether an address is one on which the program itself listens.
fn listening(address: &str, variable: &str) -> bool {
    let says = ["BIND", "LISTEN", "ANNOUNCE"].iter().any(|word| variable.contains(word));
    address == "0.0.0.0" || says || !variable.contains('_')
}

/// Returns the services with a fixed address, by address.
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
