//! Files below a folder. Each part of a path is opened relative to the open folder before it, so that no link of a program leads
//! outside, even while the program changes the folder.

use std::{
    fs::File,
    hash::{BuildHasher, RandomState},
    io,
    os::{fd::OwnedFd, unix::fs::MetadataExt},
    path::Path,
};

use anyhow::Context as _;
use rustix::{
    fs::{
        AtFlags, CWD, Dir, FileType, Mode, OFlags, fchmod, fchown, fstat, fsync, mkdirat, openat, renameat,
        unlinkat,
    },
    io::Errno,
};

use super::files::Owner;
use crate::cli::terminal::message;

/// The owner and permission bits of a new folder.
#[derive(Clone, Copy)]
pub(super) struct Make {
    pub owner: Owner,
    pub bits: u32,
}

impl Make {
    /// A folder for programs, whose users are not known: everyone can write to it.
    pub(super) fn open(owner: Option<Owner>) -> Self {
        Self { owner: owner.unwrap_or_default(), bits: 0o777 }
    }

    /// A folder that programs cannot access.
    pub(super) fn closed() -> Self {
        Self { owner: (0, 0), bits: 0o700 }
    }
}

/// The prefix of the names of drafts.
const DRAFT: &str = "draft-";

/// An open folder.
pub(super) struct Folder(OwnedFd);

/// The entry of a name in a folder.
pub(super) enum Entry {
    /// No entry.
    Nothing,
    /// A regular file, open for reading.
    File(File),
    /// A link, a folder, a socket and the like.
    Other,
}

impl Folder {
    /// Opens a folder by its path and follows links.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let folder = openat(CWD, path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        Ok(Self(folder.with_context(|| format!("cannot open {}", path.display()))?))
    }

    /// Opens the folder at a path below this one. Returns `None` if a part is missing, or is a link or a file.
    pub(super) fn down(&self, path: &str) -> io::Result<Option<Self>> {
        self.walk(path, None)
    }

    /// Opens the folder at a path below this one, and creates missing folders. Returns `None` if a part is a link or a file.
    pub(super) fn make(&self, path: &str, make: Make) -> io::Result<Option<Self>> {
        self.walk(path, Some(make))
    }

    fn walk(&self, path: &str, make: Option<Make>) -> io::Result<Option<Self>> {
        let mut at = Self(self.0.try_clone()?);
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let next = match (at.enter(name), make) {
                (Err(Errno::NOENT), Some(make)) => at.make_one(name, make)?,
                (next, _) => next,
            };
            at = match next {
                Ok(folder) => Self(folder),
                // Linux returns ELOOP for a link, and ENOTDIR for a file.
                Err(Errno::LOOP | Errno::NOTDIR | Errno::NOENT) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
        }
        Ok(Some(at))
    }

    fn enter(&self, name: &str) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(&self.0, name, flags, Mode::empty())
    }

    fn make_one(&self, name: &str, make: Make) -> io::Result<rustix::io::Result<OwnedFd>> {
        match mkdirat(&self.0, name, Mode::from_raw_mode(make.bits)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let made = self.enter(name);
        if let Ok(folder) = &made {
            give(folder, make.owner, make.bits)?;
        }
        Ok(made)
    }

    /// Returns the entry of a name in the folder.
    pub(super) fn entry(&self, name: &str) -> io::Result<Entry> {
        // O_NONBLOCK: to open a FIFO would otherwise wait for a writer.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match openat(&self.0, name, flags, Mode::empty()) {
            Ok(file) if FileType::from_raw_mode(fstat(&file)?.st_mode) == FileType::RegularFile => {
                Ok(Entry::File(file.into()))
            }
            Ok(_) | Err(Errno::LOOP | Errno::NXIO) => Ok(Entry::Other),
            Err(Errno::NOENT) => Ok(Entry::Nothing),
            Err(error) => Err(error.into()),
        }
    }

    /// Reports whether the name leads to this file. Opens the name again, since an NFS client can cache its attributes and validates
    /// them on open.
    pub(super) fn has(&self, name: &str, file: &File) -> io::Result<bool> {
        let Entry::File(there) = self.entry(name)? else { return Ok(false) };
        let (is, there) = (file.metadata()?, there.metadata()?);
        Ok((is.dev(), is.ino()) == (there.dev(), there.ino()))
    }

    /// Opens a file to lock, and creates the file if it is missing.
    pub(super) fn lockable(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Creates a new file with a unique name and permission bits 0600.
    pub(super) fn draft(&self) -> io::Result<(String, File)> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let name = format!("{DRAFT}{:016x}", RandomState::new().hash_one(()));
            match openat(&self.0, &name, flags, Mode::RUSR | Mode::WUSR) {
                Err(Errno::EXIST) => {}
                file => return Ok((name, file?.into())),
            }
        }
    }

    /// Removes drafts of interrupted processes. The caller must hold the lock of the volume.
    pub(super) fn remove_drafts(&self) -> io::Result<()> {
        for name in self.names()?.iter().filter(|name| name.starts_with(DRAFT)) {
            self.remove(name)?;
        }
        Ok(())
    }

    /// Returns the names in the folder that are UTF-8.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let entries: Result<Vec<_>, _> = Dir::read_from(&self.0)?.collect();
        let name = |entry: &rustix::fs::DirEntry| entry.file_name().to_str().ok().map(str::to_owned);
        Ok(entries?.iter().filter_map(name).collect())
    }

    /// Flushes the entries of the folder to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(fsync(&self.0)?)
    }

    /// Moves an entry to a name in another folder, and replaces an existing file.
    pub(super) fn rename(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
        Ok(renameat(&self.0, name, &to.0, new)?)
    }

    /// Removes a file or link, if it exists.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.0, name, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            result => Ok(result?),
        }
    }

    /// Removes a folder if it is empty, and reports whether it was.
    pub(super) fn remove_empty(&self, name: &str) -> bool {
        unlinkat(&self.0, name, AtFlags::REMOVEDIR).is_ok()
    }
}

/// Sets owner and permission bits of an open file. An NFS server can refuse to change the owner (all_squash), and then all files
/// belong to one user anyway: the function prints a warning.
pub(super) fn give(file: impl rustix::fd::AsFd, (user, group): Owner, bits: u32) -> io::Result<()> {
    let is = fstat(&file)?;
    if (is.st_uid, is.st_gid) != (user, group) {
        let (user, group) = (rustix::fs::Uid::from_raw(user), rustix::fs::Gid::from_raw(group));
        match fchown(&file, Some(user), Some(group)) {
            Err(Errno::PERM | Errno::ACCESS) => {
                message!(
                    "warning: cannot change the owner of a file to {}:{}",
                    user.as_raw(),
                    group.as_raw()
                );
            }
            result => result?,
        }
    }
    // fchown(2) clears the set-user-ID bits, so that fchmod comes after it.
    Ok(fchmod(&file, Mode::from_raw_mode(bits))?)
}
