//! Powers over the node and the kernel, and what is taken away.

use super::networks::mode;
use crate::api::{Device, Service, Text};
use crate::convert::catalogue;
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value};

/// Capabilities, devices, namespaces and security options.
pub fn security(context: &Context<'_>, section: &mut Section<'_>, service: &mut Service) {
    let capability = |text: String| {
        let upper = text.to_uppercase();
        upper.strip_prefix("CAP_").map_or(upper.clone(), str::to_owned)
    };
    service.cap_add = section.texts("cap_add").into_iter().map(capability).collect();
    service.cap_drop = section.texts("cap_drop").into_iter().map(capability).collect();
    service.privileged = section.bool("privileged").filter(|on| *on);
    service.security_opt = section.texts("security_opt");
    for (name, text) in section.texts_by_name("sysctls") {
        service.sysctls.insert(name, Text(text));
    }
    service.ipc = section.take("ipc").and_then(|value| mode(context, value));
    service.pid = section.take("pid").and_then(|value| mode(context, value));
    for value in section.take("devices").map(Value::items).unwrap_or_default() {
        service.devices.extend(device(value.section()));
    }
}

fn device(mut section: Section<'_>) -> Option<Device> {
    let source = section.take("source");
    let is_path = source.as_ref().and_then(Value::peek_text).is_some_and(|path| path.starts_with('/'));
    let source = source.and_then(|value| {
        if is_path {
            value.text()
        } else {
            value.judged(&catalogue::CDI_DEVICE);
            None
        }
    });
    let target = section.text("target").filter(|target| target.starts_with('/'));
    if let Some(value) = section.take("permissions") {
        if value.peek_text().is_none_or(|text| text.is_empty() || text == "rwm") {
            value.mapped();
        } else {
            value.judged(&catalogue::DEVICE_PERMISSIONS);
        }
    }
    section.rest();
    let source = source?;
    Some(Device { target: target.filter(|target| *target != source), source })
}
