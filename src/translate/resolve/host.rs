//! The namespaces of the node that a service uses.

use crate::{api::Service, translate::findings::FieldPath};

/// The namespaces of the node that the containers use.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::translate) struct Host {
    /// The network.
    pub network: bool,
    /// The process namespace.
    pub pid: bool,
    /// The IPC namespace.
    pub ipc: bool,
    /// No network: neither the network of the node nor one of the Pod.
    pub no_network: bool,
}

impl Host {
    /// Reports whether the containers use a namespace of the node.
    pub fn is_any(self) -> bool {
        self.network || self.pid || self.ipc
    }
}

/// Reads the namespaces of the node that a service uses.
pub(super) fn host(service: &Service, at: &FieldPath<'_>) -> Host {
    let is = |field: &Option<String>, value: &str| field.as_deref() == Some(value);
    let host = Host {
        network: is(&service.network_mode, "host"),
        pid: is(&service.pid, "host"),
        ipc: is(&service.ipc, "host"),
        no_network: is(&service.network_mode, "none"),
    };
    if (host.network || host.no_network) && !service.networks.is_empty() {
        let message = "'networks' and this 'networkMode' exclude each other: remove one of the two";
        at.child("networkMode").invalid(message);
    }
    host
}
