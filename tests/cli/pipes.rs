//! A reader that closes a pipe, such as `head`, ends a verb without an error.

use std::fs;
use std::io::pipe;
use std::process::Stdio;

use super::{BROKEN, PROJECT, folder, stackwright};

/// Verbs that print to standard output.
const PRINTING: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["completion", "bash"],
    &["config"],
    &["config", "--format", "json"],
    &["config", "--services"],
    &["config", "--help"],
    &["convert"],
    &["crds"],
    &["explain"],
    &["explain", "ulimits"],
    &["explain", "--markdown", "compose"],
    &["rbac"],
    &["rbac", "--namespaced"],
    &["rbac", "--lease"],
    &["render"],
    &["render", "--format", "json"],
];

#[test]
fn a_closed_standard_output_ends_every_verb_quietly() {
    let folder = folder("closed-output");
    fs::write(folder.join("compose.yaml"), PROJECT.replace("version: '3'\n", "")).unwrap();
    for arguments in PRINTING {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = stackwright(&folder, arguments).stdout(writer).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {}: {errors}", output.status);
        assert!(
            !errors.lines().any(|line| line.starts_with("error")) && !errors.contains("panicked"),
            "{arguments:?}: {errors}"
        );
    }
}

#[test]
fn a_full_disk_is_an_error_and_no_closed_pipe() {
    let folder = folder("full-disk");
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = stackwright(&folder, &["crds"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("error: cannot write to standard output: "), "{errors}");
}

#[test]
fn a_closed_standard_error_changes_no_result() {
    let folder = folder("closed-errors");
    fs::write(folder.join("compose.yaml"), PROJECT).unwrap();
    fs::write(folder.join("broken.yaml"), BROKEN).unwrap();
    let stack = "apiVersion: stackwright.dev/v1alpha1\nkind: Stack\nmetadata: {name: s}\nspec: {services: {web: {image: i, ports: [{target: 1, mode: host}]}}}\n";
    fs::write(folder.join("stack.yaml"), stack).unwrap();
    let commands: &[(&[&str], i32)] = &[
        (&["config"], 0),
        (&["convert", "-o", "out"], 0),
        (&["render"], 0),
        (&["config", "-f", "broken.yaml"], 1),
        (&["convert", "-f", "broken.yaml"], 1),
        (&["render", "-f", "broken.yaml"], 1),
        (&["render", "-f", "stack.yaml"], 1),
        (&["explain", "SW9999"], 1),
        (&["controller", "--no-lease", "--no-http"], 1),
        (&["man", "/dev/null/pages"], 1),
        (&["no-such-verb"], 2),
    ];
    for (arguments, code) in commands {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = stackwright(&folder, arguments).stdout(Stdio::null()).stderr(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}");
    }
}
