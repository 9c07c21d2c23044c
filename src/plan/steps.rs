//! The steps of a plan.

use std::collections::BTreeMap;

use super::{gate::Gate, observed::Child};
use crate::translate::{Kind, Object};

/// The writes of one reconciliation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The objects to apply, in this order.
    pub applies: Vec<Apply>,
    /// The objects that a successor replaces. They are deleted when all objects that the successor needs exist.
    pub replaced: Vec<Delete>,
    /// The objects that are no longer desired. They are deleted when all desired objects are applied.
    pub pruned: Vec<Delete>,
    /// The CronJobs that are no longer desired and have a run in progress. They are suspended, and deleted when the run has
    /// ended.
    pub retired: Vec<Delete>,
    /// The claims that lose the Stack as their owner, so that they outlive the Stack.
    pub released: Vec<Delete>,
    /// The desired names that objects of other owners have. No object is applied under these names.
    pub conflicts: Vec<Conflict>,
    /// The objects of an earlier Stack of this name, which the garbage collector deletes.
    pub leaving: Vec<(Kind, String)>,
    /// The errors of the API server for objects that it would refuse again.
    pub refused: Vec<String>,
    /// The gates by unit and job.
    pub gates: BTreeMap<String, Gate>,
}

/// An object to apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Apply {
    /// The object.
    pub object: Object,
    /// The UID of the existing child. `None` if no watch has the object.
    pub uid: Option<String>,
    /// Whether the live Pod template is kept, because the desired one is not released or the template of the kind is
    /// immutable.
    pub keeps_template: bool,
}

/// An object to delete or release, if it still has this UID.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delete {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// The UID, which is the precondition.
    pub uid: String,
    /// The successor, if it has another kind or name.
    pub successor: Option<(Kind, String)>,
}

/// A desired name that an object of another owner has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// The Stack that owns the object, if one does.
    pub holder: Option<String>,
}

impl Child {
    /// Returns the deletion of the child.
    pub(super) fn delete(&self, (kind, name): &(Kind, String)) -> Delete {
        Delete { kind: *kind, name: name.clone(), uid: self.uid.clone(), successor: None }
    }
}
