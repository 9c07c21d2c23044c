//! The `Stack` resource.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AnonymousVolumes, Config, Job, Network, Publish, Secret, Service, StackStatus, Volume, VolumePolicy,
};

/// A Docker Compose stack that runs on the cluster.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "stackwright.dev",
    version = "v1alpha1",
    kind = "Stack",
    namespaced,
    shortname = "stk",
    category = "all",
    status = "StackStatus",
    derive = "PartialEq",
    doc = "A Docker Compose stack that runs on the cluster: its services, networks, volumes, configs and secrets.",
    validation = (
        "self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        "a Stack's name is a prefix of the names of its objects: write at most 63 lower-case letters, digits and hyphens"
    ),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Services", type_ = "string", json_path = ".status.servicesReady",
        description = "Services that are up, of those that are active"),
    printcolumn(name = "Message", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].message"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct StackSpec {
    /// The services by name. Other services reach a service by this name. A name has lower-case letters, digits and
    /// hyphens.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[x_kube(validation = ("self.all(name, name.size() <= 63)",
        "the name of a service is a part of the names and labels of objects: write at most 63 characters"))]
    #[schemars(extend("maxProperties" = 256))]
    pub services: BTreeMap<String, Service>,

    /// The jobs by name. A job and a service cannot have the same name. A job is a CronJob, which is suspended if the job runs
    /// only by hand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[x_kube(validation = ("self.all(name, name.size() <= 63)",
        "the name of a job is a part of the names and labels of objects: write at most 63 characters"))]
    #[schemars(extend("maxProperties" = 64))]
    pub jobs: BTreeMap<String, Job>,

    /// The networks by name. The network `default` exists without an entry.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[x_kube(validation = ("self.all(name, name.size() <= 63)",
        "the name of a network is a part of the names and labels of objects: write at most 63 characters"))]
    #[schemars(extend("maxProperties" = 64))]
    pub networks: BTreeMap<String, Network>,

    /// The named volumes. Each becomes a PersistentVolumeClaim `<stack>-<volume>`. No update deletes or recreates the
    /// claim, and it stays when the volume is removed from this list.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[x_kube(validation = ("self.all(name, name.size() <= 63)",
        "the name of a volume is a part of the names and labels of objects: write at most 63 characters"))]
    #[schemars(extend("maxProperties" = 256))]
    pub volumes: BTreeMap<String, Volume>,

    /// The configs by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[x_kube(validation = ("self.all(name, name.size() <= 63)",
        "the name of a config is a part of the names and labels of objects: write at most 63 characters"))]
    #[schemars(extend("maxProperties" = 256))]
    pub configs: BTreeMap<String, Config>,

    /// The secrets by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub secrets: BTreeMap<String, Secret>,

    /// The active profiles. `*` activates all profiles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    pub profiles: Vec<String>,

    /// How `ports` are published outside the cluster. Default: `LoadBalancer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish: Option<Publish>,

    /// Secrets of the namespace with credentials for registries. Kubelets pull images with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 253)))]
    pub image_pull_secrets: Vec<String>,

    /// Whether the operator reads image metadata from registries. With `Read` the operator uses EXPOSE, VOLUME,
    /// HEALTHCHECK and SHELL of an image for fields that the Stack does not set, as Docker does. It authenticates with
    /// `imagePullSecrets`. The metadata of an image is kept until the name of the image in the Stack changes.
    /// Default: `Read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_metadata: Option<ImageMetadata>,

    /// The storage of anonymous volumes, also of those that an image declares. `Claim` keeps the content across updates
    /// if the service has one replica. `EmptyDir` starts empty with each Pod. Default: `Claim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_volumes: Option<AnonymousVolumes>,

    /// What happens to the volumes when the Stack is deleted. Default: `Retain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_policy: Option<VolumePolicy>,

    /// A ServiceAccount of the Stack's namespace whose rights limit the operator. The operator creates, changes and
    /// deletes only objects that the account can create, change and delete. The account must have the right to get the
    /// Secrets, ConfigMaps and claims that the Stack names. If a right is missing, the Stack is `Stalled` with the reason
    /// `Forbidden`, and nothing changes until the right is granted. No Pod runs with this account. Default: the rights
    /// of the operator. The field is required if the operator runs with `--require-service-account`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    )]
    pub service_account_name: Option<String>,
}

/// Whether the operator reads image metadata from registries. `Read` (the default): the operator uses the metadata for
/// fields that the Stack does not set. `Ignore`: the operator contacts no registry.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum ImageMetadata {
    /// The operator reads and uses the metadata.
    #[default]
    Read,
    /// The operator contacts no registry.
    Ignore,
}
