//! Ports of the host that two containers of a project would take: each can be read, and still only one of the
//! containers can start. Compose finds out when it starts the second.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::diagnostic::Diagnostic;
use super::project::Project;
use super::source::Place;
use super::tree::{Node, Value};

/// Who takes a port of the host, and where it is written.
#[derive(Clone, Copy)]
struct Taken<'a> {
    service: &'a str,
    place: Place,
}

/// A warning for each port that is taken twice.
#[must_use]
pub fn warnings(project: &Project) -> Vec<Diagnostic> {
    let mut taken: HashMap<(&str, &str), Addresses<'_>, RandomState> = HashMap::default();
    let mut found = Vec::new();
    for (service, node) in project.services() {
        let replicas = replicas(node);
        // In the network of the host or of another container nothing is published.
        let publishes = matches!(node.str_at("network_mode"), None | Some("bridge" | "default"));
        if replicas == 0 || !publishes {
            continue;
        }
        for port in node.get("ports").and_then(Node::as_list).unwrap_or_default() {
            // Of a range Docker takes a port that is free, and of 0 any.
            let Some(published) = port
                .get("published")
                .filter(|port| port.as_str().is_some_and(|port| port != "0" && !port.contains('-')))
            else {
                continue;
            };
            let number = published.as_str().unwrap_or_default();
            let protocol = port.str_at("protocol").unwrap_or("tcp");
            let address = port.str_at("host_ip").unwrap_or_default();
            if replicas > 1 {
                let message = format!(
                    "service {service:?} has {replicas} containers, which all publish {number}/{protocol}"
                );
                found.push(Diagnostic::warning("duplicate-port", published.place, message).remedy(format!(
                    "publish a range of {replicas} ports, or none, or let one container run"
                )));
            }
            let here = Taken { service, place: published.place };
            if let Some(other) = taken.entry((number, protocol)).or_default().take(address, here) {
                found.push(clash(other, here, &format!("{number}/{protocol}")));
            }
        }
    }
    found
}

fn clash(one: Taken<'_>, other: Taken<'_>, port: &str) -> Diagnostic {
    // Services come by name; the one that is written later is to blame.
    let swap = one.place.file == other.place.file && other.place.start < one.place.start;
    let (first, second) = if swap { (other, one) } else { (one, other) };
    let message = if first.service == second.service {
        format!("service {:?} publishes {port} twice", first.service)
    } else {
        format!("services {:?} and {:?} both publish {port}", first.service, second.service)
    };
    Diagnostic::warning("duplicate-port", second.place, message)
        .remedy("publish one of the two at another port: only the first to start gets this one")
        .note(first.place, "published here too")
}

/// The addresses of the host at which a port is taken.
#[derive(Default)]
struct Addresses<'a>(IndexMap<&'a str, Taken<'a>, RandomState>);

impl<'a> Addresses<'a> {
    /// Takes the port at one more address; who has it already. No address stands for all, `0.0.0.0` for all of
    /// IPv4 and `::` for all of IPv6.
    fn take(&mut self, address: &'a str, here: Taken<'a>) -> Option<Taken<'a>> {
        let all = |address: &str| if address.contains(':') { "::" } else { "0.0.0.0" };
        let wider = [address, all(address), ""].into_iter().find_map(|wider| self.0.get(wider));
        let met = wider.or_else(|| match address {
            "" => self.0.values().next(),
            "::" | "0.0.0.0" => {
                self.0.iter().find(|(other, _)| all(other) == address).map(|(_, taken)| taken)
            }
            _ => None,
        });
        let met = met.copied();
        self.0.entry(address).or_insert(here);
        met
    }
}

fn replicas(service: &Node) -> i64 {
    let declared = service.get("deploy").and_then(|deploy| deploy.get("replicas"));
    match service.get("scale").or(declared).map(|node| &node.value) {
        Some(Value::Int(count)) => *count,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{Addresses, Taken};
    use crate::source::Place;

    fn meet(one: &str, other: &str) -> bool {
        let mut taken = Addresses::default();
        let here = Taken { service: "a", place: Place::NONE };
        assert!(taken.take(one, here).is_none());
        taken.take(other, here).is_some()
    }

    #[test]
    fn an_address_meets_itself_and_the_one_that_stands_for_all() {
        for (one, other, expected) in [
            ("", "", true),
            ("", "127.0.0.1", true),
            ("", "::1", true),
            ("0.0.0.0", "127.0.0.1", true),
            ("0.0.0.0", "::1", false),
            ("0.0.0.0", "::", false),
            ("::", "::1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "127.0.0.1", true),
        ] {
            assert_eq!((meet(one, other), meet(other, one)), (expected, expected), "{one} {other}");
        }
    }
}
