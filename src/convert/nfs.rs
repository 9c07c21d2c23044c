//! The PersistentVolume and the claim for an NFS export with mount options.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    NFSVolumeSource, ObjectReference, PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec,
    PersistentVolumeSpec, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::objects::NfsVolume;

/// The size of both objects if the project sets none. Kubernetes compares the sizes to bind the objects, and does not
/// enforce them for NFS.
const SIZE: &str = "1Gi";

/// Builds the PersistentVolume. The reclaim policy keeps it when the claim is deleted. With a known namespace, no
/// other claim can bind to it.
pub fn volume(claim: &str, made: &NfsVolume, namespace: Option<&str>) -> PersistentVolume {
    let export = &made.export;
    let nfs = NFSVolumeSource {
        server: export.server.clone(),
        path: export.path.clone(),
        read_only: export.read_only,
    };
    let claim = namespace.map(|namespace| ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("PersistentVolumeClaim".to_owned()),
        name: Some(claim.to_owned()),
        namespace: Some(namespace.to_owned()),
        ..ObjectReference::default()
    });
    PersistentVolume {
        metadata: ObjectMeta { name: Some(made.volume.clone()), ..ObjectMeta::default() },
        spec: Some(PersistentVolumeSpec {
            access_modes: Some(access_modes()),
            capacity: Some(size(made)),
            claim_ref: claim,
            mount_options: Some(made.options.clone()),
            nfs: Some(nfs),
            persistent_volume_reclaim_policy: Some("Retain".to_owned()),
            storage_class_name: Some(String::new()),
            volume_mode: Some("Filesystem".to_owned()),
            ..PersistentVolumeSpec::default()
        }),
        ..PersistentVolume::default()
    }
}

/// Builds the claim, which binds only to this volume. The empty storage class keeps the cluster from provisioning a
/// volume.
pub fn claim(made: &NfsVolume, metadata: ObjectMeta) -> PersistentVolumeClaim {
    PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(access_modes()),
            resources: Some(VolumeResourceRequirements {
                requests: Some(size(made)),
                ..VolumeResourceRequirements::default()
            }),
            storage_class_name: Some(String::new()),
            volume_mode: Some("Filesystem".to_owned()),
            volume_name: Some(made.volume.clone()),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}

fn access_modes() -> Vec<String> {
    vec!["ReadWriteMany".to_owned()]
}

fn size(made: &NfsVolume) -> BTreeMap<String, Quantity> {
    let size = made.size.as_ref().map_or(SIZE.to_owned(), |size| size.to_string());
    BTreeMap::from([("storage".to_owned(), Quantity(size))])
}
