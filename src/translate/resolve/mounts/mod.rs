//! What a service mounts: volumes, tmpfs, configs, secrets and trees of files.

mod files;
mod keys;
mod laid;
mod trees;
mod volumes;
mod writers;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{EmptyDirVolumeSource, Volume, VolumeMount, VolumeProjection};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use serde_json::json;

use super::{Context, Counted, Problems, Read, amount, same_node::is_everywhere};
use crate::{
    api::{KeyRef, Service},
    translate::{Approximation, Image, ImageConfig, ObjectKind, names::pod_volume, short_hash},
};

pub(in crate::translate) use files::CONTENT;
pub(super) use files::check_declarations;
pub(super) use laid::check as check_laid;
pub(in crate::translate) use writers::Writers;
pub(super) use writers::writers;

/// What a service mounts.
#[derive(Debug, Default)]
pub(in crate::translate) struct Mounts<'a> {
    /// The pod's volumes by name.
    pub volumes: BTreeMap<String, Volume>,
    /// The container's mounts by path, so that the order in the spec moves nothing.
    pub mounts: BTreeMap<String, VolumeMount>,
    /// Whether it may write a volume that outlives its pod.
    pub writes_volume: bool,
    /// Whether it may write a folder of the node.
    pub writes_host: bool,
    /// The keys of objects of others that it mounts.
    pub reads: Vec<Read<'a>>,
    /// The claims of others that it mounts.
    pub external_claims: BTreeSet<&'a str>,
    /// The claims for its anonymous volumes.
    pub anonymous_claims: Vec<AnonymousClaim>,
    /// The places that trees keep for what is mounted below them, by the tree's pod volume.
    pub kept_places: BTreeMap<String, VolumeProjection>,
    /// What the helper does before the container starts, if there is a helper.
    pub chores: Chores,
    /// The contents of the Stack's own configs that it reads, by name.
    contents: BTreeMap<&'a str, &'a str>,
}

/// The claim for an anonymous volume.
#[derive(Debug)]
pub(in crate::translate) struct AnonymousClaim {
    /// The claim's name.
    pub name: String,
    /// Where the mount stands in the spec.
    pub path: String,
}

/// What the helper does before a container starts.
#[derive(Debug, Default)]
pub(in crate::translate) struct Chores {
    /// Volumes that begin with what the image has at the mount's path.
    pub seeds: Vec<Seed>,
    /// Files that are copied, since their volume cannot have the owner or may not be written.
    pub copies: Vec<Copied>,
    /// Folders in memory whose permission bits are set.
    pub modes: Vec<FolderMode>,
    /// Volumes that the Stack's own files are laid into.
    pub laid: Vec<Laid>,
    /// Folders of volumes that begin empty, which every user may write.
    pub opened: BTreeSet<OpenedFolder>,
}

/// A volume that begins with what the image has.
#[derive(Debug)]
pub(in crate::translate) struct Seed {
    /// The pod volume.
    pub volume: String,
    /// The folder in it; its root when empty.
    pub folder: String,
    /// The path in the image.
    pub target: String,
    /// Where it stands in the spec.
    pub path: String,
}

/// A volume that the Stack's own files are laid into.
#[derive(Debug)]
pub(in crate::translate) struct Laid {
    /// The pod volume.
    pub volume: String,
    /// The folder in it that services see; its root when empty.
    pub folder: String,
    /// What the volume is called among all that use its storage. Several Stacks may share one NFS export.
    pub name: String,
    /// The pod volume that gives the files; none where the Stack has no files for it, or no more.
    pub files: Option<Volume>,
    /// The folders that are made where they are missing.
    pub folders: Vec<String>,
    /// Whom what is made belongs to.
    pub writers: Writers,
}

impl Laid {
    /// Whether the Stack has anything to lay. Without, files that it had before are removed.
    pub fn has_any(&self) -> bool {
        self.files.is_some() || !self.folders.is_empty()
    }
}

/// A folder of a volume that begins empty. The kubelet would make it as root's, and no other user could write it.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::translate) struct OpenedFolder {
    /// The pod volume.
    pub volume: String,
    /// The folder in it.
    pub folder: String,
}

/// Files of a pod volume that the container sees as a copy.
#[derive(Debug)]
pub(in crate::translate) struct Copied {
    /// Where the container mounts them.
    pub target: String,
    /// The pod volume that they come from.
    pub volume: String,
    /// Whether it is one file, called [`CONTENT`] in the pod volume, and not a tree.
    pub is_file: bool,
    /// Whether the container may write them.
    pub is_writable: bool,
    /// Whether they are copied only since others than root could not read them.
    pub is_private: bool,
    /// Whether they must not get onto a disk.
    pub is_secret: bool,
    /// The owner's and the group's number; none where nobody knows who will write them.
    pub owner: Option<(i64, i64)>,
}

/// A folder in memory whose permission bits are set.
#[derive(Debug)]
pub(in crate::translate) struct FolderMode {
    /// The pod volume.
    pub volume: String,
    /// The bits.
    pub mode: i32,
}

impl Mounts<'_> {
    /// The pod's volumes, whose trees have places for what is mounted below them if `keeps_places`.
    pub fn volumes(&self, keeps_places: bool) -> Vec<Volume> {
        let with_places = |volume: &Volume| match self.kept_places.get(&volume.name) {
            Some(places) if keeps_places => trees::with_places(volume.clone(), places.clone()),
            _ => volume.clone(),
        };
        self.volumes.values().map(with_places).collect()
    }

    /// A hash of the configs' contents, so that a change of one restarts those who read it.
    pub fn contents_hash(&self) -> Option<String> {
        // As JSON, in which no two maps look alike.
        (!self.contents.is_empty()).then(|| short_hash(&json!(self.contents).to_string()))
    }
}

