//! What the container may do: capabilities, privileges and security options.

use k8s_openapi::api::core::v1::SecurityContext;

use super::{Host, Remarks, capabilities::capabilities, security_opt::security_opt};
use crate::{api::Service, translate::Power};

/// What the container may do, and as whom.
pub(in crate::translate) struct Security {
    /// Of the container; its user is resolved apart.
    pub container: SecurityContext,
    /// Further groups of the user, of the whole pod.
    pub groups: Vec<i64>,
    /// Whether the pod has users of its own, which are nobody on the node.
    pub own_users: bool,
}

/// Reads what the container may do.
pub(super) fn security(service: &Service, host: &Host, remarks: &mut Remarks<'_>) -> Security {
    let has_devices = !service.devices.is_empty();
    if service.privileged == Some(true) {
        remarks.uses("privileged", Power::Privileged);
    }
    let privileged = (service.privileged == Some(true) || has_devices).then_some(true);
    let container = SecurityContext {
        read_only_root_filesystem: service.read_only.filter(|&yes| yes),
        privileged,
        capabilities: capabilities(service, remarks),
        ..SecurityContext::default()
    };
    let mut security = Security { container, groups: groups(service, remarks), own_users: false };
    security_opt(service, host, &mut security, remarks);
    security
}

fn groups(service: &Service, remarks: &mut Remarks<'_>) -> Vec<i64> {
    let mut groups = Vec::new();
    for (index, &group) in service.group_add.iter().enumerate() {
        if !(0..=i64::from(i32::MAX)).contains(&group) {
            remarks.refuse(format!("groupAdd[{index}]"), "a group is a number from 0 to 2147483647");
        } else if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups.sort_unstable();
    groups
}
