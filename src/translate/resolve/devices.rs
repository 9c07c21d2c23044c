//! Devices of the node.

use std::collections::BTreeSet;

use super::mounts::Mounts;
use crate::{api::Service, translate::findings::FieldPath};

/// Refuses devices with invalid or duplicate paths in the container.
pub(super) fn check(service: &Service, mounts: &Mounts<'_>, at: &FieldPath<'_>) {
    let mut taken: BTreeSet<&str> = mounts.mounts.keys().map(String::as_str).collect();
    for (index, device) in service.devices.iter().enumerate() {
        let at = &at.index("devices", index);
        let target = target(device);
        for (field, device_path) in [("source", device.source.as_str()), ("target", target)] {
            let leads_out = device_path.split('/').any(|part| part == "..");
            if !device_path.starts_with('/') || device_path.contains(':') || leads_out {
                let message = "the path is not supported: write an absolute path without ':' and '..', such as \
                               /dev/ttyUSB0";
                at.child(field).invalid(message);
            }
        }
        if !taken.insert(target) {
            let message = format!("'{target}' is mounted twice: change the path of one of the two");
            at.child("target").invalid(message);
        }
    }
}

/// Returns the path of a device in the container.
pub(in crate::translate) fn target(device: &crate::api::Device) -> &str {
    device.target.as_deref().unwrap_or(&device.source).trim_end_matches('/')
}

/// Returns the type of a device file on the node, from the names in Linux (devices.txt of the kernel). Without a type, the
/// kubelet creates an empty folder on the node for a missing path.
pub(in crate::translate) fn kind(path: &str) -> &'static str {
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
    // Names such as nvme0 are controllers, and names such as nvme0n1 are disks.
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
    use super::kind;

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
}
