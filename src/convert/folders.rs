//! The file system of a conversion.

use compose_loader::{Files, MemoryFiles};

/// The file system operations of the conversion, besides reading. Paths are absolute.
pub trait Folders: Files {
    /// Returns the names in a folder, sorted.
    ///
    /// # Errors
    /// The reason why the folder cannot be read, as a text that follows the folder's name.
    fn list(&self, path: &str) -> Result<Vec<String>, String>;

    /// Returns the permission bits of a file.
    fn mode(&self, path: &str) -> u32;

    /// Resolves all symbolic links of a path. Returns none for a broken link.
    fn real(&self, path: &str) -> Option<String> {
        Some(path.to_owned())
    }
}

/// Resolves all links of a path as far as it exists. A missing folder has no content, so a binary search finds the
/// existing part of a long path.
pub fn real(files: &dyn Folders, path: &str) -> String {
    if let Some(real) = files.real(path) {
        return real;
    }
    let ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0).collect();
    let there = ends.partition_point(|end| files.real(&path[..*end]).is_some());
    let end = there.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or_default();
    files.real(&path[..end]).unwrap_or_default() + &path[end..]
}

impl Folders for MemoryFiles {
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let below = format!("{}/", path.trim_end_matches('/'));
        let mut names: Vec<String> = self
            .paths()
            .filter_map(|file| file.strip_prefix(&below)?.split('/').next().map(str::to_owned))
            .collect();
        names.dedup();
        if names.is_empty() && self.kind(path).is_none() {
            Err("no such folder".to_owned())
        } else {
            Ok(names)
        }
    }

    fn mode(&self, path: &str) -> u32 {
        if self.read(path).is_ok_and(|bytes| bytes.starts_with(b"#!")) { 0o755 } else { 0o644 }
    }
}
