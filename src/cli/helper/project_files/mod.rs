//! The project's own files in a volume: each is laid once, and again when the project changes it.
//!
//! A record beside the folder that services see holds what was laid. So a file that a program has changed and
//! the project has not stays as it is, as a folder on a Docker host does under `git pull`.
//!
//! The record notes a file before the file is laid, so that a run that was cut short goes on with the next one: what it
//! has laid is no program's. Each volume of each Stack has its own record, since several may share one NFS export.

mod record;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};

use self::record::{Laid, Record, digest};
use super::{
    files::{Owner, opened_up},
    turn::{OURS, lock},
    within::{Entry, Folder, Make, give},
};
use crate::translate::short_hash;

/// The folder for versions of programs that gave way to the project's.
const REPLACED: &str = "replaced";

/// What is laid, and where.
pub(super) struct Laying<'a> {
    /// The folder with the project's files; none where the project has no files any more.
    pub from: Option<&'a Path>,
    /// The volume's root.
    pub root: &'a Path,
    /// The folder in it that services see; the root when empty.
    pub folder: &'a str,
    /// What the volume is called among all that use its storage.
    pub name: &'a str,
    /// Whom the files belong to; root where nobody knows who writes them.
    pub owner: Option<Owner>,
    /// Whether others than the owner write them, too.
    pub is_shared: bool,
}

/// A file that the project has.
struct Wanted {
    from: PathBuf,
    laid: Laid,
}

/// Lays the project's files, and removes those that the project has no more.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn lay(it: &Laying<'_>) -> anyhow::Result<()> {
    let place = it.root.join(it.folder);
    let about = || format!("cannot lay files into {}", place.display());
    let root = Folder::open(it.root)?;
    let see = || {
        let seen = root.make(it.folder, Make::open(it.owner)).with_context(about)?;
        seen.with_context(|| format!("{} is not a folder: remove it from the volume", place.display()))
    };
    let name = short_hash(&format!("{}:{}", it.name, it.folder));
    if it.from.is_none() && !has_record(&root, &name).with_context(about)? {
        return see().map(drop);
    }
    // Services that share the volume may start at once.
    let turn = lock(it.root)?;
    let in_the_way = || format!("{OURS} in {} is not a folder: remove it from the volume", it.root.display());
    let ours = root.make(OURS, Make::closed()).with_context(about)?.with_context(in_the_way)?;
    if turn.is_held() {
        ours.remove_drafts().with_context(about)?;
    }
    let record = Record::read(&ours, &name).with_context(about)?;
    let mut volume =
        Volume { it, name: &name, ours, seen: see()?, on_disk: record.clone(), record, count: 0 };
    let wanted = volume.wanted()?;
    volume.begin(&wanted).with_context(about)?;
    let brought = volume.bring_all(&wanted);
    // Also where a file could not be laid: what was laid before it is done.
    volume.save().with_context(about)?;
    if volume.count > 0 {
        let files = if volume.count == 1 { "file was" } else { "files were" };
        anstream::eprintln!("{} {files} laid into {}", volume.count, place.display());
    }
    brought
}

fn has_record(root: &Folder, name: &str) -> io::Result<bool> {
    root.down(OURS)?.map_or(Ok(false), |ours| Record::is_in(&ours, name))
}

/// Makes a folder in the volume at `root` where it is missing.
///
/// # Errors
/// When it cannot be made.
pub(super) fn make_folder(root: &Path, folder: &str, owner: Option<Owner>) -> anyhow::Result<()> {
    let made = Folder::open(root)?.make(folder, Make::open(owner));
    let place = root.join(folder);
    if made.with_context(|| format!("cannot make {}", place.display()))?.is_none() {
        anstream::eprintln!(
            "warning: the folder {} is not made, because a file or a link is in its place: remove the file or link from \
             the volume, and restart the service",
            place.display()
        );
    }
    Ok(())
}

/// The files of a pod volume, which is made of links, by their paths below it. What begins with two dots there
/// is Kubernetes' own.
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

/// A volume while files are laid into it.
struct Volume<'a> {
    it: &'a Laying<'a>,
    /// The name of its record.
    name: &'a str,
    ours: Folder,
    /// The folder that services see.
    seen: Folder,
    record: Record,
    /// The record as it was read or written last.
    on_disk: Record,
    /// How many files were written.
    count: usize,
}

