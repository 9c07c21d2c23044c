//! Mounts of a service: volumes, tmpfs, configs, secrets and trees of files.

mod files;
mod project_files;
mod projection;
mod trees;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{EmptyDirVolumeSource, Volume, VolumeMount, VolumeProjection};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use serde_json::json;

use super::{
    context::Context,
    file_keys::permission_bits,
    reads::Read,
    resources::{Counted, amount},
    same_node::is_everywhere,
    user::Owner,
    writers::Writers,
};
use crate::{
    api::{KeyRef, Service},
    text::{names::pod_volume, short_hash},
    translate::{
        Facts, ImageConfig, ObjectKind,
        findings::{FieldPath, Findings},
    },
};

/// The mounts of a service.
#[derive(Debug, Default)]
pub(in crate::translate) struct Mounts<'a> {
    /// The volumes of the Pod by name.
    pub volumes: BTreeMap<String, Volume>,
    /// The mounts of the container by path, so that the order in the spec does not change the template.
    pub mounts: BTreeMap<String, VolumeMount>,
    /// Whether the service can write a volume that outlives its Pod.
    pub writes_volume: bool,
    /// Whether the service can write a host path.
    pub writes_host: bool,
    /// The keys of objects that the service mounts and the Stack does not own.
    pub reads: Vec<Read<'a>>,
    /// The claims that the service mounts and the Stack does not own.
    pub external_claims: BTreeSet<&'a str>,
    /// The claims of anonymous volumes.
    pub anonymous_claims: Vec<AnonymousClaim>,
    /// The mount points in trees for mounts below them, by the volume of the tree.
    pub kept_places: BTreeMap<String, VolumeProjection>,
    /// The tasks of the helper before the container starts.
    pub tasks: HelperTasks,
    /// The content of the configs in the Stack that the service reads, by name.
    contents: BTreeMap<&'a str, &'a str>,
}

/// The claim of an anonymous volume.
#[derive(Debug)]
pub(in crate::translate) struct AnonymousClaim {
    /// The name of the claim.
    pub name: String,
    /// The path of the mount in the spec.
    pub path: String,
}

/// The tasks of the helper before a container starts.
#[derive(Debug, Default)]
pub(in crate::translate) struct HelperTasks {
    /// The volumes that are seeded from the image.
    pub seeds: Vec<Seed>,
    /// The files that are copied, because their volume cannot have the owner or is read-only.
    pub copies: Vec<Copied>,
    /// The folders in memory whose permission bits are set.
    pub modes: Vec<FolderMode>,
    /// The volumes into which project files are written.
    pub project_files: Vec<ProjectFiles>,
    /// The folders of volumes that start empty, which all users can write.
    pub opened: BTreeSet<OpenedFolder>,
}

/// A volume that is seeded from the image.
#[derive(Debug)]
pub(in crate::translate) struct Seed {
    /// The volume of the Pod.
    pub volume: String,
    /// The folder in the volume. `None` for the root.
    pub folder: Option<String>,
    /// The path in the image.
    pub target: String,
    /// The path in the spec.
    pub path: String,
}

/// The files of the Stack for a volume.
#[derive(Debug)]
pub(in crate::translate) struct ProjectFiles {
    /// The volume of the Pod.
    pub volume: String,
    /// The folder in the volume that services see. `None` for the root.
    pub folder: Option<String>,
    /// The name of the volume, unique in its storage. Several Stacks can share an NFS export.
    pub name: String,
    /// The volume of the Pod with the files. `None` if the Stack has no files for the volume.
    pub files: Option<Volume>,
    /// The folders that are created if they are missing.
    pub folders: Vec<String>,
    /// The owner of files and folders.
    pub writers: Writers,
    /// The user of the service, which is the owner in templates of earlier editions.
    pub user: Option<Owner>,
}

impl ProjectFiles {
    /// Reports whether the Stack has files or folders for the volume. If not, earlier files are removed.
    pub fn has_any(&self) -> bool {
        self.files.is_some() || !self.folders.is_empty()
    }
}

/// A folder of a volume that starts empty. The kubelet would create the folder for root, and no other user could write it.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::translate) struct OpenedFolder {
    /// The volume of the Pod.
    pub volume: String,
    /// The folder in the volume.
    pub folder: String,
}

/// Files of a volume of the Pod that the container sees as a copy.
#[derive(Debug)]
pub(in crate::translate) struct Copied {
    /// The path in the container.
    pub target: String,
    /// The volume of the Pod with the originals.
    pub volume: String,
    /// Whether this is a single file, whose name in the volume is `content`, and not a tree.
    pub is_file: bool,
    /// Whether the container can write the files.
    pub is_writable: bool,
    /// Whether the files are copied only because no user but root could read them.
    pub is_private: bool,
    /// Whether the files must not be stored on a disk.
    pub is_secret: bool,
    /// The owner. `None` if the user of the program is unknown.
    pub owner: Option<Owner>,
}

/// A folder in memory with permission bits.
#[derive(Debug)]
pub(in crate::translate) struct FolderMode {
    /// The volume of the Pod.
    pub volume: String,
    /// The permission bits.
    pub mode: i32,
}

