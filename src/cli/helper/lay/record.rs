//! The record of what was laid into a volume.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cli::helper::within::{Entry, Folder};

/// What was laid, by path.
pub(super) type Record = BTreeMap<String, Laid>;

/// A file as it was laid.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Laid {
    /// The SHA-256 of its content.
    pub sha256: String,
    /// Its permission bits in the project.
    pub mode: u32,
}

pub(super) fn read_record(ours: &Folder, name: &str) -> io::Result<Record> {
    let Entry::File(mut file) = ours.entry(name)? else { return Ok(Record::new()) };
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
        // All that is there then counts as the programs' own.
        anstream::eprintln!("warning: the record of what was laid cannot be read: {error}");
        Record::new()
    }))
}

pub(super) fn digest(file: &mut File) -> io::Result<String> {
    let mut digest = Sha256::new();
    io::copy(file, &mut digest)?;
    Ok(format!("{:x}", digest.finalize()))
}
