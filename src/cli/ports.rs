//! The addresses at which the published ports of a service answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use k8s_openapi::{
    api::{
        core::v1::{Service, ServicePort},
        networking::v1::Ingress,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};
use kube::ResourceExt;
use serde::Serialize;

use super::containers::{Container, HostPort};
use crate::{api::labels::SERVICE, text::names::published_name};

/// A port of a service with the address that leads to it, under the names that `docker compose ps` has.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Publisher {
    /// An address, a host name or the URL of a route. It is empty for a port that is not published, and while the load
    /// balancer has no address.
    #[serde(rename = "URL")]
    pub url: String,
    pub target_port: i32,
    /// 0 for a port that is not published.
    pub published_port: i32,
    pub protocol: String,
    #[serde(skip)]
    pub reach: Reach,
}

/// Where a port is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reach {
    /// At an address and a port.
    Address,
    /// At a URL.
    Route,
    /// The load balancer has no address yet.
    Pending,
    /// By other services of the Stack.
    Stack,
}

impl Publisher {
    /// Returns the address with the port, as clients write it.
    pub fn address(&self) -> Option<String> {
        match self.reach {
            Reach::Route => Some(self.url.clone()),
            Reach::Address if self.url.contains(':') => {
                Some(format!("[{}]:{}", self.url, self.published_port))
            }
            Reach::Address => Some(format!("{}:{}", self.url, self.published_port)),
            Reach::Pending | Reach::Stack => None,
        }
    }
}

impl fmt::Display for Publisher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address(), self.reach) {
            (Some(address), _) => write!(formatter, "{address}->")?,
            (None, Reach::Pending) => write!(formatter, "<pending>:{}->", self.published_port)?,
            (None, _) => {}
        }
        write!(formatter, "{}/{}", self.target_port, self.protocol)
    }
}

/// Returns the ports of a service. `services` and `ingresses` are those of the Stack, `containers` those of the service.
pub(super) fn publishers(
    service: &str,
    services: &[Service],
    ingresses: &[Ingress],
    containers: &[&Container],
) -> Vec<Publisher> {
    let published = published_name(service);
    let own = |labels: &BTreeMap<String, String>| labels.get(SERVICE).is_some_and(|name| name == service);
    let of_service = services.iter().filter(|object| own(object.labels()));
    let of_published = of_service.filter(|object| object.name_any() == published);
    let mut all: Vec<_> = of_published.flat_map(|object| by_service(object, containers)).collect();
    all.extend(containers.iter().flat_map(|container| by_node(container)));
    all.extend(ingresses.iter().filter(|object| own(object.labels())).flat_map(by_route));
    let named = services.iter().find(|object| object.name_any() == service && own(object.labels()));
    let known: BTreeSet<_> = all.iter().map(|port| (port.target_port, port.protocol.clone())).collect();
    let inside = named.into_iter().flat_map(ports).map(|port| publisher(port, Reach::Stack, ""));
    all.extend(
        inside
            .map(|port| Publisher { published_port: 0, ..port })
            .filter(|port| !known.contains(&(port.target_port, port.protocol.clone()))),
    );
    all.dedup();
    all
}

fn ports(service: &Service) -> impl Iterator<Item = &ServicePort> {
    service.spec.iter().flat_map(|spec| spec.ports.iter().flatten())
}

fn publisher(port: &ServicePort, reach: Reach, url: &str) -> Publisher {
    let target = match &port.target_port {
        Some(IntOrString::Int(target)) => *target,
        _ => port.port,
    };
    Publisher {
        url: url.to_owned(),
        target_port: target,
        published_port: port.port,
        protocol: port.protocol.as_deref().unwrap_or("TCP").to_lowercase(),
        reach,
    }
}

/// Returns the addresses of a Service for published ports.
fn by_service(service: &Service, containers: &[&Container]) -> Vec<Publisher> {
    let kind = service.spec.as_ref().and_then(|spec| spec.type_.as_deref());
    let at = |url: &str| ports(service).map(|port| publisher(port, Reach::Address, url)).collect();
    match kind {
        Some("LoadBalancer") => {
            let addresses = balancer_addresses(service);
            if addresses.is_empty() {
                return ports(service).map(|port| publisher(port, Reach::Pending, "")).collect();
            }
            addresses.iter().flat_map(|address| at(address)).collect()
        }
        // Every node answers on a node port.
        Some("NodePort") => {
            let node = containers.iter().find_map(|container| container.host.as_deref());
            let on_node = |port: &ServicePort| {
                let reach = if node.is_some() { Reach::Address } else { Reach::Pending };
                let published_port = port.node_port?;
                Some(Publisher { published_port, ..publisher(port, reach, node.unwrap_or_default()) })
            };
            ports(service).filter_map(on_node).collect()
        }
        _ => {
            let namespace = service.namespace().unwrap_or_default();
            at(&format!("{}.{namespace}", service.name_any()))
        }
    }
}

fn balancer_addresses(service: &Service) -> Vec<String> {
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let points = balancer.into_iter().flat_map(|balancer| balancer.ingress.iter().flatten());
    points.filter_map(|point| point.ip.clone().or_else(|| point.hostname.clone())).collect()
}

