//! Projected volumes.

use k8s_openapi::api::core::v1::{ProjectedVolumeSource, Volume, VolumeProjection};

/// The default permission bits of a file.
pub(super) const USUAL: i32 = 0o644;

/// Returns a volume of files.
pub(super) fn projected(volume: Volume, sources: Vec<VolumeProjection>) -> Volume {
    let files = ProjectedVolumeSource { sources: Some(sources), default_mode: Some(USUAL) };
    Volume { projected: Some(files), empty_dir: None, ..volume }
}

/// Returns the volume of a tree, with mount points for mounts below the tree.
pub(super) fn with_places(mut tree: Volume, places: VolumeProjection) -> Volume {
    let sources = tree.projected.take().and_then(|files| files.sources);
    projected(tree, sources.into_iter().flatten().chain([places]).collect())
}
