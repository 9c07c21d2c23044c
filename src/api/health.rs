//! Health checks, as `healthcheck` in Compose.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Duration;

/// The health check of a service, as `healthcheck` in Compose.
///
/// The check runs in the container. As in Docker, an unhealthy container is not restarted, unless `onUnhealthy` is
/// `Restart`.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = ("!(has(self.disable) && self.disable && has(self.test))",
        "a disabled health check has no test: remove 'disable' or 'test'"),
    validation = ("!has(self.test) || self.test.size() == 0 || self.test[0] in ['CMD', 'CMD-SHELL', 'NONE']",
        "test must start with CMD (a program and its arguments), CMD-SHELL (a shell command) or NONE"),
    validation = ("!has(self.startInterval) || has(self.startPeriod)",
        "startInterval requires startPeriod: set startPeriod, or remove startInterval")
)]
pub struct Healthcheck {
    /// The command of the check: `["CMD", program, argument…]`, `["CMD-SHELL", command]` for a shell, or `["NONE"]` for no
    /// check. Exit code 0 means healthy. The program must exist in the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(max = 16384)))]
    pub test: Option<Vec<String>>,

    /// Time between two checks, such as `10s`. Rounded up to whole seconds. Default: `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,

    /// Time after which a running check counts as failed. Rounded up to whole seconds. Default: `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,

    /// The number of consecutive failures after which the container counts as unhealthy. Default: 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub retries: Option<i32>,

    /// Time after the start of the container in which failures do not count. Default: `0s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_period: Option<Duration>,

    /// Time between two checks until the first success, at most `5s`. Default: `5s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_interval: Option<Duration>,

    /// Whether the check is disabled, also HEALTHCHECK of the image. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable: Option<bool>,

    /// What happens when the service is unhealthy. Default: `Gate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_unhealthy: Option<OnUnhealthy>,
}

/// What happens when a service is unhealthy. `Gate` (the default): dependents wait and nothing is restarted, as in Docker.
/// `Restart`: the container is restarted if it stays unhealthy for twice the time that the check allows. `Report`: the
/// status shows the state, and no dependent waits.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum OnUnhealthy {
    /// Dependents wait and nothing is restarted, as in Docker.
    #[default]
    Gate,
    /// The container is restarted if it stays unhealthy for twice the time that the check allows.
    Restart,
    /// The status shows the state, and no dependent waits.
    Report,
}
