//! What a service uses of the node that it runs on, and whether it may.

use super::{Problems, capabilities::is_default, security::is_unconfined};
use crate::{
    api::Service,
    translate::{Approximation, Privilege, Privileges},
};

/// What the containers share with their node.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::translate) struct Host {
    /// Its network.
    pub network: bool,
    /// Its processes.
    pub pid: bool,
    /// Its IPC.
    pub ipc: bool,
    /// No network at all, neither the node's nor one of its own.
    pub no_network: bool,
}

impl Host {
    /// Whether it is the node's network, processes or IPC.
    pub fn is_any(self) -> bool {
        self.network || self.pid || self.ipc
    }
}

/// Reads which namespaces of the node a service uses.
pub(super) fn host(service: &Service, path: &str, problems: &mut Problems) -> Host {
    let is = |field: &Option<String>, value: &str| field.as_deref() == Some(value);
    let host = Host {
        network: is(&service.network_mode, "host"),
        pid: is(&service.pid, "host"),
        ipc: is(&service.ipc, "host"),
        no_network: is(&service.network_mode, "none"),
    };
    if (host.network || host.no_network) && !service.networks.is_empty() {
        let message =
            "a service is on 'networks' or has a 'networkMode' in their place: take one of the two out";
        problems.value(format!("{path}.networkMode"), message);
    }
    host
}

/// Refuses what the namespace does not allow.
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
    needs(host.network, "networkMode".to_owned(), "use of the nodes' network", Privilege::HostNamespaces);
    needs(host.pid, "pid".to_owned(), "view of the nodes' processes", Privilege::HostNamespaces);
    needs(host.ipc, "ipc".to_owned(), "use of the nodes' IPC", Privilege::HostNamespaces);
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
        needs(!is_default(name), format!("capAdd[{index}]"), "further capabilities", Privilege::Capabilities);
    }
    // Nothing confines a privileged container in any case.
    let confined = service.privileged != Some(true) && service.devices.is_empty();
    for (index, option) in service.security_opt.iter().enumerate() {
        let asked = confined && is_unconfined(option);
        needs(
            asked,
            format!("securityOpt[{index}]"),
            "programs that no profile confines",
            Privilege::Unconfined,
        );
    }
    for index in 0..service.devices.len() {
        // Kubernetes hands a device to privileged containers only, so both are asked for.
        needs(true, format!("devices[{index}]"), "devices of the nodes", Privilege::Devices);
        needs(true, format!("devices[{index}]"), "privileged containers", Privilege::Privileged);
    }
}

/// What of a service's use of the node differs from Docker's.
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
        "the containers are outside of network policies: whoever reaches the node reaches their ports, and 'ports' \
         publishes nothing, as in Docker",
    );
    say(
        host.no_network,
        "networkMode",
        "the containers have a network interface, but a policy lets nothing in or out: it works where the cluster \
         enforces network policies",
    );
    say(
        host.network && service.hostname.is_some(),
        "hostname",
        "left out: what is on the node's network has the node's host name",
    );
    say(
        service.storage_size.is_some(),
        "storageSize",
        "a container that has written more, its logs and temporary folders counted, is ended and made anew: in Docker \
         what it writes beyond is refused",
    );
    say(
        !service.devices.is_empty(),
        "devices",
        "Kubernetes gives single devices by device plugins only, so the containers are privileged: where a plugin \
         offers the device, name its resource in 'deploy.resources.devices' instead",
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_power_is_asked_for_where_it_is_used() {
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
