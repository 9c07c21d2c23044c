//! Health checks, in Compose's terms.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Duration;

/// How a service's health is judged, as Compose's `healthcheck`.
///
/// The check runs inside the container. An unhealthy container is not restarted unless
/// `onUnhealthy: Restart` is set: Docker does not restart it either.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = ("!(has(self.disable) && self.disable && has(self.test))",
        "a health check is either disabled or has a test: remove one of 'disable' and 'test'"),
    validation = ("!has(self.test) || self.test.size() == 0 || self.test[0] in ['CMD', 'CMD-SHELL', 'NONE']",
        "test starts with CMD (a program and its arguments), CMD-SHELL (one shell text) or NONE"),
    validation = ("!has(self.startInterval) || has(self.startPeriod)",
        "startInterval has no meaning without startPeriod: set startPeriod too")
)]
pub struct Healthcheck {
    /// The check: `["CMD", program, argument…]`, `["CMD-SHELL", text]` for a shell, or `["NONE"]`
    /// for no check. Exit status 0 means healthy. The program must exist in the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(max = 16384)))]
    pub test: Option<Vec<String>>,

    /// Time between two checks, such as `10s`. Rounded up to whole seconds. Default `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,

    /// Time after which a running check counts as failed. Rounded up to whole seconds. Default `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,

    /// How many checks in a row must fail before the container counts as unhealthy. Default 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub retries: Option<i32>,

    /// Time that a container may take to start; failures within it do not count. Default `0s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_period: Option<Duration>,

    /// Time between two checks until the first success, at most `5s`. Default `5s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_interval: Option<Duration>,

    /// Switches the check off, also one that the image brings. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable: Option<bool>,

    /// What follows from being unhealthy. Default `Gate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_unhealthy: Option<OnUnhealthy>,
}

/// What follows from being unhealthy. `Gate` (the default): what depends on the service's health
/// waits, nothing is restarted. `Restart`: the container is restarted when it stays unhealthy for
/// twice the time that the check allows. `Report`: the state is shown, and nothing else follows.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum OnUnhealthy {
    /// Nothing is restarted; what depends on the service's health waits (Docker's behaviour).
    #[default]
    Gate,
    /// The container is restarted when it stays unhealthy for twice the time that the check allows.
    Restart,
    /// Nothing follows but the state that is shown: nothing waits for the service's health.
    Report,
}
