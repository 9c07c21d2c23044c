//! The record of the project files in a volume.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read, Write},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cli::{
    helper::{
        files::Owner,
        within::{Entry, Folder},
    },
    terminal::message,
};

/// The suffix of the names of records.
const SUFFIX: &str = "-laid";

/// The project files that the helper copied for one volume of one Stack.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Record {
    /// The copied files, by path.
    #[serde(rename = "laid")]
    pub copied: BTreeMap<String, CopiedFile>,
    /// The SHA-256 of contents that a run started to copy, by path. They remain if the run is interrupted: a file with one of
    /// these contents was not written by a program.
    #[serde(rename = "begun", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub started: BTreeMap<String, BTreeSet<String>>,
}

/// A copied file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct CopiedFile {
    /// The SHA-256 of its content.
    pub sha256: String,
    /// Its permission bits.
    pub mode: u32,
    /// Its owner.
    pub owner: Owner,
}

impl Record {
    /// Reads the record of this name. A missing record is empty.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub(super) fn read(helper_folder: &Folder, name: &str) -> io::Result<Self> {
        let Entry::File(mut file) = helper_folder.entry(&file_name(name))? else {
            return Ok(Self::default());
        };
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
            message!(
                "warning: the record of project files is damaged, so all files in the volume count as files of programs: {error}"
            );
            Self::default()
        }))
    }

    /// Reports whether a record of this name exists.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn is_in(helper_folder: &Folder, name: &str) -> io::Result<bool> {
        Ok(matches!(helper_folder.entry(&file_name(name))?, Entry::File(_)))
    }

    /// Reads the records of other volumes with the same storage.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub(super) fn others(helper_folder: &Folder, name: &str) -> io::Result<Vec<Self>> {
        let (names, own) = (helper_folder.names()?, file_name(name));
        let others =
            names.iter().filter(|other| **other != own).filter_map(|other| other.strip_suffix(SUFFIX));
        others.map(|other| Self::read(helper_folder, other)).collect()
    }

    /// Writes the record atomically, and flushes it to the disk.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub(super) fn write(&self, helper_folder: &Folder, name: &str) -> anyhow::Result<()> {
        let (draft, mut file) = helper_folder.draft()?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        helper_folder.rename(&draft, helper_folder, &file_name(name))?;
        Ok(helper_folder.sync()?)
    }

    /// Reports whether this content at a path is a copy of a project file, and not the work of a program.
    pub(super) fn has_copied(&self, path: &str, sha256: &str) -> bool {
        self.copied.get(path).is_some_and(|copied| copied.sha256 == sha256) || self.has_started(path, sha256)
    }

    /// Reports whether an interrupted run started to copy this content to a path.
    pub(super) fn has_started(&self, path: &str, sha256: &str) -> bool {
        self.started.get(path).is_some_and(|started| started.contains(sha256))
    }

    /// Reports whether the record contains a path.
    pub(super) fn knows(&self, path: &str) -> bool {
        self.copied.contains_key(path) || self.started.contains_key(path)
    }

    /// Records that the copy of a file starts.
    pub(super) fn begin(&mut self, path: &str, sha256: &str) {
        self.started.entry(path.to_owned()).or_default().insert(sha256.to_owned());
    }

    /// Records the copied file, or, with `None`, that the project no longer has the file.
    pub(super) fn finish(&mut self, path: &str, copied: Option<CopiedFile>) {
        self.started.remove(path);
        match copied {
            Some(copied) => _ = self.copied.insert(path.to_owned(), copied),
            None => _ = self.copied.remove(path),
        }
    }
}

fn file_name(name: &str) -> String {
    format!("{name}{SUFFIX}")
}

/// Returns the SHA-256 of a content.
///
/// # Errors
/// When the content cannot be read.
pub(super) fn digest(content: &mut impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    io::copy(content, &mut digest)?;
    Ok(format!("{:x}", digest.finalize()))
}
