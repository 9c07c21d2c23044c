//! The place of a service in the start order of its Pod.

use crate::translate::WaitFor;

/// The place of a service in the start order of its Pod.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::translate) struct StartOrder {
    pub stage: Stage,
    /// The position among the services of the Pod.
    pub position: usize,
    /// The dependencies on other services of the Pod.
    pub waits_for: Vec<WaitFor>,
}

/// The stage in which a service of a Pod starts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::translate) enum Stage {
    /// After all other stages. No service of the Pod depends on it.
    #[default]
    Last,
    /// Before its dependents. It ends after them.
    Sidecar {
        /// Whether dependents wait for its health.
        until_healthy: bool,
    },
    /// The service runs to completion before its dependents start.
    First,
}
