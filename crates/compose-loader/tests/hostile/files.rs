//! Paths that lead to what is no file of a project.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::Project;

/// Every place that names a file to be read.
const READERS: [(&str, &str); 5] = [
    ("env_file", "services: {a: {image: a, env_file: PATH}}"),
    ("label_file", "services: {a: {image: a, label_file: PATH}}"),
    ("extends", "services: {a: {extends: {file: PATH, service: a}}}"),
    ("include", "include: [PATH]"),
    ("env_file of include", "include: [{path: other.yaml, env_file: PATH}]"),
];

/// Each of the places with a path; all are refused.
fn all_refuse(path: &str, prepare: impl Fn(&Project)) {
    for (place, text) in READERS {
        let project = Project::of(text.replace("PATH", path));
        project.file("other.yaml", "services: {b: {image: b}}");
        prepare(&project);
        let outcome = project.measured(super::TIME);
        assert_eq!(outcome.code, Some(1), "{place}: {path} must be refused");
        assert!(outcome.errors.contains("error["), "{place}: {}", outcome.errors);
    }
}

#[test]
fn a_folder_is_refused() {
    all_refuse("folder", |project| {
        project.file("folder/x", "");
    });
}

#[test]
fn a_fifo_is_never_opened() {
    let fifo = |project: &Project, name: &str| {
        let made = Command::new("mkfifo").arg(project.folder().join(name)).status().unwrap();
        assert!(made.success());
    };
    all_refuse("fifo", |project| fifo(project, "fifo"));
    let project = Project::new();
    fifo(&project, "compose.yaml");
    project.refused("unreadable-file");
    let project = Project::of("services: {a: {image: a}}");
    fifo(&project, ".env");
    project.refused("missing-env-file");
}

#[test]
fn a_device_is_never_read() {
    all_refuse("/dev/zero", |_| {});
    all_refuse("/dev/stdin", |_| {});
    let project = Project::new();
    symlink("/dev/zero", project.folder().join("compose.yaml")).unwrap();
    project.refused("unreadable-file");
}

#[test]
fn a_file_of_the_kernel_that_says_it_is_empty_is_bounded() {
    all_refuse("/proc/kallsyms", |_| {});
}

#[test]
fn a_circle_of_symbolic_links_is_refused() {
    all_refuse("loop", |project| symlink("loop", project.folder().join("loop")).unwrap());
    let project = Project::of("services: {a: {image: a, volumes: [\"./loop/a:/a\"], build: ./loop}}");
    symlink("loop", project.folder().join("loop")).unwrap();
    project.loads();
    let text = "services: {a: {image: a, build: ., develop: {watch: [{path: ./loop/x, action: rebuild}]}}}";
    let project = Project::of(text);
    symlink(".", project.folder().join("loop")).unwrap();
    project.loads();
}

#[test]
fn a_path_above_the_root_stays_at_the_root() {
    let up = "../".repeat(10_000);
    all_refuse(&format!("{up}no-such-file"), |_| {});
    let project = Project::of(format!("services: {{a: {{image: a, volumes: [\"{up}etc:/a\"]}}}}"));
    assert!(project.loads().contains("source: /etc\n"));
}

#[test]
fn a_file_that_nobody_may_read_is_refused() {
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if root {
        // Nothing is unreadable for root; a file of the kernel that refuses every reader stands in for it.
        all_refuse("/proc/self/mem", |_| {});
        return;
    }
    all_refuse("locked", |project| {
        project.file("locked", "A=b");
        let path = project.folder().join("locked");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).unwrap();
    });
}
