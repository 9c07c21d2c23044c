//! The volumes that a Stack declares: where the files of each lie.

use std::collections::BTreeMap;

use super::{
    Counted, Problems, ResolvedService, amount,
    labels::{UserLabels, labels},
    mounts,
};
use crate::{
    api::{AccessMode, Nfs, Quantity, Stack, Volume},
    translate::{
        Activity, Approximation, Facts, Privilege,
        names::{dns_label, object_name},
    },
};

/// What a volume asks for where no size is given.
pub(in crate::translate) const VOLUME_SIZE: &str = "1Gi";

/// A volume that has passed all checks.
#[derive(Debug)]
pub(in crate::translate) struct DeclaredVolume<'a> {
    pub spec: &'a Volume,
    pub origin: Origin<'a>,
    /// What the claim asks for.
    pub size: Quantity,
    pub access_mode: AccessMode,
    pub labels: UserLabels,
    /// What keeps the pods together that share it, as it stands on claim and pods.
    pub together: Option<String>,
}

/// Where the files of a volume lie.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::translate) enum Origin<'a> {
    /// In a claim of the Stack's own.
    Claim(String),
    /// In a claim of someone else; `of_a_stack` when another Stack made it.
    External { claim: &'a str, of_a_stack: bool },
    /// On an NFS server. A PersistentVolume in between would give nothing: it belongs to no namespace, so
    /// that no Stack could own it and nothing would ever take it away.
    Nfs(&'a Nfs),
    /// On the node.
    HostPath(&'a str),
}

impl DeclaredVolume<'_> {
    /// The claim that pods mount.
    pub fn claim(&self) -> Option<&str> {
        match &self.origin {
            Origin::Claim(name) => Some(name),
            Origin::External { claim, .. } => Some(claim),
            Origin::Nfs(_) | Origin::HostPath(_) => None,
        }
    }
}

/// Looks up every declared volume.
pub(super) fn volumes<'a>(
    stack: &'a Stack,
    facts: &Facts,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> BTreeMap<&'a str, DeclaredVolume<'a>> {
    let mut found = BTreeMap::new();
    let stack_name = stack.metadata.name.as_deref().unwrap_or_default();
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
            // It never changes on a living claim.
            access_mode: volume.access_mode.or_else(|| live?.access_mode).unwrap_or_default(),
            labels: labels(&volume.labels, &format!("{path}.labels"), problems, approximations),
            together: None,
        };
        found.insert(name.as_str(), declared);
    }
    found
}

/// Where the files lie if not in a claim of the Stack's own.
fn origin<'a>(volume: &'a Volume, facts: &Facts, path: &str, problems: &mut Problems) -> Option<Origin<'a>> {
    let elsewhere = [
        ("claimName", volume.claim_name.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("hostPath", volume.host_path.is_some()),
    ];
    let given: Vec<_> = elsewhere.iter().filter(|(_, given)| *given).map(|(field, _)| *field).collect();
    if given.len() > 1 {
        let message = format!("the files lie in one place: keep one of {}", given.join(" and "));
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
            let message = format!("no claim is made where '{field}' says where the files lie: take this out");
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

/// Refuses a folder of the node where the namespace does not allow them, and one that Kubernetes does not take.
pub(super) fn check_host_path(
    folder: &str,
    facts: &Facts,
    path: String,
    namespace: Option<&str>,
    problems: &mut Problems,
) {
    if !folder.starts_with('/') || folder.split('/').any(|part| part == "..") {
        problems.value(&path, "write an absolute path without '..', such as /srv/data");
    }
    if !facts.privileges.allows(Privilege::HostPath) {
        problems.not_allowed(path, "files of the nodes", Privilege::HostPath, namespace);
    }
}

/// Says once that volumes begin empty where no helper fills them.
pub(super) fn not_seeded(
    services: &BTreeMap<&str, ResolvedService<'_>>,
    facts: &Facts,
) -> Option<Approximation> {
    let mut active = services.values().filter(|service| service.activity != Activity::Inactive);
    let seed = active.find_map(|service| service.mounts.chores.seeds.first())?;
    let message = "new volumes begin empty, not with what the image has there, since the operator has no helper image: \
                   set its --helper-image, or write 'nocopy' where the volume should begin empty";
    facts
        .helper_image
        .is_none()
        .then(|| Approximation { path: seed.path.clone(), message: message.to_owned() })
}
