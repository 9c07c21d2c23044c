//! Warnings about host ports that two containers of a project publish. Only one of the containers can start. Docker
//! Compose reports the conflict when it starts the second one.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::diagnostic::Diagnostic;
use crate::project::Project;
use crate::rules;
use crate::source::Place;
use crate::tree::{Node, Value};

/// A service that publishes a port, and the place of the port.
#[derive(Clone, Copy)]
struct Taken<'a> {
    service: &'a str,
    place: Place,
}

/// Returns a warning for each port that is published twice.
#[must_use]
pub fn warnings(project: &Project) -> Vec<Diagnostic> {
    let mut taken: HashMap<(&str, &str), Addresses<'_>, RandomState> = HashMap::default();
    let mut found = Vec::new();
    for (service, node) in project.services() {
        let replicas = replicas(node);
        // A service in the network of the host or of another container publishes no ports.
        let publishes = matches!(node.str_at("network_mode"), None | Some("bridge" | "default"));
        if replicas == 0 || !publishes {
            continue;
        }
        for port in node.get("ports").and_then(Node::as_list).unwrap_or_default() {
            // Docker picks a free port of a range, and any port for 0.
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
                    "service {service:?} has {replicas} containers that publish the same port {number}/{protocol}"
                );
                found.push(
                    Diagnostic::new(&rules::DUPLICATE_PORT, published.place, message).remedy(format!(
                        "publish a range of {replicas} ports or no port, or run one container"
                    )),
                );
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
    // Services are sorted by name. The diagnostic is about the one that comes later in the file.
    let swap = one.place.file == other.place.file && other.place.start < one.place.start;
    let (first, second) = if swap { (other, one) } else { (one, other) };
    let message = if first.service == second.service {
        format!("service {:?} publishes {port} twice", first.service)
    } else {
        format!("services {:?} and {:?} both publish {port}", first.service, second.service)
    };
    Diagnostic::new(&rules::DUPLICATE_PORT, second.place, message).note(first.place, "also published here")
}

/// The host addresses at which a port is published.
#[derive(Default)]
struct Addresses<'a>(IndexMap<&'a str, Taken<'a>, RandomState>);

impl<'a> Addresses<'a> {
    /// Adds an address of the port, and returns the service that has the port already. An empty address means all
    /// addresses, `0.0.0.0` all of IPv4 and `::` all of IPv6.
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
    fn an_address_conflicts_with_itself_and_with_all_addresses() {
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
