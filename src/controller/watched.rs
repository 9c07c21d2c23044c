//! A Stack as the watch delivers it, whether or not it can be parsed.
//!
//! kube's `DeserializeGuard` copies each object twice into a tree of values before it parses the object. For a Stack of
//! 1.5 MiB, the copies take several times the memory of the parsed Stack. The reflector then clones each object that it
//! stores. [`Watched`] parses the text once, and its clones share the parsed Stack.

use std::{borrow::Cow, sync::Arc};

use kube::{Resource, core::ObjectMeta};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;

use crate::{api::Stack, translate::join_jobs};

/// A Stack as the watch delivers it.
#[derive(Clone, Debug)]
pub(super) enum Watched {
    /// The Stack, without the fields that no reconciliation reads.
    Readable(Arc<Stack>),
    /// A Stack that does not match the types, such as one that an older CustomResourceDefinition accepted.
    Unreadable(Arc<Unreadable>),
}

/// A Stack that cannot be parsed.
#[derive(Clone, Debug)]
pub(super) struct Unreadable {
    metadata: ObjectMeta,
    /// The parser's error.
    pub(super) error: String,
}

/// The part of an object that every kind has.
#[derive(Deserialize)]
struct AnyObject {
    metadata: ObjectMeta,
}

impl<'de> Deserialize<'de> for Watched {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        match serde_json::from_str::<Stack>(text.get()) {
            Ok(stack) => Ok(stack.into()),
            Err(error) => {
                let AnyObject { metadata } = serde_json::from_str(text.get()).map_err(D::Error::custom)?;
                Ok(Self::Unreadable(Arc::new(Unreadable { metadata, error: error.to_string() })))
            }
        }
    }
}

impl From<Stack> for Watched {
    fn from(mut stack: Stack) -> Self {
        join_jobs(&mut stack.spec);
        stack.metadata.managed_fields = None;
        if let Some(annotations) = &mut stack.metadata.annotations {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
        Self::Readable(Arc::new(stack))
    }
}

impl Resource for Watched {
    type DynamicType = ();
    type Scope = <Stack as Resource>::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        Stack::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        Stack::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        Stack::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        Stack::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        match self {
            Self::Readable(stack) => &stack.metadata,
            Self::Unreadable(unreadable) => &unreadable.metadata,
        }
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Readable(stack) => &mut Arc::make_mut(stack).metadata,
            Self::Unreadable(unreadable) => &mut Arc::make_mut(unreadable).metadata,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns a Stack without services.
    pub fn stack(namespace: &str, name: &str) -> Watched {
        let mut stack = Stack::new(name, serde_json::from_str(r#"{"services": {}}"#).unwrap());
        stack.metadata.namespace = Some(namespace.to_owned());
        stack.into()
    }

    fn read(text: &str) -> Watched {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_stack_is_stored_without_the_fields_that_nothing_reads() {
        let watched = read(
            r#"{"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "shop", "managedFields":
            [{"manager": "kubectl"}], "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}},
            "spec": {"services": {}}}"#,
        );
        assert_eq!(watched.meta().managed_fields, None);
        assert_eq!(watched.meta().annotations.clone().unwrap().into_keys().collect::<Vec<_>>(), ["a"]);
        let Watched::Readable(stack) = &watched else { panic!("{watched:?}") };
        assert!(Arc::ptr_eq(
            stack,
            &match watched.clone() {
                Watched::Readable(stack) => stack,
                unreadable => panic!("{unreadable:?}"),
            }
        ));
    }

    #[test]
    fn a_stack_that_cannot_be_read_keeps_its_name_and_the_error() {
        let watched = read(
            r#"{"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "shop", "uid": "1"},
            "spec": {"services": []}}"#,
        );
        assert_eq!(watched.meta().uid.as_deref(), Some("1"));
        let Watched::Unreadable(unreadable) = watched else { panic!("{watched:?}") };
        assert!(unreadable.error.contains("expected a map"), "{}", unreadable.error);
    }

    #[test]
    fn a_watch_event_carries_both() {
        use kube::core::WatchEvent;
        for spec in [r#"{"services": {}}"#, r#"{"services": []}"#] {
            let text = format!(
                r#"{{"type": "ADDED", "object": {{"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack",
                "metadata": {{"name": "shop"}}, "spec": {spec}}}}}"#
            );
            let event: WatchEvent<Watched> = serde_json::from_str(&text).unwrap();
            let WatchEvent::Added(watched) = event else { panic!("{event:?}") };
            assert_eq!(watched.meta().name.as_deref(), Some("shop"));
        }
    }
}
