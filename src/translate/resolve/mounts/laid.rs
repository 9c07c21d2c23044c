//! The Stack's own files of a volume, which the helper lays into it.

use k8s_openapi::api::core::v1::{ProjectedVolumeSource, Volume};

use super::{Laid, Mounter, keys, trees::USUAL, volume};
use crate::{
    api::{self, VolumeMount},
    translate::{
        names::{dns_label, pod_volume},
        resolve::Problems,
    },
};

impl<'a> Mounter<'_, 'a, '_> {
    /// Has the files of a volume laid before the container starts: each service that mounts it may be the first.
    pub(super) fn lay(&mut self, source: &str, declared: &'a api::Volume, pod_name: &str, folder: &str) {
        let is_known = self.found.chores.laid.iter().any(|laid| laid.volume == pod_name);
        if is_known || declared.files.is_empty() && declared.folders.is_empty() {
            return;
        }
        self.without_helper(
            format!("spec.volumes.{source}.files"),
            "the volume begins without its files and folders",
        );
        self.found.reads.extend(declared.files.iter().filter_map(keys::origin));
        let files = (!declared.files.is_empty()).then(|| {
            let sources = Some(keys::projections(&declared.files));
            let files = ProjectedVolumeSource { sources, default_mode: Some(USUAL) };
            let name = volume(pod_volume("laid", &dns_label(source)));
            Volume { projected: Some(files), ..name }
        });
        self.found.chores.laid.push(Laid {
            volume: pod_name.to_owned(),
            folder: folder.to_owned(),
            files,
            folders: declared.folders.clone(),
            owner: self.user,
        });
    }

    /// Whether a mount shows one file of a volume: one that is laid into it.
    pub(super) fn shows_file(&self, mount: &VolumeMount) -> bool {
        let declared = mount.source.as_deref().and_then(|source| self.context.volumes.get(source));
        let files = declared.into_iter().flat_map(|declared| &declared.spec.files);
        let subpath = mount.subpath.as_deref();
        subpath.is_some() && files.into_iter().any(|file| file.path.as_deref() == subpath)
    }
}

/// Refuses what the files and folders of a volume get wrong.
pub(in crate::translate::resolve) fn check(volume: &api::Volume, path: &str, problems: &mut Problems) {
    keys::check(&volume.files, path, problems);
    for (index, _) in volume.files.iter().enumerate().filter(|(_, file)| file.path.is_none()) {
        let message = "a file of a volume has a path in it: write one, such as 'conf.d/site.conf'";
        problems.value(format!("{path}.files[{index}].path"), message);
    }
    for (index, folder) in volume.folders.iter().enumerate() {
        if let Some(message) = keys::wrong(folder) {
            problems.value(format!("{path}.folders[{index}]"), message);
        }
    }
    let cannot_be_filled =
        volume.host_path.is_some() || volume.nfs.as_ref().is_some_and(|nfs| nfs.read_only == Some(true));
    if cannot_be_filled && !(volume.files.is_empty() && volume.folders.is_empty()) {
        let message =
            "nothing is laid into a folder of the node or a read-only export: take 'files' and 'folders' out";
        problems.value(path, message);
    }
}
