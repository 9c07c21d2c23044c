//! Project files in a volume on disk.

use std::os::unix::fs::{MetadataExt, symlink};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// Project files and a volume.
struct Case {
    room: TempDir,
    owner: Option<Owner>,
    is_shared: bool,
}

impl Case {
    fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        let is = fs::metadata(room.path()).unwrap();
        let case = Self { room, owner: Some((is.uid(), is.gid())), is_shared: false };
        fs::create_dir(case.project("")).unwrap();
        fs::create_dir(case.room.path().join("volume")).unwrap();
        case
    }

    fn of(files: &[(&str, &str)]) -> Self {
        let case = Self::new();
        files.iter().for_each(|(path, text)| write(&case.project(path), text));
        case.copy();
        case
    }

    fn project(&self, path: &str) -> PathBuf {
        self.room.path().join("project").join(path)
    }

    fn volume(&self, path: &str) -> PathBuf {
        self.room.path().join("volume/data").join(path)
    }

    fn copy(&self) {
        self.copy_from(Some(&self.project("")), "shop/app");
    }

    fn copy_from(&self, from: Option<&Path>, name: &str) {
        copy_project_files(&self.project_files(from, &self.room.path().join("volume"), name)).unwrap();
    }

    fn project_files<'a>(&self, from: Option<&'a Path>, root: &'a Path, name: &'a str) -> ProjectFiles<'a> {
        ProjectFiles { from, root, folder: "data", name, owner: self.owner, is_shared: self.is_shared }
    }

    /// A run that records all files, copies some, and ends.
    fn copy_interrupted(&self, paths: &[&str]) {
        let (from, root) = (self.project(""), self.room.path().join("volume"));
        let it = self.project_files(Some(&from), &root, "shop/app");
        let name = short_hash("shop/app:data");
        let volume = Folder::open(&root).unwrap();
        let helper_folder = volume.down(HELPER_FOLDER).unwrap().unwrap();
        let record = Record::read(&helper_folder, &name).unwrap();
        assert!(!record.copied.is_empty(), "the record has another name");
        let seen = volume.down("data").unwrap().unwrap();
        let mut volume =
            Volume { it: &it, name: &name, helper_folder, seen, on_disk: record.clone(), record, count: 0 };
        let wanted = volume.wanted().unwrap();
        volume.begin(&wanted).unwrap();
        for path in paths {
            assert!(volume.update(path, &wanted[*path]).unwrap());
        }
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.volume(path)).unwrap_or_else(|error| error.kind().to_string())
    }

    /// Returns a path in the folder of the helper.
    fn helper_folder(&self, path: &str) -> PathBuf {
        self.room.path().join("volume/.stackwright").join(path)
    }

    /// Returns the replaced files of programs, with their texts.
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
fn new_files_keep_their_bits_in_folders_that_everyone_can_write() {
    let case = Case::new();
    write(&case.project("sub/deep/run.sh"), "#!/bin/sh");
    chmod(&case.project("sub/deep/run.sh"), 0o750);
    write(&case.project("conf"), "1");
    case.copy();
    assert_eq!((case.text("sub/deep/run.sh").as_str(), case.text("conf").as_str()), ("#!/bin/sh", "1"));
    assert_eq!(bits(&case.volume("sub/deep/run.sh")), 0o750);
    assert_eq!(["", "sub", "sub/deep"].map(|folder| bits(&case.volume(folder))), [0o777; 3]);
    assert_eq!(fs::read_dir(case.volume("")).unwrap().count(), 2, "nothing of our own");
}

#[test]
fn without_a_known_user_everyone_can_write_what_everyone_can_read() {
    let case = Case { owner: None, ..Case::new() };
    for (path, mode) in [("open", 0o644), ("run", 0o755), ("group", 0o640), ("key", 0o600)] {
        write(&case.project(path), "");
        chmod(&case.project(path), mode);
    }
    case.copy();
    let of = |path| bits(&case.volume(path));
    assert_eq!(["open", "run", "group", "key"].map(of), [0o666, 0o777, 0o640, 0o600]);
    let shared = Case { is_shared: true, ..Case::new() };
    write(&shared.project("open"), "");
    write(&shared.project("key"), "");
    chmod(&shared.project("key"), 0o600);
    shared.copy();
    assert_eq!((bits(&shared.volume("open")), bits(&shared.volume("key"))), (0o666, 0o600));
    let alone = Case { is_shared: false, ..shared };
    alone.copy();
    assert_eq!(bits(&alone.volume("open")), 0o644, "the bits follow, since no program has changed them");
}

