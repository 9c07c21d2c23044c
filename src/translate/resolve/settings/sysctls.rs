//! Kernel parameters of the pod.

use std::collections::BTreeMap;

use super::{Host, Remarks};
use crate::api::Service;

/// What every kubelet of 1.33 and later sets without being told to (the "safe" ones of the Kubernetes
/// documentation).
const SAFE: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// Every user may listen on every port, as in Docker.
const PORTS: (&str, &str) = ("net.ipv4.ip_unprivileged_port_start", "0");

/// The parameters by name: ours, and the service's in front of them.
pub(super) fn sysctls(service: &Service, host: &Host, remarks: &mut Remarks<'_>) -> BTreeMap<String, String> {
    let ours = (!host.network).then(|| (PORTS.0.to_owned(), PORTS.1.to_owned()));
    let mut all: BTreeMap<String, String> = ours.into_iter().collect();
    for (name, value) in &service.sysctls {
        let field = format!("sysctls.{name}");
        match space(name) {
            _ if !is_name(name) => remarks.refuse(
                field,
                format!("'{name}' is no name of a kernel parameter: write one such as net.core.somaxconn"),
            ),
            None => remarks.refuse(
                field,
                format!(
                    "'{name}' is the whole node's, and no container has its own, in Docker neither: set it on the nodes, \
                     and take it out here"
                ),
            ),
            Some(Space::Network) if host.network => {
                remarks.refuse(field, "with 'networkMode: host' it would be the node's: set it on the nodes, and take it out here");
            }
            Some(Space::Ipc) if host.ipc => {
                remarks.refuse(field, "with 'ipc: host' it would be the node's: set it on the nodes, and take it out here");
            }
            Some(_) => {
                if !SAFE.contains(&name.as_str()) {
                    remarks.approximate(
                        field,
                        format!(
                            "a node refuses the pod (SysctlForbidden) unless its kubelet allows the parameter: add '{name}' \
                             to its allowedUnsafeSysctls"
                        ),
                    );
                }
                all.insert(name.clone(), value.0.clone());
            }
        }
    }
    all
}

/// What a kernel parameter belongs to, where a pod has its own.
enum Space {
    Network,
    Ipc,
}

fn space(name: &str) -> Option<Space> {
    let ipc = ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."];
    if name.starts_with("net.") {
        Some(Space::Network)
    } else {
        ipc.iter().any(|start| name.starts_with(start)).then_some(Space::Ipc)
    }
}

/// Whether Kubernetes takes the name: words of lower-case letters, digits, `-` and `_`, between dots.
fn is_name(name: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let word = |word: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        word.bytes().all(inner) && edge(word.as_bytes().first()) && edge(word.as_bytes().last())
    };
    name.len() <= 253 && name.split('.').all(word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{read, service};

    #[test]
    fn parameters_are_set_told_of_or_refused() {
        for (name, extra, expected) in [
            ("net.ipv4.tcp_syncookies", json!({}), ""),
            ("net.core.somaxconn", json!({}), "~ s.sysctls.net.core.somaxconn"),
            ("kernel.msgmax", json!({}), "~ s.sysctls.kernel.msgmax"),
            ("vm.max_map_count", json!({}), "- s.sysctls.vm.max_map_count"),
            ("net.", json!({}), "- s.sysctls.net."),
            ("kernel.sem", json!({"ipc": "host"}), "- s.sysctls.kernel.sem ! s.ipc host-namespaces"),
            (
                "net.ipv4.tcp_syncookies",
                json!({"networkMode": "host"}),
                "- s.sysctls.net.ipv4.tcp_syncookies ~ s.networkMode ! s.networkMode host-namespaces",
            ),
        ] {
            let mut value = extra;
            value["sysctls"] = json!({name: "1"});
            let service = service(value);
            assert_eq!(read(&service).1.join(" "), expected, "{name}");
        }
    }

    #[test]
    fn a_services_own_first_unprivileged_port_wins_over_ours() {
        let given = service(json!({"sysctls": {"net.ipv4.ip_unprivileged_port_start": "1024"}}));
        assert_eq!(read(&given).0.sysctls["net.ipv4.ip_unprivileged_port_start"], "1024");
    }
}
