//! Project files in a volume. The helper copies each file once, and again when the project changes the file.
//!
//! A record beside the folder that services see contains the copied files. A file that a program changed stays as it is until
//! the project changes it, as `git pull` does with a folder on a Docker host.
//!
//! The record contains a file before the copy starts, so that the next run recognizes the file of an interrupted run. Each volume
//! of each Stack has its own record, since several can share one NFS export.

mod record;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};

use self::record::{CopiedFile, Record, digest};
use super::{
    files::{Owner, opened_up},
    lock::{HELPER_FOLDER, lock},
    within::{Entry, Folder, Make, give},
};
use crate::{cli::terminal::message, text::short_hash};

/// The folder for files of programs that a project file replaced.
const REPLACED: &str = "replaced";

/// The files to copy, and their destination.
pub(super) struct ProjectFiles<'a> {
    /// The folder with the project files, or `None` if the project no longer has any.
    pub from: Option<&'a Path>,
    /// The root of the volume.
    pub root: &'a Path,
    /// The folder in the volume that services see. Empty for the root.
    pub folder: &'a str,
    /// The name of the volume among all that use its storage.
    pub name: &'a str,
    /// The owner of the files, or `None` for root if the users of the programs are not known.
    pub owner: Option<Owner>,
    /// Whether other users than the owner write the files.
    pub is_shared: bool,
}

/// A file of the project.
struct Wanted {
    from: PathBuf,
    copied: CopiedFile,
}

/// Copies the project files, and removes files that the project no longer has.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn copy_project_files(it: &ProjectFiles<'_>) -> anyhow::Result<()> {
    let place = it.root.join(it.folder);
    let about = || format!("cannot copy project files into {}", place.display());
    let root = Folder::open(it.root)?;
    let see = || {
        let seen = root.make(it.folder, Make::open(it.owner)).with_context(about)?;
        seen.with_context(|| format!("{} is not a folder: remove it from the volume", place.display()))
    };
    let name = short_hash(&format!("{}:{}", it.name, it.folder));
    if it.from.is_none() && !has_record(&root, &name).with_context(about)? {
        return see().map(drop);
    }
    // Services that share the volume can start at the same time.
    let lock = lock(it.root)?;
    let not_a_folder =
        || format!("{HELPER_FOLDER} in {} is not a folder: remove it from the volume", it.root.display());
    let helper_folder =
        root.make(HELPER_FOLDER, Make::closed()).with_context(about)?.with_context(not_a_folder)?;
    if lock.is_held() {
        helper_folder.remove_drafts().with_context(about)?;
    }
    let record = Record::read(&helper_folder, &name).with_context(about)?;
    let mut volume =
        Volume { it, name: &name, helper_folder, seen: see()?, on_disk: record.clone(), record, count: 0 };
    let wanted = volume.wanted()?;
    volume.begin(&wanted).with_context(about)?;
    let brought = volume.update_all(&wanted);
    // Even after an error, since the files before it are copied.
    volume.save().with_context(about)?;
    if volume.count > 0 {
        let files = if volume.count == 1 { "file" } else { "files" };
        message!("copied {} {files} into {}", volume.count, place.display());
    }
    brought
}

fn has_record(root: &Folder, name: &str) -> io::Result<bool> {
    root.down(HELPER_FOLDER)?.map_or(Ok(false), |helper_folder| Record::is_in(&helper_folder, name))
}

/// Creates a folder in the volume at `root`, unless it exists.
///
/// # Errors
/// When the folder cannot be created.
pub(super) fn make_folder(root: &Path, folder: &str, owner: Option<Owner>) -> anyhow::Result<()> {
    let made = Folder::open(root)?.make(folder, Make::open(owner));
    let place = root.join(folder);
    if made.with_context(|| format!("cannot create {}", place.display()))?.is_none() {
        message!(
            "warning: cannot create folder {}: a file or link has this name; remove it from the volume, and restart the \
             service",
            place.display()
        );
    }
    Ok(())
}