fn by_node(container: &Container) -> Vec<Publisher> {
    let port = |port: &HostPort| Publisher {
        reach: if port.address.is_some() { Reach::Address } else { Reach::Pending },
        url: port.address.clone().unwrap_or_default(),
        target_port: port.target,
        published_port: port.published,
        protocol: port.protocol.to_lowercase(),
    };
    container.host_ports.iter().map(port).collect()
}

/// Returns the URLs of the routes of an Ingress. Without a host, the address of the ingress controller is the host.
fn by_route(ingress: &Ingress) -> Vec<Publisher> {
    let Some(spec) = &ingress.spec else { return Vec::new() };
    let secure: BTreeSet<_> = spec.tls.iter().flatten().flat_map(|tls| tls.hosts.iter().flatten()).collect();
    let balancer = ingress.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let point = balancer.and_then(|balancer| balancer.ingress.iter().flatten().next());
    let address = point.and_then(|point| point.ip.clone().or_else(|| point.hostname.clone()));
    let mut all = Vec::new();
    for rule in spec.rules.iter().flatten() {
        let is_secure = rule.host.as_ref().is_some_and(|host| secure.contains(host));
        let (scheme, published_port) = if is_secure { ("https", 443) } else { ("http", 80) };
        let host = rule.host.as_ref().or(address.as_ref());
        for path in rule.http.iter().flat_map(|http| &http.paths) {
            let port = path.backend.service.as_ref().and_then(|service| service.port.as_ref());
            let url = host.map(|host| format!("{scheme}://{host}{}", path.path.as_deref().unwrap_or("/")));
            all.push(Publisher {
                reach: if url.is_some() { Reach::Route } else { Reach::Pending },
                url: url.unwrap_or_default(),
                target_port: port.and_then(|port| port.number).unwrap_or_default(),
                published_port,
                protocol: "tcp".to_owned(),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::containers::{containers, tests::pod},
        *,
    };

    fn shown(published: Value) -> String {
        let object = |name: &str, spec: &Value| {
            let labels = json!({"stackwright.dev/service": "web"});
            let metadata = json!({"name": name, "namespace": "team", "labels": labels});
            json!({"metadata": metadata, "spec": spec["spec"], "status": spec["status"]})
        };
        let inside = json!({"spec": {"ports": [{"port": 80}, {"port": 9000, "protocol": "UDP"}]}});
        let services: Vec<Service> =
            serde_json::from_value(json!([object("web-published", &published), object("web", &inside),]))
                .unwrap();
        let containers = containers(&[pod("shop-web-1", "web", json!({}))]);
        let all = publishers("web", &services, &[], &containers.iter().collect::<Vec<_>>());
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_port_has_the_address_at_which_it_answers() {
        let ports = json!([{"port": 8080, "targetPort": 80, "nodePort": 30080}]);
        let of = |kind: &str, status: Value| {
            shown(json!({"spec": {"type": kind, "ports": ports}, "status": status}))
        };
        let at = |points: Value| json!({"loadBalancer": {"ingress": points}});
        assert_eq!(of("LoadBalancer", Value::Null), "<pending>:8080->80/tcp, 9000/udp");
        assert_eq!(of("LoadBalancer", at(json!([{"ip": "10.1.2.3"}]))), "10.1.2.3:8080->80/tcp, 9000/udp");
        assert_eq!(of("LoadBalancer", at(json!([{"ip": "fd00::1"}]))), "[fd00::1]:8080->80/tcp, 9000/udp");
        assert_eq!(
            of("LoadBalancer", at(json!([{"hostname": "lb.example.com"}]))),
            "lb.example.com:8080->80/tcp, 9000/udp"
        );
        assert_eq!(of("NodePort", Value::Null), "10.0.0.5:30080->80/tcp, 9000/udp");
        assert_eq!(of("ClusterIP", Value::Null), "web-published.team:8080->80/tcp, 9000/udp");
    }

    #[test]
    fn a_port_of_the_node_and_a_route_have_addresses() {
        let on_node = json!({"spec": {"containers": [{
            "name": "web", "image": "web:1", "ports": [{"containerPort": 80, "hostPort": 8080}],
        }]}});
        let containers = containers(&[pod("shop-web-1", "web", on_node)]);
        let path = json!({"path": "/shop", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}});
        let ingress: Ingress = serde_json::from_value(json!({
            "metadata": {"name": "r", "labels": {"stackwright.dev/service": "web"}},
            "spec": {
                "tls": [{"hosts": ["shop.example.com"]}],
                "rules": [
                    {"host": "shop.example.com", "http": {"paths": [path]}},
                    {"http": {"paths": [path]}},
                ],
            },
        }))
        .unwrap();
        let all = publishers("web", &[], &[ingress], &containers.iter().collect::<Vec<_>>());
        let all: Vec<_> = all.iter().map(ToString::to_string).collect();
        assert_eq!(
            all,
            ["10.0.0.5:8080->80/tcp", "https://shop.example.com/shop->80/tcp", "<pending>:80->80/tcp"]
        );
    }
}
