//! Versions that several files name are the same.

use std::{fs, path::Path};

use regex::Regex;
use stackwright::translate::ServerVersion;

use super::pages::root;

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// `hack/release` checks the same for the version that it releases.
#[test]
fn the_version_is_the_same_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    for chart in ["stackwright", "stackwright-crds"] {
        let text = text(Path::new("charts").join(chart).join("Chart.yaml"));
        for line in [format!("version: {version}"), format!("appVersion: {version}")] {
            assert!(text.lines().any(|found| found == line), "charts/{chart}/Chart.yaml lacks {line}");
        }
    }
    assert!(text("CHANGELOG.md").contains(&format!("\n## [{version}] - ")), "CHANGELOG.md lacks {version}");
    let image = Regex::new(r"stackwright[:-](\d+\.\d+\.\d+)").unwrap();
    for page in ["docs/quick-start.md", "docs/operations.md"] {
        for found in image.captures_iter(&text(page)) {
            assert_eq!(&found[1], version, "{page}");
        }
    }
}

/// The toolchain of the tests is the oldest one that Cargo accepts.
#[test]
fn the_tests_run_on_the_minimum_supported_version_of_rust() {
    let channel = format!("channel = \"{}.0\"", env!("CARGO_PKG_RUST_VERSION"));
    assert!(text("rust-toolchain.toml").contains(&channel), "rust-toolchain.toml lacks {channel}");
}

#[test]
fn all_supported_versions_of_kubernetes_are_tested() {
    let (oldest, newest) = (ServerVersion::OLDEST, ServerVersion::NEWEST);
    let supported: Vec<_> =
        (oldest.minor..=newest.minor).map(|minor| ServerVersion { minor }.to_string()).collect();
    let output = std::process::Command::new(root().join("hack/cluster")).arg("versions").output().unwrap();
    let tried = String::from_utf8(output.stdout).unwrap();
    assert_eq!(tried.lines().collect::<Vec<_>>(), supported, "hack/cluster versions");
    for chart in ["stackwright", "stackwright-crds"] {
        let wanted = format!("kubeVersion: \">={oldest}.0-0\"");
        let text = text(Path::new("charts").join(chart).join("Chart.yaml"));
        assert!(text.lines().any(|line| line == wanted), "charts/{chart}/Chart.yaml lacks {wanted}");
    }
    let fields = format!("tests/kubernetes-{oldest}.json");
    assert!(root().join(fields).exists(), "hack/kubernetes-fields writes it");
}
