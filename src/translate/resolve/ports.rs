//! The known and the published ports of a service.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::IpAddr,
};

use super::health::Health;
use crate::{
    api::{PortMode, Protocol, Publish, Reason, Service, ServiceMode},
    text::{addresses::addresses, port::PortNumber, validation::is_qualified_name},
    translate::{
        ImageConfig, Privilege,
        findings::{FieldPath, Findings, Grants},
    },
};

/// A port that a service listens on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::translate) struct KnownPort {
    pub port: PortNumber,
    pub protocol: Protocol,
}

impl KnownPort {
    /// Returns a port of the spec. A number out of range, which [`number`] refuses, is no port.
    pub fn of(port: i32, protocol: Option<Protocol>) -> Option<Self> {
        Some(Self { port: PortNumber::new(port)?, protocol: protocol.unwrap_or_default() })
    }

    /// Returns the ports of the container in `ports` and `expose`.
    pub fn listed(service: &Service) -> impl Iterator<Item = Self> {
        let ports = service.ports.iter().map(|port| (port.target, port.protocol));
        let exposed = service.expose.iter().map(|expose| (expose.port, expose.protocol));
        ports.chain(exposed).filter_map(|(port, protocol)| Self::of(port, protocol))
    }
}

impl fmt::Display for KnownPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.port, self.protocol.as_str())
    }
}

/// A published port.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::translate) struct Published {
    pub published: PortNumber,
    pub target: KnownPort,
    pub address: Address,
    /// Whether the port is published on each node that runs a container.
    pub on_node: bool,
    /// The index in `ports`.
    pub index: usize,
}

impl Published {
    /// Returns the published port with its protocol.
    pub fn published_port(self) -> KnownPort {
        KnownPort { port: self.published, protocol: self.target.protocol }
    }
}

/// The address on which a port is published.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::translate) enum Address {
    /// Every address.
    Every,
    /// One address.
    One(IpAddr),
}

impl Address {
    /// Reports whether the address is a loopback address. Such a port stays inside the cluster.
    pub fn is_local(self) -> bool {
        matches!(self, Self::One(ip) if ip.is_loopback())
    }

    /// Returns the text of the address, if there is one.
    pub fn ip(self) -> Option<String> {
        match self {
            Self::Every => None,
            Self::One(ip) => Some(ip.to_string()),
        }
    }

    /// Reports whether both addresses cannot be bound for one port. Ports on loopback addresses are not published, so they
    /// clash only with the same address.
    fn clashes(self, other: Self) -> bool {
        self == other
            || (self.is_local() == other.is_local() && (self == Self::Every || other == Self::Every))
    }
}

/// Returns the ports in a service's own settings and its image: `ports`, `expose`, EXPOSE, routes and local addresses in
/// its health check.
pub(super) fn own_ports(
    service: &Service,
    image: &ImageConfig,
    health: Option<&Health>,
) -> BTreeSet<KnownPort> {
    let of_image = image.ports.iter().filter_map(|expose| KnownPort::of(expose.port, expose.protocol));
    let tcp = |port: PortNumber| KnownPort { port, protocol: Protocol::Tcp };
    let checked = health
        .into_iter()
        .flat_map(|health| &health.command)
        .flat_map(|word| addresses(word))
        .filter(|address| matches!(address.host, "localhost" | "127.0.0.1" | "0.0.0.0"))
        .filter_map(|address| address.port.map(tcp));
    let routed = service.ingress.iter().filter_map(|rule| KnownPort::of(rule.port?, None));
    KnownPort::listed(service).chain(of_image).chain(checked).chain(routed).collect()
}

/// Returns the port with a number, and refuses a number that no port has.
pub(super) fn number(port: i32, at: &FieldPath<'_>) -> Option<PortNumber> {
    let number = PortNumber::new(port);
    if number.is_none() {
        at.invalid("the port is out of range: write a number from 1 to 65535");
    }
    number
}

/// Refuses exposed ports with a number that no port has.
pub(super) fn check_exposed(service: &Service, at: &FieldPath<'_>) {
    for (index, expose) in service.expose.iter().enumerate() {
        number(expose.port, &at.index("expose", index).child("port"));
    }
}

/// Returns the ports that a service publishes, without duplicates, by number.
pub(super) fn published(service: &Service, publish: Publish, at: &FieldPath<'_>) -> Vec<Published> {
    let mut found = BTreeMap::new();
    for (index, port) in service.ports.iter().enumerate() {
        let at = &at.index("ports", index);
        let address = match port.host_ip.as_deref().map(str::parse) {
            None => Address::Every,
            Some(Ok(ip)) if IpAddr::is_unspecified(&ip) => Address::Every,
            Some(Ok(ip)) => Address::One(ip),
            Some(Err(_)) => {
                at.child("hostIp").invalid("the value is not an IP address: write one, such as 127.0.0.1");
                continue;
            }
        };
        let on_node = port.mode == Some(PortMode::Host) || publish == Publish::HostPort;
        if port.app_protocol.as_ref().is_some_and(|name| !is_qualified_name(name)) {
            let message = "the value is not an application protocol: write a name, such as http, or a name with a \
                           domain, such as kubernetes.io/h2c";
            at.child("appProtocol").invalid(message);
        }
        let target = number(port.target, &at.child("target"));
        let published = number(port.published.unwrap_or(port.target), &at.child("published"));
        let (Some(target), Some(published)) = (target, published) else { continue };
        let target = KnownPort { port: target, protocol: port.protocol.unwrap_or_default() };
        // A Service has at most one port with a number, on all addresses. Ports on loopback addresses are not part of it.
        let this = Published { published, target, address, on_node, index };
        let key = (this.published_port(), address.is_local(), on_node.then_some(address));
        let first = found.entry(key).or_insert(this).target.port;
        if first != target.port {
            let message = format!(
                "port {} is already published for target port {first}: publish this port under another number",
                this.published_port(),
            );
            at.problem(Reason::PortClash, message);
        }
    }
    found.into_values().collect()
}

