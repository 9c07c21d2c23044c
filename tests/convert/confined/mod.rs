//! A server that converts projects of others with `--confine . --no-environment` shows them no file outside the
//! folder and no variable of the process.
//!
//! Each attempt runs twice. Without the flags the canary appears, which proves the attempt. With the flags it appears
//! neither in the output nor in a message or the report.

mod attempts;

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use attempts::{ATTEMPTS, Attempt, app};

/// The content of the files outside the project's folder.
const FILE: &str = "canary-of-a-file-7f3a91";
/// The value of a variable of the process.
const VARIABLE: &str = "canary-of-a-variable-c05d2e";
/// The start of a line in `/etc/passwd` on every Linux.
const PASSWD: &str = "root:x:0:0:";

/// A repository in a folder, and files outside that it must not read.
struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ground = Self { folder };
        let outside = ground.outside();
        fs::create_dir_all(&outside).unwrap();
        fs::create_dir_all(ground.repository()).unwrap();
        // One repository contains both folders, so only the flags protect the files outside.
        fs::create_dir(ground.folder.path().join(".git")).unwrap();
        fs::write(outside.join("file"), FILE).unwrap();
        fs::write(outside.join("env"), format!("KEY={FILE}\n")).unwrap();
        fs::write(outside.join("compose.yaml"), format!("services: {{leak: {{image: {FILE}}}}}\n")).unwrap();
        fs::write(
            outside.join("stack.yaml"),
            format!(
                "apiVersion: stackwright.dev/v1alpha1\nkind: Stack\nmetadata: {{name: s}}\nspec: {{services: {{s: {{image: {FILE}}}}}}}\n"
            ),
        )
        .unwrap();
        ground
    }

    fn outside(&self) -> PathBuf {
        self.folder.path().join("outside")
    }

    fn repository(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    fn of(attempt: &Attempt) -> Self {
        let ground = Self::new();
        let outside = ground.outside();
        for (name, text) in attempt.files {
            let path = ground.repository().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = text.replace('@', outside.to_str().unwrap());
            match text.strip_prefix("->") {
                Some(target) => symlink(target, path).unwrap(),
                None => fs::write(path, text).unwrap(),
            }
        }
        ground
    }

    /// Returns everything that a run prints and writes.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stackwright"));
        command.current_dir(self.repository()).args(arguments).stdin(Stdio::null());
        command
            .env_clear()
            .env("CANARY", VARIABLE)
            .env("OUTSIDE", self.outside())
            .env("HOME", self.outside());
        let output = command.output().unwrap();
        let mut all = String::from_utf8_lossy(&output.stdout).into_owned();
        all.push_str(&String::from_utf8_lossy(&output.stderr));
        let report = self.folder.path().join("report.json");
        all.push_str(&fs::read_to_string(&report).unwrap_or_default());
        let _ = fs::remove_file(report);
        (output.status.success(), all)
    }
}

const CONFINED: [&str; 3] = ["--confine", ".", "--no-environment"];
/// Returns the commands of a server with all of their output.
const VERBS: [&[&str]; 4] = [
    &["convert", "--secrets", "plain", "--report", "../report.json"],
    &["convert", "--secrets", "plain", "--report", "../report.json", "--allow-refused", "all"],
    &["render", "--allow-refused", "all"],
    &["config", "--format", "json"],
];

