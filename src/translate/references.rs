//! References to Secrets, ConfigMaps and claims that the Stack does not own.

use std::collections::{BTreeMap, BTreeSet};

use super::ObjectKind;
use crate::api::StackSpec;

/// Returns the objects that a Stack names and does not own, also those that no active service reads.
pub fn named_objects(spec: &StackSpec) -> BTreeSet<(ObjectKind, String)> {
    named_keys(spec).into_keys().collect()
}

/// Returns these objects with the keys that the Stack names. A claim has no keys.
pub fn named_keys(spec: &StackSpec) -> BTreeMap<(ObjectKind, String), BTreeSet<String>> {
    let configs = spec.configs.values().filter_map(|config| config.config_map.as_ref());
    let secrets = spec.secrets.values().map(|secret| &secret.secret);
    let sources = || spec.services.values().flat_map(|service| service.environment_from.values());
    let trees = || spec.services.values().flat_map(|service| &service.files).map(|tree| &tree.files);
    let files = || trees().chain(spec.volumes.values().map(|volume| &volume.files)).flatten();
    let maps = configs
        .chain(sources().filter_map(|source| source.config_map_key_ref.as_ref()))
        .chain(files().filter_map(|file| file.config_map_key_ref.as_ref()));
    let secrets = secrets
        .chain(sources().filter_map(|source| source.secret_key_ref.as_ref()))
        .chain(files().filter_map(|file| file.secret_key_ref.as_ref()));
    let maps = maps.map(|key| (ObjectKind::ConfigMap, key));
    let mut named: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for (kind, reference) in maps.chain(secrets.map(|key| (ObjectKind::Secret, key))) {
        named.entry((kind, reference.name.clone())).or_default().insert(reference.key.clone());
    }
    let claims = spec.volumes.values().filter_map(|volume| volume.claim_name.clone());
    named.extend(claims.map(|name| ((ObjectKind::PersistentVolumeClaim, name), BTreeSet::new())));
    named
}
