//! What a watch brings of a child, made ready before the index is locked.

use serde_json::Value;

use super::project;
use crate::{plan::Child, translate::Kind};

/// A child as an event tells it.
#[derive(Clone, Debug)]
pub struct News {
    pub(super) kind: Kind,
    pub(super) namespace: String,
    pub(super) name: String,
    /// resourceVersions of one object grow; Kubernetes promises since 1.35 what etcd has always done.
    pub(super) version: u64,
    pub(super) child: Child,
}

impl News {
    /// Reads a child. This is where the work is, linear in the size of the object: whoever holds the index for so long
    /// would hold up every watch and every pass.
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
