//! Keys of objects in the index.

use crate::translate::{Kind, ObjectKind};

/// A child's kind and name.
pub(super) type ChildKey = (Kind, String);
/// A Secret, ConfigMap or claim that does not belong to the Stack, by kind and name.
pub(super) type ObjectKey = (ObjectKind, String);
