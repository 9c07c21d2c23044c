//! `stackwright helper seed`: copies content of the image into new volumes, as Docker does.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{
    files::{be_like, copy_content, parts, remove_file},
    lock::{HELPER_FOLDER, lock},
};
use crate::{cli::terminal::message, text::short_hash};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Seed a folder of a volume from a folder of the image: TARGET:ROOT:FOLDER
    seeds: Vec<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    for argument in &args.seeds {
        let [target, root, folder] = parts(argument)?;
        seed(Path::new(target), Path::new(root), folder)?;
    }
    Ok(())
}

/// Seeds the folder of a volume, once: a volume that has content, or was seeded before, does not change. If the folder of the
/// image is empty, the volume gets its owner and permission bits, and another image can seed the volume later. The next run
/// continues an interrupted copy.
fn seed(target: &Path, root: &Path, folder: &str) -> anyhow::Result<()> {
    let (to, marks) = (root.join(folder), Marks::of(root, folder));
    if marks.is_done() || !target.is_dir() {
        return Ok(());
    }
    // A volume in use has content in its root. An interrupted copy has a mark, which is written before the first file.
    if folder.is_empty() && !is_empty(root)? && !marks.started.exists() {
        return Ok(());
    }
    // Services that share a volume can start at the same time, and files of their images must not be mixed.
    let mut lock = lock(root)?;
    if folder.is_empty() {
        lock.remove_on_drop();
    }
    if marks.is_done() {
        return Ok(());
    }
    fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
    if !marks.started.exists() && !is_empty(&to)? {
        return marks.finish();
    }
    marks.begin()?;
    let metadata = fs::metadata(target).with_context(|| format!("cannot read {}", target.display()))?;
    let copied = copy_content(target, &to)?;
    be_like(&to, &metadata)
        .with_context(|| format!("cannot set the owner and permission bits of {}", to.display()))?;
    if copied == 0 {
        return marks.clear();
    }
    message!("seeded {} from {}", to.display(), target.display());
    marks.finish()
}

/// Reports whether a folder contains only files of the helper and `lost+found`, which is in the root of a new file system.
fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let names: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
    let names = names.with_context(|| format!("cannot list {}", folder.display()))?;
    Ok(names.iter().all(|name| name == "lost+found" || name == HELPER_FOLDER))
}

/// Files that mark the progress of seeding, beside the folder that services see. If services see the root of the volume, only the
/// mark of a copy in progress is written.
struct Marks {
    started: PathBuf,
    done: Option<PathBuf>,
}

impl Marks {
    fn of(root: &Path, folder: &str) -> Self {
        let (place, name) = (root.join(HELPER_FOLDER), short_hash(folder));
        if folder.is_empty() {
            Self { started: root.join(".stackwright-begun"), done: None }
        } else {
            Self {
                started: place.join(format!("{name}-begun")),
                done: Some(place.join(format!("{name}-done"))),
            }
        }
    }

    fn is_done(&self) -> bool {
        self.done.as_ref().is_some_and(|done| done.exists())
    }

    fn begin(&self) -> anyhow::Result<()> {
        write(&self.started)
    }

    fn finish(&self) -> anyhow::Result<()> {
        if let Some(done) = &self.done {
            write(done)?;
        }
        self.clear()
    }

    fn clear(&self) -> anyhow::Result<()> {
        remove_file(&self.started).with_context(|| format!("cannot remove {}", self.started.display()))
    }
}

fn write(mark: &Path) -> anyhow::Result<()> {
    let about = || format!("cannot write {}", mark.display());
    if let Some(folder) = mark.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(about)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(mark);
    file.map(drop).with_context(about)
}

#[cfg(test)]
mod tests {
    use std::{
        fs::Permissions,
        os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    };

    use tempfile::TempDir;

    use super::*;

    /// An image's folder and a volume.
    struct Case {
        room: TempDir,
    }

    impl Case {
        fn new() -> Self {
            let case = Self { room: tempfile::tempdir().unwrap() };
            fs::create_dir_all(case.image("sub")).unwrap();
            fs::create_dir(case.volume("")).unwrap();
            fs::write(case.image("run.sh"), "#!/bin/sh").unwrap();
            fs::set_permissions(case.image("run.sh"), Permissions::from_mode(0o4750)).unwrap();
            fs::write(case.image("sub/file"), "deep").unwrap();
            symlink("sub/file", case.image("link")).unwrap();
            fs::set_permissions(case.image("sub"), Permissions::from_mode(0o1777)).unwrap();
            fs::set_permissions(case.image(""), Permissions::from_mode(0o2710)).unwrap();
            case
        }

        fn image(&self, path: &str) -> PathBuf {
            self.room.path().join("image").join(path)
        }

        fn volume(&self, path: &str) -> PathBuf {
            self.room.path().join("volume").join(path)
        }

        fn seed(&self, folder: &str) {
            let argument = format!("{}:{}:{folder}", self.image("").display(), self.volume("").display());
            run(&Args { seeds: vec![argument] }).unwrap();
        }

