//! A node's disk runs full, of which its kubelet is the judge: the machine's own stays as empty as it is but
//! for two GiB.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{outages, support::Scenario, until_answer};

const MIB: u64 = 1 << 20;

/// A node whose kubelet takes the disk for full when a GiB less is free than when this was made.
pub struct SmallDisk {
    settings: PathBuf,
    before: String,
    filling: PathBuf,
}

impl SmallDisk {
    /// The disk of `node`, as long as this lives.
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
        // One that is told of its pods when its disk is full does not evict: it does not take them in.
        let asked = |what: &str| {
            let path = format!("/api/v1/nodes/{node}/proxy/{what}");
            let told = s.cluster.kubectl(&s.namespace, &["get", "--raw", &path]).output();
            String::from_utf8(told.expect("kubectl runs").stdout).expect("a text")
        };
        let is_told = |what, text: String| {
            until_answer(&format!("{what} of {node} tells {text}"), || asked(what), |it| it.contains(&text));
        };
        is_told("configz", format!("\"nodefs.available\":\"{least}\""));
        is_told("pods", format!("\"namespace\":\"{}\"", s.namespace));
        disk
    }

    /// Fills it.
    pub fn fill(&self) {
        let filled = Command::new("fallocate").args(["--length", "2GiB"]).arg(&self.filling).status();
        assert!(filled.is_ok_and(|status| status.success()), "fallocate (above)");
    }

    /// Empties it again.
    pub fn empty(&self) {
        fs::remove_file(&self.filling).expect("the disk was filled");
    }
}

impl Drop for SmallDisk {
    /// Also after a failure. The kubelet reads its settings when it starts next.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.filling);
        let _ = fs::write(&self.settings, &self.before);
        let pattern = format!("kubelet --config {}", self.settings.display());
        let _ = Command::new("pkill").args(["-KILL", "--full", &pattern]).status();
    }
}

/// The bytes that are free where a folder lies.
fn free(folder: &Path) -> u64 {
    let output = Command::new("df").args(["--block-size=1", "--output=avail"]).arg(folder).output();
    let text = String::from_utf8(output.expect("df runs").stdout).expect("a number");
    text.lines().last().and_then(|line| line.trim().parse().ok()).expect("a number")
}
