//! The state of a service with its cause, and what the state depends on.

use jiff::Timestamp;

use crate::{
    api::{ServiceState, ServiceStatus},
    plan::Observed,
    translate::Unit,
};

/// A moment at which a service's state can change without an event, such as its startup deadline.
pub type Recheck = Timestamp;

/// The message of a service whose containers are being created.
pub(super) const CREATING: &str = "containers are being created";
/// The state of a service with its cause.
pub(super) struct Assessment {
    pub(super) state: ServiceState,
    pub(super) message: Option<String>,
    pub(super) recheck: Option<Recheck>,
}

impl Assessment {
    pub(super) fn new(state: ServiceState) -> Self {
        Self { state, message: None, recheck: None }
    }

    pub(super) fn because(state: ServiceState, message: impl Into<String>) -> Self {
        Self { state, message: Some(message.into()), recheck: None }
    }

    pub(super) fn being_created() -> Self {
        Self::because(ServiceState::Starting, CREATING)
    }
}

/// Everything that the assessment of a service depends on.
pub(super) struct View<'a> {
    pub(super) unit: &'a Unit,
    /// The service of the unit that is assessed.
    pub(super) service: &'a str,
    pub(super) observed: &'a Observed,
    pub(super) before: Option<&'a ServiceStatus>,
    pub(super) now: Timestamp,
}
