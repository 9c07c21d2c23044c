//! The Secrets, ConfigMaps and claims of others that a Stack names.

use std::collections::BTreeSet;

use super::ObjectKind;
use crate::api::StackSpec;

/// The objects of others that a Stack names, whether or not a service that is active reads them.
pub fn named_objects(spec: &StackSpec) -> BTreeSet<(ObjectKind, String)> {
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
    let claims = spec.volumes.values().filter_map(|volume| volume.claim_name.clone());
    maps.map(|key| (ObjectKind::ConfigMap, key.name.clone()))
        .chain(secrets.map(|key| (ObjectKind::Secret, key.name.clone())))
        .chain(claims.map(|name| (ObjectKind::PersistentVolumeClaim, name)))
        .collect()
}
