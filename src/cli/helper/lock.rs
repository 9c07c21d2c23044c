//! The lock of a volume: one helper at a time writes to it.
//!
//! The lock is on a regular file that is open for writing. On NFS, Linux implements `flock` as a byte-range lock, which is
//! exclusive only on a descriptor that is open for writing (flock(2)). A folder cannot be opened for writing.
//!
//! A helper of the first edition runs in its Pods until their template changes. It only seeds volumes, and locks the root of
//! the volume. [`VolumeLock`] takes that lock first, so that on one node the two versions wait for each other. On NFS the
//! earlier helper has no lock. It cannot damage the files of this one: it writes only into a folder that is empty or that it
//! has started to seed, and never to the records, drafts and locks in [`HELPER_FOLDER`].

use std::{fs::File, io, path::Path};

use anyhow::Context as _;

use super::within::{Folder, Make};
use crate::cli::terminal::message;

/// The folder of a volume with the helper's own files, beside the folder that services see.
pub(super) const HELPER_FOLDER: &str = ".stackwright";

/// The locked file in [`HELPER_FOLDER`].
const LOCK: &str = "lock";

/// The number of attempts to lock a file that other helpers remove at the same time.
const TRIES: usize = 100;

/// The right to write to a volume, until it is dropped.
pub(super) struct VolumeLock {
    root: Folder,
    lock: Option<File>,
    removes_itself: bool,
    _first_edition: File,
}

/// Waits for the lock of the volume at `root`. Prints a warning if the volume cannot be locked.
///
/// # Errors
/// When the folder cannot be opened.
pub(super) fn lock(root: &Path) -> anyhow::Result<VolumeLock> {
    let folder = Folder::open(root)?;
    let first_edition = File::open(root).with_context(|| format!("cannot open {}", root.display()))?;
    // This fails on NFS, where the lock of the file counts.
    _ = first_edition.lock();
    let lock = take(&folder);
    if let Err(error) = &lock {
        message!("warning: cannot lock {}: {error}", root.join(HELPER_FOLDER).join(LOCK).display());
    }
    Ok(VolumeLock { root: folder, lock: lock.ok(), removes_itself: false, _first_edition: first_edition })
}

/// Locks the file. Another helper can remove the file, so that the lock counts only while the name still leads to the file.
fn take(root: &Folder) -> io::Result<File> {
    for _ in 0..TRIES {
        let Some(helper_folder) = root.make(HELPER_FOLDER, Make::closed())? else { continue };
        let lock = match helper_folder.lockable(LOCK) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            lock => lock?,
        };
        lock.lock()?;
        if helper_folder.has(LOCK, &lock)? {
            return Ok(lock);
        }
    }
    Err(io::Error::new(
        io::ErrorKind::NotADirectory,
        "a path of the lock is not a folder, or other processes keep removing the lock",
    ))
}

impl VolumeLock {
    /// Reports whether the file is locked.
    pub(super) fn is_held(&self) -> bool {
        self.lock.is_some()
    }

    /// Removes the file when the lock is dropped, and its folder if that is empty: a service that sees the root of the volume
    /// may need an empty folder.
    pub(super) fn remove_on_drop(&mut self) {
        self.removes_itself = true;
    }
}

impl Drop for VolumeLock {
    fn drop(&mut self) {
        let Some(lock) = self.lock.take().filter(|_| self.removes_itself) else { return };
        if let Ok(Some(helper_folder)) = self.root.down(HELPER_FOLDER) {
            _ = helper_folder.remove(LOCK);
        }
        // An NFS client keeps a removed file in its folder (as .nfs*) until the file is closed.
        drop(lock);
        self.root.remove_empty(HELPER_FOLDER);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[test]
    fn the_lock_is_on_a_regular_file_open_for_writing_and_on_the_root() {
        let room = tempfile::tempdir().unwrap();
        let held = lock(room.path()).unwrap();
        assert!(held.is_held());
        let of_first_edition = File::open(room.path()).unwrap();
        assert!(of_first_edition.try_lock().is_err(), "a helper of the first edition waits");
        let other =
            File::options().read(true).write(true).open(room.path().join(".stackwright/lock")).unwrap();
        assert!(other.try_lock().is_err());
        assert_eq!(
            rustix::fs::fcntl_getfl(held.lock.as_ref().unwrap()).unwrap() & ACCESS,
            rustix::fs::OFlags::RDWR
        );
        drop(held);
        assert!(other.try_lock().is_ok() && of_first_edition.try_lock().is_ok());
        assert!(room.path().join(".stackwright/lock").exists());
    }

    const ACCESS: rustix::fs::OFlags = rustix::fs::OFlags::RWMODE;

    #[test]
    fn locks_that_remove_their_file_exclude_each_other() {
        let room = tempfile::tempdir().unwrap();
        let running = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for at in 0..8 {
                let (room, running) = (room.path(), &running);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let folder = Folder::open(room).unwrap();
                        // Without the lock of the root, which would exclude them by itself.
                        let lock = take(&folder).unwrap();
                        assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                        running.fetch_sub(1, Ordering::SeqCst);
                        let first_edition = File::open(room).unwrap();
                        let removes_itself = at % 2 == 0;
                        drop(VolumeLock {
                            root: folder,
                            lock: Some(lock),
                            removes_itself,
                            _first_edition: first_edition,
                        });
                    }
                });
            }
        });
        let mut held = lock(room.path()).unwrap();
        held.remove_on_drop();
        drop(held);
        assert_eq!(fs::read_dir(room.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_volume_that_cannot_be_locked_is_used_without_a_lock() {
        let room = tempfile::tempdir().unwrap();
        fs::write(room.path().join(HELPER_FOLDER), "").unwrap();
        assert!(!lock(room.path()).unwrap().is_held());
    }
}
