//! Files below a folder, reached step by step through open folders: no link that a program has put there
//! leads out of it, also while it is being changed.

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

/// Whose a folder is that is made, and its permission bits.
#[derive(Clone, Copy)]
pub(super) struct Make {
    pub owner: Owner,
    pub bits: u32,
}

impl Make {
    /// A folder for programs: everyone may write it, since nobody knows as which users they all run.
    pub(super) fn open(owner: Option<Owner>) -> Self {
        Self { owner: owner.unwrap_or_default(), bits: 0o777 }
    }

    /// A folder that is no program's.
    pub(super) fn closed() -> Self {
        Self { owner: (0, 0), bits: 0o700 }
    }
}

/// What the names of drafts begin with.
const DRAFT: &str = "draft-";

/// A folder that is open.
pub(super) struct Folder(OwnedFd);

/// What stands at a name.
pub(super) enum Entry {
    /// Nothing.
    Nothing,
    /// A regular file, open for reading.
    File(File),
    /// A link, a folder, a socket and the like.
    Other,
}

impl Folder {
    /// Opens a folder by its path, links followed.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let folder = openat(CWD, path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        Ok(Self(folder.with_context(|| format!("cannot open {}", path.display()))?))
    }

    /// Goes down a path; nothing where it leads nowhere, or over a link or file.
    pub(super) fn down(&self, path: &str) -> io::Result<Option<Self>> {
        self.walk(path, None)
    }

    /// Goes down a path, and makes the folders that are missing; nothing where a link or file is in the way.
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
                // Linux says the one of a link and the other of a file.
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

    /// What stands at a name in the folder.
    pub(super) fn entry(&self, name: &str) -> io::Result<Entry> {
        // Opening a FIFO waits for nobody, and it is not read.
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

    /// Whether the name leads to this file. The name is opened anew, since an NFS client may remember an old answer.
    pub(super) fn has(&self, name: &str, file: &File) -> io::Result<bool> {
        let Entry::File(there) = self.entry(name)? else { return Ok(false) };
        let (is, there) = (file.metadata()?, there.metadata()?);
        Ok((is.dev(), is.ino()) == (there.dev(), there.ino()))
    }

    /// A file to lock, made where it is missing.
    pub(super) fn lockable(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// A new file of a name that no other process has, which nobody else may read yet.
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

    /// Removes drafts that ended processes have left. Nobody else may be writing one.
    pub(super) fn remove_drafts(&self) -> io::Result<()> {
        for name in self.names()?.iter().filter(|name| name.starts_with(DRAFT)) {
            self.remove(name)?;
        }
        Ok(())
    }

    /// The names in the folder that are text.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let entries: Result<Vec<_>, _> = Dir::read_from(&self.0)?.collect();
        let name = |entry: &rustix::fs::DirEntry| entry.file_name().to_str().ok().map(str::to_owned);
        Ok(entries?.iter().filter_map(name).collect())
    }

    /// Writes the names in the folder to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(fsync(&self.0)?)
    }

    /// Moves an entry to a name in another folder, over what is there.
    pub(super) fn rename(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
        Ok(renameat(&self.0, name, &to.0, new)?)
    }

    /// Removes a file or link, if it is there.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.0, name, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            result => Ok(result?),
        }
    }

    /// Removes a folder where it is empty; whether it was.
    pub(super) fn remove_empty(&self, name: &str) -> bool {
        unlinkat(&self.0, name, AtFlags::REMOVEDIR).is_ok()
    }
}

/// Sets owner and permission bits of what is open. An NFS server may keep every file to one user, and then all
/// of them are that user's anyhow.
pub(super) fn give(file: impl rustix::fd::AsFd, (user, group): Owner, bits: u32) -> io::Result<()> {
    let is = fstat(&file)?;
    if (is.st_uid, is.st_gid) != (user, group) {
        let (user, group) = (rustix::fs::Uid::from_raw(user), rustix::fs::Gid::from_raw(group));
        match fchown(&file, Some(user), Some(group)) {
            Err(Errno::PERM | Errno::ACCESS) => {
                anstream::eprintln!(
                    "warning: a file cannot be given to {}:{}",
                    user.as_raw(),
                    group.as_raw()
                );
            }
            result => result?,
        }
    }
    // A change of the owner takes bits away, so they come after it.
    Ok(fchmod(&file, Mode::from_raw_mode(bits))?)
}
