//! Files of a volume in the Stack, which the helper writes into the volume.

use super::{Mounter, ProjectFiles, projection::projected, volume};
use crate::{
    api::VolumeMount,
    text::names::{dns_label, pod_volume},
    translate::resolve::{
        file_keys,
        volumes::{DeclaredVolume, Origin},
    },
};

impl<'a> Mounter<'_, 'a> {
    /// Adds the task that writes the files of a volume. Each service that mounts the volume has the task, because any of
    /// them can start first.
    ///
    /// A claim that starts empty can have files that were removed from the Stack. The helper opens the folder of such a
    /// claim anyway, and removes these files.
    pub(super) fn project_files(
        &mut self,
        source: &str,
        mount: &VolumeMount,
        declared: &DeclaredVolume<'a>,
        pod_name: &str,
        folder: Option<&str>,
    ) {
        let is_known = self.found.tasks.project_files.iter().any(|files| files.volume == pod_name);
        let may_have_had_files = matches!(declared.origin, Origin::Claim(_)) && mount.nocopy == Some(true);
        let namespace = self.context.grants.namespace.filter(|_| matches!(declared.origin, Origin::Nfs(_)));
        let writers = self.context.writers.get(source).copied().unwrap_or_default();
        let declared = declared.spec;
        let has_any = !(declared.files.is_empty() && declared.folders.is_empty());
        if is_known || !has_any && !may_have_had_files {
            return;
        }
        if has_any {
            let what = "the files and folders are not written into the volume";
            let root = self.context.findings.root("spec.volumes");
            let at = root.child(source);
            self.without_helper(&at.child("files"), what);
        }
        self.found.reads.extend(declared.files.iter().filter_map(file_keys::origin));
        let files = (!declared.files.is_empty()).then(|| {
            projected(volume(pod_volume("laid", &dns_label(source))), file_keys::projections(&declared.files))
        });
        // A claim belongs to one namespace, and keeps its record when it is restored in another one. An NFS export serves
        // all namespaces.
        let label = dns_label(source);
        let parts = namespace.into_iter().chain([self.context.stack, label.as_str()]);
        self.found.tasks.project_files.push(ProjectFiles {
            volume: pod_name.to_owned(),
            folder: folder.map(str::to_owned),
            name: parts.collect::<Vec<_>>().join("/"),
            files,
            folders: declared.folders.clone(),
            writers,
            user: self.of.user,
        });
    }

    /// Reports whether a mount shows a single file of the volume that the helper writes.
    pub(super) fn shows_file(&self, mount: &VolumeMount) -> bool {
        let declared = mount.source.as_deref().and_then(|source| self.context.volumes.get(source));
        let files = declared.into_iter().flat_map(|declared| &declared.spec.files);
        let subpath = mount.subpath.as_deref();
        subpath.is_some() && files.into_iter().any(|file| file.path.as_deref() == subpath)
    }
}
