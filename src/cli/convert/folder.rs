//! Writes a folder of manifests completely or not at all, and replaces only files of an earlier run.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

use crate::convert::output::SIGNATURE;

/// The file that lists the others. It is written last.
pub const LIST: &str = "kustomization.yaml";

/// Writes the files into a folder, and removes files of an earlier run that are not among them.
///
/// # Errors
/// When the folder contains a file that no earlier run wrote, or when the folder cannot be written.
pub fn write(folder: &str, files: &[(String, String)]) -> anyhow::Result<()> {
    let folder = Path::new(folder);
    let before = written_before(folder)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    // A full disk shows here, before any file of the earlier run is replaced.
    let mut staged: Vec<(NamedTempFile, PathBuf)> = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let file = stage(folder, text).with_context(|| format!("cannot write {}", path.display()))?;
        staged.push((file, path));
    }
    for (file, path) in staged {
        file.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for name in before.iter().filter(|name| !files.iter().any(|(kept, _)| kept == *name)) {
        let path = folder.join(name);
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

/// Returns the names of the files of an earlier run.
fn written_before(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", folder.display())),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let marked = is_marked(&entry.path());
        // Staged files of an interrupted run have the mark as well.
        if !marked {
            bail!(
                "{} was not written by stackwright convert, so the folder is unchanged: choose another folder for -o, or move the file",
                entry.path().display()
            );
        }
        names.insert(name);
    }
    Ok(names)
}

/// Reports whether an earlier run wrote the file. The function opens only regular files, since a FIFO waits for a writer
/// and a device may be endless. It reads only as many bytes as the mark has.
fn is_marked(path: &Path) -> bool {
    let is_file = || fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file());
    let starts_with_mark = || {
        let mut start = [0; SIGNATURE.len()];
        File::open(path)?.read_exact(&mut start)?;
        io::Result::Ok(start == *SIGNATURE.as_bytes())
    };
    is_file() && starts_with_mark().is_ok_and(|marked| marked)
}

/// Writes one file completely or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_file(path: &str, text: &str) -> anyhow::Result<()> {
    let write = || {
        let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
        stage(folder.unwrap_or(Path::new(".")), text)?.persist(path)?;
        io::Result::Ok(())
    };
    write().with_context(|| format!("cannot write {path}"))
}

/// Writes a text into a new temporary file of a folder. The file's name is new, so the function follows no link and waits
/// for no FIFO.
fn stage(folder: &Path, text: &str) -> io::Result<NamedTempFile> {
    // As other programs do: the umask of the user removes bits. The default of tempfile is 0600.
    let mode = Permissions::from_mode(0o666);
    let mut file =
        tempfile::Builder::new().prefix(".").suffix(".new").permissions(mode).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}
