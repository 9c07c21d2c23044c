//! Folders of files that are in memory.

use compose_loader::{Files, MemoryFiles};

use super::Folders;

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
