//! Configs and secrets, which are single files.

use k8s_openapi::api::core::v1::{ConfigMapVolumeSource, KeyToPath, SecretVolumeSource, Volume};

use super::{Copied, Mounter, volume};
use crate::{
    api::{FileMount, Reason, Service},
    text::names::{dns_label, object_name, pod_volume},
    translate::{
        ObjectKind,
        findings::FieldPath,
        resolve::{
            file_keys::{CONTENT, permission_bits},
            reads::Read,
            user::Owner,
        },
    },
};

/// The default permission bits of a file, as in Compose: all users can read the file.
const READABLE: i32 = 0o444;

impl<'a> Mounter<'_, 'a> {
    pub(super) fn configs(&mut self, service: &'a Service, at: &FieldPath<'_>) {
        for (index, mount) in service.configs.iter().enumerate() {
            let at = &at.index("configs", index);
            let (source, spec) = (mount.source.as_str(), self.context.spec);
            let Some((source, config)) = spec.configs.get_key_value(source) else {
                let known = spec.configs.keys().map(String::as_str);
                at.unknown(Reason::UnknownConfig, ("config", source, "spec.configs"), known);
                continue;
            };
            // A config with two sources or none is reported once, at its declaration.
            let (object, key) = match (&config.config_map, &config.content) {
                (Some(reference), _) => {
                    let Read { name, key, .. } = self.read(ObjectKind::ConfigMap, reference);
                    (name.to_owned(), key)
                }
                (None, content) => {
                    self.found.contents.insert(source, content.as_deref().unwrap_or_default());
                    (object_name(self.context.stack, &dns_label(source)), CONTENT)
                }
            };
            let (mode, name) = self.file(mount, "config", at);
            let files = ConfigMapVolumeSource {
                name: object,
                items: Some(vec![item(key)]),
                default_mode: Some(mode),
                optional: None,
            };
            let target = config_target(mount);
            let volume = Volume { config_map: Some(files), ..volume(name) };
            self.file_mount(mount, at, &target, volume);
        }
    }

    pub(super) fn secrets(&mut self, service: &'a Service, at: &FieldPath<'_>) {
        for (index, mount) in service.secrets.iter().enumerate() {
            let at = &at.index("secrets", index);
            let (source, spec) = (mount.source.as_str(), self.context.spec);
            let Some(secret) = spec.secrets.get(source) else {
                let known = spec.secrets.keys().map(String::as_str);
                at.unknown(Reason::UnknownSecret, ("secret", source, "spec.secrets"), known);
                continue;
            };
            let Read { name: object, key, .. } = self.read(ObjectKind::Secret, &secret.secret);
            let (mode, name) = self.file(mount, "secret", at);
            let files = SecretVolumeSource {
                secret_name: Some(object.to_owned()),
                items: Some(vec![item(key)]),
                default_mode: Some(mode),
                optional: None,
            };
            let target = secret_target(mount);
            let volume = Volume { secret: Some(files), ..volume(name) };
            self.file_mount(mount, at, &target, volume);
        }
    }

    /// Mounts a file. A file with another owner than root is a copy, because files of the volume are owned by root.
    fn file_mount(&mut self, mount: &FileMount, at: &FieldPath<'_>, target: &str, volume: Volume) {
        let owner = Owner { user: mount.uid.unwrap_or(0), group: mount.gid.unwrap_or(0) };
        if owner != Owner::ROOT {
            let field = if mount.uid.is_some() { "uid" } else { "gid" };
            self.without_helper(&at.child(field), "the file is owned by root");
            self.found.tasks.copies.push(Copied {
                target: target.trim_end_matches('/').to_owned(),
                volume: volume.name.clone(),
                is_file: true,
                is_writable: false,
                is_private: false,
                is_secret: volume.secret.is_some(),
                owner: Some(owner),
            });
        }
        self.mount(at, target, volume, Some(CONTENT.to_owned()), Some(true));
    }

    /// Returns the permission bits of a file and the name of its volume. There is one volume for each source and mode.
    fn file(&self, mount: &FileMount, family: &str, at: &FieldPath<'_>) -> (i32, String) {
        let mode = permission_bits(mount.mode.as_deref(), 0o777, at).unwrap_or(READABLE);
        let source = &mount.source;
        let name = if mode == READABLE { source.clone() } else { format!("{source}@{mode:o}") };
        (mode, pod_volume(family, &name))
    }
}

/// Returns the path of a config in the container.
pub(super) fn config_target(mount: &FileMount) -> String {
    let target = mount.target.as_deref().unwrap_or(&mount.source);
    format!("/{}", target.trim_start_matches('/'))
}

/// Returns the path of a secret in the container.
pub(super) fn secret_target(mount: &FileMount) -> String {
    match mount.target.as_deref().unwrap_or(&mount.source) {
        absolute if absolute.starts_with('/') => absolute.to_owned(),
        relative => format!("/run/secrets/{relative}"),
    }
}

/// Returns the only item of a volume. The file has a fixed name, because a key can start with `..` and a path cannot.
fn item(key: &str) -> KeyToPath {
    KeyToPath { key: key.to_owned(), path: CONTENT.to_owned(), mode: None }
}
