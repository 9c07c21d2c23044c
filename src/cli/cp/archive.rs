//! Packs files of this machine to an archive, and unpacks an archive to files.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use tar::{Archive, Builder, HeaderMode};

/// What is packed.
#[derive(Debug)]
pub(super) struct Source {
    pub path: PathBuf,
    /// The name in the archive, or none for the content of a folder.
    pub name: Option<String>,
    /// Whether files keep their user and group, or belong to root.
    pub keep_owner: bool,
    /// Whether links are replaced by the files to which they lead.
    pub follow: bool,
}

/// Writes an archive.
///
/// # Errors
/// When a file cannot be read, or when nobody takes the archive.
pub(super) fn write(source: &Source, output: impl Write) -> anyhow::Result<()> {
    let mut archive = Builder::new(output);
    archive.mode(HeaderMode::Complete);
    archive.follow_symlinks(source.follow);
    let cannot = || format!("cannot copy {}", source.path.display());
    let metadata = if source.follow { source.path.metadata() } else { source.path.symlink_metadata() };
    let metadata = metadata.with_context(cannot)?;
    let name = source.name.as_deref().unwrap_or(".");
    add(&mut archive, source, &source.path, Path::new(name), &metadata).with_context(cannot)?;
    archive.into_inner().and_then(|mut output| output.flush()).with_context(cannot)
}

fn add(
    archive: &mut Builder<impl Write>,
    source: &Source,
    path: &Path,
    name: &Path,
    metadata: &std::fs::Metadata,
) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_metadata(metadata);
    if !source.keep_owner {
        header.set_uid(0);
        header.set_gid(0);
    }
    if metadata.is_symlink() {
        header.set_size(0);
        return archive.append_link(&mut header, name, std::fs::read_link(path)?);
    }
    if metadata.is_file() {
        // A file that grows meanwhile is copied up to the size of the header.
        let file = std::fs::File::open(path)?.take(metadata.len());
        return archive.append_data(&mut header, name, file);
    }
    if !metadata.is_dir() {
        // Sockets, pipes and devices are no content.
        return Ok(());
    }
    // The folder itself exists where its content is copied to.
    if name != Path::new(".") {
        archive.append_data(&mut header, name, std::io::empty())?;
    }
    let mut entries = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let metadata = if source.follow { path.metadata() } else { path.symlink_metadata() }?;
        add(archive, source, &path, &name.join(entry.file_name()), &metadata)?;
    }
    Ok(())
}

/// Unpacks an archive to `to`: into this folder if it exists, and under this name otherwise. With `is_content`, the archive
/// has the content of a folder.
///
/// # Errors
/// When the archive is not complete, or when a file cannot be written.
pub(super) fn extract(input: impl Read, to: &Path, is_content: bool, keep_owner: bool) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", to.display());
    let is_folder = to.is_dir();
    if to.as_os_str().to_string_lossy().ends_with('/') && !is_folder {
        bail!("cannot write {}: the folder does not exist", to.display());
    }
    // Under another name, the first name of each entry is replaced.
    let (folder, name) = match (is_folder, is_content) {
        (true, _) => (to, None),
        (false, true) => {
            std::fs::create_dir_all(to).with_context(cannot)?;
            (to, None)
        }
        (false, false) => {
            let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
            (parent.unwrap_or(Path::new(".")), to.file_name())
        }
    };
    let mut archive = Archive::new(input);
    archive.set_preserve_permissions(true);
    archive.set_preserve_ownerships(keep_owner);
    archive.set_overwrite(true);
    for entry in archive.entries().with_context(cannot)? {
        let mut entry = entry.with_context(cannot)?;
        let path = entry.path().with_context(cannot)?.into_owned();
        let Some(own) = renamed(&path, name) else { continue };
        unpack(&mut entry, folder, &own, name)
            .with_context(|| format!("cannot write {}", folder.join(&own).display()))?;
    }
    Ok(())
}

/// Returns the path of an entry below the destination, or none for an entry that would lead out of it.
fn renamed(path: &Path, name: Option<&OsStr>) -> Option<PathBuf> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let mut own = PathBuf::new();
    for (place, part) in parts.enumerate() {
        match part {
            Component::Normal(_) if place == 0 && name.is_some() => own.extend(name),
            Component::Normal(part) => own.push(part),
            _ => return None,
        }
    }
    (!own.as_os_str().is_empty()).then_some(own)
}