/// Finds the files of a projected volume by their paths. The kubelet keeps its own entries in such a volume (AtomicWriter), whose
/// names start with two dots.
fn find(folder: &Path, below: &str, found: &mut BTreeMap<String, PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with("..")) else { continue };
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        if entry.path().is_dir() {
            find(&entry.path(), &path, found)?;
        } else {
            found.insert(path, entry.path());
        }
    }
    Ok(())
}

/// A volume while project files are copied into it.
struct Volume<'a> {
    it: &'a ProjectFiles<'a>,
    /// The name of the record.
    name: &'a str,
    helper_folder: Folder,
    /// The folder that services see.
    seen: Folder,
    record: Record,
    /// The record on the disk.
    on_disk: Record,
    /// The number of written files.
    count: usize,
}

impl Volume<'_> {
    /// Returns the files of the project, by path.
    fn wanted(&self) -> anyhow::Result<BTreeMap<String, Wanted>> {
        let mut files = BTreeMap::new();
        if let Some(from) = self.it.from {
            find(from, "", &mut files)?;
        }
        let wanted = files.into_iter().map(|(path, from)| {
            let copied =
                self.copied_file(&from).with_context(|| format!("cannot read {}", from.display()))?;
            Ok((path, Wanted { from, copied }))
        });
        wanted.collect()
    }

    /// Returns the record of a project file, as its copy will be.
    fn copied_file(&self, from: &Path) -> io::Result<CopiedFile> {
        let mut source = File::open(from)?;
        let mode = source.metadata()?.permissions().mode() & 0o7777;
        let is_owners = self.it.owner.is_some() && !self.it.is_shared;
        let owner = self.it.owner.unwrap_or_default();
        Ok(CopiedFile { sha256: digest(&mut source)?, mode: opened_up(mode, is_owners), owner })
    }

    /// Writes the files that will be copied to the record on the disk.
    fn begin(&mut self, wanted: &BTreeMap<String, Wanted>) -> anyhow::Result<()> {
        for (path, Wanted { copied, .. }) in wanted {
            if self.record.copied.get(path).is_none_or(|old| old.sha256 != copied.sha256) {
                self.record.begin(path, &copied.sha256);
            }
        }
        self.save()
    }

    fn save(&mut self) -> anyhow::Result<()> {
        if self.record != self.on_disk {
            self.record.write(&self.helper_folder, self.name)?;
            self.on_disk = self.record.clone();
        }
        Ok(())
    }

    /// Removes files that the project no longer has, and copies the others.
    fn update_all(&mut self, wanted: &BTreeMap<String, Wanted>) -> anyhow::Result<()> {
        let known = self.record.copied.keys().chain(self.record.started.keys());
        let gone: Vec<_> = known.filter(|path| !wanted.contains_key(*path)).cloned().collect();
        let others =
            if gone.is_empty() { Vec::new() } else { Record::others(&self.helper_folder, self.name)? };
        for path in gone {
            // Another volume with the same storage can have a file with this path.
            if !others.iter().any(|other| other.knows(&path)) {
                self.remove_stale(&path).with_context(|| format!("cannot remove {path}"))?;
            }
            self.record.finish(&path, None);
        }
        for (path, file) in wanted {
            if self.update(path, file).with_context(|| format!("cannot copy {path}"))? {
                self.record.finish(path, Some(file.copied.clone()));
            }
        }
        Ok(())
    }

    /// Removes a file that the project no longer has, unless a program changed the file.
    fn remove_stale(&self, path: &str) -> io::Result<()> {
        let (folder, name) = split(path);
        if let Some(folder) = self.seen.down(folder)?
            && let Entry::File(mut file) = folder.entry(name)?
            && self.record.has_copied(path, &digest(&mut file)?)
        {
            folder.remove(name)?;
        }
        Ok(())
    }

    /// Copies a file if the project changed it since the last copy. Returns whether the file is done.
    fn update(&mut self, path: &str, file: &Wanted) -> anyhow::Result<bool> {
        let (new, old) = (&file.copied, self.record.copied.get(path).cloned());
        if old.as_ref() == Some(new) && !self.record.started.contains_key(path) {
            return Ok(true);
        }
        let (folder, name) = split(path);
        let Some(folder) = self.seen.make(folder, Make::open(self.it.owner))? else {
            self.warn(path, "a file or link has the name of its folder; remove it");
            return Ok(false);
        };
        let is_changed = old.as_ref().is_none_or(|old| old.sha256 != new.sha256);
        match folder.entry(name)? {
            Entry::File(mut there) => {
                let sha256 = digest(&mut there)?;
                if sha256 == new.sha256 || !is_changed && !self.record.has_started(path, &sha256) {
                    // Only the owner or the permission bits can have changed.
                    if let Some(old) = old {
                        adapt(&there, &old, new)?;
                    }
                    return Ok(true);
                }
                let is_copied = self.record.has_copied(path, &sha256);
                if !is_copied && old.is_none() {
                    // The file is older than the project file.
                    return Ok(true);
                }
                if !is_copied {
                    self.keep(&folder, name, path, &sha256)?;
                }
                self.write(&folder, name, file)?;
            }
            // An empty folder is replaced, since it contains no data.
            Entry::Other if !folder.remove_empty(name) => {
                self.warn(path, "a folder, link or special file has this name; rename or remove it");
                return Ok(false);
            }
            // A program deleted the file.
            _ if !is_changed => {}
            _ => self.write(&folder, name, file)?,
        }
        Ok(true)
    }

    fn warn(&self, path: &str, cause: &str) {
        message!(
            "warning: cannot copy file {} of volume {}: {cause}, and restart the service",
            self.it.root.join(self.it.folder).join(path).display(),
            self.it.name
        );
    }

    /// Moves a file that a program changed to the folder of replaced files.
    fn keep(&self, folder: &Folder, name: &str, path: &str, digest: &str) -> anyhow::Result<()> {
        let (below, _) = split(path);
        let place = self.helper_folder.make(&format!("{REPLACED}/{below}"), Make::closed())?;
        let place = place.with_context(|| {
            format!("{HELPER_FOLDER}/{REPLACED}/{below} is not a folder: remove it from the volume")
        })?;
        let kept = format!("{name}.{}", &digest[..8]);
        folder.rename(name, &place, &kept)?;
        message!(
            "replaced {path}, which a program and the project changed: the version of the program is in \
             {HELPER_FOLDER}/{REPLACED}/{}",
            if below.is_empty() { kept } else { format!("{below}/{kept}") }
        );
        Ok(())
    }

    /// Writes a file atomically.
    fn write(&mut self, folder: &Folder, name: &str, file: &Wanted) -> anyhow::Result<()> {
        let content = fs::read(&file.from)?;
        let is_same = digest(&mut content.as_slice())? == file.copied.sha256;
        ensure!(is_same, "{} changed while it was read", file.from.display());
        let (draft, mut to) = self.helper_folder.draft()?;
        to.write_all(&content)?;
        give(&to, file.copied.owner, file.copied.mode)?;
        to.sync_all()?;
        self.helper_folder.rename(&draft, folder, name)?;
        self.count += 1;
        Ok(())
    }
}

/// Sets the owner and permission bits that the project changed, unless a program changed them.
fn adapt(file: &File, old: &CopiedFile, new: &CopiedFile) -> io::Result<()> {
    let is = file.metadata()?;
    let (owner, mode) = ((is.uid(), is.gid()), is.mode() & 0o7777);
    let wanted =
        (if owner == old.owner { new.owner } else { owner }, if mode == old.mode { new.mode } else { mode });
    if wanted == (owner, mode) { Ok(()) } else { give(file, wanted.0, wanted.1) }
}

/// Splits a path into its folder and its name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests;
