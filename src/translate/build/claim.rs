//! Builder of PersistentVolumeClaims for volumes.

use k8s_openapi::{
    api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};

use crate::{
    api::{AccessMode, VolumePolicy, labels::VOLUMES},
    translate::{
        Activity,
        resolve::{DeclaredVolume, Origin, Resolved, ResolvedService, VOLUME_SIZE},
    },
};

/// Builds a claim for each volume of the Stack, also for volumes that no service mounts.
pub(super) fn claims(resolved: &Resolved<'_>) -> Vec<PersistentVolumeClaim> {
    let claim = |volume: &DeclaredVolume<'_>| {
        let Origin::Claim(name) = &volume.origin else { return None };
        // Without an owner, the claim outlives the Stack. A new Stack of the same name finds it by its labels.
        let mut metadata = match resolved.stack.spec.volume_policy.unwrap_or_default() {
            VolumePolicy::Retain => resolved.ownerless(name.clone()),
            VolumePolicy::Delete => resolved.metadata(name.clone()),
        };
        let labels = metadata.labels.get_or_insert_default();
        labels.extend(volume.labels.labels.clone());
        labels.extend(volume.node_group.iter().map(|node_group| (VOLUMES.to_owned(), node_group.clone())));
        if !volume.labels.annotations.is_empty() {
            metadata.annotations = Some(volume.labels.annotations.clone());
        }
        let class = volume.spec.storage_class_name.clone();
        Some(of(metadata, volume.access_mode, &volume.size.0, class))
    };
    resolved.volumes.values().filter_map(claim).collect()
}

/// Builds the claims of the anonymous volumes of a service. The Stack owns them.
pub(super) fn anonymous(resolved: &Resolved<'_>) -> Vec<PersistentVolumeClaim> {
    let is_active = |service: &&ResolvedService<'_>| service.own.activity != Activity::Inactive;
    let claims = resolved.services.values().filter(is_active).flat_map(|service| {
        service.own.mounts.anonymous_claims.iter().map(move |claim| (service, claim.name.clone()))
    });
    let claim = |(service, name)| {
        of(resolved.metadata_of(service, name), AccessMode::ReadWriteOnce, VOLUME_SIZE, None)
    };
    claims.map(claim).collect()
}

fn of(metadata: ObjectMeta, mode: AccessMode, size: &str, class: Option<String>) -> PersistentVolumeClaim {
    PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec![mode.as_str().to_owned()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), Quantity(size.to_owned()))].into()),
                limits: None,
            }),
            storage_class_name: class,
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}
