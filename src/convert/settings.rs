//! Settings of Stackwright under `x-stackwright`.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::reader::{Section, Value};
use crate::api::{
    AccessMode, AnonymousVolumes, ImageMetadata, IngressRule, Nfs, OnUnhealthy, Publish, Quantity, Service,
    ServiceMode, StackSpec, Volume, VolumePolicy,
};
use crate::rules;

/// The value of `bind` under `x-stackwright` of a bind mount.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum BindMode {
    /// Copies of the files.
    Files,
    /// A volume.
    Volume,
    /// A folder that starts empty in each Pod.
    EmptyDir,
}

impl BindMode {
    /// Returns the word in a Compose file.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "files" => Some(Self::Files),
            "volume" => Some(Self::Volume),
            "emptyDir" => Some(Self::EmptyDir),
            _ => None,
        }
    }
}

/// The settings at the top of a Compose file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ProjectSettings {
    publish: Option<Publish>,
    volume_policy: Option<VolumePolicy>,
    anonymous_volumes: Option<AnonymousVolumes>,
    image_pull_secrets: Vec<String>,
    image_metadata: Option<ImageMetadata>,
}

/// The settings of a service.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ServiceSettings {
    stopped: Option<bool>,
    service_mode: Option<ServiceMode>,
    ingress: Vec<IngressRule>,
    healthcheck: HealthSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct HealthSettings {
    on_unhealthy: Option<OnUnhealthy>,
}

/// The settings of a volume.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct VolumeSettings {
    size: Option<Quantity>,
    storage_class_name: Option<String>,
    access_mode: Option<AccessMode>,
    claim_name: Option<String>,
    nfs: Option<Nfs>,
    host_path: Option<String>,
}

/// The settings of a mount.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct MountSettings {
    bind: Option<BindMode>,
}

/// The settings of a network.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct NetworkSettings {
    shared_name: Option<String>,
}

/// Reads the settings of the project.
pub fn project(section: &mut Section<'_>, spec: &mut StackSpec) {
    let settings: ProjectSettings = read(section);
    spec.publish = settings.publish;
    spec.volume_policy = settings.volume_policy;
    spec.anonymous_volumes = settings.anonymous_volumes;
    spec.image_pull_secrets = settings.image_pull_secrets;
    spec.image_metadata = settings.image_metadata;
}

/// Reads the settings of a service.
pub fn service(section: &mut Section<'_>, service: &mut Service) {
    let settings: ServiceSettings = read(section);
    service.stopped = settings.stopped;
    service.service_mode = settings.service_mode;
    service.ingress = settings.ingress;
    if let Some(policy) = settings.healthcheck.on_unhealthy {
        service.healthcheck.get_or_insert_default().on_unhealthy = Some(policy);
    }
}

/// Reads the settings of a volume.
pub fn volume(section: &mut Section<'_>, volume: &mut Volume) {
    let settings: VolumeSettings = read(section);
    volume.size = settings.size.or(volume.size.take());
    volume.storage_class_name = settings.storage_class_name;
    volume.access_mode = settings.access_mode;
    volume.claim_name = settings.claim_name.or(volume.claim_name.take());
    volume.nfs = settings.nfs.or(volume.nfs.take());
    volume.host_path = settings.host_path.or(volume.host_path.take());
}

/// Reads the setting of a bind mount. Other mounts have no settings.
pub fn mount(section: &mut Section<'_>, is_bind: bool) -> Option<BindMode> {
    if is_bind {
        return read::<MountSettings>(section).bind;
    }
    if let Some(value) = section.take("x-stackwright") {
        value.judged_with(&rules::UNKNOWN_X_STACKWRIGHT, "only a bind mount has settings");
    }
    None
}

/// Reads the setting of a network: the name that it shares with other Stacks.
pub fn network(section: &mut Section<'_>) -> Option<String> {
    read::<NetworkSettings>(section).shared_name
}

/// Reads settings, and refuses what cannot be read.
fn read<T: DeserializeOwned + Default>(section: &mut Section<'_>) -> T {
    let Some(value) = section.take("x-stackwright") else { return T::default() };
    if value.holds_secret() {
        value.judged(&rules::SECRET_IN_PLAIN_TEXT);
        return T::default();
    }
    match serde_json::from_value(json(&value)) {
        Ok(settings) => {
            value.mapped();
            settings
        }
        Err(error) => {
            // The message contains keys and values of the setting, which are plain text: see `holds_secret` above.
            value.judged_with(&rules::UNKNOWN_X_STACKWRIGHT, error.to_string());
            T::default()
        }
    }
}

fn json(value: &Value<'_>) -> serde_json::Value {
    of(value.peek())
}

fn of(node: &compose_loader::Node) -> serde_json::Value {
    use serde_json::Value as Json;
    match &node.value {
        compose_loader::Value::Null => Json::Null,
        compose_loader::Value::Bool(value) => Json::from(*value),
        compose_loader::Value::Int(value) => Json::from(*value),
        compose_loader::Value::Uint(value) => Json::from(*value),
        compose_loader::Value::Float(value) => Json::from(*value),
        compose_loader::Value::Time(text) | compose_loader::Value::Str(text) => Json::from(&**text),
        compose_loader::Value::List(items) => items.iter().map(of).collect(),
        compose_loader::Value::Map(map) => {
            map.iter().map(|(key, node)| (key.to_string(), of(node))).collect()
        }
    }
}
