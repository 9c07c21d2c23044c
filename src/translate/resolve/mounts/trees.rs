//! Trees of files from keys of ConfigMaps and Secrets.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    ConfigMapProjection, EmptyDirVolumeSource, KeyToPath, ProjectedVolumeSource, SecretProjection, Volume,
    VolumeProjection,
};

use super::{CONTENT, Copied, Mounter, Read, volume};
use crate::{
    api::{FileTree, Service, TreeFile},
    translate::{ObjectKind, names::pod_volume},
};

/// The permission bits of a file that says nothing of them.
const USUAL: i32 = 0o644;

impl<'a> Mounter<'_, 'a, '_> {
    pub(super) fn trees(&mut self, service: &'a Service) {
        for (index, tree) in service.files.iter().enumerate() {
            let path = format!("{}.files[{index}]", self.path);
            self.tree(tree, &path);
        }
    }

    fn tree(&mut self, tree: &'a FileTree, path: &str) {
        let target = tree.target.trim_end_matches('/');
        let is_file = tree.files.iter().any(|file| file.path.is_none());
        if is_file && tree.files.len() > 1 {
            let message = "a tree is one file without a path, or files with a path each: give each its path";
            self.problems.value(format!("{path}.files"), message);
        }
        let sources = self.sources(&tree.files, path);
        let name = volume(pod_volume("files", target));
        let volume = if sources.is_empty() {
            Volume { empty_dir: Some(EmptyDirVolumeSource::default()), ..name }
        } else {
            let files = ProjectedVolumeSource { sources: Some(sources), default_mode: Some(USUAL) };
            Volume { projected: Some(files), ..name }
        };
        if tree.read_only == Some(false) {
            self.without_helper(format!("{path}.readOnly"), "the files cannot be written");
            self.found.chores.copies.push(Copied {
                target: target.to_owned(),
                volume: volume.name.clone(),
                is_file,
                is_writable: true,
                is_secret: tree.files.iter().any(|file| file.secret_key_ref.is_some()),
                owner: (0, 0),
            });
        }
        let sub_path = is_file.then(|| CONTENT.to_owned());
        self.mount(path, &tree.target, volume, sub_path, Some(true));
    }

    /// The objects that the files come from, each with the keys that are taken from it.
    fn sources(&mut self, files: &'a [TreeFile], path: &str) -> Vec<VolumeProjection> {
        let mut of_objects: BTreeMap<(ObjectKind, &str), BTreeMap<&str, KeyToPath>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (index, file) in files.iter().enumerate() {
            let path = format!("{path}.files[{index}]");
            let reference = match (&file.config_map_key_ref, &file.secret_key_ref) {
                (Some(reference), None) => (ObjectKind::ConfigMap, reference),
                (None, Some(reference)) => (ObjectKind::Secret, reference),
                _ => {
                    let message = "a file comes from one place: set exactly one of 'secretKeyRef' and 'configMapKeyRef'";
                    self.problems.value(path, message);
                    continue;
                }
            };
            let Read { kind, name, key } = self.read(reference.0, reference.1);
            let place = file.path.as_deref().unwrap_or(CONTENT);
            if let Some(message) = wrong(place) {
                self.problems.value(format!("{path}.path"), message);
            }
            if !seen.insert(place) {
                let message = format!("there are two files '{place}': keep one of them");
                self.problems.value(format!("{path}.path"), message);
            }
            let mode = self.mode(file.mode.as_deref(), 0o777, &path);
            let item = KeyToPath { key: key.to_owned(), path: place.to_owned(), mode };
            of_objects.entry((kind, name)).or_default().insert(place, item);
        }
        if let Some((folder, below)) = seen.iter().find_map(|file| {
            let below = format!("{file}/");
            seen.iter().find(|other| other.starts_with(&below)).map(|other| (file, other))
        }) {
            let message =
                format!("'{folder}' is a file, so there cannot be '{below}': give one of them another path");
            self.problems.value(format!("{path}.files"), message);
        }
        of_objects.into_iter().map(|((kind, name), items)| projection(kind, name, items)).collect()
    }
}

fn projection(kind: ObjectKind, name: &str, items: BTreeMap<&str, KeyToPath>) -> VolumeProjection {
    let (name, items) = (name.to_owned(), Some(items.into_values().collect()));
    match kind {
        ObjectKind::Secret => VolumeProjection {
            secret: Some(SecretProjection { name, items, optional: None }),
            ..VolumeProjection::default()
        },
        _ => VolumeProjection {
            config_map: Some(ConfigMapProjection { name, items, optional: None }),
            ..VolumeProjection::default()
        },
    }
}

/// What is wrong with the path of a file in a tree; the rules are Kubernetes' own.
fn wrong(path: &str) -> Option<&'static str> {
    if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        Some("write a path below the tree's root, such as 'conf.d/site.conf'")
    } else if path.starts_with("..") {
        Some("the path begins with two dots, which Kubernetes keeps for itself: give it another name")
    } else {
        None
    }
}
