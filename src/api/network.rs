//! Networks, ports and how they are published.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;

/// A network: services that share one reach each other, others do not.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// A service that is only on internal networks reaches its peers and DNS, and nothing else;
    /// its published ports are not reachable from outside. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal: Option<bool>,

    /// Joins a network under a name that other Stacks use too: services of all Stacks of the
    /// namespace that are on a network of this name reach each other (`external` in Compose). Default: the
    /// network is this Stack's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub shared_name: Option<String>,
}

/// A service's place in a network.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceNetwork {
    /// Further names by which the service answers. Each becomes a Service of that name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 63)))]
    pub aliases: Vec<String>,
}

/// A port that the service listens on, for its peers; it is not published.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Expose {
    /// The port's number in the container, 1 to 65535.
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,

    /// Default `TCP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
}

/// A published port, as Compose's `ports` in its long form.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// The port's number in the container, 1 to 65535.
    #[schemars(range(min = 1, max = 65535))]
    pub target: i32,

    /// The number under which it is published, 1 to 65535. Default: the same as `target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub published: Option<i32>,

    /// Default `TCP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,

    /// How it is published: `host` on each node that runs a container, `ingress` as `spec.publish`
    /// says. Default `ingress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<PortMode>,

    /// The application protocol, such as `http` or `kubernetes.io/h2c`, for load balancers that care.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub app_protocol: Option<String>,

    /// The host address that Compose would bind. `127.0.0.1` and `::1` keep the port inside the
    /// cluster; any other address publishes it. Default: every address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 45))]
    pub host_ip: Option<String>,
}

/// The transport protocol. Default `TCP`.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
pub enum Protocol {
    /// TCP.
    #[default]
    #[serde(rename = "TCP")]
    Tcp,
    /// UDP.
    #[serde(rename = "UDP")]
    Udp,
    /// SCTP.
    #[serde(rename = "SCTP")]
    Sctp,
}

impl Protocol {
    /// The name that Kubernetes uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

/// How published ports become reachable from outside the cluster: a Service of type `LoadBalancer`
/// (the default) or `NodePort` for each service with `ports`, `HostPort` for the ports of the nodes that
/// run it (only where the namespace allows it), or `ClusterIP` for inside only.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum Publish {
    /// A Service of type LoadBalancer for each service with `ports`.
    #[default]
    LoadBalancer,
    /// A Service of type NodePort; the cluster chooses the node's port.
    NodePort,
    /// No Service: the port of each node that runs a container.
    HostPort,
    /// A Service of type ClusterIP: published inside the cluster only.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
}

/// The networks of a service, by name.
pub(crate) type ServiceNetworks = BTreeMap<String, ServiceNetwork>;

/// How one port is published: `ingress` (the default) as `spec.publish` says, `host` on each node that runs
/// a container (only where the namespace allows it).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PortMode {
    /// As `spec.publish` says.
    #[default]
    Ingress,
    /// On each node that runs a container.
    Host,
}

/// Which kind of Service bears a service's name: `ClusterIP` is one address for all containers, on its
/// known ports; `Headless` are the containers' own addresses, on every port.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum ServiceMode {
    /// One address for all containers, on the known ports.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    /// The containers' own addresses, on every port.
    Headless,
}

/// An HTTP route from outside to a service: an Ingress.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IngressRule {
    /// The host name, such as `api.example.com`. Default: every host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub host: Option<String>,

    /// The path that it and everything below it is for. Default `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024), regex(pattern = "^/"))]
    pub path: Option<String>,

    /// The port of the container. Default: the only port of `ports` and `expose`, else of the health check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<i32>,

    /// The IngressClass. Default: the cluster's default class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub class_name: Option<String>,

    /// The Secret with the certificate for `host`. Default: no TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub tls_secret_name: Option<String>,

    /// Annotations of the Ingress, by which controllers are told more; all but a few only where the namespace allows
    /// them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub annotations: BTreeMap<String, Text>,
}
