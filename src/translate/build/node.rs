//! Namespaces of the node, devices and memory volumes of a Pod.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{EmptyDirVolumeSource, HostPathVolumeSource, PodSpec, Volume, VolumeMount},
    apimachinery::pkg::api::resource::Quantity,
};

use crate::{
    text::names::pod_volume,
    translate::resolve::{ResolvedService, kind_of_device, node_labels, target_of_device},
};

/// The path of shared memory.
const SHM: &str = "/dev/shm";

/// Adds the namespaces and devices of the node to a Pod.
pub(super) fn add(spec: &mut PodSpec, service: &ResolvedService<'_>) {
    let host = service.host;
    let yes = |is: bool| is.then_some(true);
    spec.host_network = yes(host.network);
    spec.host_pid = yes(host.pid);
    spec.host_ipc = yes(host.ipc);
    spec.share_process_namespace = yes(service.own.spec.init == Some(true) && !host.pid);
    // By default, such Pods use the DNS servers of the node, which do not resolve names of the cluster.
    spec.dns_policy = host.network.then(|| "ClusterFirstWithHostNet".to_owned());
    spec.host_users = service.own.security.is_unmasked().then_some(false);
    spec.runtime_class_name = service.own.runtime_class().map(str::to_owned);
    let labels: BTreeMap<_, _> =
        service.own.spec.platform.iter().flat_map(|platform| node_labels(platform)).collect();
    spec.node_selector = (!labels.is_empty()).then_some(labels);
    for device in &service.own.spec.devices {
        let volume = Volume {
            name: pod_volume("device", &device.source),
            host_path: Some(HostPathVolumeSource {
                path: device.source.clone(),
                type_: Some(kind_of_device(&device.source).to_owned()),
            }),
            ..Volume::default()
        };
        mount(spec, volume, target_of_device(device));
    }
    // As in Docker, /dev/shm of the node applies with the IPC namespace of the node, whatever the size.
    if let Some(size) = service.own.shm_size.as_ref().filter(|_| !host.ipc) {
        let memory = EmptyDirVolumeSource {
            medium: Some("Memory".to_owned()),
            size_limit: Some(Quantity(size.0.clone())),
        };
        mount(spec, Volume { name: "shm".to_owned(), empty_dir: Some(memory), ..Volume::default() }, SHM);
    }
}

/// Mounts a volume at a path, unless the Stack mounts something there.
fn mount(spec: &mut PodSpec, volume: Volume, path: &str) {
    let name = volume.name.clone();
    let mut mounted = false;
    for container in &mut spec.containers {
        let mounts = container.volume_mounts.get_or_insert_default();
        if mounts.iter().all(|mount| mount.mount_path != path) {
            let mount =
                VolumeMount { name: name.clone(), mount_path: path.to_owned(), ..VolumeMount::default() };
            mounts.push(mount);
            mounts.sort_by(|a, b| a.mount_path.cmp(&b.mount_path));
            mounted = true;
        }
    }
    let volumes = spec.volumes.get_or_insert_default();
    if mounted && volumes.iter().all(|volume| volume.name != name) {
        volumes.push(volume);
        volumes.sort_by(|a, b| a.name.cmp(&b.name));
    }
}
