//! The file system as the loader sees it.

use crate::diagnostic::Diagnostic;
use crate::source::Place;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A FIFO, a socket or a device: never read.
    Other,
    /// The path leads out of what may be read. Whether something is there is not looked at.
    Outside,
}

/// What is said of a path that leads out of what may be read, in words that follow the file's name.
pub const OUTSIDE: &str =
    "lies outside of the folder that may be read, or a link on the way to it leads there";

/// A path of a project that leads out of what may be read.
#[must_use]
pub fn outside(path: &str, place: Place) -> Diagnostic {
    Diagnostic::error("outside", place, format!("{path} {OUTSIDE}"))
        .remedy("put a copy into the folder that `--confine` names, in place of the link where it is one")
}

/// All that the loader asks of a file system. Paths are absolute.
pub trait Files {
    /// What stands at a path; nothing where there is nothing.
    fn kind(&self, path: &str) -> Option<Kind>;

    /// The bytes of a regular file.
    ///
    /// # Errors
    /// Why it cannot be read, in words that follow the file's name.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The path with its first symbolic link resolved, as `develop.watch` wants it.
    fn follow(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Largest file that is read: a compose file of this size is not one.
pub const MAX_FILE: u64 = 10 << 20;

/// Files held in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(std::collections::BTreeMap<String, Vec<u8>>);

impl MemoryFiles {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), text.into());
    }

    /// The paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Files for MemoryFiles {
    fn kind(&self, path: &str) -> Option<Kind> {
        if self.0.contains_key(path) {
            return Some(Kind::File);
        }
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.0.keys().any(|file| file.starts_with(&folder)).then_some(Kind::Folder)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file or directory".to_owned())
    }
}