impl Mounts<'_> {
    /// Returns the volumes of the Pod. With `keeps_places`, trees have mount points for mounts below them.
    pub fn volumes(&self, keeps_places: bool) -> Vec<Volume> {
        let with_places = |volume: &Volume| match self.kept_places.get(&volume.name) {
            Some(places) if keeps_places => projection::with_places(volume.clone(), places.clone()),
            _ => volume.clone(),
        };
        self.volumes.values().map(with_places).collect()
    }

    /// Returns a hash of the content of configs, so that a change restarts the readers.
    pub fn contents_hash(&self) -> Option<String> {
        // In JSON, different maps have different texts.
        (!self.contents.is_empty()).then(|| short_hash(&json!(self.contents).to_string()))
    }
}

/// A service whose mounts are resolved.
pub(super) struct Mounting<'p, 'a> {
    /// The name.
    pub name: &'p str,
    pub service: &'a Service,
    /// The image metadata.
    pub image: &'p ImageConfig,
    /// The owner of the files that the program writes. `None` if it is unknown.
    pub user: Option<Owner>,
}

/// Resolves the mounts of a service.
pub(super) fn mounts<'a>(context: &Context<'_, 'a>, of: &Mounting<'_, 'a>, at: &FieldPath<'_>) -> Mounts<'a> {
    let service = of.service;
    let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas).unwrap_or(1);
    let is_single = replicas <= 1 && !is_everywhere(service);
    let found = Mounts::default();
    let mut mounter = Mounter { context, of, is_single, found };
    mounter.volumes(service, at);
    mounter.tmpfs(service, at);
    mounter.configs(service, at);
    mounter.secrets(service, at);
    mounter.trees(service, at);
    mounter.of_the_image(of.image, at);
    mounter.found
}

/// Reports once that volumes are not seeded without a helper image.
pub(super) fn report_not_seeded<'s>(
    mut seeds: impl Iterator<Item = &'s Seed>,
    facts: &Facts,
    findings: &Findings,
) {
    if facts.helper_image.is_none()
        && let Some(seed) = seeds.next()
    {
        findings.root(&seed.path).approximate(
            "new volumes start empty and are not seeded from the image, because the operator has no helper image: \
             run the operator with --helper-image, or set 'nocopy'",
        );
    }
}

struct Mounter<'p, 'a> {
    context: &'p Context<'p, 'a>,
    of: &'p Mounting<'p, 'a>,
    /// Whether the service has at most one container.
    is_single: bool,
    found: Mounts<'a>,
}

impl<'a> Mounter<'_, 'a> {
    fn tmpfs(&mut self, service: &Service, at: &FieldPath<'_>) {
        for (index, tmpfs) in service.tmpfs.iter().enumerate() {
            let at = &at.index("tmpfs", index);
            let size = tmpfs.size.as_ref().and_then(|size| amount(size, Counted::Bytes, &at.child("size")));
            let memory = EmptyDirVolumeSource {
                medium: Some("Memory".to_owned()),
                size_limit: size.map(|size| Amount(size.0)),
            };
            let name = pod_volume("tmpfs", &tmpfs.target);
            if let Some(mode) = permission_bits(tmpfs.mode.as_deref(), 0o7777, at)
                && mode & 0o777 != EVERYONES
            {
                self.found.tasks.modes.push(FolderMode { volume: name.clone(), mode });
                let what = "all users can read and write the folder";
                self.without_helper(&at.child("mode"), what);
            }
            self.mount(at, &tmpfs.target, Volume { empty_dir: Some(memory), ..volume(name) }, None, None);
        }
    }

    /// Reports a difference that exists without a helper image.
    fn without_helper(&self, at: &FieldPath<'_>, what: &str) {
        if self.context.facts.helper_image.is_none() {
            at.approximate(format!(
                "{what}, because the operator has no helper image: run the operator with --helper-image"
            ));
        }
    }

    fn read(&mut self, kind: ObjectKind, reference: &'a KeyRef) -> Read<'a> {
        let read = Read { kind, name: &reference.name, key: &reference.key };
        self.found.reads.push(read);
        read
    }

    fn mount(
        &mut self,
        at: &FieldPath<'_>,
        target: &str,
        volume: Volume,
        sub_path: Option<String>,
        read_only: Option<bool>,
    ) -> &mut VolumeMount {
        let target = target.trim_end_matches('/').to_owned();
        let at = &at.child("target");
        if target.is_empty() || !target.starts_with('/') || target.contains(':') {
            let message = "the path is not supported: write an absolute path other than '/' and without ':'";
            at.invalid(message);
        }
        let mount = VolumeMount {
            mount_path: target.clone(),
            name: volume.name.clone(),
            read_only,
            sub_path,
            ..VolumeMount::default()
        };
        self.found.volumes.insert(volume.name.clone(), volume);
        if self.found.mounts.contains_key(&target) {
            at.invalid(format!("'{target}' is mounted twice: change the path of one of the two"));
        }
        let place = self.found.mounts.entry(target).or_default();
        *place = mount;
        place
    }
}

/// The permission bits with which Kubernetes creates a folder in memory.
const EVERYONES: i32 = 0o777;

fn volume(name: String) -> Volume {
    Volume { name, ..Volume::default() }
}
