//! The volumes that a Stack declares.

use std::collections::BTreeMap;

use super::{
    Counted, Problems, ResolvedService, amount,
    labels::{UserLabels, labels},
    mounts,
};
use crate::{
    api::{AccessMode, Nfs, Quantity, Stack, Volume},
    text::names::{dns_label, object_name},
    translate::{Activity, Approximation, Facts, Privilege},
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
    pub together: Option<String>,
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
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> BTreeMap<&'a str, DeclaredVolume<'a>> {
    let mut found = BTreeMap::new();

    for (name, volume) in &stack.spec.volumes {
        let path = format!("spec.volumes.{name}");
        let given = volume.size.as_ref();
        let size = given.and_then(|size| amount(size, Counted::Bytes, &format!("{path}.size"), problems));
        let origin = origin(volume, facts, &path, problems)
            .unwrap_or_else(|| Origin::Claim(object_name(stack_name, &dns_label(name))));
        mounts::check_laid(volume, &path, problems);
        if let Origin::HostPath(folder) = origin {
            let namespace = stack.metadata.namespace.as_deref();
            check_host_path(folder, facts, format!("{path}.hostPath"), namespace, problems);
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
            labels: labels(&volume.labels, &format!("{path}.labels"), problems, approximations),
            together: None,
        };
        found.insert(name.as_str(), declared);
    }
    found
}

/// Returns the source of a volume, or `None` for a claim of the Stack.
fn origin<'a>(volume: &'a Volume, facts: &Facts, path: &str, problems: &mut Problems) -> Option<Origin<'a>> {
    let elsewhere = [
        ("claimName", volume.claim_name.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("hostPath", volume.host_path.is_some()),
    ];
    let given: Vec<_> = elsewhere.iter().filter(|(_, given)| *given).map(|(field, _)| *field).collect();
    if given.len() > 1 {
        let message = format!("a volume has one source: keep only one of {}", given.join(" and "));
        problems.value(path, message);
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
                "the field applies only to a claim of the Stack, and '{field}' replaces the claim: \
                                   remove the field"
            );
            problems.value(format!("{path}.{useless}"), message);
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
pub(super) fn check_host_path(
    folder: &str,
    facts: &Facts,
    path: String,
    namespace: Option<&str>,
    problems: &mut Problems,
) {
    if !folder.starts_with('/') || folder.split('/').any(|part| part == "..") {
        problems.value(
            &path,
            "the path is not supported: write an absolute path without '..', such as /srv/data",
        );
    }
    if !facts.privileges.allows(Privilege::HostPath) {
        problems.not_allowed(path, "host paths", Privilege::HostPath, namespace);
    }
}

/// Reports once that volumes are not seeded without a helper image.
pub(super) fn not_seeded(
    services: &BTreeMap<&str, ResolvedService<'_>>,
    facts: &Facts,
) -> Option<Approximation> {
    let mut active = services.values().filter(|service| service.activity != Activity::Inactive);
    let seed = active.find_map(|service| service.mounts.chores.seeds.first())?;
    let message = "new volumes start empty and are not seeded from the image, because the operator has no helper \
                   image: run the operator with --helper-image, or set 'nocopy'";
    facts
        .helper_image
        .is_none()
        .then(|| Approximation { path: seed.path.clone(), message: message.to_owned() })
}
