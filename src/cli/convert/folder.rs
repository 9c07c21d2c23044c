//! Writing a folder of manifests wholly or not at all, and only over what was written before.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

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
    let mut staged: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (name, text) in files {
        let (temporary, path) = (folder.join(format!(".{name}.new")), folder.join(name));
        if let Err(error) = fs::write(&temporary, text) {
            staged.push((temporary, path));
            staged.iter().for_each(|(temporary, _)| drop(fs::remove_file(temporary)));
            return Err(error).with_context(|| format!("cannot write {}", folder.join(name).display()));
        }
        staged.push((temporary, path));
    }
    for (temporary, path) in &staged {
        fs::rename(temporary, path).with_context(|| format!("cannot write {}", path.display()))?;
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

/// Whether a file was written by an earlier run. What is no file is not opened: a FIFO would wait for a writer.
fn is_marked(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
        && fs::read(path).is_ok_and(|bytes| bytes.starts_with(MARK.as_bytes()))
}

/// Writes one file wholly or not at all.
///
/// # Errors
/// Where it cannot be written.
pub fn write_file(path: &str, text: &str) -> anyhow::Result<()> {
    let temporary = format!("{path}.new");
    fs::write(&temporary, text).with_context(|| format!("cannot write {path}"))?;
    fs::rename(&temporary, path).with_context(|| format!("cannot write {path}"))
}
