//! Copies of files that are as the originals: content, owner, permission bits, time of change.

use std::{
    fs::{self, DirBuilder, File, FileTimes, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown, symlink},
    path::Path,
};

use anyhow::{Context as _, bail};

/// Copies everything in the folder `from` into the folder `to`, over what an earlier try has left there, and
/// tells how many entries there were. Links stay links. What is neither file, folder nor link is left out
/// with a warning, and so are extended attributes.
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
            // Nobody else sees its content before it has its owner and bits.
            DirBuilder::new().mode(0o700).create(to).with_context(about)?;
        }
        copy_content(from, to)?;
    } else if metadata.is_file() {
        copy_file(from, to).with_context(about)?;
    } else {
        anstream::eprintln!("warning: {} is neither file, folder nor link: it is left out", from.display());
        return Ok(());
    }
    be_like(to, &metadata).with_context(about)
}

/// Copies the content of a file into a new one, which only its owner may read and write yet, whatever the umask is.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    remove_file(to)?;
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    Ok(())
}

/// Gives a file or folder the owner, permission bits and time of change of another.
///
/// # Errors
/// When the file system refuses it.
pub(super) fn be_like(path: &Path, other: &Metadata) -> io::Result<()> {
    own(path, other.uid(), other.gid())?;
    // A change of the owner takes the bits for set-user-ID away, so they come after it.
    fs::set_permissions(path, Permissions::from_mode(other.mode() & 0o7777))?;
    File::open(path)?.set_times(FileTimes::new().set_modified(other.modified()?))
}

/// The numbers of a user and a group.
pub(super) type Owner = (u32, u32);

/// An owner as two parts of an argument; none where they are empty.
///
/// # Errors
/// When they are no numbers.
pub(super) fn owner(user: &str, group: &str) -> anyhow::Result<Option<Owner>> {
    if user.is_empty() && group.is_empty() {
        return Ok(None);
    }
    let number = |text: &str| text.parse().with_context(|| format!("'{text}' is no number"));
    Ok(Some((number(user)?, number(group)?)))
}

/// The permission bits of a file that programs may write. Where its owner is not the user of all of them, everyone may
/// write what everyone may read.
pub(super) fn opened_up(bits: u32, is_owners: bool) -> u32 {
    if !is_owners && bits & 0o004 != 0 { bits | 0o222 } else { bits }
}

/// Sets the owner of a file, folder or link. An NFS server may keep every file to one user, and then all
/// of them are that user's anyhow.
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
            anstream::eprintln!("warning: {} cannot be given to {user}:{group}: {error}", path.display());
            Ok(())
        }
        result => result,
    }
}

/// Removes a file or link, if it is there.
///
/// # Errors
/// When it cannot be removed.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The parts of an argument that colons divide; the last one may hold more of them.
///
/// # Errors
/// When there are too few.
pub(super) fn parts<const N: usize>(argument: &str) -> anyhow::Result<[&str; N]> {
    let parts: Vec<_> = argument.splitn(N, ':').collect();
    match parts.try_into() {
        Ok(parts) => Ok(parts),
        Err(_) => bail!("'{argument}' does not have {N} parts with a colon between them"),
    }
}
