//! Files outside a project are never stored in a ConfigMap.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// The content of the files outside the project.
const CANARY: &str = "canary-of-another-folder";

/// The result of `convert` for a project.
struct Run {
    code: Option<i32>,
    said: String,
    /// The manifests with the canary.
    reported: Vec<String>,
}

fn run(project: &Path, flags: &[&str]) -> Run {
    let out = project.join("out");
    let done = Command::new(env!("CARGO_BIN_EXE_stackwright"))
        .args(["convert", "--output", "out"])
        .args(flags)
        .current_dir(project)
        .env_clear()
        .output()
        .unwrap();
    let files = fs::read_dir(out).into_iter().flatten().map(|entry| entry.unwrap().path());
    let reported = files.filter(|path| fs::read_to_string(path).unwrap().contains(CANARY));
    let mut reported: Vec<String> =
        reported.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    reported.sort();
    Run { code: done.status.code(), said: String::from_utf8_lossy(&done.stderr).into_owned(), reported }
}

/// Creates a project in `project`, beside `outside/credentials` and `.config/credentials`. `conf` and `file` in the
/// project are links to them.
fn ground(compose: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    for outside in ["outside", ".config"] {
        fs::create_dir_all(folder.path().join(outside)).unwrap();
        fs::write(folder.path().join(outside).join("credentials"), CANARY).unwrap();
    }
    fs::create_dir_all(&project).unwrap();
    symlink("../outside", project.join("conf")).unwrap();
    symlink("../outside/credentials", project.join("file")).unwrap();
    fs::write(project.join("compose.yaml"), compose).unwrap();
    folder
}

fn service(mount: &str) -> String {
    format!("services: {{a: {{image: 'a:1', restart: always, volumes: ['{mount}']}}}}")
}

fn config(file: &str) -> String {
    format!(
        "services: {{a: {{image: 'a:1', restart: always, configs: [c]}}}}\nconfigs: {{c: {{file: {file}}}}}"
    )
}

#[test]
fn a_file_outside_the_project_is_reported_and_stored_in_a_secret() {
    for (compose, secret) in [
        (config("../outside/credentials"), "secret-project-config-c.yaml"),
        (service("../outside:/etc/a:ro"), "secret-project-files-up-outside"),
        (service("../outside:/etc/a"), "secret-project-files-up-outside"),
        (
            service("../outside/credentials:/etc/a/credentials:ro"),
            "secret-project-files-up-outside-credentials",
        ),
        (service("../outside:/data"), "secret-project-files-up-outside"),
    ] {
        let folder = ground(&compose);
        let project = folder.path().join("project");
        let plain = run(&project, &["--secrets", "plain"]);
        assert_eq!(
            (plain.code, plain.reported.len()),
            (Some(0), 1),
            "{compose}: {:?}\n{}",
            plain.reported,
            plain.said
        );
        assert!(plain.reported[0].starts_with(secret), "{compose}: {:?}", plain.reported);
        assert!(plain.said.contains("[files-outside-project]"), "{compose}: {}", plain.said);
        let skipped = run(&project, &[]);
        assert_eq!((skipped.code, &skipped.reported[..]), (Some(0), &[][..]), "{compose}: {}", skipped.said);
        assert!(!skipped.said.contains(CANARY), "{compose}: {}", skipped.said);
    }
}

#[test]
fn a_link_that_leads_out_of_the_project_is_refused() {
    for compose in [
        config("file"),
        config("./conf/credentials"),
        service("./conf:/etc/a:ro"),
        service("./conf:/etc/a"),
        service("./file:/a:ro"),
        service("./conf/credentials:/a:ro"),
    ] {
        let folder = ground(&compose);
        let run = run(&folder.path().join("project"), &["--secrets", "plain"]);
        assert_eq!((run.code, &run.reported[..]), (Some(1), &[][..]), "{compose}: {}", run.said);
        assert!(run.said.contains("error[link-outside-project]"), "{compose}: {}", run.said);
    }
}

#[test]
fn data_behind_a_link_is_not_copied_and_is_reported() {
    let folder = ground(&service("./conf:/data"));
    let run = run(&folder.path().join("project"), &["--secrets", "plain"]);
    assert_eq!((run.code, &run.reported[..]), (Some(0), &[][..]), "{}", run.said);
    assert!(run.said.contains("[data-not-copied]"), "{}", run.said);
}

#[test]
fn a_file_of_the_same_repository_is_in_a_config_map_unless_it_is_hidden() {
    for (compose, reported) in [
        (config("../outside/credentials"), "configmap-project-config-c.yaml"),
        (service("../outside:/etc/a:ro"), "configmap-project-files-up-outside"),
        (service("./conf:/etc/a:ro"), "configmap-project-files-conf.yaml"),
        (config("../.config/credentials"), "secret-project-config-c.yaml"),
        (service("../.config:/etc/a:ro"), "secret-project-files-up-"),
    ] {
        let folder = ground(&compose);
        fs::create_dir(folder.path().join(".git")).unwrap();
        let run = run(&folder.path().join("project"), &["--secrets", "plain"]);
        assert_eq!(
            (run.code, run.reported.len()),
            (Some(0), 1),
            "{compose}: {:?}\n{}",
            run.reported,
            run.said
        );
        assert!(run.reported[0].starts_with(reported), "{compose}: {:?}", run.reported);
    }
}
