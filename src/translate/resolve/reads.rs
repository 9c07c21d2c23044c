//! Keys of Secrets and ConfigMaps that the Stack does not own.

use crate::translate::ObjectKind;

/// A key of an object that the Stack does not own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::translate) struct Read<'a> {
    pub kind: ObjectKind,
    pub name: &'a str,
    pub key: &'a str,
}
