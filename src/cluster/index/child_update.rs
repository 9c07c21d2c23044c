//! An update of a child, parsed before the index is locked.

use serde_json::Value;

use super::project;
use crate::{plan::Child, translate::Kind};

/// A child as an event delivers it.
#[derive(Clone, Debug)]
pub struct ChildUpdate {
    pub(super) kind: Kind,
    pub(super) namespace: String,
    pub(super) name: String,
    /// The resourceVersion. Those of one object increase, which Kubernetes guarantees since 1.35 and etcd always did.
    pub(super) version: u64,
    pub(super) child: Child,
}

impl ChildUpdate {
    /// Parses a child. The effort is linear in the size of the object, so the index must not be locked meanwhile: that
    /// would delay every watch and every reconciliation.
    pub fn of(kind: Kind, object: &Value) -> Self {
        let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
        Self {
            kind,
            namespace: text("/metadata/namespace").to_owned(),
            name: text("/metadata/name").to_owned(),
            version: text("/metadata/resourceVersion").parse().unwrap_or_default(),
            child: project::child(kind, object),
        }
    }
}
