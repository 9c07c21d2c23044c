//! Files that are made from code, and pages about it, agree with the code. `UPDATE_GOLDEN=1` writes the parts of the
//! pages that are made from code.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod commands;
mod links;
mod pages;
mod reference;
mod versions;

use std::{path::Path, process::Command};

use serde_json::Value;
use stackwright::{
    api::Stack,
    translate::{Facts, translate},
};

fn stackwright(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stackwright")).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "stackwright {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Not `assert_eq!`, which would print both texts whole.
fn assert_generated(file: &str, arguments: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let wanted = stackwright(arguments);
    if let Some(line) = first_difference(&text, &wanted) {
        panic!(
            "{file}, line {line}, is not what `stackwright {}` prints: run make generate",
            arguments.join(" ")
        );
    }
}

fn first_difference(a: &str, b: &str) -> Option<usize> {
    if a == b {
        return None;
    }
    Some(1 + a.lines().zip(b.lines()).take_while(|(a, b)| a == b).count())
}

#[test]
fn the_crd_matches_the_code() {
    assert_generated("crds/stackwright.dev_stacks.yaml", &["crds"]);
}

#[test]
fn docs_rules_md_matches_the_rules() {
    assert_generated("docs/rules.md", &["explain", "--markdown", "rules"]);
}

#[test]
fn the_crds_of_the_charts_match_the_code() {
    assert_generated("charts/stackwright/crds/stackwright.dev_stacks.yaml", &["crds"]);
    assert_generated("charts/stackwright-crds/files/stackwright.dev_stacks.yaml", &["crds"]);
}

#[test]
fn the_rbac_rules_of_the_chart_match_the_code() {
    assert_generated("charts/stackwright/files/cluster-role.yaml", &["rbac"]);
    assert_generated("charts/stackwright/files/role.yaml", &["rbac", "--namespaced"]);
    assert_generated("charts/stackwright/files/lease-role.yaml", &["rbac", "--lease"]);
}

#[test]
fn the_stack_in_the_readme_is_valid() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let value: Value = serde_saphyr::from_str(text).unwrap();
    let stack: Stack = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&stack.spec).unwrap(), value["spec"], "a field that no Stack has");
    translate(&stack, &Facts::default()).unwrap();
}
