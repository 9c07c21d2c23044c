//! Which of the node's namespaces a service uses, or that it has no network.

use super::Remarks;
use crate::{api::Service, translate::Power};

/// The namespaces of the node that a service uses in place of its pod's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::translate) struct Host {
    pub network: bool,
    pub ipc: bool,
    pub pid: bool,
}

/// Whether the service uses the node's network.
pub(in crate::translate) fn is_on_host(service: &Service) -> bool {
    service.network_mode.as_deref() == Some("host")
}

/// Whether the service has no network.
pub(in crate::translate) fn is_cut_off(service: &Service) -> bool {
    service.network_mode.as_deref() == Some("none")
}

/// Reads `networkMode`, `ipc` and `pid`, as far as they name no other service.
pub(super) fn host(service: &Service, remarks: &mut Remarks<'_>) -> Host {
    let (on_host, cut_off) = (is_on_host(service), is_cut_off(service));
    let mut host = |field: &str, value: &Option<String>, is_known: bool| {
        let is_host = value.as_deref() == Some("host");
        if is_host {
            remarks.uses(field, Power::HostNamespaces);
        } else if !is_known && value.as_ref().is_some_and(|value| !value.starts_with("service:")) {
            let none = if field == "networkMode" { "none, " } else { "" };
            remarks.refuse(field, format!("write {none}host or service:<name>"));
        }
        is_host
    };
    let host = Host {
        network: host("networkMode", &service.network_mode, cut_off),
        ipc: host("ipc", &service.ipc, false),
        pid: host("pid", &service.pid, false),
    };
    if (on_host || cut_off) && !service.networks.is_empty() {
        remarks
            .refuse("networks", "'networkMode' takes the service off its networks: take one of the two out");
    }
    if on_host {
        remarks.approximate(
            "networkMode",
            "network policies do not hold for what is on a node's network: everyone who reaches the node reaches the \
             program, and the stack's networks let it in only where another program of that node would be let in; \
             'ports' publishes nothing, as in Docker",
        );
    }
    if cut_off {
        remarks.approximate(
            "networkMode",
            "the container has an address beside the loopback, and a network policy lets nothing in or out: that holds \
             where the cluster enforces network policies",
        );
    }
    host
}
