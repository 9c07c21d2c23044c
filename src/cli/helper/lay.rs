//! The project's own files in a volume: each is laid once, and again when the project changes it.
//!
//! A record beside the folder that services see holds what was laid. So a file that a program has changed and
//! the project has not stays as it is, as a folder on a Docker host does under `git pull`. A run that was cut
//! short goes on with the next one: whatever it has written is then found as it should be.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    files::{Owner, lock, opened_up},
    within::{Entry, Folder, Make, give},
};
use crate::translate::short_hash;

/// Where our own files of a volume lie: beside the folder that services see.
const OURS: &str = ".stackwright";
/// A file that is being written.
const DRAFT: &str = "draft";
/// The folder for versions of programs that gave way to the project's.
const REPLACED: &str = "replaced";

/// What was laid, by path.
type Record = BTreeMap<String, Laid>;

/// A file as it was laid.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Laid {
    /// The SHA-256 of its content.
    sha256: String,
    /// Its permission bits in the project.
    mode: u32,
}

/// Lays the files of `from`, if it is given, into the folder of the volume at `root`.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn lay(
    from: Option<&Path>,
    root: &Path,
    folder: &str,
    owner: Option<Owner>,
) -> anyhow::Result<()> {
    // Services that share the volume may start at once.
    let _turn = lock(root)?;
    let mut wanted = BTreeMap::new();
    if let Some(from) = from {
        find(from, "", &mut wanted)?;
    }
    let about = || format!("cannot lay files into {}", root.join(folder).display());
    let volume = Folder::open(root)?;
    let in_the_way = || format!("{OURS} in {} is no folder", root.display());
    let ours = volume.make(OURS, Make::closed()).with_context(about)?.with_context(in_the_way)?;
    let seen = volume.make(folder, Make::open(owner)).with_context(about)?;
    let seen = seen.with_context(|| format!("{folder} in {} is no folder", root.display()))?;
    let name = format!("{}-laid", short_hash(folder));
    let record = read_record(&ours, &name).with_context(about)?;
    let mut volume = Volume { ours, seen, owner, record: record.clone(), count: 0 };
    let brought = volume.bring_all(&record, &wanted);
    // Also where a file could not be laid: what was laid before it would count as the programs' own otherwise.
    if volume.record != record {
        volume.write_record(&name).with_context(about)?;
    }
    if volume.count > 0 {
        let files = if volume.count == 1 { "file was" } else { "files were" };
        anstream::eprintln!("{} {files} laid into {}", volume.count, root.join(folder).display());
    }
    brought
}

/// Makes a folder in the volume at `root` where it is missing.
///
/// # Errors
/// When it cannot be made.
pub(super) fn make_folder(root: &Path, folder: &str, owner: Option<Owner>) -> anyhow::Result<()> {
    let made = Folder::open(root)?.make(folder, Make::open(owner));
    if made.with_context(|| format!("cannot make {}", root.join(folder).display()))?.is_none() {
        anstream::eprintln!("warning: {folder} is not made: something that is no folder is in the way");
    }
    Ok(())
}

/// The files of a pod volume, which is made of links, by their paths below it. What begins with two dots there
/// is Kubernetes' own.
fn find(folder: &Path, below: &str, found: &mut BTreeMap<String, PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with("..")) else { continue };
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        if entry.path().is_dir() {
            find(&entry.path(), &path, found)?;
        } else {
            found.insert(path, entry.path());
        }
    }
    Ok(())
}

fn read_record(ours: &Folder, name: &str) -> io::Result<Record> {
    let Entry::File(mut file) = ours.entry(name)? else { return Ok(Record::new()) };
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
        // All that is there then counts as the programs' own.
        anstream::eprintln!("warning: the record of what was laid cannot be read: {error}");
        Record::new()
    }))
}

/// A volume while files are laid into it.
struct Volume {
    ours: Folder,
    /// The folder that services see.
    seen: Folder,
    owner: Option<Owner>,
    record: Record,
    /// How many files were written.
    count: usize,
}

