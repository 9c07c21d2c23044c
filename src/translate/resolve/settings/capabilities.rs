//! Kernel capabilities that are added and taken away.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Capabilities;

use super::Remarks;
use crate::{api::Service, translate::Power};

/// Every capability of Linux (capabilities(7)).
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

/// What a container of Docker has without asking; adding one gives no power over the node.
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

/// What is added and taken away. Of a capability in both lists Docker adds it, and Kubernetes takes it
/// away: so it is taken out of the latter.
pub(super) fn capabilities(service: &Service, remarks: &mut Remarks<'_>) -> Option<Capabilities> {
    let add = names("capAdd", &service.cap_add, remarks);
    let mut drop = names("capDrop", &service.cap_drop, remarks);
    if add.contains(ALL) {
        drop.remove(ALL);
    } else {
        drop.retain(|name| !add.contains(name));
    }
    if add.iter().any(|name| !DEFAULT.contains(&name.as_str())) {
        remarks.uses("capAdd", Power::Capabilities);
    }
    (!add.is_empty() || !drop.is_empty()).then(|| Capabilities {
        add: Some(add.into_iter().collect()),
        drop: Some(drop.into_iter().collect()),
    })
}

/// The names as Kubernetes writes them: upper case, without `CAP_`.
fn names(field: &str, given: &[String], remarks: &mut Remarks<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (index, text) in given.iter().enumerate() {
        let upper = text.to_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
        if name == ALL || KNOWN.contains(&name) {
            names.insert(name.to_owned());
        } else {
            let message = format!("'{text}' is no capability of Linux: write one such as NET_ADMIN, or ALL");
            remarks.refuse(format!("{field}[{index}]"), message);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{read, service};

    #[test]
    fn a_container_has_the_capabilities_that_it_has_in_docker() {
        for (add, drop, expected) in [
            (json!(["cap_net_admin"]), json!([]), "+NET_ADMIN ! s.capAdd capabilities"),
            (json!(["NET_BIND_SERVICE", "CHOWN"]), json!(["ALL"]), "+CHOWN +NET_BIND_SERVICE -ALL"),
            (json!(["SYS_TIME"]), json!(["CAP_SYS_TIME"]), "+SYS_TIME ! s.capAdd capabilities"),
            (json!(["ALL"]), json!(["ALL", "MKNOD"]), "+ALL -MKNOD ! s.capAdd capabilities"),
            (json!([]), json!(["net_raw"]), "-NET_RAW"),
            (json!(["FLY"]), json!([]), "- s.capAdd[0]"),
        ] {
            let service = service(json!({"capAdd": add, "capDrop": drop}));
            let (settings, said) = read(&service);
            let got = settings.security.container.capabilities.unwrap_or_default();
            let signed = |sign: &'static str, names: Option<Vec<String>>| {
                names.unwrap_or_default().into_iter().map(move |name| format!("{sign}{name}"))
            };
            let text: Vec<_> = signed("+", got.add).chain(signed("-", got.drop)).chain(said).collect();
            assert_eq!(text.join(" "), expected);
        }
    }
}
