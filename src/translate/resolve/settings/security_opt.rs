//! `securityOpt`, as Docker writes them: `name=value`, or in an older way `name:value`.

use k8s_openapi::api::core::v1::{AppArmorProfile, SELinuxOptions, SeccompProfile};

use super::{Host, Remarks, security::Security};
use crate::api::Service;

/// Puts each option where Kubernetes has it.
pub(super) fn security_opt(
    service: &Service,
    host: &Host,
    security: &mut Security,
    remarks: &mut Remarks<'_>,
) {
    for (index, option) in service.security_opt.iter().enumerate() {
        let place = format!("securityOpt[{index}]");
        let (name, value) =
            option.split_once('=').or_else(|| option.split_once(':')).unwrap_or((option.as_str(), ""));
        match (name, value) {
            ("no-new-privileges", "" | "true") => no_new_privileges(&place, security, remarks),
            ("no-new-privileges", "false") => {}
            ("seccomp", profile) if !profile.is_empty() => {
                security.container.seccomp_profile = seccomp(&place, profile, remarks);
            }
            ("apparmor", profile) if !profile.is_empty() => {
                security.container.app_armor_profile = Some(apparmor(profile));
            }
            ("label", label) => selinux(&place, label, security, remarks),
            ("systempaths", "unconfined") => unmask(&place, host, security, remarks),
            _ => remarks.refuse(
                place,
                format!(
                    "'{option}' has no counterpart: write no-new-privileges, seccomp=…, apparmor=…, label=… or \
                     systempaths=unconfined, or take it out"
                ),
            ),
        }
    }
}

fn no_new_privileges(place: &str, security: &mut Security, remarks: &mut Remarks<'_>) {
    if security.container.privileged == Some(true) {
        remarks.approximate(
            place,
            "left out: Kubernetes takes no container that is privileged and may gain no privileges",
        );
    } else {
        security.container.allow_privilege_escalation = Some(false);
    }
}

/// Docker's own profile, none, or a file on the node.
fn seccomp(place: &str, profile: &str, remarks: &mut Remarks<'_>) -> Option<SeccompProfile> {
    let of_type = |type_: &str, file: Option<String>| {
        Some(SeccompProfile { type_: type_.to_owned(), localhost_profile: file })
    };
    match profile {
        "unconfined" => of_type("Unconfined", None),
        "builtin" | "runtime/default" => of_type("RuntimeDefault", None),
        file => {
            let file = file.strip_prefix("localhost/").unwrap_or(file).trim_start_matches("./");
            if file.starts_with(['/', '{']) || file.split('/').any(|part| part == "..") {
                remarks.refuse(
                    place,
                    "write the profile's path below the folder 'seccomp' of the kubelet, such as seccomp=profiles/app.json, \
                     and put the file there on every node",
                );
                return None;
            }
            remarks.approximate(
                place,
                format!(
                    "the profile is read on the node, from the folder 'seccomp' of its kubelet: the pod waits until '{file}' \
                     is there"
                ),
            );
            of_type("Localhost", Some(file.to_owned()))
        }
    }
}

/// Docker's own profile, none, or one that is loaded on the node, as in Docker.
fn apparmor(profile: &str) -> AppArmorProfile {
    let of_type = |type_: &str, name: Option<String>| AppArmorProfile {
        type_: type_.to_owned(),
        localhost_profile: name,
    };
    match profile {
        "unconfined" => of_type("Unconfined", None),
        "docker-default" | "runtime/default" => of_type("RuntimeDefault", None),
        name => of_type("Localhost", Some(name.strip_prefix("localhost/").unwrap_or(name).to_owned())),
    }
}

