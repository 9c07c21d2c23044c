//! What runs beside a service's program, and what it gets of the node.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;

/// When an image is pulled: `missing` (the default; when the node does not have it), `always` (whenever a
/// container starts) or `never`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PullPolicy {
    /// When the node does not have it.
    #[default]
    Missing,
    /// Whenever a container starts.
    Always,
    /// Never: the node must have it.
    Never,
}

/// A command that runs inside the service's container, with the container's user. One of `postStart` that has
/// another user runs before the container starts, in a container of its own with the service's image and mounts.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// The program and its arguments.
    #[schemars(length(min = 1, max = 256), inner(length(max = 16384)))]
    pub command: Vec<String>,

    /// The user as `uid` or `uid:gid`, in numbers; of `preStop` the container's alone. Default: the container's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub user: Option<String>,

    /// Gives it all privileges over the node, in `postStart` and only where the namespace allows it. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,

    /// The folder that it starts in. Default: the service's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub working_dir: Option<String>,

    /// Environment variables beside the service's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub environment: BTreeMap<String, Text>,
}

/// A program that ends before a container of the service starts.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreStart {
    /// Replaces the image's ENTRYPOINT, and clears its CMD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(max = 16384)))]
    pub entrypoint: Option<Vec<String>>,

    /// Replaces the image's CMD.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), inner(length(max = 16384)))]
    pub command: Vec<String>,

    /// Its image. Default: the service's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub image: Option<String>,

    /// The user as `uid` or `uid:gid`, in numbers. Default: the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub user: Option<String>,

    /// Gives it all privileges over the node; only where the namespace allows it. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,

    /// The folder that it starts in. Default: the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub working_dir: Option<String>,

    /// Environment variables beside the service's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub environment: BTreeMap<String, Text>,
}

/// A device of the node.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Its path on the node, such as `/dev/ttyUSB0`.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub source: String,

    /// Its path in the container. Default: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub target: Option<String>,
}
