//! File access that is confined to one folder, for Compose projects that the user does not trust.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use compose_loader::{FileKind, Files, OUTSIDE, disk::Disk, paths::join};

use crate::convert::Folders;

/// The files below a folder. Nothing outside of the folder is accessed, not even through a link: a path that leads outside
/// is [`FileKind::Outside`], whether or not a file exists there.
///
/// `.git` counts as outside. A repository cannot contain a file of that name, and a server that cloned the repository may
/// keep its token there.
#[derive(Debug)]
pub struct Confined {
    /// The absolute path of the folder, as the user wrote it.
    named: PathBuf,
    /// The same path with all links resolved.
    root: PathBuf,
}

/// The path leads outside of the folder.
struct Outside;

/// The number of links that the kernel follows in a path before it assumes a circle (path_resolution(7)).
const MAX_LINKS: usize = 40;
/// The length of a path that the kernel opens (`PATH_MAX`).
const MAX_PATH: usize = 4096;

impl Confined {
    /// Returns the files below `folder`, which is relative to the folder `here`.
    ///
    /// # Errors
    /// When `folder` is not a folder.
    pub fn to(folder: &str, here: &str) -> anyhow::Result<Self> {
        let named = PathBuf::from(join(here, folder));
        let root = named.canonicalize().with_context(|| format!("cannot resolve --confine {folder}"))?;
        if !root.is_dir() {
            bail!("--confine {folder} is not a folder");
        }
        Ok(Self { named, root })
    }

    /// Returns an absolute path relative to the folder, without resolving `..` and links.
    fn below<'p>(&self, path: &'p Path) -> Result<&'p Path, Outside> {
        path.strip_prefix(&self.root).or_else(|_| path.strip_prefix(&self.named)).map_err(|_| Outside)
    }

    /// Returns an absolute path with all links resolved. No file needs to exist there. A part is accessed only after all
    /// parts before it are known to be inside the folder.
    fn resolve(&self, path: &str) -> Result<PathBuf, Outside> {
        if path.len() > MAX_PATH {
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
            // Only a link has a target: the call fails for other files and for missing ones.
            let Ok(target) = fs::read_link(&next) else {
                at = next;
                continue;
            };
            links += 1;
            if links > MAX_LINKS {
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

    /// Reports whether a link leads a path of the folder outside.
    pub fn leads_outside(&self, path: &str) -> bool {
        self.below(Path::new(path)).is_ok() && self.resolve(path).is_err()
    }

    /// Calls `ask` with the resolved path.
    fn ask<T>(&self, path: &str, ask: impl FnOnce(&str) -> T) -> Result<T, Outside> {
        let at = self.resolve(path)?;
        at.to_str().map(ask).ok_or(Outside)
    }
}

/// The folder of Git's data, or the file that names this folder in a worktree.
const GIT: &str = ".git";

/// Returns the parts of a path in reverse order.
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
        match self.resolve(path) {
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
