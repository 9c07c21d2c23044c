//! The volumes that a Stack declares.

use std::collections::BTreeMap;

use super::{
    file_keys,
    labels::{UserLabels, labels},
    resources::{Counted, amount},
};
use crate::{
    api::{AccessMode, Nfs, Quantity, Stack, Volume},
    text::names::{dns_label, object_name},
    translate::{
        Facts, Privilege,
        findings::{FieldPath, Findings, Grants},
    },
};

/// The default size of a volume.
pub(in crate::translate) const VOLUME_SIZE: &str = "1Gi";

/// A volume that has passed all checks.
#[derive(Debug)]
pub(in crate::translate) struct DeclaredVolume<'a> {
    pub spec: &'a Volume,
    pub origin: Origin<'a>,
    /// The size of the claim.
    pub size: Quantity,
    pub access_mode: AccessMode,
    pub labels: UserLabels,
    /// The label that keeps Pods which share the claim on one node. The claim and the Pods have it.
    pub node_group: Option<String>,
}

/// The source of a volume.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::translate) enum Origin<'a> {
    /// A claim of the Stack.
    Claim(String),
    /// A claim that the Stack does not own. `of_a_stack` is true if another Stack created it.
    External { claim: &'a str, of_a_stack: bool },
    /// An NFS export, mounted by the Pod. There is no PersistentVolume, because it would have no namespace: a Stack cannot
    /// own such an object, so it would never be deleted.
    Nfs(&'a Nfs),
    /// A host path.
    HostPath(&'a str),
}

impl DeclaredVolume<'_> {
    /// Returns the claim that Pods mount.
    pub fn claim(&self) -> Option<&str> {
        match &self.origin {
            Origin::Claim(name) => Some(name),
            Origin::External { claim, .. } => Some(claim),
            Origin::Nfs(_) | Origin::HostPath(_) => None,
        }
    }
}

/// Resolves the declared volumes.
pub(super) fn volumes<'a>(
    (stack_name, stack): (&str, &'a Stack),
    facts: &Facts,
    grants: Grants<'_>,
    findings: &Findings,
) -> BTreeMap<&'a str, DeclaredVolume<'a>> {
    let mut found = BTreeMap::new();

    for (name, volume) in &stack.spec.volumes {
        let root = findings.root("spec");
        let at = &root.key("volumes", name);
        let given = volume.size.as_ref();
        let size = given.and_then(|size| amount(size, Counted::Bytes, &at.child("size")));
        let origin = origin(volume, facts, at)
            .unwrap_or_else(|| Origin::Claim(object_name(stack_name, &dns_label(name))));
        check_files(volume, at);
        if let Origin::HostPath(folder) = origin {
            check_host_path(folder, grants, &at.child("hostPath"));
        }
        let live = match &origin {
            Origin::Claim(claim) => facts.claims.get(claim),
            _ => None,
        };
        let declared = DeclaredVolume {
            spec: volume,
            origin,
            size: size.unwrap_or_else(|| Quantity::from(VOLUME_SIZE)),
            // The access mode of an existing claim is immutable.
            access_mode: volume.access_mode.or_else(|| live?.access_mode).unwrap_or_default(),
            labels: labels(&volume.labels, "labels", at),
            node_group: None,
        };
        found.insert(name.as_str(), declared);
    }
    found
}

/// Returns the source of a volume, or `None` for a claim of the Stack.
fn origin<'a>(volume: &'a Volume, facts: &Facts, at: &FieldPath<'_>) -> Option<Origin<'a>> {
    let elsewhere = [
        ("claimName", volume.claim_name.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("hostPath", volume.host_path.is_some()),
    ];
    let given: Vec<_> = elsewhere.iter().filter(|(_, given)| *given).map(|(field, _)| *field).collect();
    if given.len() > 1 {
        let message = format!("a volume has one source: keep only one of {}", given.join(" and "));
        at.invalid(message);
    }
    if let Some(field) = given.first() {
        let of_a_claim = [
            ("size", volume.size.is_some()),
            ("storageClassName", volume.storage_class_name.is_some()),
            ("accessMode", volume.access_mode.is_some() && volume.claim_name.is_none()),
            ("labels", !volume.labels.is_empty()),
        ];
        for (useless, _) in of_a_claim.iter().filter(|(_, given)| *given) {
            let message = format!(
                "the field applies only to a claim of the Stack, and '{field}' replaces the claim: remove the field"
            );
            at.child(useless).invalid(message);
        }
    }
    match (&volume.claim_name, &volume.nfs, &volume.host_path) {
        (Some(claim), ..) => {
            let of_a_stack = facts.claims.get(claim).is_some_and(|claim| claim.of_a_stack);
            Some(Origin::External { claim, of_a_stack })
        }
        (_, Some(nfs), _) => Some(Origin::Nfs(nfs)),
        (.., folder) => folder.as_deref().map(Origin::HostPath),
    }
}

/// Checks that a host path is valid and that the namespace grants the privilege.
pub(super) fn check_host_path(folder: &str, grants: Grants<'_>, at: &FieldPath<'_>) {
    if !folder.starts_with('/') || folder.split('/').any(|part| part == "..") {
        at.invalid("the path is not supported: write an absolute path without '..', such as /srv/data");
    }
    grants.require(Privilege::HostPath, "host paths", at);
}

/// Checks the files and folders of a volume.
fn check_files(volume: &Volume, at: &FieldPath<'_>) {
    file_keys::check(&volume.files, at);
    for (index, _) in volume.files.iter().enumerate().filter(|(_, file)| file.path.is_none()) {
        let message = "the path is missing: write the path in the volume, such as 'conf.d/site.conf'";
        at.index("files", index).child("path").invalid(message);
    }
    for (index, folder) in volume.folders.iter().enumerate() {
        if let Some(message) = file_keys::wrong(folder) {
            at.index("folders", index).invalid(message);
        }
    }
    let cannot_be_filled =
        volume.host_path.is_some() || volume.nfs.as_ref().is_some_and(|nfs| nfs.read_only == Some(true));
    if cannot_be_filled && !(volume.files.is_empty() && volume.folders.is_empty()) {
        let message =
            "'files' and 'folders' are not supported for a host path or a read-only export: remove them";
        at.invalid(message);
    }
}
