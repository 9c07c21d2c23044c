//! Networks, ports and routes.

use std::{collections::BTreeMap, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;

/// A network. Services connect only to services with which they share a network.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// Whether the network is internal. A service that has only internal networks reaches only DNS and the services of
    /// these networks, and its ports are not published. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal: Option<bool>,

    /// A name by which Stacks of the namespace share a network, as `external` in Compose. Services of all Stacks that use
    /// the name reach each other. Default: the network belongs to this Stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub shared_name: Option<String>,
}

/// The settings of a service in a network.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceNetwork {
    /// Additional DNS names of the service. Each becomes a Service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 63)))]
    pub aliases: Vec<String>,

    /// Whether other services reach the service by its name. The name is no DNS name if this is false on all networks of the
    /// service. Default: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_service_name_alias: Option<bool>,
}

/// A port of a service that other services connect to. It is not published.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Expose {
    /// The port in the container, 1 to 65535.
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,

    /// The transport protocol. Default: `TCP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
}

/// A published port, as an entry of `ports` in Compose.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// The port in the container, 1 to 65535.
    #[schemars(range(min = 1, max = 65535))]
    pub target: i32,

    /// The published port, 1 to 65535. Default: `target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub published: Option<i32>,

    /// The transport protocol. Default: `TCP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,

    /// How the port is published: `ingress` as `spec.publish` says, or `host` on each node that runs a container.
    /// `host` requires a privilege of the namespace. Default: `ingress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<PortMode>,

    /// The application protocol, such as `http` or `kubernetes.io/h2c`, as a hint for load balancers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub app_protocol: Option<String>,

    /// The address of the host that Compose binds. `127.0.0.1` and `::1` keep the port inside the cluster. With `mode:
    /// host`, the node binds any other address. Without `mode: host`, a port with any other address is published on
    /// every address. Default: every address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 45))]
    pub host_ip: Option<String>,
}

/// The transport protocol. Default: `TCP`.
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
    /// Returns the name in Kubernetes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

/// The error of a protocol that Kubernetes does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a protocol is tcp, udp or sctp")]
pub struct UnknownProtocol;

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    /// Parses a name in any letter case.
    fn from_str(name: &str) -> Result<Self, UnknownProtocol> {
        let all = [Self::Tcp, Self::Udp, Self::Sctp];
        all.into_iter().find(|it| it.as_str().eq_ignore_ascii_case(name)).ok_or(UnknownProtocol)
    }
}

/// How ports are published: by a Service of type `LoadBalancer` (the default), `NodePort` or `ClusterIP` for each service
/// with `ports`, or by `HostPort` on the nodes that run the service. `ClusterIP` publishes only inside the cluster.
/// `HostPort` requires a privilege of the namespace.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum Publish {
    /// By a Service of type LoadBalancer for each service with `ports`.
    #[default]
    LoadBalancer,
    /// By a Service of type NodePort. The cluster chooses the port of the nodes.
    NodePort,
    /// On each node that runs a container, without a Service.
    HostPort,
    /// By a Service of type ClusterIP, only inside the cluster.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
}

/// The networks of a service, by name.
pub(crate) type ServiceNetworks = BTreeMap<String, ServiceNetwork>;

/// How a port is published: `ingress` (the default) as `spec.publish` says, or `host` on each node that runs a container.
/// `host` requires a privilege of the namespace.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PortMode {
    /// As `spec.publish` says.
    #[default]
    Ingress,
    /// On each node that runs a container.
    Host,
}

/// The kind of the Service that has the service's name. `ClusterIP` has one address for all containers and serves the
/// known ports. `Headless` resolves to the addresses of the containers and serves every port. An existing Service keeps
/// its kind until this field changes, which replaces the Service. Default: `ClusterIP` if a port is known when the
/// Service is created, otherwise `Headless`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum ServiceMode {
    /// One address for all containers, with the known ports.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    /// The addresses of the containers, with every port.
    Headless,
}

/// An HTTP route from outside the cluster to a service. It becomes an Ingress.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IngressRule {
    /// The host name, such as `api.example.com`. Default: every host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub host: Option<String>,

    /// The path prefix. Default: `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024), regex(pattern = "^/"))]
    pub path: Option<String>,

    /// The port of the container. Default: the only port of `ports` and `expose`, else the port of the health check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<i32>,

    /// The IngressClass. Default: the default class of the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub class_name: Option<String>,

    /// The Secret with the TLS certificate of `host`. Default: no TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub tls_secret_name: Option<String>,

    /// Annotations of the Ingress, which configure its controller. All but a few require a privilege of the namespace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub annotations: BTreeMap<String, Text>,
}