/// A service whose mounts are looked up.
pub(super) struct Mounting<'p, 'a> {
    /// Its name.
    pub name: &'p str,
    /// Where it stands in the spec.
    pub path: &'p str,
    pub service: &'a Service,
    /// What its image says.
    pub image: &'p ImageConfig,
    /// The numbers of the user and group that its program runs as; none where nobody knows.
    pub user: Option<(i64, i64)>,
}

/// Looks up everything that a service mounts.
pub(super) fn mounts<'a>(
    context: &Context<'_, 'a>,
    of: &Mounting<'_, 'a>,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> Mounts<'a> {
    let service = of.service;
    let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas).unwrap_or(1);
    let is_single = replicas <= 1 && !is_everywhere(service);
    let found = Mounts::default();
    let mut mounter = Mounter { context, of, is_single, problems, approximations, found };
    mounter.volumes(service);
    mounter.tmpfs(service);
    mounter.configs(service);
    mounter.secrets(service);
    mounter.trees(service);
    mounter.of_the_image(of.image);
    mounter.found
}

struct Mounter<'c, 'a, 'p> {
    context: &'p Context<'c, 'a>,
    of: &'p Mounting<'p, 'a>,
    /// Whether it has one container at most.
    is_single: bool,
    problems: &'p mut Problems,
    approximations: &'p mut Vec<Approximation>,
    found: Mounts<'a>,
}

impl<'a> Mounter<'_, 'a, '_> {
    fn tmpfs(&mut self, service: &Service) {
        for (index, tmpfs) in service.tmpfs.iter().enumerate() {
            let path = format!("{}.tmpfs[{index}]", self.of.path);
            let size = tmpfs
                .size
                .as_ref()
                .and_then(|size| amount(size, Counted::Bytes, &format!("{path}.size"), self.problems));
            let memory = EmptyDirVolumeSource {
                medium: Some("Memory".to_owned()),
                size_limit: size.map(|size| Amount(size.0)),
            };
            let name = pod_volume("tmpfs", &tmpfs.target);
            if let Some(mode) = self.mode(tmpfs.mode.as_deref(), 0o7777, &path)
                && mode & 0o777 != EVERYONES
            {
                self.found.chores.modes.push(FolderMode { volume: name.clone(), mode });
                let what = "the folder may be read and written by everyone";
                self.without_helper(format!("{path}.mode"), what);
            }
            self.mount(&path, &tmpfs.target, Volume { empty_dir: Some(memory), ..volume(name) }, None, None);
        }
    }

    /// Permission bits as an octal text, `highest` at most.
    fn mode(&mut self, text: Option<&str>, highest: i32, path: &str) -> Option<i32> {
        permission_bits(text, highest, path, self.problems)
    }

    /// Says what is otherwise where no helper runs.
    fn without_helper(&mut self, path: String, what: &str) {
        if self.context.facts.helper_image.is_none() {
            let message = format!("{what}, since the operator has no helper image: set its --helper-image");
            self.approximations.push(Approximation { path, message });
        }
    }

    fn read(&mut self, kind: ObjectKind, reference: &'a KeyRef) -> Read<'a> {
        let read = Read { kind, name: &reference.name, key: &reference.key };
        self.found.reads.push(read);
        read
    }

    fn mount(
        &mut self,
        path: &str,
        target: &str,
        volume: Volume,
        sub_path: Option<String>,
        read_only: Option<bool>,
    ) -> &mut VolumeMount {
        let target = target.trim_end_matches('/').to_owned();
        let path = format!("{path}.target");
        if target.is_empty() || !target.starts_with('/') || target.contains(':') {
            let message = "write an absolute path, not the root itself and without a colon";
            self.problems.value(&path, message);
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
            self.problems
                .value(path, format!("'{target}' is mounted twice: give one of the two another path"));
        }
        let place = self.found.mounts.entry(target).or_default();
        *place = mount;
        place
    }
}

fn permission_bits(text: Option<&str>, highest: i32, path: &str, problems: &mut Problems) -> Option<i32> {
    let mode = i32::from_str_radix(text?, 8).ok().filter(|mode| (0..=highest).contains(mode));
    if mode.is_none() {
        let message = "write the permission bits as three octal digits, such as \"0440\"";
        problems.value(format!("{path}.mode"), message);
    }
    mode
}

/// The numbers of the user and group that a service's program runs as; none where nobody knows them. A group that
/// is not given is taken for root's.
pub(super) fn program_user(
    given: Option<(i64, Option<i64>)>,
    service: &Service,
    image: Option<&Image>,
) -> Option<(i64, i64)> {
    let whole = |(user, group): (i64, Option<i64>)| (user, group.unwrap_or_default());
    if service.user.is_some() {
        return given.map(whole);
    }
    let says = image.filter(|image| image.is_read())?.config.user.as_deref().unwrap_or_default();
    let (user, group) = says.split_once(':').unwrap_or((says, ""));
    match (user, group) {
        ("" | "root", "" | "root") => Some((0, 0)),
        (user, group) => Some((user.parse().ok()?, group.parse().unwrap_or_default())),
    }
}

/// What everyone may do with a folder in memory: Kubernetes makes it so by itself.
const EVERYONES: i32 = 0o777;

fn volume(name: String) -> Volume {
    Volume { name, ..Volume::default() }
}
