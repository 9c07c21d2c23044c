//! Upper bounds of the memory that the operator needs to build the objects of a service.

use std::collections::{BTreeMap, BTreeSet};

use super::gauge::Gauge;
use crate::{
    api::{Service, StackSpec, Volume, VolumeMount},
    translate::ImageConfig,
};

/// The memory of the workload and the Service of a service, without the values of its spec.
const SERVICE: usize = 32 << 10;
/// The memory of another object.
pub(super) const OBJECT: usize = 6 << 10;
/// The memory of a variable of a container, without its values.
const VARIABLE: usize = 1 << 10;
/// The memory of a volume of a Pod and its mount, without their values.
const VOLUME: usize = 10 << 10;
/// The memory of a mount in an additional container.
const MOUNT: usize = 1 << 10;
/// The memory of a mount point in a tree of files.
const PLACE: usize = 1 << 10;
/// The memory of a DNS name of a service, without the Service.
const NAME: usize = 512;

/// Returns the memory of a service, without the ports of its Services.
pub(super) fn of_service(spec: &StackSpec, service: &Service, image: Option<&ImageConfig>) -> usize {
    let variables = service.environment.len().saturating_add(service.environment_from.len());
    let variables = variables
        .saturating_mul(VARIABLE)
        .saturating_add(Gauge::of(&(&service.environment, &service.environment_from)).memory());
    let mounts = [
        service.volumes.len(),
        service.tmpfs.len(),
        service.configs.len(),
        service.secrets.len(),
        service.files.len(),
        image.map_or(0, |image| image.volumes.len()),
    ];
    let mounts: usize = mounts.into_iter().sum();
    let before = service.pre_start.iter().map(|program| program.environment.len());
    let before = before.chain(service.post_start.iter().map(|hook| hook.environment.len()));
    let (programs, of_programs) = before.fold((0_usize, 0_usize), |(programs, variables), more| {
        (programs.saturating_add(1), variables.saturating_add(more))
    });
    // Each program that runs before the service has the variables and mounts of the service.
    let copied = variables.saturating_add(mounts.saturating_mul(MOUNT)).saturating_add(VOLUME);
    let names: usize = service.networks.values().map(|network| network.aliases.len()).sum();
    [
        SERVICE,
        Gauge::of(service).memory(),
        variables,
        programs.saturating_mul(copied),
        of_programs.saturating_mul(VARIABLE),
        mounts.saturating_mul(VOLUME),
        of_contents(spec, service),
        kept_places(service).saturating_mul(PLACE),
        names.saturating_mul(NAME),
        service.ingress.len().saturating_mul(OBJECT),
        image.map_or(0, |image| Gauge::of(image).memory()),
    ]
    .into_iter()
    .fold(0, usize::saturating_add)
}

/// Returns the memory of the files of each volume.
pub(super) fn files_of_volumes(spec: &StackSpec) -> BTreeMap<&str, usize> {
    let with_any = spec.volumes.iter().filter(|(_, it)| !(it.files.is_empty() && it.folders.is_empty()));
    let memory =
        |volume: &Volume| Gauge::of(&(&volume.files, &volume.folders)).memory().saturating_add(VOLUME);
    with_any.map(|(name, volume)| (name.as_str(), memory(volume))).collect()
}

/// Returns the memory of the files of the volumes that a service mounts. The helper of each such service writes the files.
pub(super) fn of_volumes(files: &BTreeMap<&str, usize>, service: &Service) -> usize {
    let sources: BTreeSet<&str> =
        service.volumes.iter().filter_map(|mount| mount.source.as_deref()).collect();
    sources.into_iter().filter_map(|source| files.get(source)).copied().fold(0, usize::saturating_add)
}

/// Returns the content of the configs in the Stack that a service mounts. The template has a hash of it.
fn of_contents(spec: &StackSpec, service: &Service) -> usize {
    let sources: BTreeSet<&String> = service.configs.iter().map(|mount| &mount.source).collect();
    let configs = sources.into_iter().filter_map(|source| spec.configs.get(source));
    configs
        .filter_map(|config| config.content.as_ref())
        .map(|content| content.0.len())
        .fold(0, usize::saturating_add)
}

/// Returns the mount points in trees of files.
fn kept_places(service: &Service) -> usize {
    let volumes = service.volumes.iter().map(|mount: &VolumeMount| mount.target.as_str());
    let tmpfs = service.tmpfs.iter().map(|mount| mount.target.as_str());
    let trees = service.files.iter().map(|tree| tree.target.as_str());
    let files = service.configs.iter().chain(&service.secrets).filter_map(|mount| mount.target.as_deref());
    let mounted: Vec<&str> = volumes.chain(tmpfs).chain(trees).chain(files).collect();
    let below = |tree: &str| mounted.iter().filter(|target| target.starts_with(tree)).count();
    service.files.iter().map(|tree| below(tree.target.trim_end_matches('/'))).sum()
}
