//! Trimmed objects for watches: unneeded fields are dropped during parsing. An object of 1.5 MiB can have 70,000 entries in
//! its managedFields, each of which would become a map.

use std::{borrow::Cow, collections::BTreeMap, fmt::Debug, marker::PhantomData};

use kube::{Resource, core::ObjectMeta};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::ChildUpdate;
use crate::translate::Child;

/// The name, UID, resourceVersion and labels of an object.
#[derive(Clone, Debug)]
pub(crate) struct MetadataOnly<K> {
    metadata: ObjectMeta,
    kind: PhantomData<K>,
}

#[derive(Deserialize)]
struct Described {
    metadata: Description,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

impl<'de, K> Deserialize<'de> for MetadataOnly<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Described { metadata } = Described::deserialize(deserializer)?;
        let Description { name, namespace, uid, resource_version, labels } = metadata;
        let metadata = ObjectMeta { name, namespace, uid, resource_version, labels, ..ObjectMeta::default() };
        Ok(Self { metadata, kind: PhantomData })
    }
}

/// An object without managedFields.
#[derive(Clone, Debug)]
pub(crate) struct Stripped<K>(pub K);

impl<'de, K: Resource + Deserialize<'de>> Deserialize<'de> for Stripped<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = K::deserialize(deserializer)?;
        object.meta_mut().managed_fields = None;
        Ok(Self(object))
    }
}

/// A child of which only the projection is kept.
#[derive(Clone, Debug)]
pub(crate) struct Projected<K> {
    metadata: ObjectMeta,
    pub update: ChildUpdate,
    kind: PhantomData<K>,
}

impl<'de, K: Child> Deserialize<'de> for Projected<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Value::deserialize(deserializer)?;
        let resource_version = object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
        let metadata =
            ObjectMeta { resource_version: resource_version.map(str::to_owned), ..ObjectMeta::default() };
        Ok(Self { metadata, update: ChildUpdate::of(K::CHILD, &object), kind: PhantomData })
    }
}

macro_rules! resource {
    ($type:ident, $own:ident => $metadata:expr, $own_mut:ident => $metadata_mut:expr) => {
        impl<K: Resource> Resource for $type<K> {
            type DynamicType = K::DynamicType;
            type Scope = K::Scope;

            fn kind(of: &K::DynamicType) -> Cow<'_, str> {
                K::kind(of)
            }

            fn group(of: &K::DynamicType) -> Cow<'_, str> {
                K::group(of)
            }

            fn version(of: &K::DynamicType) -> Cow<'_, str> {
                K::version(of)
            }

            fn plural(of: &K::DynamicType) -> Cow<'_, str> {
                K::plural(of)
            }

            fn meta(&self) -> &ObjectMeta {
                let $own = self;
                $metadata
            }

            fn meta_mut(&mut self) -> &mut ObjectMeta {
                let $own_mut = self;
                $metadata_mut
            }
        }
    };
}

resource!(MetadataOnly, own => &own.metadata, own => &mut own.metadata);
resource!(Projected, own => &own.metadata, own => &mut own.metadata);
resource!(Stripped, own => own.0.meta(), own => own.0.meta_mut());

#[cfg(test)]
mod tests {
    use k8s_openapi::api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        batch::v1::Job,
        core::v1::{ConfigMap, PersistentVolumeClaim, Service},
        networking::v1::{Ingress, NetworkPolicy},
    };
    use serde_json::json;

    use super::*;

    fn entries(count: usize) -> Value {
        let data: serde_json::Map<_, _> = (0..count).map(|n| (format!("f:{n}"), json!({}))).collect();
        json!([{"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": data}}])
    }

    fn config_map() -> Value {
        json!({"kind": "ConfigMap", "apiVersion": "v1", "data": {"a": "b"}, "metadata": {
            "name": "c", "namespace": "n", "uid": "u", "resourceVersion": "7", "labels": {"l": "v"},
            "annotations": {"large": "x".repeat(1000)}, "managedFields": entries(100)}})
    }

    #[test]
    fn only_name_uid_version_and_labels_are_kept() {
        let trimmed: MetadataOnly<ConfigMap> = serde_json::from_value(config_map()).unwrap();
        let held = ObjectMeta {
            name: Some("c".to_owned()),
            namespace: Some("n".to_owned()),
            uid: Some("u".to_owned()),
            resource_version: Some("7".to_owned()),
            labels: Some([("l".to_owned(), "v".to_owned())].into()),
            ..ObjectMeta::default()
        };
        assert_eq!(trimmed.metadata, held);
    }

    #[test]
    fn managed_fields_are_dropped_and_a_child_is_a_projection() {
        let Stripped(map): Stripped<ConfigMap> = serde_json::from_value(config_map()).unwrap();
        assert_eq!((map.metadata.managed_fields, map.data.map(|data| data.len())), (None, Some(1)));
        let child: Projected<ConfigMap> = serde_json::from_value(config_map()).unwrap();
        let version = ObjectMeta { resource_version: Some("7".to_owned()), ..ObjectMeta::default() };
        assert_eq!(child.meta(), &version);
        assert!(format!("{:?}", child.update).contains("name: \"c\""));
    }

    #[test]
    fn each_type_of_child_has_its_kind() {
        fn is<K: Child + k8s_openapi::Resource>() {
            assert_eq!(K::CHILD.as_str(), <K as k8s_openapi::Resource>::KIND);
        }
        is::<ConfigMap>();
        is::<PersistentVolumeClaim>();
        is::<NetworkPolicy>();
        is::<Service>();
        is::<Ingress>();
        is::<Deployment>();
        is::<StatefulSet>();
        is::<DaemonSet>();
        is::<Job>();
    }
}
