//! Security settings of containers: capabilities, profiles and kernel parameters.

use k8s_openapi::api::core::v1::{AppArmorProfile, SELinuxOptions, SeccompProfile, SecurityContext, Sysctl};

use super::{capabilities::capabilities, host::Host};
use crate::{api::Service, translate::findings::FieldPath};

/// The security settings of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Security {
    /// The security context of each container, without the user.
    pub container: SecurityContext,
    /// The kernel parameters of the Pod, by name.
    pub sysctls: Vec<Sysctl>,
}

/// Kernel parameters that every kubelet accepts (Kubernetes, "Using sysctls in a Kubernetes Cluster", safe sysctls).
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

/// The proc mount that shows all of `/proc` and `/sys`.
const UNMASKED: &str = "Unmasked";

/// The type of the profile without restrictions.
const UNCONFINED: &str = "Unconfined";

/// The message for `systempaths=unconfined` together with namespaces of the node.
pub(super) const UNMASKED_ON_HOST: &str = "systempaths=unconfined requires a user namespace of the Pod, which \
                                           Kubernetes does not support together with the network, processes or IPC \
                                           of the node: remove one of the two";

/// Prefixes of the kernel parameters that apply to a Pod. All others apply to the node.
const NAMESPACED: [&str; 4] = ["kernel.shm", "kernel.msg", "fs.mqueue.", "net."];

impl Security {
    /// Reports whether the container sees all of `/proc`, which requires a user namespace of the Pod.
    pub fn is_unmasked(&self) -> bool {
        self.container.proc_mount.as_deref() == Some(UNMASKED)
    }
}

/// Reads the security settings of a service.
pub(super) fn security(service: &Service, host: Host, at: &FieldPath<'_>) -> Security {
    let mut security = Security {
        container: SecurityContext {
            // Only privileged containers can use devices.
            privileged: (service.privileged == Some(true) || !service.devices.is_empty()).then_some(true),
            capabilities: capabilities(service, at),
            read_only_root_filesystem: service.read_only.filter(|&yes| yes),
            ..SecurityContext::default()
        },
        sysctls: sysctls(service, host, at),
    };
    for (index, group) in service.group_add.iter().enumerate() {
        if !(0..=i64::from(i32::MAX)).contains(group) {
            at.index("groupAdd", index)
                .invalid("the group is out of range: write a number from 0 to 2147483647");
        }
    }
    for (index, option) in service.security_opt.iter().enumerate() {
        let at = &at.index("securityOpt", index);
        if security.container.privileged == Some(true) && option.starts_with("systempaths") {
            // A privileged container sees all of /proc.
            continue;
        }
        match apply(option, &mut security.container) {
            Understood::Done => {}
            Understood::Otherwise(message) => {
                at.approximate(message);
            }
            Understood::No(message) => at.invalid(message),
        }
    }
    let context = &mut security.container;
    if host.is_any() && context.proc_mount.is_some() {
        at.child("securityOpt").invalid(UNMASKED_ON_HOST);
    }
    if context.privileged == Some(true) && context.allow_privilege_escalation == Some(false) {
        context.allow_privilege_escalation = None;
        at.child("securityOpt")
            .approximate("omitted: Kubernetes does not support no-new-privileges for a privileged container");
    }
    security
}

/// SELinux types of confined containers (Pod Security Standards, level Baseline).
const CONFINED_TYPES: [&str; 4] =
    ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// Reports whether a security option is one that the level Baseline of the Pod Security Standards forbids.
pub(super) fn is_unconfined(option: &str) -> bool {
    let mut alone = SecurityContext::default();
    apply(option, &mut alone);
    let labels = alone.se_linux_options.unwrap_or_default();
    let is_confined = |type_: &String| CONFINED_TYPES.contains(&type_.as_str());
    alone.seccomp_profile.is_some_and(|profile| profile.type_ == UNCONFINED)
        || alone.app_armor_profile.is_some_and(|profile| profile.type_ == UNCONFINED)
        || labels.user.is_some()
        || labels.role.is_some()
        || labels.type_.is_some_and(|type_| !is_confined(&type_))
        || alone.proc_mount.is_some()
}

