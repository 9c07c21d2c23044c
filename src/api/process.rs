//! Hooks, programs before the start, and devices.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;

/// When a node pulls an image: `missing` (the default; if the node does not have the image), `always` (whenever a
/// container starts) or `never`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PullPolicy {
    /// If the node does not have the image.
    #[default]
    Missing,
    /// Whenever a container starts.
    Always,
    /// Never. The node must have the image.
    Never,
}

/// A command that runs in the container of the service as the user of the container. A `postStart` command with another
/// user runs before the container starts, in an init container with the image and mounts of the service.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// The program and its arguments.
    #[schemars(length(min = 1, max = 256), inner(length(max = 16384)))]
    pub command: Vec<String>,

    /// The user as `uid` or `uid:gid`, in numbers. `preStop` supports only the user of the container. Default: the user of
    /// the container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub user: Option<String>,

    /// Whether the command is privileged. Supported in `postStart`. Requires a privilege of the namespace. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,

    /// The working directory, as an absolute path. Default: the one of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub working_dir: Option<String>,

    /// Environment variables in addition to those of the service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub environment: BTreeMap<String, Text>,
}

/// A program that runs to completion before a container of the service starts.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreStart {
    /// The command that replaces ENTRYPOINT and clears CMD of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(max = 16384)))]
    pub entrypoint: Option<Vec<String>>,

    /// The arguments that replace CMD of the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), inner(length(max = 16384)))]
    pub command: Vec<String>,

    /// The container image. Default: the image of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub image: Option<String>,

    /// The user as `uid` or `uid:gid`, in numbers. Default: USER of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub user: Option<String>,

    /// Whether the program is privileged. Requires a privilege of the namespace. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,

    /// The working directory, as an absolute path. Default: WORKDIR of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub working_dir: Option<String>,

    /// Environment variables in addition to those of the service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub environment: BTreeMap<String, Text>,
}

/// A device of the node.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The path on the node, such as `/dev/ttyUSB0`.
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub source: String,

    /// The path in the container. Default: `source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), regex(pattern = "^/"))]
    pub target: Option<String>,
}
