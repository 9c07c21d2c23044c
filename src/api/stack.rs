//! The `Stack` resource.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AnonymousVolumes, Config, Network, Publish, Secret, Service, StackStatus, Volume, VolumePolicy};

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
        "a Stack's name begins the names of its objects: at most 63 lower-case letters, digits and hyphens, without a dot"
    ),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Services", type_ = "string", json_path = ".status.servicesReady",
        description = "Services that are up, of those that should be"),
    printcolumn(name = "Message", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].message"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct StackSpec {
    /// The services by name. A name is what peers dial: lower-case letters, digits and hyphens.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[x_kube(validation = ("self.all(name, name.size() <= 63)",
        "the name of a service becomes a part of the names and labels of objects: write at most 63 characters"))]
    #[schemars(extend("maxProperties" = 256))]
    pub services: BTreeMap<String, Service>,

    /// The networks by name. The network `default` need not stand here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[x_kube(validation = ("self.all(name, name.size() <= 63)",
        "the name of a network becomes a part of the names and labels of objects: write at most 63 characters"))]
    #[schemars(extend("maxProperties" = 64))]
    pub networks: BTreeMap<String, Network>,

    /// The named volumes. Each becomes a PersistentVolumeClaim `<stack>-<volume>` that no update
    /// deletes or recreates, also when it leaves this list.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[x_kube(validation = ("self.all(name, name.size() <= 63)",
        "the name of a volume becomes a part of the names and labels of objects: write at most 63 characters"))]
    #[schemars(extend("maxProperties" = 256))]
    pub volumes: BTreeMap<String, Volume>,

    /// The configs by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[x_kube(validation = ("self.all(name, name.size() <= 63)",
        "the name of a config becomes a part of the names and labels of objects: write at most 63 characters"))]
    #[schemars(extend("maxProperties" = 256))]
    pub configs: BTreeMap<String, Config>,

    /// The secrets by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub secrets: BTreeMap<String, Secret>,

    /// The active profiles; `*` stands for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    pub profiles: Vec<String>,

    /// How `ports` become reachable from outside the cluster. Default `LoadBalancer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish: Option<Publish>,

    /// Secrets of the namespace with which images are pulled from registries that ask for a login.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 253)))]
    pub image_pull_secrets: Vec<String>,

    /// What becomes of what the images say of themselves: with `Read` the operator asks their registries, with
    /// `imagePullSecrets`, and uses EXPOSE, VOLUME, HEALTHCHECK and SHELL where the Stack is silent, as Docker
    /// does. What was read holds until the image's name here changes. Default `Read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_metadata: Option<ImageMetadata>,

    /// What an anonymous volume is, also one that an image declares: `Claim` keeps its content over updates for
    /// a service of one replica, `EmptyDir` begins anew with each pod. Default `Claim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_volumes: Option<AnonymousVolumes>,

    /// What becomes of the volumes when the Stack is deleted. Default `Retain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_policy: Option<VolumePolicy>,

    /// A ServiceAccount of the Stack's namespace, to whose rights the operator holds itself: it makes, changes and
    /// deletes only what this account could by hand, and the account has to be allowed to get the Secrets, ConfigMaps
    /// and claims that the Stack names. What is missing is told as `Forbidden`, and nothing is changed until the
    /// account may. No pod runs with it. Default: the rights of the operator, unless it is run with
    /// `--require-service-account`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    )]
    pub service_account_name: Option<String>,
}

/// What becomes of what the images say of themselves. `Read` (the default): it is read from their registries and
/// used where the Stack is silent. `Ignore`: no registry is asked, and only the Stack counts.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum ImageMetadata {
    /// It is read and used.
    #[default]
    Read,
    /// No registry is asked.
    Ignore,
}
