//! Which service has a port, asked for each text of a project: so all services are read once.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::Node;

use crate::convert::context::{Context, texts};
use crate::convert::reader::int;

/// So many services are named that a text may mean.
const MOST_MEANT: usize = 3;

/// Services in their order, each with the ports that it publishes: under which number, and which of its own.
type Published<'a> = Vec<(&'a str, BTreeSet<(i64, i64)>)>;

/// The ports of all services.
#[derive(Default)]
pub struct Ports<'a> {
    listening: BTreeMap<u16, BTreeSet<&'a str>>,
    /// The first of those, in the order of the project.
    listeners: BTreeMap<u16, &'a str>,
    /// Who publishes anything at the machine, on a network of its own.
    published: Published<'a>,
    by_number: BTreeMap<i64, Published<'a>>,
    /// Who has a port of the machine itself: on its network, where `ports`, `expose` or a text says so, or by
    /// `mode: host`.
    on_host: BTreeMap<u16, Vec<&'a str>>,
}

/// A port of the machine that a service publishes.
pub struct Publisher<'a> {
    service: &'a str,
    /// The service's name on the cluster.
    name: String,
    port: i64,
    target: i64,
}

impl Publisher<'_> {
    /// Where it is on the cluster.
    pub fn detail(&self) -> String {
        format!("port {} is that of '{}': write {}:{}", self.port, self.service, self.name, self.target)
    }
}

impl<'a> Ports<'a> {
    /// Those of a project.
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

    /// Takes what a service publishes, and gives those ports that it has on its machine alone.
    fn publish(&mut self, service: &'a str, node: &Node) -> BTreeSet<u16> {
        let (mut all, mut on_node) = (BTreeSet::new(), BTreeSet::new());
        for port in node.get("ports").and_then(Node::as_list).unwrap_or_default() {
            let numbers = || Some((port.get("published").and_then(int)?, port.get("target").and_then(int)?));
            let Some((number, target)) = numbers() else { continue };
            if port.str_at("mode") == Some("host") {
                on_node.extend(u16::try_from(number));
            } else {
                all.insert((number, target));
            }
        }
        for port in &all {
            let same = self.by_number.entry(port.0).or_default();
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

    /// Whether a service listens on a port.
    pub fn listens(&self, service: &str, port: u16) -> bool {
        self.listening.get(&port).is_some_and(|services| services.contains(service))
    }

    /// The first service that listens on a port.
    pub fn listener(&self, port: u16) -> Option<&'a str> {
        self.listeners.get(&port).copied()
    }

    /// What the other services publish at the machine under a number, or at all.
    pub fn published(&self, context: &Context<'a>, asker: &str, wanted: Option<u16>) -> Vec<Publisher<'a>> {
        let all = match wanted {
            Some(number) => self.by_number.get(&i64::from(number)),
            None => Some(&self.published),
        };
        let others = all.into_iter().flatten().filter(|(service, _)| may_be_met(context, service, asker));
        let ports = others.flat_map(|(service, ports)| ports.iter().map(move |port| (*service, *port)));
        let made = ports.map(|(service, (port, target))| Publisher {
            service,
            name: context.names.service(service),
            port,
            target,
        });
        made.take(MOST_MEANT).collect()
    }

    /// The other service that has a port of the machine itself.
    pub fn on_host(&self, context: &Context<'a>, asker: &str, port: u16) -> Option<&'a str> {
        let mut others = self.on_host.get(&port).into_iter().flatten();
        others.find(|service| may_be_met(context, service, asker)).copied()
    }
}

fn may_be_met(context: &Context<'_>, service: &str, asker: &str) -> bool {
    service != asker && context.answers.may_run_together(service, asker)
}

/// The ports on which a service listens, by what it publishes and exposes.
fn listening(service: &Node) -> BTreeSet<u16> {
    let items = |key: &str| service.get(key).and_then(Node::as_list).unwrap_or_default();
    let published = items("ports").iter().flat_map(|port| [port.get("published"), port.get("target")]);
    let all = published.flatten().chain(items("expose")).filter_map(int);
    all.filter_map(|port| u16::try_from(port).ok()).collect()
}

/// The numbers in the texts of a service that may be its port.
fn said(service: &Node) -> BTreeSet<u16> {
    let mut found = BTreeSet::new();
    for node in ["environment", "command", "healthcheck"].iter().filter_map(|key| service.get(key)) {
        texts(node, &mut |text| {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            // A port is written without zeros before it.
            found.extend(
                words.filter(|word| !word.starts_with('0')).filter_map(|word| word.parse::<u16>().ok()),
            );
        });
    }
    found
}
