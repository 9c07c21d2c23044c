//! The files of one folder and of nothing else, for compose projects of others.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use compose_loader::{FileKind, Files, OUTSIDE, disk::Disk, paths::join};

use crate::convert::Folders;

/// The part of the file system below a folder. No link leads out of it, and nothing outside of it is looked at:
/// a path that leads out is [`FileKind::Outside`], whether or not something is there.
///
/// What `.git` holds is outside as well: no repository can have a file of that name, and a server that cloned
/// one may keep its token there.
#[derive(Debug)]
pub struct Confined {
    /// The folder as it was named; absolute.
    named: PathBuf,
    /// The same with all links resolved.
    root: PathBuf,
}

/// A path that leads out of the folder.
struct Outside;

/// A path through more links than this is a circle, as for the kernel.
const MOST_LINKS: usize = 40;
/// The kernel opens no longer path.
const LONGEST: usize = 4096;

impl Confined {
    /// The files below `folder`, which is itself seen from the folder `here`.
    ///
    /// # Errors
    /// Where it is no folder.
    pub fn to(folder: &str, here: &str) -> anyhow::Result<Self> {
        let named = PathBuf::from(join(here, folder));
        let root = named.canonicalize().with_context(|| format!("--confine {folder}"))?;
        if !root.is_dir() {
            bail!("--confine {folder}: not a folder");
        }
        Ok(Self { named, root })
    }

    /// The way from the folder to an absolute path below it, `..` and links not resolved.
    fn below<'p>(&self, path: &'p Path) -> Result<&'p Path, Outside> {
        path.strip_prefix(&self.root).or_else(|_| path.strip_prefix(&self.named)).map_err(|_| Outside)
    }

    /// Where an absolute path leads: a path without links, at which there may be nothing. Each part is looked at
    /// only after all before it are known to lie in the folder.
    fn lead(&self, path: &str) -> Result<PathBuf, Outside> {
        if path.len() > LONGEST {
            return Err(Outside);
        }
        let mut at = self.root.clone();
        let mut left = parts(self.below(Path::new(path))?);
        let mut links = 0;
        while let Some(part) = left.pop() {
            if part == ".." {
                if at == self.root || !at.pop() {
                    return Err(Outside);
                }
                continue;
            }
            if part == GIT {
                return Err(Outside);
            }
            let next = at.join(&part);
            // What is no link, and what is not there, has no target.
            let Ok(target) = fs::read_link(&next) else {
                at = next;
                continue;
            };
            links += 1;
            if links > MOST_LINKS {
                return Err(Outside);
            }
            if target.is_absolute() {
                left.extend(parts(self.below(&target)?));
                at.clone_from(&self.root);
            } else {
                left.extend(parts(&target));
            }
        }
        Ok(at)
    }

    /// Whether a path that begins in the folder leads out of it.
    pub fn is_led_out(&self, path: &str) -> bool {
        self.below(Path::new(path)).is_ok() && self.lead(path).is_err()
    }

    /// What the disk says of the path that this one leads to.
    fn ask<T>(&self, path: &str, ask: impl FnOnce(&str) -> T) -> Result<T, Outside> {
        let at = self.lead(path)?;
        at.to_str().map(ask).ok_or(Outside)
    }
}

/// The name of the folder, or the file, in which Git keeps what is its own.
const GIT: &str = ".git";

/// The parts of a path, the first one last.
fn parts(path: &Path) -> Vec<OsString> {
    let parts =
        path.components().rev().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    parts.map(Component::as_os_str).map(OsStr::to_owned).collect()
}

impl Files for Confined {
    fn kind(&self, path: &str) -> Option<FileKind> {
        self.ask(path, |at| Disk.kind(at)).unwrap_or(Some(FileKind::Outside))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.ask(path, |at| Disk.read(at)).unwrap_or_else(|Outside| Err(OUTSIDE.to_owned()))
    }

    fn follow(&self, path: &str) -> String {
        match self.lead(path) {
            Ok(_) => Disk.follow(path),
            Err(Outside) => path.to_owned(),
        }
    }
}

impl Folders for Confined {
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let names = self.ask(path, |at| Disk.list(at)).unwrap_or_else(|Outside| Err(OUTSIDE.to_owned()))?;
        Ok(names.into_iter().filter(|name| name != GIT).collect())
    }

    fn mode(&self, path: &str) -> u32 {
        self.ask(path, |at| Disk.mode(at)).unwrap_or(0o644)
    }

    fn real(&self, path: &str) -> Option<String> {
        self.ask(path, |at| Disk.real(at)).ok().flatten()
    }
}
