//! Paths that do not lead to a regular file of the project.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::Project;

/// Every key that names a file.
const READERS: [(&str, &str); 5] = [
    ("env_file", "services: {a: {image: a, env_file: PATH}}"),
    ("label_file", "services: {a: {image: a, label_file: PATH}}"),
    ("extends", "services: {a: {extends: {file: PATH, service: a}}}"),
    ("include", "include: [PATH]"),
    ("env_file of include", "include: [{path: other.yaml, env_file: PATH}]"),
];

/// Asserts that the loader rejects a path in each of the keys.
fn assert_rejected(path: &str, prepare: impl Fn(&Project)) {
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
fn a_folder_is_rejected() {
    assert_rejected("folder", |project| {
        project.file("folder/x", "");
    });
}

#[test]
fn a_fifo_is_never_opened() {
    let fifo = |project: &Project, name: &str| {
        let made = Command::new("mkfifo").arg(project.folder().join(name)).status().unwrap();
        assert!(made.success());
    };
    assert_rejected("fifo", |project| fifo(project, "fifo"));
    let project = Project::new();
    fifo(&project, "compose.yaml");
    project.rejected("unreadable-file");
    let project = Project::of("services: {a: {image: a}}");
    fifo(&project, ".env");
    project.rejected("missing-env-file");
}

#[test]
fn a_device_is_never_read() {
    assert_rejected("/dev/zero", |_| {});
    assert_rejected("/dev/stdin", |_| {});
    let project = Project::new();
    symlink("/dev/zero", project.folder().join("compose.yaml")).unwrap();
    project.rejected("unreadable-file");
}

#[test]
fn a_proc_file_without_a_size_is_bounded() {
    assert_rejected("/proc/kallsyms", |_| {});
}

#[test]
fn a_cycle_of_symbolic_links_is_rejected() {
    assert_rejected("loop", |project| symlink("loop", project.folder().join("loop")).unwrap());
    let project = Project::of("services: {a: {image: a, volumes: [\"./loop/a:/a\"], build: ./loop}}");
    symlink("loop", project.folder().join("loop")).unwrap();
    project.loads();
    let text = "services: {a: {image: a, build: ., develop: {watch: [{path: ./loop/x, action: rebuild}]}}}";
    let project = Project::of(text);
    symlink(".", project.folder().join("loop")).unwrap();
    project.loads();
}

#[test]
fn a_path_above_the_root_is_the_root() {
    let up = "../".repeat(10_000);
    assert_rejected(&format!("{up}no-such-file"), |_| {});
    let project = Project::of(format!("services: {{a: {{image: a, volumes: [\"{up}etc:/a\"]}}}}"));
    assert!(project.loads().contains("source: /etc\n"));
}

#[test]
fn an_unreadable_file_is_rejected() {
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if root {
        // Root can read every file, except files of the kernel such as this one.
        assert_rejected("/proc/self/mem", |_| {});
        return;
    }
    assert_rejected("locked", |project| {
        project.file("locked", "A=b");
        let path = project.folder().join("locked");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).unwrap();
    });
}
