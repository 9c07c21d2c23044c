//! Networks, ports and how they are published.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A network: services that share one reach each other, others do not.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// A service that is only on internal networks reaches its peers and DNS, and nothing else;
    /// its published ports are not reachable from outside. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal: Option<bool>,
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
/// (the default) or `NodePort` for each service with `ports`, or `ClusterIP` for inside only.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum Publish {
    /// A Service of type LoadBalancer for each service with `ports`.
    #[default]
    LoadBalancer,
    /// A Service of type NodePort; the cluster chooses the node's port.
    NodePort,
    /// A Service of type ClusterIP: published inside the cluster only.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
}

/// The networks of a service, by name.
pub(crate) type ServiceNetworks = BTreeMap<String, ServiceNetwork>;
