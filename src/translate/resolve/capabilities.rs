//! Kernel capabilities that are added and dropped.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Capabilities;

use crate::{api::Service, translate::findings::FieldPath};

/// All capabilities of Linux (capabilities(7)).
const KNOWN: [&str; 41] = [
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// The default capabilities of Docker. Adding one of them requires no privilege of the namespace.
const DEFAULT: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

const ALL: &str = "ALL";

/// Returns the added and dropped capabilities. Docker adds a capability that is in both lists, and Kubernetes drops it, so
/// it is removed from the dropped ones.
pub(super) fn capabilities(service: &Service, at: &FieldPath<'_>) -> Option<Capabilities> {
    let add = names(&service.cap_add, "capAdd", at);
    let mut drop = names(&service.cap_drop, "capDrop", at);
    if add.contains(ALL) {
        drop.remove(ALL);
    } else {
        drop.retain(|name| !add.contains(name));
    }
    (!add.is_empty() || !drop.is_empty()).then(|| Capabilities {
        add: Some(add.into_iter().collect()),
        drop: Some(drop.into_iter().collect()),
    })
}

/// Reports whether the capability is a default one.
pub(super) fn is_default(name: &str) -> bool {
    DEFAULT.contains(&usual(name).as_str())
}

/// Returns the name of a capability in Kubernetes: in upper case, without `CAP_`.
fn usual(name: &str) -> String {
    let name = name.to_uppercase();
    name.strip_prefix("CAP_").map_or(name.clone(), str::to_owned)
}

fn names(given: &[String], field: &str, at: &FieldPath<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (index, text) in given.iter().enumerate() {
        let name = usual(text);
        if name != ALL && !KNOWN.contains(&name.as_str()) {
            let message = format!("'{text}' is not a Linux capability: write one, such as NET_ADMIN, or ALL");
            at.index(field, index).invalid(message);
        }
        names.insert(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::findings::Findings;

    #[test]
    fn a_container_has_the_capabilities_that_it_has_in_docker() {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        for (add, drop, expected) in [
            (&["cap_net_admin"][..], &[][..], "+NET_ADMIN"),
            (&["NET_BIND_SERVICE", "CHOWN"], &["ALL"], "+CHOWN +NET_BIND_SERVICE -ALL"),
            (&["SYS_TIME"], &["CAP_SYS_TIME", "MKNOD"], "+SYS_TIME -MKNOD"),
            (&["ALL"], &["ALL", "MKNOD"], "+ALL -MKNOD"),
            (&[], &["net_raw", "NET_RAW"], "-NET_RAW"),
        ] {
            let service = Service { cap_add: owned(add), cap_drop: owned(drop), ..Service::default() };
            let findings = Findings::default();
            let got = capabilities(&service, &findings.root("s")).unwrap();
            assert!(findings.check().is_ok());
            let signed = |sign: &'static str, names: Option<Vec<String>>| {
                names.unwrap_or_default().into_iter().map(move |name| format!("{sign}{name}"))
            };
            assert_eq!(
                signed("+", got.add).chain(signed("-", got.drop)).collect::<Vec<_>>().join(" "),
                expected
            );
        }
    }
}
