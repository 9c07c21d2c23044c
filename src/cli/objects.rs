//! Objects of any kind: the writes of `install` and `up`.

use std::collections::BTreeMap;
use std::fmt;

use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Api, Client, ResourceExt};
use serde_json::Value;

use super::connection::{CallError, Connection};

/// What a write has changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// The object is new.
    Created,
    /// The object existed and has changed.
    Configured,
    /// The object existed and is the same.
    Unchanged,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        })
    }
}

/// The identity of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The kind with its group and version.
    pub resource: ApiResource,
    /// The namespace. `None` for an object of the cluster.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl Reference {
    /// Returns the identity of an object with `apiVersion`, `kind` and `metadata`.
    pub fn of(object: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let api_version = text(&object["apiVersion"]);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let kind = GroupVersionKind::gvk(group, version, &text(&object["kind"]));
        Self {
            resource: ApiResource::from_gvk(&kind),
            namespace: object["metadata"]["namespace"].as_str().map(str::to_owned),
            name: text(&object["metadata"]["name"]),
        }
    }

    fn api(&self, client: &Client) -> Api<DynamicObject> {
        match &self.namespace {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &self.resource),
            None => Api::all_with(client.clone(), &self.resource),
        }
    }

    /// Returns the object, if it exists.
    ///
    /// # Errors
    /// When the API server refuses, or cannot be reached.
    pub async fn get(&self, connection: &Connection) -> Result<Option<DynamicObject>, CallError> {
        let found = self.api(&connection.client).get_opt(&self.name).await;
        found.map_err(|error| connection.failed(&format!("get {self}"), error))
    }

    /// Deletes the object in the background. An object that does not exist is no error.
    ///
    /// # Errors
    /// When the API server refuses, or cannot be reached.
    pub async fn delete(&self, connection: &Connection) -> Result<bool, CallError> {
        match self.api(&connection.client).delete(&self.name, &DeleteParams::background()).await {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
            Err(error) => Err(connection.failed(&format!("delete {self}"), error)),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.resource.kind, self.name)
    }
}

/// Applies an object, and returns whether this changed anything.
///
/// # Errors
/// When the API server refuses the object, or cannot be reached.
pub async fn apply(
    connection: &Connection,
    object: &Value,
    params: &PatchParams,
) -> Result<Change, CallError> {
    let reference = Reference::of(object);
    let before = reference.get(connection).await?;
    let applied =
        reference.api(&connection.client).patch(&reference.name, params, &Patch::Apply(object)).await;
    let after = applied.map_err(|error| connection.failed(&format!("apply {reference}"), error))?;
    Ok(match before {
        None => Change::Created,
        Some(before) if content(&before) == content(&after) => Change::Unchanged,
        Some(_) => Change::Configured,
    })
}

/// Returns what a user has written. The resourceVersion says less: the API server writes an object of which it completes an
/// atomic list, such as the rules of a ValidatingAdmissionPolicy, at each apply.
fn content(object: &DynamicObject) -> (Value, &BTreeMap<String, String>, &BTreeMap<String, String>) {
    let mut data = object.data.clone();
    if let Some(fields) = data.as_object_mut() {
        fields.remove("status");
    }
    (data, object.labels(), object.annotations())
}

/// Returns the objects of a kind that have labels, in one namespace or in all.
///
/// # Errors
/// When the API server refuses, or cannot be reached.
pub async fn labelled(
    connection: &Connection,
    resource: &ApiResource,
    namespace: Option<&str>,
    labels: &str,
) -> Result<Vec<DynamicObject>, CallError> {
    let api: Api<DynamicObject> = match namespace {
        Some(namespace) => Api::namespaced_with(connection.client.clone(), namespace, resource),
        None => Api::all_with(connection.client.clone(), resource),
    };
    let found = api.list(&ListParams::default().labels(labels)).await;
    let found = found.map_err(|error| connection.failed(&format!("list {}", resource.plural), error))?;
    Ok(found.items)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_known_by_kind_namespace_and_name() {
        let policy = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "a"}});
        let reference = Reference::of(&policy);
        assert_eq!(
            (reference.resource.plural.as_str(), reference.namespace.as_deref()),
            ("validatingadmissionpolicies", None)
        );
        let map =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}});
        assert_eq!(Reference::of(&map).to_string(), "ConfigMap a");
        assert_eq!(Reference::of(&map).resource.group, "");
    }
}
