//! The file system, as the conversion reads folders.

use compose_loader::disk::Disk;

use crate::convert::Folders;

impl Folders for Disk {
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(path).map_err(|error| error.to_string())?;
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| error.to_string())?.file_name();
            names.push(name.into_string().map_err(|_| "contains a file whose name is not UTF-8".to_owned())?);
        }
        names.sort();
        Ok(names)
    }

    fn real(&self, path: &str) -> Option<String> {
        std::fs::canonicalize(path).ok()?.into_os_string().into_string().ok()
    }

    #[cfg(unix)]
    fn mode(&self, path: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).map_or(0o644, |meta| meta.permissions().mode() & 0o7777)
    }

    #[cfg(not(unix))]
    fn mode(&self, _path: &str) -> u32 {
        0o644
    }
}