        fn names(&self, folder: &str) -> Vec<String> {
            let entries = fs::read_dir(self.volume(folder)).unwrap();
            let mut names: Vec<_> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    fn bits(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_new_volume_gets_files_links_bits_and_times_of_the_image() {
        let case = Case::new();
        case.seed("data");
        assert_eq!(case.names("data"), ["link", "run.sh", "sub"]);
        assert_eq!(fs::read_to_string(case.volume("data/link")).unwrap(), "deep");
        assert!(fs::symlink_metadata(case.volume("data/link")).unwrap().is_symlink());
        for path in ["run.sh", "sub", ""] {
            let (image, volume) = (case.image(path), case.volume("data").join(path));
            assert_eq!(bits(&volume), bits(&image), "{path}");
            let time = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
            assert_eq!(time(&volume), time(&image), "{path}");
        }
    }

    #[test]
    fn a_volume_is_seeded_once_and_only_while_it_is_empty() {
        let case = Case::new();
        case.seed("data");
        fs::remove_dir_all(case.volume("data")).unwrap();
        case.seed("data");
        assert!(!case.volume("data").exists(), "an emptied volume stays empty");
        fs::create_dir(case.volume("kept")).unwrap();
        fs::write(case.volume("kept/mine"), "").unwrap();
        case.seed("kept");
        assert_eq!(case.names("kept"), ["mine"]);
        case.seed("data/sub folder:x");
        assert_eq!(case.names("data/sub folder:x"), ["link", "run.sh", "sub"]);
    }

    #[test]
    fn the_first_image_with_content_seeds_a_volume() {
        let case = Case::new();
        let nothing = case.room.path().join("nothing");
        let from = |target: &Path| seed(target, &case.volume(""), "data").unwrap();
        from(&case.room.path().join("not there"));
        assert!(!case.volume("data").exists());
        fs::create_dir(&nothing).unwrap();
        fs::set_permissions(&nothing, Permissions::from_mode(0o770)).unwrap();
        from(&nothing);
        assert_eq!(bits(&case.volume("data")), 0o770, "an empty folder still has permission bits");
        from(&case.image(""));
        assert_eq!(case.names("data"), ["link", "run.sh", "sub"]);
        fs::write(nothing.join("late"), "").unwrap();
        from(&nothing);
        assert_eq!(case.names("data"), ["link", "run.sh", "sub"]);
    }

    #[test]
    fn one_of_two_images_seeds_a_volume_when_both_start() {
        let case = Case::new();
        let other = case.room.path().join("other");
        fs::create_dir(&other).unwrap();
        for at in 0..200 {
            fs::write(other.join(at.to_string()), "").unwrap();
        }
        let volume = case.volume("");
        std::thread::scope(|scope| {
            scope.spawn(|| seed(&other, &volume, "data").unwrap());
            scope.spawn(|| case.seed("data"));
        });
        assert!([3, 200].contains(&case.names("data").len()), "{:?}", case.names("data"));
    }

    #[test]
    fn an_interrupted_copy_continues() {
        let case = Case::new();
        fs::create_dir_all(case.volume("data/sub")).unwrap();
        fs::write(case.volume("data/run.sh"), "#!").unwrap();
        Marks::of(&case.volume(""), "data").begin().unwrap();
        case.seed("data");
        assert_eq!(case.names("data"), ["link", "run.sh", "sub"]);
        assert_eq!(fs::read_to_string(case.volume("data/run.sh")).unwrap(), "#!/bin/sh");
    }

    #[test]
    fn no_mark_stays_in_the_root_of_a_volume() {
        let case = Case::new();
        fs::create_dir(case.volume("lost+found")).unwrap();
        let nothing = case.room.path().join("nothing");
        fs::create_dir(&nothing).unwrap();
        seed(&nothing, &case.volume(""), "").unwrap();
        assert_eq!(case.names(""), ["lost+found"], "programs can need an empty folder");
        case.seed("");
        assert_eq!(case.names(""), ["link", "lost+found", "run.sh", "sub"]);
    }

    #[test]
    fn one_of_two_images_seeds_the_root_of_a_volume_when_both_start() {
        for _ in 0..20 {
            let case = Case::new();
            let other = case.room.path().join("other");
            fs::create_dir(&other).unwrap();
            for at in 0..50 {
                fs::write(other.join(at.to_string()), "").unwrap();
            }
            let volume = case.volume("");
            std::thread::scope(|scope| {
                scope.spawn(|| seed(&other, &volume, "").unwrap());
                scope.spawn(|| case.seed(""));
            });
            assert!([3, 50].contains(&case.names("").len()), "{:?}", case.names(""));
        }
    }

    #[test]
    fn a_helper_of_the_first_edition_and_a_seed_wait_for_each_other() {
        let case = Case::new();
        let of_first_edition = fs::File::open(case.volume("")).unwrap();
        of_first_edition.lock().unwrap();
        std::thread::scope(|scope| {
            let seeding = scope.spawn(|| case.seed("data"));
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(!case.volume("data").exists() && !seeding.is_finished());
            of_first_edition.unlock().unwrap();
        });
        assert_eq!(case.names("data"), ["link", "run.sh", "sub"]);
    }
}
