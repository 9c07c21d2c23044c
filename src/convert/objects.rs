//! The ConfigMaps and Secrets that a Stack needs.

use std::collections::BTreeMap;

use crate::api::{Nfs, Quantity};

/// The data by object name and key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects {
    /// The ConfigMaps.
    pub config_maps: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// The Secrets.
    pub secrets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// The NFS exports with mount options, by claim name.
    pub nfs_volumes: BTreeMap<String, NfsVolume>,
}

/// An NFS export with its own PersistentVolume and claim.
#[derive(Clone, Debug, PartialEq)]
pub struct NfsVolume {
    /// The name of the PersistentVolume.
    pub volume: String,
    /// The export.
    pub export: Nfs,
    /// The mount options.
    pub options: Vec<String>,
    /// The size of both objects, which an NFS server does not enforce.
    pub size: Option<Quantity>,
}

impl Objects {
    /// Adds a key to a ConfigMap.
    pub fn config(&mut self, object: &str, key: &str, data: impl Into<Vec<u8>>) {
        self.config_maps.entry(object.to_owned()).or_default().insert(key.to_owned(), data.into());
    }

    /// Adds a key to a Secret.
    pub fn secret(&mut self, object: &str, key: &str, data: impl Into<Vec<u8>>) {
        self.secrets.entry(object.to_owned()).or_default().insert(key.to_owned(), data.into());
    }
}

impl Objects {
    /// Adds a value to a Secret under a key, or under a similar key if another value has this key. A variable of an
    /// included project can have another value than in the including project.
    pub fn secret_unlike(&mut self, object: &str, key: &str, value: &str) -> String {
        let data = self.secrets.entry(object.to_owned()).or_default();
        let mut wanted = key.to_owned();
        let mut number = 1;
        while data.get(&wanted).is_some_and(|there| there != value.as_bytes()) {
            number += 1;
            wanted = format!("{key}.{number}");
        }
        data.insert(wanted.clone(), value.as_bytes().to_vec());
        wanted
    }
}