impl Volume<'_> {
    /// The files that the project has, by path.
    fn wanted(&self) -> anyhow::Result<BTreeMap<String, Wanted>> {
        let mut files = BTreeMap::new();
        if let Some(from) = self.it.from {
            find(from, "", &mut files)?;
        }
        let wanted = files.into_iter().map(|(path, from)| {
            let laid = self.as_laid(&from).with_context(|| format!("cannot read {}", from.display()))?;
            Ok((path, Wanted { from, laid }))
        });
        wanted.collect()
    }

    /// How a file of the project is laid.
    fn as_laid(&self, from: &Path) -> io::Result<Laid> {
        let mut source = File::open(from)?;
        let mode = source.metadata()?.permissions().mode() & 0o7777;
        let is_owners = self.it.owner.is_some() && !self.it.is_shared;
        let owner = self.it.owner.unwrap_or_default();
        Ok(Laid { sha256: digest(&mut source)?, mode: opened_up(mode, is_owners), owner })
    }

    /// Notes in the record on the disk what is going to be laid.
    fn begin(&mut self, wanted: &BTreeMap<String, Wanted>) -> anyhow::Result<()> {
        for (path, Wanted { laid, .. }) in wanted {
            if self.record.laid.get(path).is_none_or(|old| old.sha256 != laid.sha256) {
                self.record.begin(path, &laid.sha256);
            }
        }
        self.save()
    }

    fn save(&mut self) -> anyhow::Result<()> {
        if self.record != self.on_disk {
            self.record.write(&self.ours, self.name)?;
            self.on_disk = self.record.clone();
        }
        Ok(())
    }

    /// Removes what the project has no more, and lays what it has.
    fn bring_all(&mut self, wanted: &BTreeMap<String, Wanted>) -> anyhow::Result<()> {
        let known = self.record.laid.keys().chain(self.record.begun.keys());
        let gone: Vec<_> = known.filter(|path| !wanted.contains_key(*path)).cloned().collect();
        let others = if gone.is_empty() { Vec::new() } else { Record::others(&self.ours, self.name)? };
        for path in gone {
            // Another volume with the same storage may have a file of this path.
            if !others.iter().any(|other| other.knows(&path)) {
                self.take_away(&path).with_context(|| format!("cannot remove {path}"))?;
            }
            self.record.finish(&path, None);
        }
        for (path, file) in wanted {
            if self.bring(path, file).with_context(|| format!("cannot lay {path}"))? {
                self.record.finish(path, Some(file.laid.clone()));
            }
        }
        Ok(())
    }

    /// Removes a file that the project has no more, but for one that a program has changed.
    fn take_away(&self, path: &str) -> io::Result<()> {
        let (folder, name) = split(path);
        if let Some(folder) = self.seen.down(folder)?
            && let Entry::File(mut file) = folder.entry(name)?
            && self.record.has_laid(path, &digest(&mut file)?)
        {
            folder.remove(name)?;
        }
        Ok(())
    }

    /// Lays a file where the project has changed it since it was laid last; whether the file needs no further
    /// try.
    fn bring(&mut self, path: &str, file: &Wanted) -> anyhow::Result<bool> {
        let (new, old) = (&file.laid, self.record.laid.get(path).cloned());
        if old.as_ref() == Some(new) && !self.record.begun.contains_key(path) {
            return Ok(true);
        }
        let (folder, name) = split(path);
        let Some(folder) = self.seen.make(folder, Make::open(self.it.owner))? else {
            self.warn(path, "a file or a link is in the place of its folder: remove the file or link");
            return Ok(false);
        };
        let is_changed = old.as_ref().is_none_or(|old| old.sha256 != new.sha256);
        match folder.entry(name)? {
            Entry::File(mut there) => {
                let sha256 = digest(&mut there)?;
                if sha256 == new.sha256 || !is_changed && !self.record.has_begun(path, &sha256) {
                    // The owner or the bits may have changed alone.
                    if let Some(old) = old {
                        adapt(&there, &old, new)?;
                    }
                    return Ok(true);
                }
                let is_laid = self.record.has_laid(path, &sha256);
                if !is_laid && old.is_none() {
                    // It was there before.
                    return Ok(true);
                }
                if !is_laid {
                    self.keep(&folder, name, path, &sha256)?;
                }
                self.write(&folder, name, file)?;
            }
            // Nothing is lost with an empty folder.
            Entry::Other if !folder.remove_empty(name) => {
                self.warn(path, "a folder, a link or a special file has its name: rename or remove that");
                return Ok(false);
            }
            // A program may delete what it was given.
            _ if !is_changed => {}
            _ => self.write(&folder, name, file)?,
        }
        Ok(true)
    }

    fn warn(&self, path: &str, cause: &str) {
        anstream::eprintln!(
            "warning: the file {} of the volume {} is not laid, because {cause}, and restart the service",
            self.it.root.join(self.it.folder).join(path).display(),
            self.it.name
        );
    }

    /// Moves a program's version of a file out of the way.
    fn keep(&self, folder: &Folder, name: &str, path: &str, digest: &str) -> anyhow::Result<()> {
        let (below, _) = split(path);
        let place = self.ours.make(&format!("{REPLACED}/{below}"), Make::closed())?;
        let place = place.with_context(|| {
            format!("{OURS}/{REPLACED}/{below} is not a folder: remove it from the volume")
        })?;
        let kept = format!("{name}.{}", &digest[..8]);
        folder.rename(name, &place, &kept)?;
        anstream::eprintln!(
            "{path} was changed both by a program and in the project: the program's version is in \
             {OURS}/{REPLACED}/{}",
            if below.is_empty() { kept } else { format!("{below}/{kept}") }
        );
        Ok(())
    }

    /// Writes a file at once and whole.
    fn write(&mut self, folder: &Folder, name: &str, file: &Wanted) -> anyhow::Result<()> {
        let content = fs::read(&file.from)?;
        let is_same = digest(&mut content.as_slice())? == file.laid.sha256;
        ensure!(is_same, "{} changed while it was read", file.from.display());
        let (draft, mut to) = self.ours.draft()?;
        to.write_all(&content)?;
        give(&to, file.laid.owner, file.laid.mode)?;
        to.sync_all()?;
        self.ours.rename(&draft, folder, name)?;
        self.count += 1;
        Ok(())
    }
}

/// Gives a file the owner and the permission bits that have changed, each where no program has changed it.
fn adapt(file: &File, old: &Laid, new: &Laid) -> io::Result<()> {
    let is = file.metadata()?;
    let (owner, mode) = ((is.uid(), is.gid()), is.mode() & 0o7777);
    let wanted =
        (if owner == old.owner { new.owner } else { owner }, if mode == old.mode { new.mode } else { mode });
    if wanted == (owner, mode) { Ok(()) } else { give(file, wanted.0, wanted.1) }
}

/// The folder of a path, and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests;
