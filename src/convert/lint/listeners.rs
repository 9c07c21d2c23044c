//! The ports of all services. They are collected once, since each text of a project is checked against them.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::Node;

use crate::convert::context::{Context, texts};
use crate::convert::reader::int;
use crate::text::port::PortNumber;

/// The most services that one message names.
const MOST_MEANT: usize = 3;

/// A published port.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct Mapping {
    /// The port of the host.
    published: PortNumber,
    /// The port of the container.
    target: PortNumber,
}

/// Services in order, each with its published ports.
type Published<'a> = Vec<(&'a str, BTreeSet<Mapping>)>;

/// The ports of all services.
#[derive(Default)]
pub struct Ports<'a> {
    listening: BTreeMap<PortNumber, BTreeSet<&'a str>>,
    /// The first listening service for each port, in the order of the project.
    listeners: BTreeMap<PortNumber, &'a str>,
    /// The services with published ports that have their own network.
    published: Published<'a>,
    by_number: BTreeMap<PortNumber, Published<'a>>,
    /// The services with a port on the node: services on the host network with the port in `ports`, `expose` or a text,
    /// and services that publish the port with `mode: host`.
    on_host: BTreeMap<PortNumber, Vec<&'a str>>,
}

/// A published port of a service.
pub struct Publisher<'a> {
    service: &'a str,
    /// The service's name on the cluster.
    name: String,
    port: Mapping,
}

impl Publisher<'_> {
    /// Returns the address of the port on the cluster, as the detail of a message.
    pub fn detail(&self) -> String {
        let Mapping { published, target } = self.port;
        format!("port {published} belongs to '{}': write {}:{target}", self.service, self.name)
    }
}

impl<'a> Ports<'a> {
    /// Collects the ports of a project.
    pub fn of(context: &Context<'a>) -> Self {
        let mut found = Self::default();
        for (service, node) in context.project.services() {
            let own = listening(node);
            for port in &own {
                found.listening.entry(*port).or_default().insert(service);
                found.listeners.entry(*port).or_insert(service);
            }
            let on_host = match node.str_at("network_mode") {
                Some("host") => own.into_iter().chain(said(node)).collect(),
                Some(_) => BTreeSet::new(),
                None => found.publish(service, node),
            };
            for port in on_host {
                found.on_host.entry(port).or_default().push(service);
            }
        }
        found
    }

    /// Adds the published ports of a service. Returns the ports with `mode: host`.
    fn publish(&mut self, service: &'a str, node: &Node) -> BTreeSet<PortNumber> {
        let (mut all, mut on_node) = (BTreeSet::new(), BTreeSet::new());
        for port in node.get("ports").and_then(Node::as_list).unwrap_or_default() {
            let number = |key: &str| port.get(key).and_then(int).and_then(PortNumber::new);
            let (Some(published), Some(target)) = (number("published"), number("target")) else { continue };
            if port.str_at("mode") == Some("host") {
                on_node.insert(published);
            } else {
                all.insert(Mapping { published, target });
            }
        }
        for port in &all {
            let same = self.by_number.entry(port.published).or_default();
            match same.last_mut().filter(|(last, _)| *last == service) {
                Some((_, ports)) => _ = ports.insert(*port),
                None => same.push((service, [*port].into())),
            }
        }
        if !all.is_empty() {
            self.published.push((service, all));
        }
        on_node
    }

    /// Reports whether a service listens on a port.
    pub fn listens(&self, service: &str, port: PortNumber) -> bool {
        self.listening.get(&port).is_some_and(|services| services.contains(service))
    }

    /// Returns the first service that listens on a port.
    pub fn listener(&self, port: PortNumber) -> Option<&'a str> {
        self.listeners.get(&port).copied()
    }

    /// Returns the published ports of other services: those with the wanted number, or all.
    pub fn published(
        &self,
        context: &Context<'a>,
        asker: &str,
        wanted: Option<PortNumber>,
    ) -> Vec<Publisher<'a>> {
        let all = match wanted {
            Some(number) => self.by_number.get(&number),
            None => Some(&self.published),
        };
        let others = all.into_iter().flatten().filter(|(service, _)| may_be_met(context, service, asker));
        let ports = others.flat_map(|(service, ports)| ports.iter().map(move |port| (*service, *port)));
        let made =
            ports.map(|(service, port)| Publisher { service, name: context.names.service(service), port });
        made.take(MOST_MEANT).collect()
    }

    /// Returns another service that has the port on the node.
    pub fn on_host(&self, context: &Context<'a>, asker: &str, port: PortNumber) -> Option<&'a str> {
        let mut others = self.on_host.get(&port).into_iter().flatten();
        others.find(|service| may_be_met(context, service, asker)).copied()
    }
}

fn may_be_met(context: &Context<'_>, service: &str, asker: &str) -> bool {
    service != asker && context.answers.may_run_together(service, asker)
}

/// Returns the ports of a service in `ports` and `expose`.
fn listening(service: &Node) -> BTreeSet<PortNumber> {
    let items = |key: &str| service.get(key).and_then(Node::as_list).unwrap_or_default();
    let published = items("ports").iter().flat_map(|port| [port.get("published"), port.get("target")]);
    let all = published.flatten().chain(items("expose")).filter_map(int);
    all.filter_map(PortNumber::new).collect()
}

/// Returns the numbers in the texts of a service that can be ports.
fn said(service: &Node) -> BTreeSet<PortNumber> {
    let mut found = BTreeSet::new();
    for node in ["environment", "command", "healthcheck"].iter().filter_map(|key| service.get(key)) {
        texts(node, &mut |text| {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            // A port has no leading zeros.
            found.extend(words.filter(|word| !word.starts_with('0')).filter_map(PortNumber::parse));
        });
    }
    found
}
