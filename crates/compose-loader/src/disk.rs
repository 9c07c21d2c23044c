//! The file system of the machine. No other module of this crate does I/O.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::files::{FileKind, Files, MAX_FILE};

/// The file system of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn kind(&self, path: &str) -> Option<FileKind> {
        let meta = fs::metadata(path).ok()?;
        Some(if meta.is_file() {
            FileKind::File
        } else if meta.is_dir() {
            FileKind::Folder
        } else {
            FileKind::Other
        })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        // Check the type before opening the file: open(2) of a FIFO waits for a writer.
        let meta = fs::metadata(path).map_err(|error| reason(&error))?;
        if meta.is_dir() {
            return Err("is a directory".to_owned());
        }
        if !meta.is_file() {
            return Err("is not a regular file".to_owned());
        }
        if meta.len() > MAX_FILE {
            return Err(format!("is larger than {} MiB", MAX_FILE >> 20));
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(|error| reason(&error))?;
        // Files of /proc have a size of 0 and content. The limit applies to them too.
        file.take(MAX_FILE).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
        Ok(bytes)
    }

    fn follow(&self, path: &str) -> String {
        let mut walked = PathBuf::new();
        for part in Path::new(path).components() {
            walked.push(part);
            if fs::symlink_metadata(&walked).is_ok_and(|meta| meta.file_type().is_symlink()) {
                let (Ok(target), Some(link)) = (walked.canonicalize(), walked.to_str()) else { break };
                let Some(target) = target.to_str() else { break };
                return path.replacen(link, target, 1);
            }
        }
        path.to_owned()
    }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
