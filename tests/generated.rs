//! Files that are made from code, or speak of it, say what the code says.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{path::Path, process::Command};

use serde_json::Value;
use stackwright::{
    api::{Reason, Stack},
    translate::{Facts, ServerVersion, translate},
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
fn all_supported_versions_of_kubernetes_are_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (oldest, newest) = (ServerVersion::OLDEST, ServerVersion::NEWEST);
    let supported: Vec<_> =
        (oldest.minor..=newest.minor).map(|minor| ServerVersion { minor }.to_string()).collect();
    let output = Command::new(root.join("hack/cluster")).arg("versions").output().unwrap();
    let tried = String::from_utf8(output.stdout).unwrap();
    assert_eq!(tried.lines().collect::<Vec<_>>(), supported, "hack/cluster versions");
    for chart in ["stackwright", "stackwright-crds"] {
        let text = std::fs::read_to_string(root.join("charts").join(chart).join("Chart.yaml")).unwrap();
        let wanted = format!("kubeVersion: \">={oldest}.0-0\"");
        assert!(text.lines().any(|line| line == wanted), "charts/{chart}/Chart.yaml lacks {wanted}");
    }
    assert!(
        root.join(format!("tests/kubernetes-{oldest}.json")).exists(),
        "hack/kubernetes-fields writes it"
    );
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

/// `UPDATE_GOLDEN=1` writes the table.
#[test]
fn the_documentation_lists_all_reasons() {
    const BEGIN: &str = "<!-- The table of reasons is made from code -->\n";
    const END: &str = "<!-- End of the table of reasons -->";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/stack.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let rows = Reason::ALL.iter().map(|reason| {
        format!("| `{}` | `{}` | {} |\n", reason.as_str(), reason.condition().as_str(), reason.meaning())
    });
    let table = format!("\n| reason | condition | meaning |\n|---|---|---|\n{}\n", rows.collect::<String>());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, [before, BEGIN, &table, END, after].concat()).unwrap();
    } else {
        assert_eq!(found, table, "run UPDATE_GOLDEN=1 cargo test --test generated");
    }
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
