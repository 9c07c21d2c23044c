//! Trees of files from keys of ConfigMaps and Secrets.

use std::{borrow::Cow, collections::BTreeSet};

use k8s_openapi::api::core::v1::{
    DownwardAPIProjection, DownwardAPIVolumeFile, EmptyDirVolumeSource, ObjectFieldSelector, Volume,
    VolumeProjection,
};

use super::{
    Copied, Mounter,
    files::{config_target, secret_target},
    projection::projected,
    volume,
};
use crate::{
    api::{FileTree, Service},
    text::names::pod_volume,
    translate::{
        findings::FieldPath,
        resolve::file_keys::{self, CONTENT},
    },
};

/// The permission bit by which others can read.
const OTHERS_READ: i32 = 0o004;

/// The file that keeps a folder of a tree as a mount point. The mount hides the file.
const KEPT: &str = ".mount";

impl<'a> Mounter<'_, 'a> {
    pub(super) fn trees(&mut self, service: &'a Service, at: &FieldPath<'_>) {
        for (index, tree) in service.files.iter().enumerate() {
            let at = &at.index("files", index);
            self.tree(tree, service, at);
        }
    }

    fn tree(&mut self, tree: &'a FileTree, service: &Service, at: &FieldPath<'_>) {
        let target = tree.target.trim_end_matches('/');
        let is_file = tree.files.iter().any(|file| file.path.is_none());
        if is_file && tree.files.len() > 1 {
            let message = "several files need paths: set 'path' for each file";
            at.child("files").invalid(message);
        }
        file_keys::check(&tree.files, at);
        self.found.reads.extend(tree.files.iter().filter_map(file_keys::origin));
        let is_writable = tree.read_only == Some(false);
        let sources = file_keys::projections(&tree.files);
        let name = volume(pod_volume("files", target));
        let places = (!is_writable).then(|| self.kept_places(tree, service)).flatten();
        self.found.kept_places.extend(places.map(|places| (name.name.clone(), places)));
        let volume = if sources.is_empty() {
            Volume { empty_dir: Some(EmptyDirVolumeSource::default()), ..name }
        } else {
            projected(name, sources)
        };
        // Files of a projected volume are owned by root, so a file that only its owner can read is copied.
        let is_private = self.of.user.is_some_and(|owner| owner.user != 0)
            && tree
                .files
                .iter()
                .filter_map(|file| file.mode.as_deref())
                .any(|mode| i32::from_str_radix(mode, 8).is_ok_and(|bits| bits & OTHERS_READ == 0));
        if is_writable || is_private {
            let (field, what) = if is_writable {
                ("readOnly", "the files are read-only")
            } else {
                ("files", "the files that only their owner can read are owned by root")
            };
            self.without_helper(&at.child(field), what);
            self.found.tasks.copies.push(Copied {
                target: target.to_owned(),
                volume: volume.name.clone(),
                is_file,
                is_writable,
                is_private: !is_writable,
                is_secret: tree.files.iter().any(|file| file.secret_key_ref.is_some()),
                owner: self.of.user,
            });
        }
        let sub_path = is_file.then(|| CONTENT.to_owned());
        self.mount(at, &tree.target, volume, sub_path, Some(true));
    }

    /// Returns the mount points in a tree for other mounts of the service. A tree is mounted read-only, so the container
    /// runtime cannot create mount points.
    fn kept_places(&self, tree: &FileTree, service: &Service) -> Option<VolumeProjection> {
        let below = format!("{}/", tree.target.trim_end_matches('/'));
        let paths: BTreeSet<&str> = tree.files.iter().filter_map(|file| file.path.as_deref()).collect();
        let is_kept = |place: &str| paths.contains(place) || file_keys::one_below(&paths, place).is_some();
        let items = self.mounted(service).filter_map(|(target, is_file)| {
            let place = target.strip_prefix(&below)?.trim_end_matches('/');
            if is_kept(place) || file_keys::wrong(place).is_some() {
                return None;
            }
            Some(if is_file { place.to_owned() } else { format!("{place}/{KEPT}") })
        });
        let items: BTreeSet<String> = items.collect();
        let item = |path| DownwardAPIVolumeFile {
            path,
            field_ref: Some(ObjectFieldSelector {
                field_path: "metadata.name".to_owned(),
                api_version: None,
            }),
            ..DownwardAPIVolumeFile::default()
        };
        let items: Vec<_> = items.into_iter().map(item).collect();
        if items.is_empty() {
            return None;
        }
        let downward_api = Some(DownwardAPIProjection { items: Some(items) });
        Some(VolumeProjection { downward_api, ..VolumeProjection::default() })
    }

    /// Returns the paths at which a service mounts something, and whether the mount is a file.
    fn mounted<'s>(&'s self, service: &'s Service) -> impl Iterator<Item = (Cow<'s, str>, bool)> {
        let volumes = service.volumes.iter().map(|it| (Cow::from(&it.target), self.shows_file(it)));
        let tmpfs = service.tmpfs.iter().map(|it| (Cow::from(&it.target), false));
        let is_file = |tree: &FileTree| tree.files.iter().any(|file| file.path.is_none());
        let trees = service.files.iter().map(move |it| (Cow::from(&it.target), is_file(it)));
        let configs = service.configs.iter().map(|it| (Cow::from(config_target(it)), true));
        let secrets = service.secrets.iter().map(|it| (Cow::from(secret_target(it)), true));
        volumes.chain(tmpfs).chain(trees).chain(configs).chain(secrets)
    }
}
