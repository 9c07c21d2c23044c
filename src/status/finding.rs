//! The result of a reconciliation.

use crate::{
    plan::{Observed, Plan},
    translate::{Desired, Invalid},
};

/// The result of a reconciliation, from which the status is made.
#[derive(Clone, Copy, Debug)]
pub enum Finding<'a> {
    /// The spec has problems. Existing children are unchanged.
    Invalid(&'a Invalid),
    /// An internal error with this id, which the log explains. Existing children are unchanged.
    Internal(&'a str),
    /// The Stack's ServiceAccount lacks a right, which this message names. Existing children are unchanged.
    Forbidden(&'a str),
    /// The Stack's ServiceAccount does not exist, as this message says. Existing children are unchanged.
    NoAccount(&'a str),
    /// The spec was translated and the plan carried out.
    Planned {
        /// The desired state.
        desired: &'a Desired,
        /// The plan that was carried out.
        plan: &'a Plan,
        /// The observed state after the plan.
        observed: &'a Observed,
        /// Differences from the spec that no service's state shows.
        unfinished: &'a Unfinished,
    },
}

/// The part of a plan that is not carried out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unfinished {
    /// Refusals of the API server, in its words.
    pub refused: Vec<String>,
    /// Writes and deletions that are in progress or will be retried.
    pub outstanding: Vec<String>,
}
