//! The file system that the loader reads.

use std::collections::BTreeMap;

/// The type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A FIFO, a socket or a device. The loader does not read it.
    Other,
    /// The path leads out of the files that may be read. The file may or may not exist.
    Outside,
}

/// The reason to reject a path that leads out of the files that may be read. It follows the name of the file.
pub const OUTSIDE: &str = "is outside the folder that can be read, directly or through a symbolic link";

/// A file system. All paths are absolute.
pub trait Files {
    /// Returns the type of the file at a path, or `None` where there is none.
    fn kind(&self, path: &str) -> Option<FileKind>;

    /// Reads a regular file.
    ///
    /// # Errors
    /// Returns the reason, as a phrase for a message: "cannot read FILE: permission denied".
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// Returns the path with its first symbolic link resolved, as compose-go does for `develop.watch`.
    fn follow(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// The maximum size of a file in bytes.
pub const MAX_FILE: u64 = 10 << 20;

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(BTreeMap<String, Vec<u8>>);

impl MemoryFiles {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), text.into());
    }

    /// Iterates over the paths of all files in their order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Files for MemoryFiles {
    fn kind(&self, path: &str) -> Option<FileKind> {
        if self.0.contains_key(path) {
            return Some(FileKind::File);
        }
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.0.keys().any(|file| file.starts_with(&folder)).then_some(FileKind::Folder)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file or directory".to_owned())
    }
}
