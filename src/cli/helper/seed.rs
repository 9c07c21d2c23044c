//! `stackwright helper seed`: a new volume begins with what the image has, as in Docker.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{
    files::{be_like, copy_content, parts, remove_file},
    turn::{OURS, lock},
};
use crate::translate::short_hash;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A folder of the image, the volume's root, and the folder in the volume: TARGET:ROOT:FOLDER.
    seeds: Vec<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    for argument in &args.seeds {
        let [target, root, folder] = parts(argument)?;
        seed(Path::new(target), Path::new(root), folder)?;
    }
    Ok(())
}

/// Fills the folder of a volume, once: a volume that holds anything, or has been filled before, stays as it
/// is. One that the image has nothing for gets the owner and the bits of the image's folder, and another
/// image may fill it later. A copy that was cut short goes on with the next try.
fn seed(target: &Path, root: &Path, folder: &str) -> anyhow::Result<()> {
    let (to, marks) = (root.join(folder), Marks::of(root, folder));
    if marks.is_done() || !target.is_dir() {
        return Ok(());
    }
    // Of a volume that is in use the root stays as it is. A copy that is under way has its mark before its first file.
    if folder.is_empty() && !is_empty(root)? && !marks.begun.exists() {
        return Ok(());
    }
    // Services that share a volume may start at once, and their images' files must not be mixed.
    let mut turn = lock(root)?;
    if folder.is_empty() {
        turn.leave_no_trace();
    }
    if marks.is_done() {
        return Ok(());
    }
    fs::create_dir_all(&to).with_context(|| format!("cannot make {}", to.display()))?;
    if !marks.begun.exists() && !is_empty(&to)? {
        return marks.finish();
    }
    marks.begin()?;
    let metadata = fs::metadata(target).with_context(|| format!("cannot read {}", target.display()))?;
    let copied = copy_content(target, &to)?;
    be_like(&to, &metadata).with_context(|| format!("cannot make {} like the image's", to.display()))?;
    if copied == 0 {
        return marks.take_back();
    }
    anstream::eprintln!("{} was filled from {}", to.display(), target.display());
    marks.finish()
}

/// Whether nothing but our own lies in a folder. The root of a new file system is not quite empty.
fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let names: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
    let names = names.with_context(|| format!("cannot list {}", folder.display()))?;
    Ok(names.iter().all(|name| name == "lost+found" || name == OURS))
}

/// Files that tell how far a volume is. They lie beside the folder that services see; where that is the
/// volume's root, only the mark of a copy that is under way lies in it.
struct Marks {
    begun: PathBuf,
    done: Option<PathBuf>,
}

impl Marks {
    fn of(root: &Path, folder: &str) -> Self {
        let (place, name) = (root.join(OURS), short_hash(folder));
        if folder.is_empty() {
            Self { begun: root.join(".stackwright-begun"), done: None }
        } else {
            Self {
                begun: place.join(format!("{name}-begun")),
                done: Some(place.join(format!("{name}-done"))),
            }
        }
    }

    fn is_done(&self) -> bool {
        self.done.as_ref().is_some_and(|done| done.exists())
    }

    fn begin(&self) -> anyhow::Result<()> {
        write(&self.begun)
    }

    fn finish(&self) -> anyhow::Result<()> {
        if let Some(done) = &self.done {
            write(done)?;
        }
        self.take_back()
    }

    fn take_back(&self) -> anyhow::Result<()> {
        remove_file(&self.begun).with_context(|| format!("cannot remove {}", self.begun.display()))
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
    fn a_volume_is_filled_once_and_not_when_it_holds_anything() {
        let case = Case::new();
        case.seed("data");
        fs::remove_dir_all(case.volume("data")).unwrap();
        case.seed("data");
        assert!(!case.volume("data").exists(), "what was emptied stays so");
        fs::create_dir(case.volume("kept")).unwrap();
        fs::write(case.volume("kept/mine"), "").unwrap();
        case.seed("kept");
        assert_eq!(case.names("kept"), ["mine"]);
        case.seed("data/sub folder:x");
        assert_eq!(case.names("data/sub folder:x"), ["link", "run.sh", "sub"]);
    }

    #[test]
    fn the_first_image_that_has_something_fills_a_volume() {
        let case = Case::new();
        let nothing = case.room.path().join("nothing");
        let from = |target: &Path| seed(target, &case.volume(""), "data").unwrap();
        from(&case.room.path().join("not there"));
        assert!(!case.volume("data").exists());
        fs::create_dir(&nothing).unwrap();
        fs::set_permissions(&nothing, Permissions::from_mode(0o770)).unwrap();
        from(&nothing);
        assert_eq!(bits(&case.volume("data")), 0o770, "its bits count although it is empty");
        from(&case.image(""));
        assert_eq!(case.names("data"), ["link", "run.sh", "sub"]);
        fs::write(nothing.join("late"), "").unwrap();
        from(&nothing);
        assert_eq!(case.names("data"), ["link", "run.sh", "sub"]);
    }

    #[test]
    fn of_two_images_that_fill_a_volume_at_once_one_does() {
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
    fn a_copy_that_was_cut_short_goes_on() {
        let case = Case::new();
        fs::create_dir_all(case.volume("data/sub")).unwrap();
        fs::write(case.volume("data/run.sh"), "#!").unwrap();
        Marks::of(&case.volume(""), "data").begin().unwrap();
        case.seed("data");
        assert_eq!(case.names("data"), ["link", "run.sh", "sub"]);
        assert_eq!(fs::read_to_string(case.volume("data/run.sh")).unwrap(), "#!/bin/sh");
    }

    #[test]
    fn at_the_root_of_a_volume_no_mark_is_left() {
        let case = Case::new();
        fs::create_dir(case.volume("lost+found")).unwrap();
        let nothing = case.room.path().join("nothing");
        fs::create_dir(&nothing).unwrap();
        seed(&nothing, &case.volume(""), "").unwrap();
        assert_eq!(case.names(""), ["lost+found"], "programs that want an empty folder find one");
        case.seed("");
        assert_eq!(case.names(""), ["link", "lost+found", "run.sh", "sub"]);
    }

    #[test]
    fn of_two_images_that_fill_the_root_of_a_volume_at_once_one_does() {
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
