//! How a service's containers are confined: capabilities, profiles, kernel parameters.

use k8s_openapi::api::core::v1::{AppArmorProfile, SELinuxOptions, SeccompProfile, SecurityContext, Sysctl};

use super::{Problems, capabilities::capabilities, host::Host, sharing::UNMASKED_ON_HOST};
use crate::{api::Service, translate::Approximation};

/// How the containers are confined.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Security {
    /// What is said of each container; the user stands elsewhere.
    pub container: SecurityContext,
    /// The kernel parameters of the pod, by name.
    pub sysctls: Vec<Sysctl>,
}

/// Parameters that every kubelet takes. Source: "Using sysctls in a Kubernetes Cluster", safe sysctls.
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

/// Shows a container all of `/proc` and `/sys`.
const UNMASKED: &str = "Unmasked";

/// The type of a profile that confines nothing.
const UNCONFINED: &str = "Unconfined";

/// Beginnings of the parameters that a pod has for itself; all others are the node's.
const NAMESPACED: [&str; 4] = ["kernel.shm", "kernel.msg", "fs.mqueue.", "net."];

impl Security {
    /// Whether the container sees all of `/proc`, for which its pod must have users of its own.
    pub fn is_unmasked(&self) -> bool {
        self.container.proc_mount.as_deref() == Some(UNMASKED)
    }
}

/// Reads how a service is confined.
pub(super) fn security(
    service: &Service,
    host: Host,
    path: &str,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> Security {
    let mut security = Security {
        container: SecurityContext {
            // A device is only reached by a privileged container.
            privileged: (service.privileged == Some(true) || !service.devices.is_empty()).then_some(true),
            capabilities: capabilities(service, path, problems),
            read_only_root_filesystem: service.read_only.filter(|&yes| yes),
            ..SecurityContext::default()
        },
        sysctls: sysctls(service, host, path, problems, approximations),
    };
    for (index, group) in service.group_add.iter().enumerate() {
        if !(0..=i64::from(i32::MAX)).contains(group) {
            problems.value(format!("{path}.groupAdd[{index}]"), "a group is a number from 0 to 2147483647");
        }
    }
    for (index, option) in service.security_opt.iter().enumerate() {
        let path = format!("{path}.securityOpt[{index}]");
        if security.container.privileged == Some(true) && option.starts_with("systempaths") {
            // It sees all of /proc already.
            continue;
        }
        match apply(option, &mut security.container) {
            Understood::Done => {}
            Understood::Otherwise(message) => {
                approximations.push(Approximation { path, message: message.to_owned() });
            }
            Understood::No(message) => problems.value(path, message),
        }
    }
    let context = &mut security.container;
    if host.is_any() && context.proc_mount.is_some() {
        problems.value(format!("{path}.securityOpt"), UNMASKED_ON_HOST);
    }
    if context.privileged == Some(true) && context.allow_privilege_escalation == Some(false) {
        context.allow_privilege_escalation = None;
        approximations.push(Approximation {
            path: format!("{path}.securityOpt"),
            message: "Kubernetes takes no-new-privileges for no privileged container, so it is left out"
                .to_owned(),
        });
    }
    security
}

/// Types of SELinux that confine a program as containers are. Source: Pod Security Standards, level Baseline.
const CONFINED_TYPES: [&str; 4] =
    ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// Whether a security option takes a program out of what confines containers: what the level Baseline of the Pod
/// Security Standards refuses.
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

/// What became of a security option.
enum Understood {
    Done,
    Otherwise(&'static str),
    No(&'static str),
}

/// One option as Docker reads it: a name, then `=` or `:` and a value.
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
                    "a seccomp profile is a file of the nodes: put it into the kubelet's seccomp folder and write \
                     seccomp=localhost/<path>",
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
                "Kubernetes shows all of /proc only to pods with users of their own: root in them is nobody on the node, \
                 and volumes must be of file systems that can map users",
            );
        }
        ("mask" | "unmask" | "writable-cgroups", _) => {
            return Understood::Otherwise("Kubernetes has no such option, so it is left out");
        }
        _ => {
            return Understood::No(
                "write no-new-privileges, seccomp=…, apparmor=…, label=user:…, label=role:…, label=type:…, \
                 label=level:…, label=disable or systempaths=unconfined",
            );
        }
    }
    Understood::Done
}

fn label(value: &str, options: &mut SELinuxOptions) -> Understood {
    match value.split_once(':') {
        // What Docker runs such a container as.
        None if value == "disable" => options.type_ = Some("spc_t".to_owned()),
        Some(("user", user)) => options.user = Some(user.to_owned()),
        Some(("role", role)) => options.role = Some(role.to_owned()),
        Some(("type", type_)) => options.type_ = Some(type_.to_owned()),
        Some(("level", level)) => options.level = Some(level.to_owned()),
        _ => {
            return Understood::No(
                "write label=user:…, label=role:…, label=type:…, label=level:… or label=disable",
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

fn sysctls(
    service: &Service,
    host: Host,
    path: &str,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> Vec<Sysctl> {
    for name in service.sysctls.keys() {
        let path = format!("{path}.sysctls.{name}");
        let of_the_pod =
            name == "kernel.sem" || NAMESPACED.iter().any(|beginning| name.starts_with(beginning));
        if !of_the_pod {
            let message =
                "the parameter belongs to the whole node, so no container may set it: set it on the nodes";
            problems.value(path, message);
        } else if host.network && name.starts_with("net.") {
            let message = "with the node's network it is the node's parameter: set it on the nodes";
            problems.value(path, message);
        } else if host.ipc && !name.starts_with("net.") {
            let message = "with the node's IPC it is the node's parameter: set it on the nodes";
            problems.value(path, message);
        } else if !SAFE.contains(&name.as_str()) {
            let message = "the nodes' kubelets take it only where --allowed-unsafe-sysctls names it: elsewhere the pods \
                           fail with SysctlForbidden";
            approximations.push(Approximation { path, message: message.to_owned() });
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
    fn what_no_profile_confines_is_told_from_what_another_profile_does() {
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
    fn security_options_are_read_as_docker_reads_them() {
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
