//! Devices of the node.

use k8s_openapi::api::core::v1::{HostPathVolumeSource, Volume, VolumeMount};

use super::{super::Mounts, Remarks};
use crate::{
    api::Service,
    translate::{Power, names::pod_volume},
};

/// Mounts the devices. Without a device plugin, only a privileged container may open them.
pub(super) fn mount(service: &Service, mounts: &mut Mounts<'_>, remarks: &mut Remarks<'_>) {
    for (index, device) in service.devices.iter().enumerate() {
        let place = format!("devices[{index}]");
        let target = device.target.as_deref().unwrap_or(&device.source).trim_end_matches('/');
        for (field, path) in [("source", device.source.as_str()), ("target", target)] {
            if !path.starts_with('/') || path.contains(':') || path.split('/').any(|part| part == "..") {
                remarks.refuse(
                    format!("{place}.{field}"),
                    "write an absolute path without a colon or '..', such as /dev/ttyUSB0",
                );
            }
        }
        let name = pod_volume("device", &device.source);
        let host_path = HostPathVolumeSource {
            path: device.source.clone(),
            type_: Some(kind(&device.source).to_owned()),
        };
        let volume = Volume { name: name.clone(), host_path: Some(host_path), ..Volume::default() };
        let mount =
            VolumeMount { name: name.clone(), mount_path: target.to_owned(), ..VolumeMount::default() };
        mounts.volumes.insert(name, volume);
        if mounts.mounts.insert(target.to_owned(), mount).is_some() {
            let message = format!("'{target}' is mounted twice: give one of the two another path");
            remarks.refuse(format!("{place}.target"), message);
        }
    }
    if !service.devices.is_empty() {
        remarks.uses("devices", Power::Devices);
        remarks.uses("devices", Power::Privileged);
        remarks.approximate(
            "devices",
            "the container is privileged and so gets every device of its node: where a device plugin offers the device, \
             'deploy.resources.devices' gives it alone, and leads the pod to a node that has it",
        );
    }
}

/// What must be on the node, by the names that Linux and its usual rules give (devices.txt of the kernel).
/// Nothing but a check keeps a path that is missing there from becoming an empty folder of the node.
fn kind(path: &str) -> &'static str {
    const FOLDERS: [&str; 10] = [
        "/dev",
        "/dev/bus/usb",
        "/dev/disk",
        "/dev/dma_heap",
        "/dev/dri",
        "/dev/infiniband",
        "/dev/input",
        "/dev/nvidia-caps",
        "/dev/serial",
        "/dev/snd",
    ];
    const DISKS: [&str; 12] = [
        "/dev/disk/",
        "/dev/dm-",
        "/dev/loop",
        "/dev/mapper/",
        "/dev/md",
        "/dev/mmcblk",
        "/dev/nbd",
        "/dev/sd",
        "/dev/sr",
        "/dev/vd",
        "/dev/xvd",
        "/dev/zd",
    ];
    let path = path.trim_end_matches('/');
    // Names such as nvme0 are controllers, and those such as nvme0n1 what they hold.
    let is_namespace = path.strip_prefix("/dev/nvme").is_some_and(|rest| rest.contains('n'));
    let is_control = matches!(path, "/dev/mapper/control" | "/dev/loop-control");
    let is_bus = path.starts_with("/dev/bus/usb/") && path.matches('/').count() == 4;
    if FOLDERS.contains(&path) || is_bus {
        "Directory"
    } else if !is_control && (is_namespace || DISKS.iter().any(|disk| path.starts_with(disk))) {
        "BlockDevice"
    } else {
        "CharDevice"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::tests::{read, service},
        kind,
    };

    #[test]
    fn a_device_is_looked_for_as_what_its_name_says() {
        for (path, expected) in [
            ("/dev/ttyUSB0", "CharDevice"),
            ("/dev/net/tun", "CharDevice"),
            ("/dev/dri", "Directory"),
            ("/dev/dri/", "Directory"),
            ("/dev/dri/renderD128", "CharDevice"),
            ("/dev/bus/usb/001", "Directory"),
            ("/dev/bus/usb/001/002", "CharDevice"),
            ("/dev/serial/by-id/usb-x", "CharDevice"),
            ("/dev/sda1", "BlockDevice"),
            ("/dev/nvme0", "CharDevice"),
            ("/dev/nvme0n1", "BlockDevice"),
            ("/dev/mapper/control", "CharDevice"),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }

    #[test]
    fn a_device_needs_two_powers_and_two_devices_two_places() {
        let given =
            service(json!({"devices": [{"source": "/dev/a"}, {"source": "/dev/b", "target": "/dev/a"}]}));
        let said = read(&given).1.join(" ");
        assert_eq!(said, "- s.devices[1].target ~ s.devices ! s.devices devices ! s.devices privileged");
    }
}
