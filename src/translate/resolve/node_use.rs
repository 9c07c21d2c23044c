//! Use of the node by a service, and the privileges that this requires.

use super::{capabilities::is_default, host::Host, security::is_unconfined};
use crate::{
    api::Service,
    translate::{
        Privilege,
        findings::{FieldPath, Grants},
    },
};

/// Refuses settings that require a privilege which the namespace does not grant.
pub(super) fn check(service: &Service, host: Host, grants: Grants<'_>, at: &FieldPath<'_>) {
    let require = |is_used: bool, privilege: Privilege, what: &str, at: FieldPath<'_>| {
        if is_used {
            grants.require(privilege, what, &at);
        }
    };
    let namespaces = [
        (host.network, "networkMode", "the network of the node"),
        (host.pid, "pid", "the processes of the node"),
        (host.ipc, "ipc", "the IPC namespace of the node"),
    ];
    for (is_used, field, what) in namespaces {
        require(is_used, Privilege::HostNamespaces, what, at.child(field));
    }
    const PRIVILEGED: &str = "privileged containers";
    require(service.privileged == Some(true), Privilege::Privileged, PRIVILEGED, at.child("privileged"));
    for (index, hook) in service.pre_start.iter().enumerate() {
        let hook_at = at.index("preStart", index);
        require(
            hook.privileged == Some(true),
            Privilege::Privileged,
            PRIVILEGED,
            hook_at.child("privileged"),
        );
    }
    for (index, hook) in service.post_start.iter().enumerate() {
        let hook_at = at.index("postStart", index);
        require(
            hook.privileged == Some(true),
            Privilege::Privileged,
            PRIVILEGED,
            hook_at.child("privileged"),
        );
    }
    for (index, name) in service.cap_add.iter().enumerate() {
        let what = "capabilities beyond the default set";
        require(!is_default(name), Privilege::Capabilities, what, at.index("capAdd", index));
    }
    // A privileged container is unconfined in any case.
    let confined = service.privileged != Some(true) && service.devices.is_empty();
    for (index, option) in service.security_opt.iter().enumerate() {
        let is_used = confined && is_unconfined(option);
        require(is_used, Privilege::Unconfined, "unconfined containers", at.index("securityOpt", index));
    }
    for index in 0..service.devices.len() {
        // Only privileged containers can use devices, so both privileges are required.
        require(true, Privilege::Devices, "devices of the node", at.index("devices", index));
        require(true, Privilege::Privileged, PRIVILEGED, at.index("devices", index));
    }
}

/// Reports the differences from Docker in the use of the node.
pub(super) fn approximate(service: &Service, host: Host, at: &FieldPath<'_>) {
    let approximate = |is_used: bool, field: &str, message: &str| {
        if is_used {
            at.child(field).approximate(message);
        }
    };
    approximate(
        host.network,
        "networkMode",
        "NetworkPolicies do not apply: every client that reaches the node reaches the ports of the containers. As in \
         Docker, 'ports' publishes nothing",
    );
    approximate(
        host.no_network,
        "networkMode",
        "the containers have a network interface, and a NetworkPolicy blocks all traffic: the cluster must enforce \
         NetworkPolicies",
    );
    approximate(
        host.network && service.hostname.is_some(),
        "hostname",
        "omitted: a Pod on the network of the node has the host name of the node",
    );
    approximate(
        service.storage_size.is_some(),
        "storageSize",
        "the kubelet evicts a Pod whose container writes more than the limit, including logs and temporary folders. \
         In Docker, further writes fail",
    );
    approximate(
        !service.devices.is_empty(),
        "devices",
        "the containers are privileged, because Kubernetes grants single devices only through device plugins: if a \
         plugin offers the device, set its resource in 'deploy.resources.devices' instead",
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::{Privileges, findings::Findings, resolve::host::host};

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
            let findings = Findings::default();
            let privileges = Privileges(privileges.iter().copied().collect());
            let grants = Grants { privileges: &privileges, namespace: None };
            let at = findings.root("s");
            check(service, host(service, &at), grants, &at);
            let problems = findings.check().err().map(|it| it.problems).unwrap_or_default();
            problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(refused(&service, &[]), "s.networkMode s.pid s.privileged s.capAdd[1]");
        assert_eq!(refused(&service, &[Privilege::HostNamespaces]), "s.privileged s.capAdd[1]");
        assert_eq!(refused(&service, &Privilege::ALL), "");
        assert_eq!(refused(&confined, &[Privilege::Privileged]), "s.securityOpt[1]");
        assert_eq!(refused(&confined, &[Privilege::Unconfined]), "");
    }
}