/// Parts of the SELinux label, `part:value`, or `disable`.
fn selinux(place: &str, label: &str, security: &mut Security, remarks: &mut Remarks<'_>) {
    let options = security.container.se_linux_options.get_or_insert_default();
    match label.split_once(':') {
        None if label == "disable" => set(options, "type", "spc_t"),
        Some((part @ ("user" | "role" | "type" | "level"), value)) if !value.is_empty() => set(options, part, value),
        _ => remarks.refuse(
            place,
            "write label=disable, or label= with user:…, role:…, type:… or level:…, as far as Kubernetes has them",
        ),
    }
}

fn set(options: &mut SELinuxOptions, part: &str, value: &str) {
    let field = match part {
        "user" => &mut options.user,
        "role" => &mut options.role,
        "level" => &mut options.level,
        _ => &mut options.type_,
    };
    *field = Some(value.to_owned());
}

/// Shows all of /proc and /sys. Kubernetes does so only where root of the pod is nobody on the node.
fn unmask(place: &str, host: &Host, security: &mut Security, remarks: &mut Remarks<'_>) {
    if security.container.privileged == Some(true) {
        // It sees all of them already.
        return;
    }
    if *host != Host::default() {
        let message = "Kubernetes shows all of /proc only to pods with users of their own, which cannot use the node's \
                       network, processes or IPC: take one of the two out";
        return remarks.refuse(place, message);
    }
    remarks.approximate(
        place,
        "the pod gets users of its own, as Kubernetes asks: root in it is nobody on the node, and volumes must be of file \
         systems that can map users",
    );
    security.container.proc_mount = Some("Unmasked".to_owned());
    security.own_users = true;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{read, service};

    #[test]
    fn each_option_stands_where_kubernetes_has_it() {
        for (option, expected, remarks) in [
            ("no-new-privileges", json!({"allowPrivilegeEscalation": false}), ""),
            ("no-new-privileges:true", json!({"allowPrivilegeEscalation": false}), ""),
            ("no-new-privileges=false", json!({}), ""),
            ("no-new-privileges=x", json!({}), "- s.securityOpt[0]"),
            ("seccomp:unconfined", json!({"seccompProfile": {"type": "Unconfined"}}), ""),
            ("seccomp=builtin", json!({"seccompProfile": {"type": "RuntimeDefault"}}), ""),
            (
                "seccomp=./a/b.json",
                json!({"seccompProfile": {"type": "Localhost", "localhostProfile": "a/b.json"}}),
                "~ s.securityOpt[0]",
            ),
            ("seccomp=/etc/app.json", json!({}), "- s.securityOpt[0]"),
            ("seccomp=", json!({}), "- s.securityOpt[0]"),
            ("apparmor=unconfined", json!({"appArmorProfile": {"type": "Unconfined"}}), ""),
            (
                "apparmor:app",
                json!({"appArmorProfile": {"type": "Localhost", "localhostProfile": "app"}}),
                "",
            ),
            ("label=disable", json!({"seLinuxOptions": {"type": "spc_t"}}), ""),
            ("label:level:s0:c1,c2", json!({"seLinuxOptions": {"level": "s0:c1,c2"}}), ""),
            ("label=filetype:x", json!({"seLinuxOptions": {}}), "- s.securityOpt[0]"),
            ("systempaths=unconfined", json!({"procMount": "Unmasked"}), "~ s.securityOpt[0]"),
            ("mask=/proc/x", json!({}), "- s.securityOpt[0]"),
        ] {
            let service = service(json!({"securityOpt": [option]}));
            let (settings, said) = read(&service);
            let got = serde_json::to_value(&settings.security.container).unwrap();
            assert_eq!((got, said.join(" ").as_str()), (expected, remarks), "{option}");
        }
    }

    #[test]
    fn options_that_privileged_containers_cannot_have_are_told() {
        let service = service(json!({
            "privileged": true, "securityOpt": ["no-new-privileges", "systempaths=unconfined"],
        }));
        let (settings, said) = read(&service);
        assert_eq!(serde_json::to_value(&settings.security.container).unwrap(), json!({"privileged": true}));
        assert_eq!(said.join(" "), "~ s.securityOpt[0] ! s.privileged privileged");
    }
}
