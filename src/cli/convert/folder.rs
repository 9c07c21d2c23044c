//! Writing a folder of manifests wholly or not at all, and only over what was written before.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

use crate::convert::output::MARK;

/// The file that lists the others; it is written last, and its first line says whose folder it is.
pub const LIST: &str = "kustomization.yaml";

/// Writes the files into a folder, and takes away those of an earlier run that are no longer among them.
///
/// # Errors
/// Where the folder holds files that were not written by an earlier run, or cannot be written.
pub fn write(folder: &str, files: &[(String, String)]) -> anyhow::Result<()> {
    let folder = Path::new(folder);
    let before = written_before(folder)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    // All texts are on disk before the first name changes.
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

/// The files of an earlier run.
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
        // What a run left that was ended half-way bears the mark too.
        if !marked {
            bail!(
                "{} was not written by stackwright convert, and nothing is written beside it: choose another folder for -o, or move the file away",
                entry.path().display()
            );
        }
        names.insert(name);
    }
    Ok(names)
}

/// Whether a file was written by an earlier run. What is no regular file is not opened: a FIFO waits for a writer,
/// and a device may have no end. Of a file no more is read than the mark.
fn is_marked(path: &Path) -> bool {
    let is_file = || fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file());
    let starts_with_mark = || {
        let mut start = [0; MARK.len()];
        File::open(path)?.read_exact(&mut start)?;
        io::Result::Ok(start == *MARK.as_bytes())
    };
    is_file() && starts_with_mark().is_ok_and(|marked| marked)
}

/// Writes one file wholly or not at all.
///
/// # Errors
/// Where it cannot be written.
pub fn write_file(path: &str, text: &str) -> anyhow::Result<()> {
    let write = || {
        let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
        stage(folder.unwrap_or(Path::new(".")), text)?.persist(path)?;
        io::Result::Ok(())
    };
    write().with_context(|| format!("cannot write {path}"))
}

/// Writes a text into a new file of a folder, which goes again unless it gets its name. Nothing has the file's name
/// before: no link is followed, and no FIFO waited for.
fn stage(folder: &Path, text: &str) -> io::Result<NamedTempFile> {
    // What the umask leaves of this, as for every other file that a program makes.
    let mode = Permissions::from_mode(0o666);
    let mut file =
        tempfile::Builder::new().prefix(".").suffix(".new").permissions(mode).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}
