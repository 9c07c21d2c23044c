//! What a service mounts: named volumes, tmpfs, configs and secrets.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, EmptyDirVolumeSource, KeyToPath, PersistentVolumeClaimVolumeSource,
    SecretVolumeSource, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use serde_json::json;

use super::{Counted, Problems, Read, amount};
use crate::{
    api::{self, FileMount, Service, StackSpec},
    translate::{
        ObjectKind, Reason,
        names::{dns_label, object_name, pod_volume},
        short_hash,
    },
};

/// The folder of a claim that a service sees: never the claim's root, whose `lost+found` would be
/// in the way of programs that want an empty folder.
const FOLDER: &str = "data";

/// The key of a config that the Stack itself keeps, and the file's name in every pod volume.
pub(in crate::translate) const CONTENT: &str = "content";

/// What a service mounts.
#[derive(Debug, Default)]
pub(in crate::translate) struct Mounts<'a> {
    /// The pod's volumes by name.
    pub volumes: BTreeMap<String, Volume>,
    /// The container's mounts by path, so that the order in the spec moves nothing.
    pub mounts: BTreeMap<String, VolumeMount>,
    /// Whether it may write a named volume.
    pub writes_volume: bool,
    /// The keys of objects of others that it mounts.
    pub reads: Vec<Read<'a>>,
    /// The contents of the Stack's own configs that it reads, by name.
    contents: BTreeMap<&'a str, &'a str>,
}

impl Mounts<'_> {
    /// A hash of the configs' contents, so that a change of one restarts those who read it.
    pub fn contents_hash(&self) -> Option<String> {
        // As JSON, in which no two maps look alike.
        (!self.contents.is_empty()).then(|| short_hash(&json!(self.contents).to_string()))
    }
}

/// Looks up everything that `service` mounts.
pub(super) fn mounts<'a>(
    stack: &str,
    spec: &'a StackSpec,
    service: &'a Service,
    path: &str,
    problems: &mut Problems,
) -> Mounts<'a> {
    let mut mounter = Mounter { stack, spec, path, problems, found: Mounts::default() };
    mounter.named_volumes(service);
    mounter.tmpfs(service);
    mounter.configs(service);
    mounter.secrets(service);
    mounter.found
}

struct Mounter<'a, 'p> {
    stack: &'p str,
    spec: &'a StackSpec,
    path: &'p str,
    problems: &'p mut Problems,
    found: Mounts<'a>,
}

