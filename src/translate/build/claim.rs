//! Named volumes -> PersistentVolumeClaims.

use k8s_openapi::{
    api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};

use crate::{api::VolumePolicy, translate::resolve::Resolved};

/// One claim for each volume, whether or not a service mounts it now.
pub(super) fn claims(resolved: &Resolved<'_>) -> Vec<PersistentVolumeClaim> {
    let spec = &resolved.stack.spec;
    let claim = |(name, volume): (&String, &crate::api::Volume)| {
        let object = resolved.object_name(name);
        let size = resolved.sizes[name.as_str()].0.clone();
        PersistentVolumeClaim {
            // Without an owner the claim outlives the Stack, and a Stack of that name finds it by
            // its labels.
            metadata: match spec.volume_policy.unwrap_or_default() {
                VolumePolicy::Retain => resolved.ownerless(object),
                VolumePolicy::Delete => resolved.metadata(object),
            },
            spec: Some(PersistentVolumeClaimSpec {
                access_modes: Some(vec![volume.access_mode.unwrap_or_default().as_str().to_owned()]),
                resources: Some(VolumeResourceRequirements {
                    requests: Some([("storage".to_owned(), Quantity(size))].into()),
                    limits: None,
                }),
                storage_class_name: volume.storage_class_name.clone(),
                ..PersistentVolumeClaimSpec::default()
            }),
            status: None,
        }
    };
    spec.volumes.iter().map(claim).collect()
}