#[test]
fn a_file_that_a_program_changed_or_deleted_stays_until_the_project_changes_it() {
    let case = Case::of(&[("changed", "1"), ("deleted", "1"), ("other", "1")]);
    write(&case.volume("changed"), "program");
    fs::remove_file(case.volume("deleted")).unwrap();
    write(&case.project("other"), "2");
    case.copy();
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
        case.copy();
        assert_eq!(case.text("sub/conf"), project);
    }
    assert_eq!(case.replaced().len(), 2);
    assert!(case.replaced().contains(&"sub/conf: a".to_owned()), "{:?}", case.replaced());
    fs::remove_file(case.volume("deleted")).unwrap();
    write(&case.project("deleted"), "2");
    case.copy();
    assert_eq!(case.text("deleted"), "2");
}

#[test]
fn an_older_file_is_kept_until_the_project_changes_it() {
    let case = Case::new();
    write(&case.volume("conf"), "old host");
    write(&case.project("conf"), "1");
    case.copy();
    assert_eq!(case.text("conf"), "old host");
    write(&case.project("conf"), "2");
    case.copy();
    assert_eq!((case.text("conf").as_str(), case.replaced()), ("2", vec!["conf: old host".to_owned()]));
}

#[test]
fn what_the_project_has_no_more_goes_where_no_program_has_changed_it() {
    let case = Case::of(&[("same", "1"), ("changed", "1"), ("kept", "1")]);
    write(&case.volume("changed"), "program");
    fs::remove_file(case.project("same")).unwrap();
    fs::remove_file(case.project("changed")).unwrap();
    case.copy();
    assert_eq!(["same", "changed", "kept"].map(|path| case.text(path)), [ABSENT, "program", "1"]);
    case.copy_from(None, "shop/app");
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
    case.copy();
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
    case.copy();
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
    case.copy();
    make_folder(&case.room.path().join("volume"), "data/sub/folder", case.owner).unwrap();
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    for path in ["sub/secret", "link"] {
        write(&case.project(path), "changed");
    }
    case.copy();
    assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "1");
    fs::remove_dir_all(case.project("sub")).unwrap();
    case.copy();
    assert!(outside.join("secret").exists() && !outside.join("new").exists());
}

#[test]
fn a_run_that_was_cut_short_goes_on() {
    let case = Case::of(&[("a", "1"), ("b", "1")]);
    write(&case.project("a"), "2");
    write(&case.project("b"), "2");
    // One was written, and the record was not.
    write(&case.volume("a"), "2");
    write(&case.helper_folder("draft-0123456789abcdef"), "half");
    write(&case.helper_folder("replaced/draft-1"), "a program's");
    case.copy();
    assert!(
        !case.helper_folder("draft-0123456789abcdef").exists()
            && case.helper_folder("replaced/draft-1").exists()
    );
    fs::remove_file(case.helper_folder("replaced/draft-1")).unwrap();
    assert_eq!((case.text("a").as_str(), case.text("b").as_str()), ("2", "2"));
    assert!(case.replaced().is_empty());
}

#[test]
fn a_copy_of_an_interrupted_run_is_no_change_of_a_program() {
    let case = Case::of(&[("a", "1"), ("gone", "1"), ("z", "1")]);
    for path in ["a", "gone", "new", "z"] {
        write(&case.project(path), "2");
    }
    case.copy_interrupted(&["a", "gone", "new"]);
    assert_eq!(["a", "gone", "new", "z"].map(|path| case.text(path)), ["2", "2", "2", "1"]);

    fs::remove_file(case.project("gone")).unwrap();
    for path in ["a", "new", "z"] {
        write(&case.project(path), "3");
    }
    case.copy();
    assert_eq!(["a", "gone", "new", "z"].map(|path| case.text(path)), ["3", ABSENT, "3", "3"]);
    assert!(case.replaced().is_empty(), "{:?}", case.replaced());
}