impl<'a> Mounter<'a, '_> {
    fn named_volumes(&mut self, service: &'a Service) {
        for (index, mount) in service.volumes.iter().enumerate() {
            let path = format!("{}.volumes[{index}]", self.path);
            let Some(source) = &mount.source else { continue };
            if !self.spec.volumes.contains_key(source) {
                let known = self.spec.volumes.keys().map(String::as_str);
                self.problems.unknown(
                    Reason::UnknownVolume,
                    &path,
                    ("volume", source, "spec.volumes"),
                    known,
                );
            }
            let read_only = mount.read_only.filter(|&yes| yes);
            self.found.writes_volume |= read_only.is_none();
            let claim = PersistentVolumeClaimVolumeSource {
                claim_name: object_name(self.stack, &dns_label(source)),
                read_only: None,
            };
            let volume = Volume {
                persistent_volume_claim: Some(claim),
                ..volume(pod_volume("volume", &dns_label(source)))
            };
            let sub_path = self.folder(mount, &path);
            self.mount(&path, &mount.target, volume, Some(sub_path), read_only);
        }
    }

    /// The folder of the claim that a mount shows.
    fn folder(&mut self, mount: &api::VolumeMount, path: &str) -> String {
        let Some(subpath) = &mount.subpath else { return FOLDER.to_owned() };
        if subpath.starts_with('/') || subpath.split('/').any(|part| part == "..") {
            let message =
                format!("'{subpath}' leads out of the volume: write a path below its root, such as 'a/b'");
            self.problems.value(format!("{path}.subpath"), message);
        }
        let parts = subpath.split('/').filter(|part| !part.is_empty() && *part != ".");
        std::iter::once(FOLDER).chain(parts).collect::<Vec<_>>().join("/")
    }

    fn tmpfs(&mut self, service: &Service) {
        for (index, tmpfs) in service.tmpfs.iter().enumerate() {
            let path = format!("{}.tmpfs[{index}]", self.path);
            let size = tmpfs
                .size
                .as_ref()
                .and_then(|size| amount(size, Counted::Bytes, &format!("{path}.size"), self.problems));
            let memory = EmptyDirVolumeSource {
                medium: Some("Memory".to_owned()),
                size_limit: size.map(|size| Amount(size.0)),
            };
            let name = pod_volume("tmpfs", &tmpfs.target);
            self.mount(&path, &tmpfs.target, Volume { empty_dir: Some(memory), ..volume(name) }, None, None);
        }
    }

    fn configs(&mut self, service: &'a Service) {
        for (index, mount) in service.configs.iter().enumerate() {
            let path = format!("{}.configs[{index}]", self.path);
            let source = mount.source.as_str();
            let Some((source, config)) = self.spec.configs.get_key_value(source) else {
                let known = self.spec.configs.keys().map(String::as_str);
                self.problems.unknown(Reason::UnknownConfig, path, ("config", source, "spec.configs"), known);
                continue;
            };
            // A config that is both or neither is told of once, where it is declared.
            let (object, key) = match (&config.config_map, &config.content) {
                (Some(reference), _) => {
                    let Read { name, key, .. } = self.read(ObjectKind::ConfigMap, reference);
                    (name.to_owned(), key)
                }
                (None, content) => {
                    self.found.contents.insert(source, content.as_deref().unwrap_or_default());
                    (object_name(self.stack, &dns_label(source)), CONTENT)
                }
            };
            let (mode, name) = self.file(mount, "config", &path);
            let files = ConfigMapVolumeSource {
                name: object,
                items: Some(vec![item(key)]),
                default_mode: Some(mode),
                optional: None,
            };
            let target = mount.target.as_deref().unwrap_or(source);
            let target = format!("/{}", target.trim_start_matches('/'));
            let volume = Volume { config_map: Some(files), ..volume(name) };
            self.mount(&path, &target, volume, Some(CONTENT.to_owned()), Some(true));
        }
    }

    fn secrets(&mut self, service: &'a Service) {
        for (index, mount) in service.secrets.iter().enumerate() {
            let path = format!("{}.secrets[{index}]", self.path);
            let source = mount.source.as_str();
            let Some(secret) = self.spec.secrets.get(source) else {
                let known = self.spec.secrets.keys().map(String::as_str);
                self.problems.unknown(Reason::UnknownSecret, path, ("secret", source, "spec.secrets"), known);
                continue;
            };
            let Read { name: object, key, .. } = self.read(ObjectKind::Secret, &secret.secret);
            let (mode, name) = self.file(mount, "secret", &path);
            let files = SecretVolumeSource {
                secret_name: Some(object.to_owned()),
                items: Some(vec![item(key)]),
                default_mode: Some(mode),
                optional: None,
            };
            let target = match mount.target.as_deref().unwrap_or(source) {
                absolute if absolute.starts_with('/') => absolute.to_owned(),
                relative => format!("/run/secrets/{relative}"),
            };
            let volume = Volume { secret: Some(files), ..volume(name) };
            self.mount(&path, &target, volume, Some(CONTENT.to_owned()), Some(true));
        }
    }

    fn read(&mut self, kind: ObjectKind, reference: &'a api::KeyRef) -> Read<'a> {
        let read = Read { kind, name: &reference.name, key: &reference.key };
        self.found.reads.push(read);
        read
    }

    /// The permission bits of a file, and the name of its pod volume: one for each source and mode.
    fn file(&mut self, mount: &FileMount, family: &str, path: &str) -> (i32, String) {
        let mode = match mount.mode.as_deref().map(|mode| i32::from_str_radix(mode, 8)) {
            None => READABLE,
            Some(Ok(mode @ 0..=0o777)) => mode,
            Some(_) => {
                let message = "write the permission bits as three octal digits, such as \"0440\"";
                self.problems.value(format!("{path}.mode"), message);
                READABLE
            }
        };
        let source = &mount.source;
        let name = if mode == READABLE { source.clone() } else { format!("{source}@{mode:o}") };
        (mode, pod_volume(family, &name))
    }

    fn mount(
        &mut self,
        path: &str,
        target: &str,
        volume: Volume,
        sub_path: Option<String>,
        read_only: Option<bool>,
    ) {
        let target = target.trim_end_matches('/').to_owned();
        let path = format!("{path}.target");
        if target.is_empty() || !target.starts_with('/') || target.contains(':') {
            let message = "write an absolute path, not the root itself and without a colon";
            self.problems.value(&path, message);
        }
        let mount = VolumeMount {
            mount_path: target.clone(),
            name: volume.name.clone(),
            read_only,
            sub_path,
            ..VolumeMount::default()
        };
        if self.found.mounts.insert(target.clone(), mount).is_some() {
            self.problems
                .value(path, format!("'{target}' is mounted twice: give one of the two another path"));
        }
        self.found.volumes.insert(volume.name.clone(), volume);
    }
}

/// A file that everyone may read and nobody write, as Compose mounts it.
const READABLE: i32 = 0o444;

/// The one key that a pod volume holds. The file's name is ours, since a key may begin with the
/// two dots that a path may not have.
fn item(key: &str) -> KeyToPath {
    KeyToPath { key: key.to_owned(), path: CONTENT.to_owned(), mode: None }
}

fn volume(name: String) -> Volume {
    Volume { name, ..Volume::default() }
}

/// What the declarations of configs themselves may get wrong.
pub(super) fn check_declarations(spec: &StackSpec, problems: &mut Problems) {
    for (name, config) in &spec.configs {
        if config.content.is_some() == config.config_map.is_some() {
            let message = "a config is either given as 'content' or names a 'configMap': set exactly one";
            problems.value(format!("spec.configs.{name}"), message);
        }
    }
}
