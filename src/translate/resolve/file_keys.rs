//! Files from keys of ConfigMaps and Secrets.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use k8s_openapi::api::core::v1::{ConfigMapProjection, KeyToPath, SecretProjection, VolumeProjection};

use super::reads::Read;
use crate::{
    api::{StackSpec, TreeFile},
    translate::{
        ObjectKind,
        findings::{FieldPath, Findings},
    },
};

/// The key of a config whose content is in the Stack, and the name of the file in each volume.
pub(in crate::translate) const CONTENT: &str = "content";

/// Returns the key with the content of a file.
pub(super) fn origin(file: &TreeFile) -> Option<Read<'_>> {
    let (kind, reference) = match (&file.config_map_key_ref, &file.secret_key_ref) {
        (Some(reference), None) => (ObjectKind::ConfigMap, reference),
        (None, Some(reference)) => (ObjectKind::Secret, reference),
        _ => return None,
    };
    Some(Read { kind, name: &reference.name, key: &reference.key })
}

/// Checks a list of files.
pub(super) fn check(files: &[TreeFile], at: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    for (index, file) in files.iter().enumerate() {
        let at = &at.index("files", index);
        if origin(file).is_none() {
            let message = "a file has one source: set exactly one of 'secretKeyRef' and 'configMapKeyRef'";
            at.invalid(message);
            continue;
        }
        let place = file.path.as_deref().unwrap_or(CONTENT);
        if let Some(message) = wrong(place) {
            at.child("path").invalid(message);
        }
        if !seen.insert(place) {
            let message = format!("the path '{place}' is used twice: remove one of the files");
            at.child("path").invalid(message);
        }
        permission_bits(file.mode.as_deref(), 0o777, at);
    }
    if let Some((folder, below)) = seen.iter().find_map(|file| Some((file, one_below(&seen, file)?))) {
        let message =
            format!("'{folder}' is a file, so '{below}' cannot exist: change the path of one of the two");
        at.child("files").invalid(message);
    }
}

/// Returns the first path below a folder.
pub(super) fn one_below<'a>(paths: &BTreeSet<&'a str>, folder: &str) -> Option<&'a str> {
    let below = format!("{folder}/");
    // In a sorted set, texts with a prefix follow the prefix.
    let next = paths.range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded)).next().copied();
    next.filter(|path| path.starts_with(&below))
}

/// Returns the objects with the content of the files, each with its keys.
pub(super) fn projections(files: &[TreeFile]) -> Vec<VolumeProjection> {
    let mut of_objects: BTreeMap<(ObjectKind, &str), BTreeMap<&str, KeyToPath>> = BTreeMap::new();
    for file in files {
        let Some(Read { kind, name, key }) = origin(file) else { continue };
        let place = file.path.as_deref().unwrap_or(CONTENT);
        let mode = file.mode.as_deref().and_then(|text| i32::from_str_radix(text, 8).ok());
        let item = KeyToPath { key: key.to_owned(), path: place.to_owned(), mode };
        of_objects.entry((kind, name)).or_default().insert(place, item);
    }
    of_objects.into_iter().map(|((kind, name), items)| projection(kind, name, items)).collect()
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

/// Returns the problem of the path of a file in a tree. The rules are those of Kubernetes.
pub(super) fn wrong(path: &str) -> Option<&'static str> {
    if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        Some("the path must be relative and without '..': write one, such as 'conf.d/site.conf'")
    } else if path.starts_with("..") {
        Some("the path starts with '..', which Kubernetes reserves: use another name")
    } else {
        None
    }
}

/// Parses permission bits as octal digits, up to `highest`.
pub(super) fn permission_bits(text: Option<&str>, highest: i32, at: &FieldPath<'_>) -> Option<i32> {
    let mode = i32::from_str_radix(text?, 8).ok().filter(|mode| (0..=highest).contains(mode));
    if mode.is_none() {
        let message = "the value is not permission bits: write three octal digits, such as \"0440\"";
        at.child("mode").invalid(message);
    }
    mode
}

/// Checks the declarations of configs.
pub(super) fn check_declarations(spec: &StackSpec, findings: &Findings) {
    for (name, config) in &spec.configs {
        if config.content.is_some() == config.config_map.is_some() {
            let message = "a config has one source: set exactly one of 'content' and 'configMap'";
            findings.root("spec").key("configs", name).invalid(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_path_below_a_folder_is_found() {
        let paths = BTreeSet::from(["a", "a-b", "a.d/x", "a/b/c", "a/d", "b"]);
        for (folder, expected) in [
            ("a", Some("a/b/c")),
            ("a/b", Some("a/b/c")),
            ("a.d", Some("a.d/x")),
            ("b", None),
            ("", None),
            ("z", None),
        ] {
            assert_eq!(one_below(&paths, folder), expected, "{folder}");
        }
    }
}
