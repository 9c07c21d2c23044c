//! A full disk of a node. The kubelet's threshold is raised, so the machine's disk needs only two GiB.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{outages, support::Scenario, until_answer};

const MIB: u64 = 1 << 20;

/// A node whose kubelet counts the disk as full when one GiB less is free than now.
pub struct SmallDisk {
    settings: PathBuf,
    before: String,
    filling: PathBuf,
}

impl SmallDisk {
    /// Configures the kubelet of `node` until this value is dropped.
    pub fn of(s: &Scenario<'_>, node: &str) -> Self {
        let folder = outages::state(s).join(format!("node-{}", outages::number(node)));
        let settings = folder.join("kubelet.yaml");
        let before = fs::read_to_string(&settings).expect("the kubelet's settings");
        let least = free(&folder) - 1024 * MIB;
        let after = before.replace("fs.available: 1%", &format!("fs.available: '{least}'"));
        assert_ne!(after, before, "the settings have a threshold");
        let disk = Self { settings, before, filling: folder.join("filling") };
        fs::write(&disk.settings, after).expect("the kubelet's settings can be written");
        outages::kill(s, node, "kubelet", "kubelet.yaml");
        // A kubelet that learns of its Pods with a full disk rejects them instead of evicting them.
        let asked = |what: &str| {
            let path = format!("/api/v1/nodes/{node}/proxy/{what}");
            let output = s.cluster.kubectl(&s.namespace, &["get", "--raw", &path]).output();
            String::from_utf8(output.expect("kubectl runs").stdout).expect("a text")
        };
        let is_reported = |what, text: String| {
            until_answer(&format!("{what} of {node} has {text}"), || asked(what), |it| it.contains(&text));
        };
        is_reported("configz", format!("\"nodefs.available\":\"{least}\""));
        is_reported("pods", format!("\"namespace\":\"{}\"", s.namespace));
        disk
    }

    /// Fills the disk.
    pub fn fill(&self) {
        let filled = Command::new("fallocate").args(["--length", "2GiB"]).arg(&self.filling).status();
        assert!(filled.is_ok_and(|status| status.success()), "fallocate (above)");
    }

    /// Empties the disk.
    pub fn empty(&self) {
        fs::remove_file(&self.filling).expect("the disk was filled");
    }
}

impl Drop for SmallDisk {
    /// Resets the settings, also after a failure. The kubelet reads them at its next start.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.filling);
        let _ = fs::write(&self.settings, &self.before);
        let pattern = format!("kubelet --config {}", self.settings.display());
        let _ = Command::new("pkill").args(["-KILL", "--full", &pattern]).status();
    }
}

/// Returns the free bytes of a folder's file system.
fn free(folder: &Path) -> u64 {
    let output = Command::new("df").args(["--block-size=1", "--output=avail"]).arg(folder).output();
    let text = String::from_utf8(output.expect("df runs").stdout).expect("a number");
    text.lines().last().and_then(|line| line.trim().parse().ok()).expect("a number")
}