/// The result of a security option.
enum Understood {
    Done,
    Otherwise(&'static str),
    No(&'static str),
}

/// Applies an option in the syntax of Docker: a name, then `=` or `:` and a value.
fn apply(option: &str, context: &mut SecurityContext) -> Understood {
    let (name, value) = option.split_once(['=', ':']).unwrap_or((option, ""));
    match (name, value) {
        ("no-new-privileges", "" | "true") => context.allow_privilege_escalation = Some(false),
        ("no-new-privileges", "false") => {}
        ("seccomp", "unconfined") => context.seccomp_profile = Some(seccomp(UNCONFINED, None)),
        ("seccomp", "builtin" | "") => {}
        ("seccomp", profile) => match profile.strip_prefix("localhost/") {
            Some(file) => context.seccomp_profile = Some(seccomp("Localhost", Some(file))),
            None => {
                return Understood::No(
                    "a seccomp profile must be a file on the nodes: put the file into the seccomp folder of the \
                     kubelet and write seccomp=localhost/<path>",
                );
            }
        },
        ("apparmor", "unconfined") => context.app_armor_profile = Some(apparmor(UNCONFINED, None)),
        ("apparmor", "" | "docker-default" | "runtime/default") => {
            context.app_armor_profile = Some(apparmor("RuntimeDefault", None));
        }
        ("apparmor", profile) => context.app_armor_profile = Some(apparmor("Localhost", Some(profile))),
        ("label", value) => return label(value, context.se_linux_options.get_or_insert_default()),
        ("systempaths", "unconfined") => {
            context.proc_mount = Some(UNMASKED.to_owned());
            return Understood::Otherwise(
                "Kubernetes supports this only in Pods with a user namespace: root of the Pod has no rights on the \
                 node, and the file systems of volumes must support ID-mapped mounts",
            );
        }
        ("mask" | "unmask" | "writable-cgroups", _) => {
            return Understood::Otherwise("omitted: Kubernetes has no such option");
        }
        _ => {
            return Understood::No(
                "the option is not supported: write no-new-privileges, seccomp=…, apparmor=…, label=user:…, \
                 label=role:…, label=type:…, label=level:…, label=disable or systempaths=unconfined",
            );
        }
    }
    Understood::Done
}

fn label(value: &str, options: &mut SELinuxOptions) -> Understood {
    match value.split_once(':') {
        // The type that Docker uses for such a container.
        None if value == "disable" => options.type_ = Some("spc_t".to_owned()),
        Some(("user", user)) => options.user = Some(user.to_owned()),
        Some(("role", role)) => options.role = Some(role.to_owned()),
        Some(("type", type_)) => options.type_ = Some(type_.to_owned()),
        Some(("level", level)) => options.level = Some(level.to_owned()),
        _ => {
            return Understood::No(
                "the label is not supported: write label=user:…, label=role:…, label=type:…, label=level:… or \
                 label=disable",
            );
        }
    }
    Understood::Done
}

fn seccomp(type_: &str, file: Option<&str>) -> SeccompProfile {
    SeccompProfile { type_: type_.to_owned(), localhost_profile: file.map(str::to_owned) }
}

fn apparmor(type_: &str, profile: Option<&str>) -> AppArmorProfile {
    AppArmorProfile { type_: type_.to_owned(), localhost_profile: profile.map(str::to_owned) }
}

fn sysctls(service: &Service, host: Host, at: &FieldPath<'_>) -> Vec<Sysctl> {
    for name in service.sysctls.keys() {
        let at = &at.key("sysctls", name);
        let of_the_pod =
            name == "kernel.sem" || NAMESPACED.iter().any(|beginning| name.starts_with(beginning));
        if !of_the_pod {
            let message =
                "the parameter applies to the whole node, so a container cannot set it: set it on the nodes";
            at.invalid(message);
        } else if host.network && name.starts_with("net.") {
            let message = "the service uses the network of the node, so the parameter applies to the node: set it on \
                           the nodes";
            at.invalid(message);
        } else if host.ipc && !name.starts_with("net.") {
            let message = "the service uses the IPC namespace of the node, so the parameter applies to the node: set \
                           it on the nodes";
            at.invalid(message);
        } else if !SAFE.contains(&name.as_str()) {
            let message = "a kubelet accepts the parameter only if --allowed-unsafe-sysctls lists it. On other \
                           nodes, the Pods fail with SysctlForbidden";
            at.approximate(message);
        }
    }
    let given = service.sysctls.iter();
    given.map(|(name, value)| Sysctl { name: name.clone(), value: value.0.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(options: &[&str]) -> serde_json::Value {
        let mut context = SecurityContext::default();
        for option in options {
            match apply(option, &mut context) {
                Understood::Done => {}
                Understood::Otherwise(_) => return json!("otherwise"),
                Understood::No(_) => return json!("no"),
            }
        }
        serde_json::to_value(context).unwrap()
    }

    #[test]
    fn options_beyond_the_level_baseline_are_unconfined() {
        for option in [
            "seccomp=unconfined",
            "seccomp:unconfined",
            "apparmor=unconfined",
            "label=disable",
            "label:type:spc_t",
            "label=user:system_u",
            "label=role:system_r",
            "systempaths=unconfined",
        ] {
            assert!(is_unconfined(option), "{option}");
        }
        for option in [
            "no-new-privileges",
            "seccomp=localhost/a.json",
            "seccomp=builtin",
            "apparmor=mine",
            "apparmor=docker-default",
            "label=type:container_t",
            "label=level:s0:c1",
            "nonsense=unconfined",
        ] {
            assert!(!is_unconfined(option), "{option}");
        }
    }

    #[test]
    fn security_options_are_parsed_as_in_docker() {
        for (options, expected) in [
            (&["no-new-privileges:true"][..], json!({"allowPrivilegeEscalation": false})),
            (&["no-new-privileges"], json!({"allowPrivilegeEscalation": false})),
            (&["no-new-privileges=false"], json!({})),
            (&["seccomp:unconfined"], json!({"seccompProfile": {"type": "Unconfined"}})),
            (
                &["seccomp=localhost/a.json"],
                json!({"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}),
            ),
            (&["seccomp=./profile.json"], json!("no")),
            (&["apparmor=unconfined"], json!({"appArmorProfile": {"type": "Unconfined"}})),
            (
                &["apparmor=mine"],
                json!({"appArmorProfile": {"type": "Localhost", "localhostProfile": "mine"}}),
            ),
            (
                &["label=type:t", "label:level:s0:c1"],
                json!({"seLinuxOptions": {"type": "t", "level": "s0:c1"}}),
            ),
            (&["label=disable"], json!({"seLinuxOptions": {"type": "spc_t"}})),
            (&["label=nonsense"], json!("no")),
            (&["systempaths=unconfined"], json!("otherwise")),
            (&["unmask=/proc/x"], json!("otherwise")),
            (&["credentialspec=file://x"], json!("no")),
        ] {
            assert_eq!(of(options), expected, "{options:?}");
        }
    }
}