#[test]
fn a_confined_project_reads_no_outside_file_and_no_variable() {
    let mut wrong = Vec::new();
    for attempt in ATTEMPTS {
        let Attempt { title, leaks, reported, arguments, .. } = attempt;
        let ground = Ground::of(attempt);
        let mut leaked = leaks.is_empty();
        let mut is_reported = reported.is_empty();
        for verb in VERBS {
            leaked = leaked || ground.run(&[verb, *arguments].concat()).1.contains(leaks);
            let (_, closed) = ground.run(&[verb, *arguments, &CONFINED].concat());
            is_reported |= reported.iter().all(|part| closed.contains(part));
            for canary in [FILE, VARIABLE, PASSWD] {
                if closed.contains(canary) {
                    wrong.push(format!("{title}: {canary} comes out of {verb:?}:\n{closed}"));
                }
            }
        }
        if !leaked {
            wrong
                .push(format!("{title}: this is no attempt, since {leaks} does not come out of an open run"));
        }
        if !is_reported {
            let (_, closed) = ground.run(&[VERBS[0], *arguments, &CONFINED].concat());
            wrong.push(format!("{title}: {reported:?} is missing in\n{closed}"));
        }
    }
    assert!(ATTEMPTS.len() >= 20);
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Variables of the process that control Docker Compose.
#[test]
fn no_variable_of_the_process_affects_a_confined_project() {
    let ground = Ground::new();
    fs::write(ground.repository().join("compose.yaml"), app!("profiles: [canary]")).unwrap();
    for (name, value) in [
        ("COMPOSE_FILE", "../outside/compose.yaml"),
        ("COMPOSE_ENV_FILES", "../outside/env"),
        ("COMPOSE_PROJECT_NAME", FILE),
        ("COMPOSE_PROFILES", "canary"),
        ("STACKWRIGHT_HELPER_IMAGE", FILE),
    ] {
        for verb in ["convert", "render", "config"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_stackwright"));
            command.current_dir(ground.repository()).arg(verb).args(CONFINED);
            let plain = command.env_clear().output().unwrap();
            let steered = command.env(name, value).output().unwrap();
            assert_eq!(plain, steered, "{verb} with {name}");
            assert!(plain.status.success(), "{verb}: {}", String::from_utf8_lossy(&plain.stderr));
        }
    }
}

#[test]
fn a_manifest_outside_of_the_folder_is_not_rendered() {
    let ground = Ground::new();
    symlink("../outside/stack.yaml", ground.repository().join("link.yaml")).unwrap();
    for file in ["../outside/stack.yaml", "link.yaml"] {
        let (_, open) = ground.run(&["render", "-f", file]);
        assert!(open.contains(FILE), "{open}");
        let (success, closed) = ground.run(&[&["render", "-f", file], &CONFINED[..]].concat());
        assert!(!success && !closed.contains(FILE) && closed.contains("is outside"), "{closed}");
    }
}

#[test]
fn files_in_the_folder_are_read_through_links_and_absolute_paths() {
    let ground = Ground::new();
    let repository = ground.repository();
    let absolute = repository.to_str().unwrap();
    fs::create_dir_all(repository.join("deploy/conf.d")).unwrap();
    fs::write(repository.join("shared.conf"), "within-1").unwrap();
    fs::write(repository.join("other.conf"), "within-2").unwrap();
    symlink("../../shared.conf", repository.join("deploy/conf.d/a.conf")).unwrap();
    symlink(repository.join("other.conf"), repository.join("deploy/link")).unwrap();
    symlink("deploy", repository.join("current")).unwrap();
    fs::write(
        repository.join("deploy/compose.yaml"),
        format!(
            "services: {{app: {{image: app, configs: [a, b, c]}}}}\nconfigs:\n  a: {{file: ./conf.d/a.conf}}\n  b: {{file: ./link}}\n  c: {{file: {absolute}/current/../other.conf}}\n"
        ),
    )
    .unwrap();
    // The path of the folder itself can contain a link.
    symlink(&repository, ground.folder.path().join("link")).unwrap();
    for folder in [".", absolute, "../link", "../link/"] {
        for file in ["deploy/compose.yaml", "current/compose.yaml"] {
            let (success, said) =
                ground.run(&["convert", "-f", file, "--confine", folder, "--no-environment"]);
            let read = ["within-1", "within-2"].iter().all(|text| said.contains(text));
            assert!(success && read, "{file} in {folder}: {said}");
        }
    }
    let by_link = ["convert", "-f", "../link/deploy/compose.yaml", "--confine", "../link"];
    let (success, said) = ground.run(&by_link);
    assert!(success && said.contains("within-1"), "{said}");
    let (success, said) = ground.run(&["convert", "-f", "deploy/compose.yaml", "--confine", "deploy"]);
    assert!(!success && !said.contains("within-") && said.contains("outside-confined-folder"), "{said}");
    let (success, said) = ground.run(&["convert", "--confine", "nowhere"]);
    assert!(!success && said.contains("--confine nowhere"), "{said}");
}

#[test]
fn a_folder_of_traps_blocks_nothing() {
    let ground = Ground::new();
    let repository = ground.repository();
    let fifo = Command::new("mkfifo").arg(repository.join("fifo")).status().unwrap();
    assert!(fifo.success());
    let _listener = UnixListener::bind(repository.join("socket")).unwrap();
    symlink("/dev/zero", repository.join("zero")).unwrap();
    symlink("loop", repository.join("loop")).unwrap();
    symlink("ping", repository.join("pong")).unwrap();
    symlink("pong", repository.join("ping")).unwrap();
    fs::File::create(repository.join("huge")).unwrap().set_len(1 << 40).unwrap();
    // Each folder seems to contain itself several times.
    fs::create_dir(repository.join("maze")).unwrap();
    for name in ["a", "b", "c", "d"] {
        symlink(".", repository.join("maze").join(name)).unwrap();
    }
    let long = "a/".repeat(200_000) + "x";
    let began = Instant::now();
    for trap in [&long, "fifo", "socket", "zero", "loop", "ping", "huge", "maze"] {
        for project in [
            format!("services: {{app: {{image: app, configs: [x]}}}}\nconfigs: {{x: {{file: {trap}}}}}\n"),
            format!("services: {{app: {{image: app, secrets: [x]}}}}\nsecrets: {{x: {{file: {trap}}}}}\n"),
            format!("services: {{app: {{image: app, env_file: {trap}}}}}\n"),
            format!("services: {{app: {{image: app, label_file: {trap}}}}}\n"),
            format!("services: {{app: {{image: app, extends: {{file: {trap}, service: x}}}}}}\n"),
            format!("services: {{app: {{image: app, volumes: ['./{trap}:/etc/x:ro']}}}}\n"),
            format!("include: [{trap}]\nservices: {{app: {{image: app}}}}\n"),
        ] {
            fs::write(repository.join("compose.yaml"), &project).unwrap();
            let (success, said) = ground.run(&[&["convert"], &CONFINED[..]].concat());
            assert!(!success && said.contains("error["), "{project}{said}");
        }
    }
    assert!(began.elapsed() < Duration::from_secs(60), "it took {:?}", began.elapsed());
}

#[test]
fn nothing_is_written_through_a_link_of_a_confined_folder() {
    let ground = Ground::new();
    let repository = ground.repository();
    let empty = ground.outside().join("empty");
    fs::create_dir(&empty).unwrap();
    fs::write(repository.join("compose.yaml"), app!("tty: true")).unwrap();
    symlink(&empty, repository.join("stack")).unwrap();
    symlink(empty.join("report"), repository.join("report.json")).unwrap();
    symlink(empty.join("new"), repository.join("other.json.new")).unwrap();
    let is_empty = || fs::read_dir(&empty).unwrap().next().is_none();
    for arguments in [
        ["convert", "-o", "stack"],
        ["convert", "--report", "report.json"],
        ["render", "-o", "report.json"],
        ["config", "-o", "report.json"],
    ] {
        let (success, said) = ground.run(&[&arguments[..], &CONFINED].concat());
        assert!(!success && said.contains("leads outside") && is_empty(), "{arguments:?}: {said}");
    }
    // The temporary file of an output has a random name.
    let (success, said) = ground.run(&[&["convert", "--report", "other.json"], &CONFINED[..]].concat());
    assert!(success && is_empty() && repository.join("other.json").exists(), "{said}");
    let elsewhere = Path::new("../out");
    let (success, said) =
        ground.run(&[&["convert", "-o", elsewhere.to_str().unwrap()], &CONFINED[..]].concat());
    assert!(success && repository.join(elsewhere).join("stack.yaml").exists(), "{said}");
}
