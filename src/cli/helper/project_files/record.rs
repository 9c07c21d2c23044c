//! The record of what was laid into a volume.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read, Write},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cli::helper::{
    files::Owner,
    within::{Entry, Folder},
};

/// What the names of records end with.
const SUFFIX: &str = "-laid";

/// What one volume of one Stack has laid into a folder.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Record {
    /// The files as they were laid, by path.
    pub laid: BTreeMap<String, Laid>,
    /// The SHA-256 of contents that a run has begun to lay, by path. A run that was cut short leaves them: the file may
    /// have one of these contents then, and no program has written it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub begun: BTreeMap<String, BTreeSet<String>>,
}

/// A file as it was laid.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Laid {
    /// The SHA-256 of its content.
    pub sha256: String,
    /// Its permission bits.
    pub mode: u32,
    /// Its owner.
    pub owner: Owner,
}

impl Record {
    /// The record of this name; an empty one where there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(ours: &Folder, name: &str) -> io::Result<Self> {
        let Entry::File(mut file) = ours.entry(&file_name(name))? else { return Ok(Self::default()) };
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
            anstream::eprintln!(
                "warning: the record of laid files is damaged, so the files in the volume count as files of programs: {error}"
            );
            Self::default()
        }))
    }

    /// Whether there is a record of this name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn is_in(ours: &Folder, name: &str) -> io::Result<bool> {
        Ok(matches!(ours.entry(&file_name(name))?, Entry::File(_)))
    }

    /// The records of the other volumes whose files lie in the same folder.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn others(ours: &Folder, name: &str) -> io::Result<Vec<Self>> {
        let (names, own) = (ours.names()?, file_name(name));
        let others =
            names.iter().filter(|other| **other != own).filter_map(|other| other.strip_suffix(SUFFIX));
        others.map(|other| Self::read(ours, other)).collect()
    }

    /// Writes the record, whole and for good.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, ours: &Folder, name: &str) -> anyhow::Result<()> {
        let (draft, mut file) = ours.draft()?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        ours.rename(&draft, ours, &file_name(name))?;
        Ok(ours.sync()?)
    }

    /// Whether the file at a path was laid with this content, and not written by a program.
    pub(super) fn has_laid(&self, path: &str, sha256: &str) -> bool {
        self.laid.get(path).is_some_and(|laid| laid.sha256 == sha256) || self.has_begun(path, sha256)
    }

    /// Whether a run has begun to lay this content at a path, and was cut short.
    pub(super) fn has_begun(&self, path: &str, sha256: &str) -> bool {
        self.begun.get(path).is_some_and(|begun| begun.contains(sha256))
    }

    /// Whether it has anything of a path.
    pub(super) fn knows(&self, path: &str) -> bool {
        self.laid.contains_key(path) || self.begun.contains_key(path)
    }

    /// Notes that a file is going to be laid.
    pub(super) fn begin(&mut self, path: &str, sha256: &str) {
        self.begun.entry(path.to_owned()).or_default().insert(sha256.to_owned());
    }

    /// Notes that a file is as the project has it, or, with nothing, that the project has it no more.
    pub(super) fn finish(&mut self, path: &str, laid: Option<Laid>) {
        self.begun.remove(path);
        match laid {
            Some(laid) => _ = self.laid.insert(path.to_owned(), laid),
            None => _ = self.laid.remove(path),
        }
    }
}

fn file_name(name: &str) -> String {
    format!("{name}{SUFFIX}")
}

/// The SHA-256 of what can be read.
///
/// # Errors
/// When it cannot be read.
pub(super) fn digest(content: &mut impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    io::copy(content, &mut digest)?;
    Ok(format!("{:x}", digest.finalize()))
}
