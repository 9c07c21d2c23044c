//! The ConfigMaps and Secrets that a Stack needs beside it, as they are gathered.

use std::collections::BTreeMap;

use crate::api::{Nfs, Quantity};

/// Data by object name and key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects {
    /// ConfigMaps.
    pub config_maps: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// Secrets.
    pub secrets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// NFS exports with options that a pod cannot carry, by the name of the claim.
    pub nfs_volumes: BTreeMap<String, NfsVolume>,
}

/// An NFS export that a PersistentVolume and a claim of its own lead to.
#[derive(Clone, Debug, PartialEq)]
pub struct NfsVolume {
    /// The PersistentVolume's name.
    pub volume: String,
    /// The export.
    pub export: Nfs,
    /// The mount options.
    pub options: Vec<String>,
    /// What both say about the size, which no server heeds.
    pub size: Option<Quantity>,
}

impl Objects {
    /// Puts a key into a ConfigMap.
    pub fn config(&mut self, object: &str, key: &str, data: impl Into<Vec<u8>>) {
        self.config_maps.entry(object.to_owned()).or_default().insert(key.to_owned(), data.into());
    }

    /// Puts a key into a Secret.
    pub fn secret(&mut self, object: &str, key: &str, data: impl Into<Vec<u8>>) {
        self.secrets.entry(object.to_owned()).or_default().insert(key.to_owned(), data.into());
    }
}

impl Objects {
    /// Puts a value into a Secret under a key, or under one beside it where another value has that key
    /// already: a variable of an included project may have another value than that of the including one.
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