#[test]
fn a_copy_that_an_interrupted_run_did_not_write_replaces_no_file_of_a_program() {
    let case = Case::of(&[("a", "1")]);
    write(&case.volume("mine"), "program");
    write(&case.project("mine"), "1");
    write(&case.project("a"), "2");
    write(&case.volume("a"), "program");
    case.copy_interrupted(&[]);
    case.copy();
    assert_eq!((case.text("mine").as_str(), case.text("a").as_str()), ("program", "2"));
    assert_eq!(case.replaced(), ["a: program"]);
}

#[test]
fn volumes_that_share_an_export_do_not_take_each_others_files() {
    let case = Case::of(&[("mine", "1"), ("both", "1")]);
    let other = case.room.path().join("other");
    write(&other.join("theirs"), "1");
    write(&other.join("both"), "1");
    case.copy_from(Some(&other), "blog/app");
    case.copy();
    assert_eq!(["mine", "theirs", "both"].map(|path| case.text(path)), ["1", "1", "1"]);
    case.copy_from(None, "blog/app");
    assert_eq!(["mine", "theirs", "both"].map(|path| case.text(path)), ["1", ABSENT, "1"]);
    case.copy_from(None, "shop/app");
    assert_eq!(["mine", "both"].map(|path| case.text(path)), [ABSENT, ABSENT]);
}

#[test]
fn a_file_follows_the_owner_whom_the_stack_names_and_no_other() {
    let case = Case::of(&[("same", "1"), ("changed", "1")]);
    let (user, group) = case.owner.unwrap();
    write(&case.project("changed"), "2");
    let other = Case { owner: Some((user + 1, group)), ..case };
    other.copy();
    // Only root may give files to others.
    let expected = if user == 0 { user + 1 } else { user };
    let owner = |path: &str| fs::metadata(other.volume(path)).unwrap().uid();
    assert_eq!([owner("same"), owner("changed")], [expected; 2]);
    if user == 0 {
        std::os::unix::fs::chown(other.volume("same"), Some(user + 7), None).unwrap();
        let back = Case { owner: Some((user, group)), ..other };
        back.copy();
        let owner = |path: &str| fs::metadata(back.volume(path)).unwrap().uid();
        assert_eq!([owner("same"), owner("changed")], [user + 7, user], "a program may give it away");
    }
}

#[test]
fn a_file_is_copied_once_its_name_is_free() {
    let case = Case::new();
    fs::create_dir_all(case.volume("conf/full")).unwrap();
    write(&case.volume("sub"), "");
    write(&case.project("conf"), "1");
    write(&case.project("sub/conf"), "1");
    case.copy();
    assert!(case.volume("conf/full").is_dir() && case.volume("sub").is_file());
    fs::remove_dir_all(case.volume("conf")).unwrap();
    fs::remove_file(case.volume("sub")).unwrap();
    case.copy();
    assert_eq!((case.text("conf").as_str(), case.text("sub/conf").as_str()), ("1", "1"));
}

#[test]
fn without_files_and_without_a_record_only_the_folder_is_made() {
    let case = Case::new();
    case.copy_from(None, "shop/app");
    assert_eq!(bits(&case.volume("")), 0o777);
    assert!(!case.helper_folder("").exists());
}

#[test]
fn drafts_that_are_written_at_once_have_a_name_each() {
    let room = tempfile::tempdir().unwrap();
    let folder = Folder::open(room.path()).unwrap();
    let drafts: Vec<_> = (0..100).map(|_| folder.draft().unwrap()).collect();
    assert_eq!(fs::read_dir(room.path()).unwrap().count(), drafts.len());
    let name = room.path().join(&drafts[0].0);
    assert_eq!(bits(&name), 0o600);
}

#[test]
fn of_two_services_that_lay_at_once_each_finds_the_files_whole() {
    let case = Case::new();
    for at in 0..50 {
        write(&case.project(&at.to_string()), "text");
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| case.copy());
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
        case.copy();
        for event in events {
            match event {
                Event::Project(at, text) => set(&case.project(PATHS[at]), text),
                Event::Program(at, text) => set(&case.volume(PATHS[at]), text),
                Event::Start => {
                    let before = PATHS.map(|path| case.text(path));
                    case.copy();
                    let after = PATHS.map(|path| case.text(path));
                    let replaced = case.replaced();
                    case.copy();
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
