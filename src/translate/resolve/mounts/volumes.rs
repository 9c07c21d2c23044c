//! Mounts of named volumes, anonymous volumes, host paths and images.

use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, HostPathVolumeSource, ImageVolumeSource, NFSVolumeSource,
    PersistentVolumeClaimVolumeSource, Volume,
};

use super::{AnonymousClaim, Mounter, OpenedFolder, Seed, volume};
use crate::{
    api::{AnonymousVolumes, Propagation, Reason, Service, VolumeMount},
    text::{
        names::{dns_label, object_name, pod_volume},
        short_hash,
    },
    translate::{
        ImageConfig,
        findings::FieldPath,
        resolve::volumes::{Origin, check_host_path},
    },
};

/// The folder of a claim that services see. The root of a claim can have a folder `lost+found`, and many programs require an
/// empty folder.
const FOLDER: &str = "data";

impl<'a> Mounter<'_, 'a> {
    pub(super) fn volumes(&mut self, service: &'a Service, at: &FieldPath<'_>) {
        for (index, mount) in service.volumes.iter().enumerate() {
            let at = &at.index("volumes", index);
            let begins_empty = mount.empty_dir == Some(true);
            let is_of_the_node = match (&mount.source, &mount.host_path, &mount.image, begins_empty) {
                (Some(source), None, None, false) => self.named(source, mount, at),
                (None, Some(folder), None, false) => self.host_path(folder, mount, at),
                (None, None, Some(image), false) => self.image(image, mount, at),
                (None, None, None, true) => self.empty_dir(mount, at),
                (None, None, None, false) => self.anonymous(mount, at),
                _ => {
                    let message = "a mount has one source: set one of 'source', 'hostPath', 'image' and 'emptyDir', \
                                   or none for an anonymous volume";
                    at.invalid(message);
                    continue;
                }
            };
            self.propagation(service, mount, is_of_the_node, at);
        }
    }

    /// Mounts a named volume. Returns whether it is a host path.
    fn named(&mut self, source: &str, mount: &'a VolumeMount, at: &FieldPath<'_>) -> bool {
        let context = self.context;
        let Some(declared) = context.volumes.get(source) else {
            let known = self.context.volumes.keys().copied();
            at.unknown(Reason::UnknownVolume, ("volume", source, "spec.volumes"), known);
            return false;
        };
        let mut read_only = mount.read_only.filter(|&yes| yes);
        let name = volume(pod_volume("volume", &dns_label(source)));
        let (volume, root) = match &declared.origin {
            Origin::Claim(claim) => (of_claim(claim, name), Some(FOLDER)),
            Origin::External { claim, of_a_stack } => {
                self.found.external_claims.insert(claim);
                (of_claim(claim, name), of_a_stack.then_some(FOLDER))
            }
            Origin::Nfs(nfs) => {
                let (server, path) = (nfs.server.clone(), nfs.path.clone());
                let is_read_only = nfs.read_only.filter(|&yes| yes);
                read_only = read_only.or(is_read_only);
                let export = NFSVolumeSource { server, path, read_only: is_read_only };
                (Volume { nfs: Some(export), ..name }, None)
            }
            Origin::HostPath(folder) => (of_the_node(folder, name), None),
        };
        let is_of_the_node = volume.host_path.is_some();
        self.found.writes_volume |= read_only.is_none();
        let folder = shown_folder(root, mount, at);
        // A host path is not changed, and a read-only export cannot be written.
        let is_fixed = volume.nfs.as_ref().is_some_and(|export| export.read_only == Some(true));
        if !is_of_the_node && !is_fixed {
            self.project_files(source, mount, declared, &volume.name, root);
            self.seed(&volume.name, folder.as_deref(), mount, at);
        }
        if let (Origin::Claim(_), Some(folder), Some(true)) = (&declared.origin, &folder, mount.nocopy)
            && !self.shows_file(mount)
        {
            let opened = OpenedFolder { volume: volume.name.clone(), folder: folder.clone() };
            self.found.tasks.opened.insert(opened);
        }
        self.mount(at, &mount.target, volume, folder, read_only);
        is_of_the_node
    }

    fn host_path(&mut self, folder: &str, mount: &VolumeMount, at: &FieldPath<'_>) -> bool {
        check_host_path(folder, self.context.grants, &at.child("hostPath"));
        let read_only = mount.read_only.filter(|&yes| yes);
        self.found.writes_host |= read_only.is_none();
        let volume = of_the_node(folder, volume(pod_volume("host", folder)));
        let sub_path = shown_folder(None, mount, at);
        self.mount(at, &mount.target, volume, sub_path, read_only);
        true
    }

    fn image(&mut self, image: &str, mount: &VolumeMount, at: &FieldPath<'_>) -> bool {
        let facts = self.context.facts;
        // A running service is not refused: a node with an older version can have joined later.
        let name = self.of.name;
        let runs = facts.live_workloads.contains_key(name) || facts.released_templates.contains_key(name);
        if !facts.version.has_image_volumes() && !runs {
            let message = "image mounts require Kubernetes 1.35: upgrade the cluster and all nodes, or copy the \
                           files into the image of the service";
            at.child("image").invalid(message);
        }
        let files = ImageVolumeSource {
            reference: Some(image.to_owned()),
            pull_policy: Some("IfNotPresent".to_owned()),
        };
        let volume = Volume { image: Some(files), ..volume(pod_volume("image", image)) };
        let sub_path = shown_folder(None, mount, at);
        self.mount(at, &mount.target, volume, sub_path, Some(true));
        false
    }

    fn empty_dir(&mut self, mount: &VolumeMount, at: &FieldPath<'_>) -> bool {
        let name = volume(pod_volume("empty", mount.target.trim_end_matches('/')));
        let volume = Volume { empty_dir: Some(EmptyDirVolumeSource::default()), ..name };
        let sub_path = shown_folder(None, mount, at);
        self.mount(at, &mount.target, volume, sub_path, mount.read_only.filter(|&yes| yes));
        false
    }

    /// Mounts the volumes that the image declares, unless the service mounts something at the same path, as in Docker.
    pub(super) fn of_the_image(&mut self, image: &ImageConfig, at: &FieldPath<'_>) {
        let at = &at.child("image");
        for target in &image.volumes {
            if !self.found.mounts.contains_key(target) {
                self.anonymous(&VolumeMount { target: target.clone(), ..VolumeMount::default() }, at);
            }
        }
    }

    fn anonymous(&mut self, mount: &VolumeMount, at: &FieldPath<'_>) -> bool {
        let read_only = mount.read_only.filter(|&yes| yes);
        let target = mount.target.trim_end_matches('/');
        let name = volume(pod_volume("anonymous", target));
        let wanted = self.context.spec.anonymous_volumes.unwrap_or_default();
        // Each run of a job starts with an empty folder, as in Docker.
        let is_job = self.of.service.triggers.is_some();
        let volume = if self.is_single && wanted == AnonymousVolumes::Claim && !is_job {
            self.found.writes_volume |= read_only.is_none();
            let claim = object_name(self.context.stack, &format!("{}-{}", self.of.name, short_hash(target)));
            let volume = of_claim(&claim, name);
            self.found.anonymous_claims.push(AnonymousClaim { name: claim, path: at.to_string() });
            volume
        } else {
            if wanted == AnonymousVolumes::Claim && !is_job {
                let message = format!(
                    "each replica has a folder {target} that starts empty with each Pod: run one replica, or mount a \
                     named volume"
                );
                at.approximate(message);
            }
            Volume { empty_dir: Some(EmptyDirVolumeSource::default()), ..name }
        };
        let folder = shown_folder(Some(FOLDER), mount, at);
        self.seed(&volume.name, folder.as_deref(), mount, at);
        self.mount(at, &mount.target, volume, folder, read_only);
        false
    }

    fn seed(&mut self, volume: &str, folder: Option<&str>, mount: &VolumeMount, at: &FieldPath<'_>) {
        if mount.nocopy == Some(true) {
            return;
        }
        self.found.tasks.seeds.push(Seed {
            volume: volume.to_owned(),
            folder: folder.map(str::to_owned),
            target: mount.target.trim_end_matches('/').to_owned(),
            path: at.to_string(),
        });
    }

    fn propagation(
        &mut self,
        service: &Service,
        mount: &VolumeMount,
        is_of_the_node: bool,
        at: &FieldPath<'_>,
    ) {
        let given = match mount.propagation.unwrap_or_default() {
            Propagation::Private => return,
            Propagation::Rslave => "HostToContainer",
            Propagation::Rshared => "Bidirectional",
        };
        let at = &at.child("propagation");
        if !is_of_the_node {
            at.invalid("propagation applies only to a host path: remove 'propagation'");
        } else if given == "Bidirectional" && service.privileged != Some(true) {
            let message = "rshared requires a privileged container: write rslave, or set 'privileged'";
            at.invalid(message);
        } else if let Some(mount) = self.found.mounts.get_mut(mount.target.trim_end_matches('/')) {
            mount.mount_propagation = Some(given.to_owned());
        }
    }
}

/// Returns the folder of a volume that a mount shows, or `None` for the root.
fn shown_folder(root: Option<&str>, mount: &VolumeMount, at: &FieldPath<'_>) -> Option<String> {
    let subpath = mount.subpath.as_deref().unwrap_or("");
    if subpath.starts_with('/') || subpath.split('/').any(|part| part == "..") {
        let message =
            format!("'{subpath}' leaves the volume: write a relative path without '..', such as 'a/b'");
        at.child("subpath").invalid(message);
    }
    let parts = subpath.split('/').filter(|part| !part.is_empty() && *part != ".");
    let folder = root.into_iter().chain(parts).collect::<Vec<_>>().join("/");
    (!folder.is_empty()).then_some(folder)
}

fn of_claim(claim: &str, volume: Volume) -> Volume {
    let claim = PersistentVolumeClaimVolumeSource { claim_name: claim.to_owned(), read_only: None };
    Volume { persistent_volume_claim: Some(claim), ..volume }
}

/// Returns a host path volume. Without a type, the kubelet creates a folder for a missing path, as Docker does.
fn of_the_node(path: &str, volume: Volume) -> Volume {
    Volume { host_path: Some(HostPathVolumeSource { path: path.to_owned(), type_: None }), ..volume }
}
