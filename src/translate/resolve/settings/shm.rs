//! The size of `/dev/shm`.

use k8s_openapi::api::core::v1::{EmptyDirVolumeSource, Volume, VolumeMount};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;

use super::{
    super::{Counted, Mounts, amount},
    Host, Remarks,
};
use crate::api::Service;

const PATH: &str = "/dev/shm";

/// The name of the pod volume; those of the service's own mounts have a hyphen.
const NAME: &str = "shm";

/// Mounts memory of the given size, unless something else is mounted there. The node's IPC has the node's
/// `/dev/shm`, whatever its size. Both are so in Docker.
pub(super) fn mount(service: &Service, host: &Host, mounts: &mut Mounts<'_>, remarks: &mut Remarks<'_>) {
    let Some(size) = &service.shm_size else { return };
    let path = format!("{}.shmSize", remarks.path);
    let Some(size) = amount(size, Counted::Bytes, &path, remarks.problems) else { return };
    if host.ipc || mounts.mounts.contains_key(PATH) {
        return;
    }
    let memory = EmptyDirVolumeSource { medium: Some("Memory".to_owned()), size_limit: Some(Amount(size.0)) };
    let volume = Volume { name: NAME.to_owned(), empty_dir: Some(memory), ..Volume::default() };
    let mount = VolumeMount { name: NAME.to_owned(), mount_path: PATH.to_owned(), ..VolumeMount::default() };
    mounts.volumes.insert(NAME.to_owned(), volume);
    mounts.mounts.insert(PATH.to_owned(), mount);
}