/// Unpacks an entry. The crate refuses an entry whose folder is a link that leads out of the destination.
fn unpack(
    entry: &mut tar::Entry<'_, impl Read>,
    folder: &Path,
    own: &Path,
    name: Option<&OsStr>,
) -> std::io::Result<()> {
    let target = folder.join(own);
    let parent = target.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent)?;
    let inside = parent.canonicalize()?.starts_with(folder.canonicalize()?);
    if !inside {
        return Err(std::io::Error::other("a link of the archive leads out of the destination"));
    }
    let kind = entry.header().entry_type();
    if kind.is_hard_link() {
        // The name of the other file is that of its entry.
        let other = entry.link_name()?.and_then(|other| renamed(&other, name));
        let other = other
            .ok_or_else(|| std::io::Error::other("a link of the archive leads out of the destination"))?;
        let other = folder.join(other);
        if !other.parent().unwrap_or(folder).canonicalize()?.starts_with(folder.canonicalize()?) {
            return Err(std::io::Error::other("a link of the archive leads out of the destination"));
        }
        let _ = std::fs::remove_file(&target);
        return std::fs::hard_link(other, &target);
    }
    if kind.is_symlink() || kind.is_file() {
        // A link at this place must not decide where the file is written.
        if target.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
            std::fs::remove_file(&target)?;
        }
    }
    entry.unpack(&target).map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn packed(path: &Path, name: Option<&str>) -> Vec<u8> {
        let source =
            Source { path: path.to_owned(), name: name.map(str::to_owned), keep_owner: false, follow: false };
        let mut archive = Vec::new();
        write(&source, &mut archive).unwrap();
        archive
    }

    #[test]
    fn a_folder_arrives_with_its_files_modes_times_and_links() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir_all(from.join("sub")).unwrap();
        let bytes: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
        fs::write(from.join("sub/binary"), &bytes).unwrap();
        fs::write(from.join("run.sh"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(from.join("run.sh"), fs::Permissions::from_mode(0o750)).unwrap();
        symlink("sub/binary", from.join("link")).unwrap();
        let archive = packed(&from, Some("from"));
        // Into a folder that exists, and under a new name.
        fs::create_dir(folder.path().join("into")).unwrap();
        extract(&archive[..], &folder.path().join("into"), false, false).unwrap();
        extract(&archive[..], &folder.path().join("new"), false, false).unwrap();
        extract(&packed(&from, None)[..], &folder.path().join("content"), true, false).unwrap();
        for place in ["into/from", "new", "content"] {
            let place = folder.path().join(place);
            assert_eq!(fs::read(place.join("sub/binary")).unwrap(), bytes);
            assert_eq!(fs::read_link(place.join("link")).unwrap(), Path::new("sub/binary"));
            let script = fs::metadata(place.join("run.sh")).unwrap();
            assert_eq!(script.permissions().mode() & 0o777, 0o750);
            assert_eq!(script.mtime(), fs::metadata(from.join("run.sh")).unwrap().mtime());
        }
    }

    #[test]
    fn a_file_arrives_under_a_new_name_and_replaces_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("a.txt");
        fs::write(&from, "new").unwrap();
        let to = folder.path().join("b.txt");
        fs::write(&to, "old and longer").unwrap();
        extract(&packed(&from, Some("a.txt"))[..], &to, false, false).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
    }

    #[test]
    fn an_archive_cannot_write_outside_of_the_destination() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("to");
        fs::create_dir(&to).unwrap();
        let mut archive = Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.set_entry_type(tar::EntryType::Symlink);
        archive.append_link(&mut header, "out", folder.path()).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        header.set_mode(0o644);
        archive.append_data(&mut header, "out/evil", &b"x"[..]).unwrap();
        let archive = archive.into_inner().unwrap();
        assert!(extract(&archive[..], &to, false, false).is_err());
        assert!(!folder.path().join("evil").exists());
        assert_eq!(renamed(Path::new("../evil"), None), None);
        assert_eq!(renamed(Path::new("/etc/evil"), None), None);
    }
}
