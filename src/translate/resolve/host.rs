//! Use of the node by a service, and the privileges that this requires.

use super::{Problems, capabilities::is_default, security::is_unconfined};
use crate::{
    api::Service,
    translate::{Approximation, Privilege, Privileges},
};

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
pub(super) fn host(service: &Service, path: &str, problems: &mut Problems) -> Host {
    let is = |field: &Option<String>, value: &str| field.as_deref() == Some(value);
    let host = Host {
        network: is(&service.network_mode, "host"),
        pid: is(&service.pid, "host"),
        ipc: is(&service.ipc, "host"),
        no_network: is(&service.network_mode, "none"),
    };
    if (host.network || host.no_network) && !service.networks.is_empty() {
        let message = "'networks' and this 'networkMode' exclude each other: remove one of the two";
        problems.value(format!("{path}.networkMode"), message);
    }
    host
}

/// Refuses settings that require a privilege which the namespace does not grant.
pub(super) fn check(
    service: &Service,
    host: Host,
    (privileges, namespace): (&Privileges, Option<&str>),
    path: &str,
    problems: &mut Problems,
) {
    let mut needs = |asked: bool, field: String, what: &str, privilege: Privilege| {
        if asked && !privileges.allows(privilege) {
            problems.not_allowed(format!("{path}.{field}"), what, privilege, namespace);
        }
    };
    needs(host.network, "networkMode".to_owned(), "the network of the node", Privilege::HostNamespaces);
    needs(host.pid, "pid".to_owned(), "the processes of the node", Privilege::HostNamespaces);
    needs(host.ipc, "ipc".to_owned(), "the IPC namespace of the node", Privilege::HostNamespaces);
    needs(
        service.privileged == Some(true),
        "privileged".to_owned(),
        "privileged containers",
        Privilege::Privileged,
    );
    for (index, hook) in service.pre_start.iter().enumerate() {
        let asked = hook.privileged == Some(true);
        needs(asked, format!("preStart[{index}].privileged"), "privileged containers", Privilege::Privileged);
    }
    for (index, hook) in service.post_start.iter().enumerate() {
        let asked = hook.privileged == Some(true);
        needs(
            asked,
            format!("postStart[{index}].privileged"),
            "privileged containers",
            Privilege::Privileged,
        );
    }
    for (index, name) in service.cap_add.iter().enumerate() {
        needs(
            !is_default(name),
            format!("capAdd[{index}]"),
            "capabilities beyond the default set",
            Privilege::Capabilities,
        );
    }
    // A privileged container is unconfined in any case.
    let confined = service.privileged != Some(true) && service.devices.is_empty();
    for (index, option) in service.security_opt.iter().enumerate() {
        let asked = confined && is_unconfined(option);
        needs(asked, format!("securityOpt[{index}]"), "unconfined containers", Privilege::Unconfined);
    }
    for index in 0..service.devices.len() {
        // Only privileged containers can use devices, so both privileges are required.
        needs(true, format!("devices[{index}]"), "devices of the node", Privilege::Devices);
        needs(true, format!("devices[{index}]"), "privileged containers", Privilege::Privileged);
    }
}

/// Returns the differences from Docker in the use of the node.
pub(super) fn approximations(service: &Service, host: Host, path: &str) -> Vec<Approximation> {
    let mut found = Vec::new();
    let mut say = |asked: bool, field: &str, message: &str| {
        if asked {
            found.push(Approximation { path: format!("{path}.{field}"), message: message.to_owned() });
        }
    };
    say(
        host.network,
        "networkMode",
        "NetworkPolicies do not apply: every client that reaches the node reaches the ports of the containers. As in \
         Docker, 'ports' publishes nothing",
    );
    say(
        host.no_network,
        "networkMode",
        "the containers have a network interface, and a NetworkPolicy blocks all traffic: the cluster must enforce \
         NetworkPolicies",
    );
    say(
        host.network && service.hostname.is_some(),
        "hostname",
        "omitted: a Pod on the network of the node has the host name of the node",
    );
    say(
        service.storage_size.is_some(),
        "storageSize",
        "the kubelet evicts a Pod whose container writes more than the limit, including logs and temporary folders. \
         In Docker, further writes fail",
    );
    say(
        !service.devices.is_empty(),
        "devices",
        "the containers are privileged, because Kubernetes grants single devices only through device plugins: if a \
         plugin offers the device, set its resource in 'deploy.resources.devices' instead",
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_use_of_the_node_requires_its_privilege() {
        let service = Service {
            network_mode: Some("host".to_owned()),
            pid: Some("host".to_owned()),
            privileged: Some(true),
            cap_add: vec!["CAP_NET_BIND_SERVICE".to_owned(), "net_admin".to_owned()],
            security_opt: vec!["seccomp=unconfined".to_owned()],
            ..Service::default()
        };
        let confined = Service {
            security_opt: ["no-new-privileges", "apparmor=unconfined"].map(str::to_owned).to_vec(),
            ..Service::default()
        };
        let refused = |service: &Service, privileges: &[Privilege]| {
            let mut problems = Problems::default();
            let host = host(service, "s", &mut problems);
            check(
                service,
                host,
                (&Privileges(privileges.iter().copied().collect()), None),
                "s",
                &mut problems,
            );
            let problems = problems.into_result().err().map(|it| it.problems).unwrap_or_default();
            problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(refused(&service, &[]), "s.networkMode s.pid s.privileged s.capAdd[1]");
        assert_eq!(refused(&service, &[Privilege::HostNamespaces]), "s.privileged s.capAdd[1]");
        assert_eq!(refused(&service, &Privilege::ALL), "");
        assert_eq!(refused(&confined, &[Privilege::Privileged]), "s.securityOpt[1]");
        assert_eq!(refused(&confined, &[Privilege::Unconfined]), "");
    }
}