impl Volume {
    /// Removes what the project has no more, and lays what it has.
    fn bring_all(&mut self, record: &Record, wanted: &BTreeMap<String, PathBuf>) -> anyhow::Result<()> {
        for (path, laid) in record.iter().filter(|(path, _)| !wanted.contains_key(*path)) {
            self.take_away(path, laid).with_context(|| format!("cannot remove {path}"))?;
        }
        for (path, file) in wanted {
            self.bring(path, file).with_context(|| format!("cannot lay {path}"))?;
        }
        Ok(())
    }

    /// Removes a file that the project has no more, but for one that a program has changed.
    fn take_away(&mut self, path: &str, laid: &Laid) -> io::Result<()> {
        let (folder, name) = split(path);
        if let Some(folder) = self.seen.down(folder)?
            && let Entry::File(mut file) = folder.entry(name)?
            && digest(&mut file)? == laid.sha256
        {
            folder.remove(name)?;
        }
        self.record.remove(path);
        Ok(())
    }

    /// Lays a file where the project has changed it since it was laid last.
    fn bring(&mut self, path: &str, from: &Path) -> anyhow::Result<()> {
        let mut source = File::open(from)?;
        let mode = source.metadata()?.permissions().mode() & 0o7777;
        let new = Laid { sha256: digest(&mut source)?, mode };
        let old = self.record.get(path);
        if old == Some(&new) {
            return Ok(());
        }
        let (folder, name) = split(path);
        let is_known = old.is_some();
        if let Some(folder) = self.seen.make(folder, Make::open(self.owner))? {
            let before = old.map(|old| old.sha256.as_str());
            match folder.entry(name)? {
                Entry::File(mut file) => {
                    let there = digest(&mut file)?;
                    let is_laid = before == Some(there.as_str());
                    // What nobody has laid is a program's, or was laid by a run that was cut short.
                    if there == new.sha256 || before == Some(new.sha256.as_str()) {
                        self.set_mode(&folder, name, old, mode, &file)?;
                    } else if is_known {
                        if !is_laid {
                            self.keep(&folder, name, path, &there)?;
                        }
                        self.write(&folder, name, from, mode)?;
                    }
                }
                // Nothing is lost with an empty folder.
                Entry::Other if !folder.remove_empty(name) => {
                    anstream::eprintln!(
                        "warning: {path} is not laid: something that is no file stands there"
                    );
                }
                // A program may delete what it was given.
                _ if before == Some(new.sha256.as_str()) => {}
                _ => self.write(&folder, name, from, mode)?,
            }
        } else {
            anstream::eprintln!("warning: {path} is not laid: something that is no folder is in the way");
        }
        self.record.insert(path.to_owned(), new);
        Ok(())
    }

    /// Gives a file the permission bits that the project has changed, where the program has not.
    fn set_mode(
        &self,
        folder: &Folder,
        name: &str,
        old: Option<&Laid>,
        mode: u32,
        file: &File,
    ) -> io::Result<()> {
        let is_as_laid =
            |old: &Laid| folder.bits(name).is_ok_and(|bits| bits == opened_up(old.mode, self.owner));
        if old.is_some_and(is_as_laid) {
            file.set_permissions(fs::Permissions::from_mode(opened_up(mode, self.owner)))?;
        }
        Ok(())
    }

    /// Moves a program's version of a file out of the way.
    fn keep(&self, folder: &Folder, name: &str, path: &str, digest: &str) -> anyhow::Result<()> {
        let (below, _) = split(path);
        let place = self.ours.make(&format!("{REPLACED}/{below}"), Make::closed())?;
        let place = place.with_context(|| format!("{OURS}/{REPLACED} is in the way"))?;
        let kept = format!("{name}.{}", &digest[..8]);
        folder.rename(name, &place, &kept)?;
        anstream::eprintln!(
            "{path} was changed both by a program and in the project: the program's version is in \
             {OURS}/{REPLACED}/{}",
            if below.is_empty() { kept } else { format!("{below}/{kept}") }
        );
        Ok(())
    }

