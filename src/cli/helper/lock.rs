//! The lock of a volume: one helper at a time fills it.
//!
//! The lock is on a regular file that is open for writing. On NFS, Linux turns `flock` into a byte-range lock, which
//! is exclusive only on a descriptor that is open for writing, and no folder is.
//!
//! A helper of the first edition, which runs in its pods until their template changes, only seeds volumes, and locks
//! the root of the volume. A turn takes this lock, too, and takes it first: on one node the two versions wait for each
//! other. On NFS the earlier helper has no lock, as before. The earlier helper cannot harm what this one keeps: it
//! writes only into a folder that is empty or that it has begun to fill, and it touches no record, draft or lock in
//! [`OURS`].

use std::{fs::File, io, path::Path};

use anyhow::Context as _;

use super::within::{Folder, Make};

/// The folder of a volume that holds the helper's own files. It lies beside the folder that services see.
pub(super) const OURS: &str = ".stackwright";

/// The file in it that is locked.
const LOCK: &str = "lock";

/// How often a lock is sought that others remove at the same time.
const TRIES: usize = 100;

/// A turn to fill a volume. It ends when it is dropped.
pub(super) struct Turn {
    root: Folder,
    lock: Option<File>,
    leaves_no_trace: bool,
    _first_edition: File,
}

/// Waits until nobody else fills the volume at `root`. Where the volume cannot be locked, a warning says so.
///
/// # Errors
/// When the folder cannot be opened.
pub(super) fn lock(root: &Path) -> anyhow::Result<Turn> {
    let folder = Folder::open(root)?;
    let first_edition = File::open(root).with_context(|| format!("cannot open {}", root.display()))?;
    // It fails on NFS, where the other lock counts.
    _ = first_edition.lock();
    let lock = take(&folder);
    if let Err(error) = &lock {
        anstream::eprintln!("warning: cannot lock {}: {error}", root.join(OURS).join(LOCK).display());
    }
    Ok(Turn { root: folder, lock: lock.ok(), leaves_no_trace: false, _first_edition: first_edition })
}

/// Locks the file. A turn that leaves no trace removes it, so the lock counts only while the name leads to this file.
fn take(root: &Folder) -> io::Result<File> {
    for _ in 0..TRIES {
        let Some(ours) = root.make(OURS, Make::closed())? else { continue };
        let lock = match ours.lockable(LOCK) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            lock => lock?,
        };
        lock.lock()?;
        if ours.has(LOCK, &lock)? {
            return Ok(lock);
        }
    }
    Err(io::Error::new(io::ErrorKind::NotADirectory, "the folder is not a folder, or others remove it"))
}

impl Turn {
    /// Whether the lock is held for certain.
    pub(super) fn is_held(&self) -> bool {
        self.lock.is_some()
    }

    /// Removes the lock with the end of the turn, and the folder that holds the lock, if the folder is empty: services
    /// that see the root of the volume may want an empty one.
    pub(super) fn leave_no_trace(&mut self) {
        self.leaves_no_trace = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(lock) = self.lock.take().filter(|_| self.leaves_no_trace) else { return };
        if let Ok(Some(ours)) = self.root.down(OURS) {
            _ = ours.remove(LOCK);
        }
        // NFS keeps a removed file in its folder until it is closed.
        drop(lock);
        self.root.remove_empty(OURS);
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
    fn a_turn_locks_a_regular_file_that_is_open_for_writing_and_the_root() {
        let room = tempfile::tempdir().unwrap();
        let turn = lock(room.path()).unwrap();
        assert!(turn.is_held());
        let of_first_edition = File::open(room.path()).unwrap();
        assert!(of_first_edition.try_lock().is_err(), "a helper of the first edition waits");
        let other =
            File::options().read(true).write(true).open(room.path().join(".stackwright/lock")).unwrap();
        assert!(other.try_lock().is_err());
        assert_eq!(
            rustix::fs::fcntl_getfl(turn.lock.as_ref().unwrap()).unwrap() & ACCESS,
            rustix::fs::OFlags::RDWR
        );
        drop(turn);
        assert!(other.try_lock().is_ok() && of_first_edition.try_lock().is_ok());
        assert!(room.path().join(".stackwright/lock").exists());
    }

    const ACCESS: rustix::fs::OFlags = rustix::fs::OFlags::RWMODE;

    #[test]
    fn turns_that_leave_no_trace_exclude_each_other_too() {
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
                        let leaves_no_trace = at % 2 == 0;
                        drop(Turn {
                            root: folder,
                            lock: Some(lock),
                            leaves_no_trace,
                            _first_edition: first_edition,
                        });
                    }
                });
            }
        });
        let mut turn = lock(room.path()).unwrap();
        turn.leave_no_trace();
        drop(turn);
        assert_eq!(fs::read_dir(room.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_volume_that_cannot_be_locked_is_filled_all_the_same() {
        let room = tempfile::tempdir().unwrap();
        fs::write(room.path().join(OURS), "").unwrap();
        assert!(!lock(room.path()).unwrap().is_held());
    }
}
