//! Copies of files with content, owner, permission bits and modification time.

use std::{
    fs::{self, DirBuilder, File, FileTimes, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown, symlink},
    path::Path,
};

use anyhow::{Context as _, bail};

use crate::cli::terminal::message;

/// Copies the content of the folder `from` into the folder `to`, and replaces files of an interrupted copy. Returns the number of
/// entries. Links stay links. Prints a warning for an entry that is not a file, folder or link, and skips the entry. Does not
/// copy extended attributes.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn copy_content(from: &Path, to: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry.with_context(|| format!("cannot list {}", from.display()))?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
        count += 1;
    }
    Ok(count)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let about = || format!("cannot copy {} to {}", from.display(), to.display());
    let metadata = fs::symlink_metadata(from).with_context(about)?;
    if metadata.is_symlink() {
        remove_file(to).with_context(about)?;
        symlink(fs::read_link(from).with_context(about)?, to).with_context(about)?;
        return own(to, metadata.uid(), metadata.gid()).with_context(about);
    }
    if metadata.is_dir() {
        if !to.is_dir() {
            // No other user sees the content before owner and permission bits are set.
            DirBuilder::new().mode(0o700).create(to).with_context(about)?;
        }
        copy_content(from, to)?;
    } else if metadata.is_file() {
        copy_file(from, to).with_context(about)?;
    } else {
        message!("warning: skipped {}: not a file, folder or link", from.display());
        return Ok(());
    }
    be_like(to, &metadata).with_context(about)
}

/// Copies the content of a file into a new one with permission bits 0600, whatever the umask is.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    remove_file(to)?;
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    Ok(())
}

/// Sets the owner, permission bits and modification time of a file or folder to those of another.
///
/// # Errors
/// When the file system refuses it.
pub(super) fn be_like(path: &Path, other: &Metadata) -> io::Result<()> {
    own(path, other.uid(), other.gid())?;
    // chown(2) clears the set-user-ID bits, so that chmod comes after it.
    fs::set_permissions(path, Permissions::from_mode(other.mode() & 0o7777))?;
    File::open(path)?.set_times(FileTimes::new().set_modified(other.modified()?))
}

/// A user id and a group id.
pub(super) type Owner = (u32, u32);

/// Parses an owner from two parts of an argument. Returns `None` if both are empty.
///
/// # Errors
/// When a part is not a number.
pub(super) fn owner(user: &str, group: &str) -> anyhow::Result<Option<Owner>> {
    if user.is_empty() && group.is_empty() {
        return Ok(None);
    }
    let number = |text: &str| text.parse().with_context(|| format!("'{text}' is not a number"));
    Ok(Some((number(user)?, number(group)?)))
}

/// Returns the permission bits of a file that programs write. If other users than the owner write the file, everyone can write
/// what everyone can read.
pub(super) fn opened_up(bits: u32, is_owners: bool) -> u32 {
    if !is_owners && bits & 0o004 != 0 { bits | 0o222 } else { bits }
}

/// Sets the owner of a file, folder or link. An NFS server can refuse this (all_squash), and then all files belong to one user
/// anyway: the function prints a warning.
///
/// # Errors
/// When the file system refuses it for another reason.
pub(super) fn own(path: &Path, user: u32, group: u32) -> io::Result<()> {
    let is = fs::symlink_metadata(path)?;
    if (is.uid(), is.gid()) == (user, group) {
        return Ok(());
    }
    match lchown(path, Some(user), Some(group)) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            message!("warning: cannot change the owner of {} to {user}:{group}: {error}", path.display());
            Ok(())
        }
        result => result,
    }
}

/// Removes a file or link, if it exists.
///
/// # Errors
/// When the file cannot be removed.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Splits an argument at colons. The last part can contain more colons.
///
/// # Errors
/// When the argument has too few parts.
pub(super) fn parts<const N: usize>(argument: &str) -> anyhow::Result<[&str; N]> {
    let parts: Vec<_> = argument.splitn(N, ':').collect();
    match parts.try_into() {
        Ok(parts) => Ok(parts),
        Err(_) => bail!("'{argument}' must have {N} parts with a colon between them"),
    }
}