/// Refuses the mode ClusterIP without a known port. Kubernetes requires a port for a Service with a cluster IP.
pub(super) fn check_mode(service: &Service, known_ports: &BTreeSet<KnownPort>, at: &FieldPath<'_>) {
    if service.service_mode == Some(ServiceMode::ClusterIp) && known_ports.is_empty() {
        let message = "the mode ClusterIP requires a known port: list the ports in 'expose', or set Headless";
        at.child("serviceMode").invalid(message);
    }
}

/// Checks host ports: the namespace must grant the privilege, and a target port has at most one host port, because
/// Kubernetes identifies the ports of a container by target and protocol.
pub(super) fn check_node_ports<'p>(
    ports: impl Iterator<Item = &'p Published>,
    grants: Grants<'_>,
    at: &FieldPath<'_>,
) {
    let mut targets = BTreeSet::new();
    for port in ports {
        let at = at.index("ports", port.index);
        let is_granted = grants.require(Privilege::HostPorts, "ports on the nodes", &at);
        if is_granted && !targets.insert(port.target) {
            let message = format!(
                "target port {} is already published on the nodes, and Kubernetes supports one host port for each \
                 port of a container: remove one of the two",
                port.target
            );
            at.problem(Reason::PortClash, message);
        }
    }
}

/// Reports whether a load balancer with this number of ports gets no node ports. A cluster has 2,768 node ports
/// (Kubernetes, `--service-node-port-range`), and a few services with long ranges would use all of them.
pub(in crate::translate) fn has_too_many_for_nodes(ports: usize) -> bool {
    ports > 128
}

/// Reports the differences between the ports of the Service for published ports and those in Docker.
pub(super) fn approximate<'p>(
    balanced: impl Iterator<Item = &'p Published>,
    publish: Publish,
    at: &FieldPath<'_>,
) {
    let balanced: Vec<_> = balanced.collect();
    let count = balanced.len();
    if publish == Publish::LoadBalancer && has_too_many_for_nodes(count) {
        at.child("ports").approximate(format!(
            "the Service has no node ports, because a cluster has too few of them for {count} ports: if the load \
             balancer requires node ports, use 'networkMode: host' or 'publish: HostPort'"
        ));
    }
    if !matches!(publish, Publish::LoadBalancer | Publish::NodePort) {
        return;
    }
    for port in balanced.into_iter().filter(|port| matches!(port.address, Address::One(_))) {
        at.index("ports", port.index).child("hostIp").approximate(
            "the port is published on every address of the Service: set 'mode: host' to bind this address",
        );
    }
}

/// Refuses two active services that publish the same port.
pub(super) fn check_published<'p>(
    active: impl Iterator<Item = (&'p str, &'p [Published])>,
    findings: &Findings,
) {
    let mut taken: BTreeMap<KnownPort, Vec<(&str, Address)>> = BTreeMap::new();
    for (service, ports) in active {
        for port in ports {
            let others = taken.entry(port.published_port()).or_default();
            let other =
                others.iter().find(|(name, address)| *name != service && address.clashes(port.address));
            if let Some((other, _)) = other {
                let message = format!(
                    "port {} is also published by spec.services.{other}.ports: publish one of the two under another \
                     number",
                    port.published_port()
                );
                findings.service(service).index("ports", port.index).problem(Reason::PortClash, message);
            }
            others.push((service, port.address));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Expose, Port};

    fn address(text: &str) -> Address {
        if text.is_empty() { Address::Every } else { Address::One(text.parse().unwrap()) }
    }

    #[test]
    fn addresses_clash_when_both_cannot_be_bound() {
        for (one, other, clash) in [
            ("", "", true),
            ("", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "", false),
            ("::1", "10.0.0.1", false),
        ] {
            assert_eq!(address(one).clashes(address(other)), clash, "{one} and {other}");
            assert_eq!(address(other).clashes(address(one)), clash, "{other} and {one}");
        }
    }

    #[test]
    fn one_port_on_both_families_of_addresses_is_one_port() {
        let port = |host_ip: &str| Port {
            target: 80,
            published: Some(8080),
            protocol: None,
            mode: None,
            app_protocol: None,
            host_ip: Some(host_ip.to_owned()),
        };
        let service = Service { ports: vec![port("0.0.0.0"), port("::")], ..Service::default() };
        let findings = Findings::default();
        assert_eq!(published(&service, Publish::LoadBalancer, &findings.root("s")).len(), 1);
        assert!(findings.check().is_ok());
    }

    #[test]
    fn an_exposed_number_that_no_port_has_is_refused_and_is_no_port() {
        let expose = [0, 80, 65_536].map(|port| Expose { port, protocol: None }).to_vec();
        let service = Service { expose, ..Service::default() };
        let findings = Findings::default();
        check_exposed(&service, &findings.root("s"));
        let problems = findings.check().unwrap_err().problems;
        let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["s.expose[0].port", "s.expose[2].port"]);
        let known: Vec<_> = KnownPort::listed(&service).map(|known| known.to_string()).collect();
        assert_eq!(known, ["80/TCP"]);
    }
}
