//! `stackwright helper prepare`: files with owners and permission bits that a Kubernetes volume cannot provide.

use std::{
    fs::{self, DirBuilder, Permissions},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
};

use anyhow::Context as _;

use super::{
    files::{Owner, copy_file, opened_up, own, owner, parts},
    project_files::{ProjectFiles, copy_project_files, make_folder},
};

#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    /// Install this program in a folder, for containers of other images
    #[arg(long)]
    install: Option<String>,
    /// Copy a file or tree and set its owner: FROM:TO:UID:GID
    ///
    /// Without numbers, the copies belong to root, and everyone can write what everyone can read.
    #[arg(long)]
    copy: Vec<String>,
    /// Copy project files into a volume: FROM:ROOT:UID:GID:SHARED:NAME:FOLDER
    ///
    /// ROOT is the root of the volume, SHARED is not empty if users other than UID write the files, NAME identifies the
    /// volume among all that use its storage, and FOLDER is the folder in the volume. Without FROM, files of earlier runs
    /// are removed.
    #[arg(long)]
    lay: Vec<String>,
    /// Create a folder in a volume, unless it exists: ROOT:UID:GID:FOLDER
    #[arg(long)]
    folder: Vec<String>,
    /// Set the permission bits of a folder, in octal digits: FOLDER:BITS
    #[arg(long)]
    mode: Vec<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(folder) = &args.install {
        let program = std::env::current_exe().context("cannot find the file of this program")?;
        install(&program, Path::new(folder))?;
    }
    for argument in &args.copy {
        let [from, to, user, group] = parts(argument)?;
        give(Path::new(from), Path::new(to), owner(user, group)?)?;
    }
    for argument in &args.lay {
        let [from, root, user, group, shared, name, folder] = parts(argument)?;
        copy_project_files(&ProjectFiles {
            from: Some(Path::new(from)).filter(|from| !from.as_os_str().is_empty()),
            root: Path::new(root),
            folder,
            name,
            owner: owner(user, group)?,
            is_shared: !shared.is_empty(),
        })?;
    }
    for argument in &args.folder {
        let [root, user, group, folder] = parts(argument)?;
        make_folder(Path::new(root), folder, owner(user, group)?)?;
    }
    for argument in &args.mode {
        let [folder, bits] = parts(argument)?;
        let bits =
            u32::from_str_radix(bits, 8).with_context(|| format!("'{bits}' is not an octal number"))?;
        fs::set_permissions(folder, Permissions::from_mode(bits))
            .with_context(|| format!("cannot set the permission bits of {folder}"))?;
    }
    Ok(())
}

fn install(program: &Path, folder: &Path) -> anyhow::Result<()> {
    let to = folder.join("stackwright");
    let about = || format!("cannot copy {} to {}", program.display(), to.display());
    copy_file(program, &to).with_context(about)?;
    fs::set_permissions(&to, Permissions::from_mode(0o755)).with_context(about)
}

/// The permission bits of folders in a writable tree: the user of the container is not known.
const FOLDER: u32 = 0o777;

/// Copies a file or a tree of a projected volume, whose entries are links, as files of one owner. The kubelet keeps its own
/// entries in such a volume (AtomicWriter), whose names start with two dots.
fn give(from: &Path, to: &Path, owner: Option<Owner>) -> anyhow::Result<()> {
    let (user, group) = owner.unwrap_or_default();
    let about = || format!("cannot copy {} to {}", from.display(), to.display());
    let metadata = fs::metadata(from).with_context(about)?;
    if metadata.is_file() {
        copy_file(from, to).with_context(about)?;
        own(to, user, group).with_context(about)?;
        let bits = opened_up(metadata.permissions().mode() & 0o7777, owner.is_some());
        return fs::set_permissions(to, Permissions::from_mode(bits)).with_context(about);
    }
    // No other user sees the content before owner and permission bits are set.
    DirBuilder::new().recursive(true).mode(0o700).create(to).with_context(about)?;
    for entry in fs::read_dir(from).with_context(about)? {
        let name = entry.with_context(about)?.file_name();
        if !name.to_string_lossy().starts_with("..") {
            give(&from.join(&name), &to.join(&name), owner)?;
        }
    }
    own(to, user, group).with_context(about)?;
    fs::set_permissions(to, Permissions::from_mode(FOLDER)).with_context(about)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    fn bits(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_tree_of_links_becomes_a_tree_of_files_that_can_be_written() {
        let room = tempfile::tempdir().unwrap();
        let (from, to) = (room.path().join("from"), room.path().join("to"));
        fs::create_dir_all(from.join("..now/conf.d")).unwrap();
        fs::write(from.join("..now/conf.d/site.conf"), "listen 80;").unwrap();
        fs::set_permissions(from.join("..now/conf.d/site.conf"), Permissions::from_mode(0o640)).unwrap();
        symlink("..now", from.join("..data")).unwrap();
        symlink("..data/conf.d", from.join("conf.d")).unwrap();
        fs::create_dir(&to).unwrap();
        let me = fs::metadata(&to).unwrap();
        let arguments = Args {
            copy: vec![format!("{}:{}:{}:{}", from.display(), to.display(), me.uid(), me.gid())],
            ..Args::default()
        };
        run(&arguments).unwrap();
        fs::write(to.join("conf.d/site.conf"), "changed").unwrap();
        // The kubelet runs init containers again when it recreates the sandbox of a Pod.
        run(&arguments).unwrap();
        let file = to.join("conf.d/site.conf");
        assert_eq!(fs::read_to_string(&file).unwrap(), "listen 80;");
        assert!(fs::symlink_metadata(&file).unwrap().is_file());
        assert_eq!((bits(&file), bits(&to), bits(&to.join("conf.d"))), (0o640, 0o777, 0o777));
        assert_eq!(fs::read_dir(&to).unwrap().count(), 1, "no entry of the kubelet");
    }

    #[test]
    fn the_program_is_installed_as_executable_and_bits_are_set() {
        let room = tempfile::tempdir().unwrap();
        let folder = room.path().display().to_string();
        let mode = vec![format!("{folder}:700")];
        run(&Args { install: Some(folder), mode, ..Args::default() }).unwrap();
        assert_eq!((bits(&room.path().join("stackwright")), bits(room.path())), (0o755, 0o700));
    }

    #[test]
    fn an_error_names_the_missing_file() {
        let copy = vec!["/not/there:/tmp/x:0:0".to_owned()];
        let error = run(&Args { copy, ..Args::default() }).unwrap_err();
        assert!(format!("{error:#}").contains("/not/there"), "{error:#}");
    }
}
