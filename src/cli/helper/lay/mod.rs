//! The project's own files in a volume: each is laid once, and again when the project changes it.
//!
//! A record beside the folder that services see holds what was laid. So a file that a program has changed and
//! the project has not stays as it is, as a folder on a Docker host does under `git pull`. A run that was cut
//! short goes on with the next one: whatever it has written is then found as it should be.

mod record;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use self::record::{Laid, Record, digest, read_record};
use super::{
    files::{Owner, lock, opened_up},
    within::{Entry, Folder, Make, give},
};
use crate::translate::short_hash;

/// Where our own files of a volume lie: beside the folder that services see.
const OURS: &str = ".stackwright";
/// A file that is being written.
const DRAFT: &str = "draft";
/// The folder for versions of programs that gave way to the project's.
const REPLACED: &str = "replaced";

/// Lays the files of `from`, if it is given, into the folder of the volume at `root`.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn lay(
    from: Option<&Path>,
    root: &Path,
    folder: &str,
    owner: Option<Owner>,
) -> anyhow::Result<()> {
    // Services that share the volume may start at once.
    let _turn = lock(root)?;
    let mut wanted = BTreeMap::new();
    if let Some(from) = from {
        find(from, "", &mut wanted)?;
    }
    let about = || format!("cannot lay files into {}", root.join(folder).display());
    let volume = Folder::open(root)?;
    let in_the_way = || format!("{OURS} in {} is no folder", root.display());
    let ours = volume.make(OURS, Make::closed()).with_context(about)?.with_context(in_the_way)?;
    let seen = volume.make(folder, Make::open(owner)).with_context(about)?;
    let seen = seen.with_context(|| format!("{folder} in {} is no folder", root.display()))?;
    let name = format!("{}-laid", short_hash(folder));
    let record = read_record(&ours, &name).with_context(about)?;
    let mut volume = Volume { ours, seen, owner, record: record.clone(), count: 0 };
    let brought = volume.bring_all(&record, &wanted);
    // Also where a file could not be laid: what was laid before it would count as the programs' own otherwise.
    if volume.record != record {
        volume.write_record(&name).with_context(about)?;
    }
    if volume.count > 0 {
        let files = if volume.count == 1 { "file was" } else { "files were" };
        anstream::eprintln!("{} {files} laid into {}", volume.count, root.join(folder).display());
    }
    brought
}

/// Makes a folder in the volume at `root` where it is missing.
///
/// # Errors
/// When it cannot be made.
pub(super) fn make_folder(root: &Path, folder: &str, owner: Option<Owner>) -> anyhow::Result<()> {
    let made = Folder::open(root)?.make(folder, Make::open(owner));
    if made.with_context(|| format!("cannot make {}", root.join(folder).display()))?.is_none() {
        anstream::eprintln!("warning: {folder} is not made: something that is no folder is in the way");
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
struct Volume {
    ours: Folder,
    /// The folder that services see.
    seen: Folder,
    owner: Option<Owner>,
    record: Record,
    /// How many files were written.
    count: usize,
}

impl Volume {
    /// Removes what the project has no more, and lays what it has.
    fn bring_all(&mut self, record: &Record, wanted: &BTreeMap<String, PathBuf>) -> anyhow::Result<()> {
        for (path, laid) in record.iter().filter(|(path, _)| !wanted.contains_key(*path)) {
            self.take_away(path, laid).with_context(|| format!("cannot remove {path}"))?;
        }
        for (path, file) in wanted {
            self.bring(path, file).with_context(|| format!("cannot lay {path}"))?;
        }
        Ok(())
    }

    /// Removes a file that the project has no more, but for one that a program has changed.
    fn take_away(&mut self, path: &str, laid: &Laid) -> io::Result<()> {
        let (folder, name) = split(path);
        if let Some(folder) = self.seen.down(folder)?
            && let Entry::File(mut file) = folder.entry(name)?
            && digest(&mut file)? == laid.sha256
        {
            folder.remove(name)?;
        }
        self.record.remove(path);
        Ok(())
    }

    /// Lays a file where the project has changed it since it was laid last.
    fn bring(&mut self, path: &str, from: &Path) -> anyhow::Result<()> {
        let mut source = File::open(from)?;
        let mode = source.metadata()?.permissions().mode() & 0o7777;
        let new = Laid { sha256: digest(&mut source)?, mode };
        let old = self.record.get(path);
        if old == Some(&new) {
            return Ok(());
        }
        let (folder, name) = split(path);
        let is_known = old.is_some();
        if let Some(folder) = self.seen.make(folder, Make::open(self.owner))? {
            let before = old.map(|old| old.sha256.as_str());
            match folder.entry(name)? {
                Entry::File(mut file) => {
                    let there = digest(&mut file)?;
                    let is_laid = before == Some(there.as_str());
                    // What nobody has laid is a program's, or was laid by a run that was cut short.
                    if there == new.sha256 || before == Some(new.sha256.as_str()) {
                        self.set_mode(&folder, name, old, mode, &file)?;
                    } else if is_known {
                        if !is_laid {
                            self.keep(&folder, name, path, &there)?;
                        }
                        self.write(&folder, name, from, mode)?;
                    }
                }
                // Nothing is lost with an empty folder.
                Entry::Other if !folder.remove_empty(name) => {
                    anstream::eprintln!(
                        "warning: {path} is not laid: something that is no file stands there"
                    );
                }
                // A program may delete what it was given.
                _ if before == Some(new.sha256.as_str()) => {}
                _ => self.write(&folder, name, from, mode)?,
            }
        } else {
            anstream::eprintln!("warning: {path} is not laid: something that is no folder is in the way");
        }
        self.record.insert(path.to_owned(), new);
        Ok(())
    }

    /// Gives a file the permission bits that the project has changed, where the program has not.
    fn set_mode(
        &self,
        folder: &Folder,
        name: &str,
        old: Option<&Laid>,
        mode: u32,
        file: &File,
    ) -> io::Result<()> {
        let is_as_laid =
            |old: &Laid| folder.bits(name).is_ok_and(|bits| bits == opened_up(old.mode, self.owner));
        if old.is_some_and(is_as_laid) {
            file.set_permissions(fs::Permissions::from_mode(opened_up(mode, self.owner)))?;
        }
        Ok(())
    }

    /// Moves a program's version of a file out of the way.
    fn keep(&self, folder: &Folder, name: &str, path: &str, digest: &str) -> anyhow::Result<()> {
        let (below, _) = split(path);
        let place = self.ours.make(&format!("{REPLACED}/{below}"), Make::closed())?;
        let place = place.with_context(|| format!("{OURS}/{REPLACED} is in the way"))?;
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
    fn write(&mut self, folder: &Folder, name: &str, from: &Path, mode: u32) -> io::Result<()> {
        self.ours.remove(DRAFT)?;
        let mut draft = self.ours.create(DRAFT)?;
        io::copy(&mut File::open(from)?, &mut draft)?;
        give(&draft, self.owner.unwrap_or_default(), opened_up(mode, self.owner))?;
        draft.sync_all()?;
        self.ours.rename(DRAFT, folder, name)?;
        self.count += 1;
        Ok(())
    }

    fn write_record(&self, name: &str) -> anyhow::Result<()> {
        self.ours.remove(DRAFT)?;
        let mut draft = self.ours.create(DRAFT)?;
        draft.write_all(&serde_json::to_vec(&self.record)?)?;
        draft.sync_all()?;
        Ok(self.ours.rename(DRAFT, &self.ours, name)?)
    }
}

/// The folder of a path, and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests;