    /// Writes a file at once and whole.
    fn write(&mut self, folder: &Folder, name: &str, from: &Path, mode: u32) -> io::Result<()> {
        self.ours.remove(DRAFT)?;
        let mut draft = self.ours.create(DRAFT)?;
        io::copy(&mut File::open(from)?, &mut draft)?;
        give(&draft, self.owner.unwrap_or_default(), opened_up(mode, self.owner))?;
        draft.sync_all()?;
        self.ours.rename(DRAFT, folder, name)?;
        self.count += 1;
        Ok(())
    }

    fn write_record(&self, name: &str) -> anyhow::Result<()> {
        self.ours.remove(DRAFT)?;
        let mut draft = self.ours.create(DRAFT)?;
        draft.write_all(&serde_json::to_vec(&self.record)?)?;
        draft.sync_all()?;
        Ok(self.ours.rename(DRAFT, &self.ours, name)?)
    }
}

/// The folder of a path, and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn digest(file: &mut File) -> io::Result<String> {
    let mut digest = Sha256::new();
    io::copy(file, &mut digest)?;
    Ok(format!("{:x}", digest.finalize()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    /// The project's files and a volume.
    struct Case {
        room: TempDir,
        owner: Option<Owner>,
    }

    impl Case {
        fn new() -> Self {
            let room = tempfile::tempdir().unwrap();
            let is = fs::metadata(room.path()).unwrap();
            let case = Self { room, owner: Some((is.uid(), is.gid())) };
            fs::create_dir(case.project("")).unwrap();
            fs::create_dir(case.room.path().join("volume")).unwrap();
            case
        }

        fn of(files: &[(&str, &str)]) -> Self {
            let case = Self::new();
            files.iter().for_each(|(path, text)| write(&case.project(path), text));
            case.lay();
            case
        }

        fn project(&self, path: &str) -> PathBuf {
            self.room.path().join("project").join(path)
        }

        fn volume(&self, path: &str) -> PathBuf {
            self.room.path().join("volume/data").join(path)
        }

        fn lay(&self) {
            lay(Some(&self.project("")), &self.room.path().join("volume"), "data", self.owner).unwrap();
        }

        fn text(&self, path: &str) -> String {
            fs::read_to_string(self.volume(path)).unwrap_or_else(|error| error.kind().to_string())
        }

        /// The versions of programs that gave way, with their texts.
        fn replaced(&self) -> Vec<String> {
            let mut found = BTreeMap::new();
            let folder = self.room.path().join("volume/.stackwright/replaced");
            if folder.exists() {
                find(&folder, "", &mut found).unwrap();
            }
            let line = |(path, file): (&String, &PathBuf)| {
                let path = path.rsplit_once('.').unwrap().0;
                format!("{path}: {}", fs::read_to_string(file).unwrap())
            };
            found.iter().map(line).collect()
        }
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn bits(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    const ABSENT: &str = "entity not found";

    #[test]
    fn new_files_are_laid_with_their_bits_into_folders_that_everyone_may_write() {
        let case = Case::new();
        write(&case.project("sub/deep/run.sh"), "#!/bin/sh");
        chmod(&case.project("sub/deep/run.sh"), 0o750);
        write(&case.project("conf"), "1");
        case.lay();
        assert_eq!((case.text("sub/deep/run.sh").as_str(), case.text("conf").as_str()), ("#!/bin/sh", "1"));
        assert_eq!(bits(&case.volume("sub/deep/run.sh")), 0o750);
        assert_eq!(["", "sub", "sub/deep"].map(|folder| bits(&case.volume(folder))), [0o777; 3]);
        assert_eq!(fs::read_dir(case.volume("")).unwrap().count(), 2, "nothing of our own");
    }

    #[test]
    fn where_nobody_knows_the_user_everyone_may_write_what_everyone_may_read() {
        let case = Case { owner: None, ..Case::new() };
        for (path, mode) in [("open", 0o644), ("run", 0o755), ("group", 0o640), ("key", 0o600)] {
            write(&case.project(path), "");
            chmod(&case.project(path), mode);
        }
        case.lay();
        let of = |path| bits(&case.volume(path));
        assert_eq!(["open", "run", "group", "key"].map(of), [0o666, 0o777, 0o640, 0o600]);
    }

    #[test]
    fn what_a_program_has_changed_or_deleted_stays_so_while_the_project_has_not_changed_it() {
        let case = Case::of(&[("changed", "1"), ("deleted", "1"), ("other", "1")]);
        write(&case.volume("changed"), "program");
        fs::remove_file(case.volume("deleted")).unwrap();
        write(&case.project("other"), "2");
        case.lay();
        let texts = ["changed", "deleted", "other"].map(|path| case.text(path));
        assert_eq!(texts, ["program", ABSENT, "2"]);
        assert!(case.replaced().is_empty());
    }

    #[test]
    fn what_both_have_changed_is_the_projects_and_the_programs_version_is_kept() {
        let case = Case::of(&[("sub/conf", "1"), ("deleted", "1")]);
        for (program, project) in [("a", "2"), ("b", "3")] {
            write(&case.volume("sub/conf"), program);
            write(&case.project("sub/conf"), project);
            case.lay();
            assert_eq!(case.text("sub/conf"), project);
        }
        assert_eq!(case.replaced().len(), 2);
        assert!(case.replaced().contains(&"sub/conf: a".to_owned()), "{:?}", case.replaced());
        fs::remove_file(case.volume("deleted")).unwrap();
        write(&case.project("deleted"), "2");
        case.lay();
        assert_eq!(case.text("deleted"), "2");
    }

    #[test]
    fn what_is_there_before_it_was_ever_laid_is_kept_until_the_project_changes_it() {
        let case = Case::new();
        write(&case.volume("conf"), "old host");
        write(&case.project("conf"), "1");
        case.lay();
        assert_eq!(case.text("conf"), "old host");
        write(&case.project("conf"), "2");
        case.lay();
        assert_eq!((case.text("conf").as_str(), case.replaced()), ("2", vec!["conf: old host".to_owned()]));
    }

    #[test]
    fn what_the_project_has_no_more_goes_where_no_program_has_changed_it() {
        let case = Case::of(&[("same", "1"), ("changed", "1"), ("kept", "1")]);
        write(&case.volume("changed"), "program");
        fs::remove_file(case.project("same")).unwrap();
        fs::remove_file(case.project("changed")).unwrap();
        case.lay();
        assert_eq!(["same", "changed", "kept"].map(|path| case.text(path)), [ABSENT, "program", "1"]);
        lay(None, &case.room.path().join("volume"), "data", case.owner).unwrap();
        assert_eq!(["changed", "kept"].map(|path| case.text(path)), ["program", ABSENT]);
    }

    #[test]
    fn a_change_of_bits_alone_reaches_a_file_whose_bits_no_program_has_changed() {
        let case = Case::of(&[("a", "1"), ("b", "1")]);
        write(&case.volume("a"), "program");
        chmod(&case.volume("b"), 0o600);
        for path in ["a", "b"] {
            chmod(&case.project(path), 0o755);
        }
        case.lay();
        assert_eq!((case.text("a").as_str(), bits(&case.volume("a"))), ("program", 0o755));
        assert_eq!(bits(&case.volume("b")), 0o600);
    }

    #[test]
    fn a_file_becomes_a_folder_and_a_folder_a_file() {
        let case = Case::of(&[("a", "1"), ("b/c", "1")]);
        fs::remove_file(case.project("a")).unwrap();
        fs::remove_dir_all(case.project("b")).unwrap();
        write(&case.project("a/x"), "2");
        write(&case.project("b"), "2");
        case.lay();
        assert_eq!((case.text("a/x").as_str(), case.text("b").as_str()), ("2", "2"));
    }

    #[test]
    fn no_link_leads_out_of_the_volume() {
        let case = Case::new();
        let outside = case.room.path().join("outside");
        fs::create_dir(&outside).unwrap();
        write(&outside.join("secret"), "1");
        fs::create_dir(case.room.path().join("volume/data")).unwrap();
        symlink(&outside, case.volume("sub")).unwrap();
        symlink(outside.join("new"), case.volume("link")).unwrap();
        for path in ["sub/secret", "sub/other", "link"] {
            write(&case.project(path), "project");
        }
        case.lay();
        make_folder(&case.room.path().join("volume"), "data/sub/folder", case.owner).unwrap();
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
        for path in ["sub/secret", "link"] {
            write(&case.project(path), "changed");
        }
        case.lay();
        assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "1");
        fs::remove_dir_all(case.project("sub")).unwrap();
        case.lay();
        assert!(outside.join("secret").exists() && !outside.join("new").exists());
    }

    #[test]
    fn a_run_that_was_cut_short_goes_on() {
        let case = Case::of(&[("a", "1"), ("b", "1")]);
        write(&case.project("a"), "2");
        write(&case.project("b"), "2");
        // One was written, and the record was not.
        write(&case.volume("a"), "2");
        write(&case.room.path().join("volume/.stackwright/draft"), "half");
        case.lay();
        assert_eq!((case.text("a").as_str(), case.text("b").as_str()), ("2", "2"));
        assert!(case.replaced().is_empty());
    }

    #[test]
    fn of_two_services_that_lay_at_once_each_finds_the_files_whole() {
        let case = Case::new();
        for at in 0..50 {
            write(&case.project(&at.to_string()), "text");
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| case.lay());
            }
        });
        assert!((0..50).all(|at| case.text(&at.to_string()) == "text"));
    }

    #[test]
    fn folders_are_made_where_they_are_missing() {
        let case = Case::of(&[("file", "")]);
        for folder in ["data/cache/a b:c", "data/cache", "data/file/x"] {
            make_folder(&case.room.path().join("volume"), folder, case.owner).unwrap();
        }
        assert_eq!(bits(&case.volume("cache/a b:c")), 0o777);
        assert!(case.volume("file").is_file());
    }

    /// What happens between two starts of a service.
    #[derive(Clone, Debug)]
    enum Event {
        Project(usize, Option<u8>),
        Program(usize, Option<u8>),
        Start,
    }

    const PATHS: [&str; 4] = ["a", "b", "sub/a", "sub/b"];

    fn set(path: &Path, text: Option<u8>) {
        match text {
            Some(text) => write(path, &text.to_string()),
            None => _ = fs::remove_file(path),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Laying twice is laying once, the project's last change is there, and no text of a program is lost.
        #[test]
        fn laying_is_idempotent_and_loses_no_text_of_a_program(
            events in proptest::collection::vec(
                prop_oneof![
                    (0..4_usize, proptest::option::of(0..3_u8)).prop_map(|(at, text)| Event::Project(at, text)),
                    (0..4_usize, proptest::option::of(3..6_u8)).prop_map(|(at, text)| Event::Program(at, text)),
                    Just(Event::Start),
                ],
                1..24,
            )
        ) {
            let case = Case::new();
            case.lay();
            for event in events {
                match event {
                    Event::Project(at, text) => set(&case.project(PATHS[at]), text),
                    Event::Program(at, text) => set(&case.volume(PATHS[at]), text),
                    Event::Start => {
                        let before = PATHS.map(|path| case.text(path));
                        case.lay();
                        let after = PATHS.map(|path| case.text(path));
                        let replaced = case.replaced();
                        case.lay();
                        prop_assert_eq!(&PATHS.map(|path| case.text(path)), &after);
                        prop_assert_eq!(&case.replaced(), &replaced);
                        for (at, path) in PATHS.iter().enumerate() {
                            let is_a_programs = before[at].parse::<u8>().is_ok_and(|text| text >= 3);
                            let kept = format!("{path}: {}", before[at]);
                            prop_assert!(
                                !is_a_programs || before[at] == after[at] || replaced.contains(&kept),
                                "{} is lost", path
                            );
                        }
                    }
                }
            }
        }
    }
}
