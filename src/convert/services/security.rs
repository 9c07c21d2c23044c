//! Privileges and security settings of a service.

use super::networks::mode;
use crate::api::{Device, Service, Text};
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value};
use crate::rules;

/// Converts capabilities, devices, namespaces and security options.
pub fn security(context: &Context<'_>, section: &mut Section<'_>, service: &mut Service) {
    let capability = |text: String| {
        let upper = text.to_uppercase();
        upper.strip_prefix("CAP_").map_or(upper.clone(), str::to_owned)
    };
    service.cap_add = section.texts("cap_add").into_iter().map(capability).collect();
    service.cap_drop = section.texts("cap_drop").into_iter().map(capability).collect();
    service.privileged = section.bool("privileged").filter(|on| *on);
    for value in section.take("security_opt").map(Value::items).unwrap_or_default() {
        if value.peek_text().is_some_and(is_known) {
            service.security_opt.extend(value.text());
        } else {
            value.judged(&rules::SECURITY_OPTION);
        }
    }
    let host_network = service.network_mode.as_deref() == Some("host");
    for (name, value) in section.take("sysctls").map(Value::entries).unwrap_or_default() {
        if host_network && name.starts_with("net.") {
            value.judged(&rules::NODE_SYSCTL);
        } else {
            service.sysctls.extend(value.text().map(|text| (name.to_owned(), Text(text))));
        }
    }
    service.ipc = section.take("ipc").and_then(|value| mode(context, value));
    service.pid = section.take("pid").and_then(|value| mode(context, value));
    for value in section.take("devices").map(Value::items).unwrap_or_default() {
        service.devices.extend(device(value.section()));
    }
}

/// Reports whether a security option has a counterpart in a Pod.
fn is_known(option: &str) -> bool {
    let (name, value) = option.split_once(['=', ':']).unwrap_or((option, ""));
    match name {
        "no-new-privileges" | "apparmor" | "systempaths" => true,
        "seccomp" => matches!(value, "unconfined" | "builtin" | "") || value.starts_with("localhost/"),
        "label" => {
            let kinds = ["user:", "role:", "type:", "level:"];
            value == "disable" || kinds.iter().any(|kind| value.starts_with(kind))
        }
        _ => false,
    }
}

fn device(mut section: Section<'_>) -> Option<Device> {
    let source = section.take("source");
    let is_path = source.as_ref().and_then(Value::peek_text).is_some_and(|path| path.starts_with('/'));
    let source = source.and_then(|value| {
        if is_path {
            value.text()
        } else {
            value.judged(&rules::CDI_DEVICE);
            None
        }
    });
    let target = section.text("target").filter(|target| target.starts_with('/'));
    if let Some(value) = section.take("permissions") {
        if value.peek_text().is_none_or(|text| text.is_empty() || text == "rwm") {
            value.mapped();
        } else {
            value.judged(&rules::DEVICE_PERMISSIONS);
        }
    }
    section.rest();
    let source = source?;
    Some(Device { target: target.filter(|target| *target != source), source })
}
