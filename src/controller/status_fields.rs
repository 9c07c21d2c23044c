//! Status fields that the CRD of the cluster declares. The CRD can be older than the operator, since Helm does not
//! upgrade CRDs.
//!
//! The API server refuses an apply with an undeclared field as a whole, under every `fieldValidation`. A merge patch
//! would succeed, but its fields would belong to another manager, and a later apply could not remove them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::Request;
use kube::{Client, Resource, core::Status};
use serde_json::Value;

use crate::api::{Stack, StackStatus};

/// Time for which the CRD counts as older. Afterwards a full status is sent again.
const BELIEVED: Duration = Duration::from_secs(600);

/// The status schema of an older CRD, once the CRD is known to be older.
#[derive(Debug, Default)]
pub(super) struct StatusFields(Mutex<Option<(Instant, Arc<Value>)>>);

impl StatusFields {
    /// Reports whether the API server refuses a status because the CRD does not declare a field.
    pub(super) fn is_refusal(status: &Status) -> bool {
        let words = ["field not declared in schema", "unknown field"];
        words.iter().any(|words| status.message.contains(words))
    }

    /// Reads the fields that the CRD declares, and logs the fields of this status that are missing.
    ///
    /// # Errors
    /// When the API server cannot be reached.
    pub(super) async fn learn(&self, client: &Client, status: &StackStatus) -> kube::Result<()> {
        let path = format!("/openapi/v3/apis/{}", Stack::api_version(&()));
        let request = Request::get(path).body(Vec::new()).map_err(kube::Error::HttpError)?;
        let document: Value = client.request(request).await?;
        let schema = schema_of_status(&document);
        let unknown = prune(&mut serde_json::to_value(status).unwrap_or_default(), &schema);
        tracing::warn!(
            fields = unknown.join(", "),
            "the CRD of Stacks is older than the operator, so each status is written without these fields: upgrade \
             the CRD with 'stackwright crds | kubectl apply --server-side -f -'"
        );
        let learned = Some((Instant::now(), Arc::new(schema)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = learned;
        Ok(())
    }

    /// Removes the fields that the CRD does not declare.
    pub(super) fn fit(&self, status: StackStatus) -> StackStatus {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((_, schema)) = known.filter(|(since, _)| since.elapsed() < BELIEVED) else { return status };
        let mut fitted = serde_json::to_value(&status).unwrap_or_default();
        prune(&mut fitted, &schema);
        serde_json::from_value(fitted).unwrap_or(status)
    }
}

/// Returns the schema of the status from the OpenAPI document of the group.
fn schema_of_status(document: &Value) -> Value {
    let kind = Stack::kind(&());
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    let is_stack = |schema: &&Value| {
        schema.pointer("/x-kubernetes-group-version-kind/0/kind") == Some(&Value::from(kind.as_ref()))
    };
    let stack = schemas.map(|(_, schema)| schema).find(is_stack);
    stack.and_then(|stack| stack.pointer("/properties/status")).cloned().unwrap_or_default()
}

/// Removes undeclared fields, and returns their names.
fn prune(value: &mut Value, schema: &Value) -> Vec<String> {
    let mut pruned = Vec::new();
    match value {
        Value::Object(fields) => {
            let Some(declared) = schema["properties"].as_object() else { return pruned };
            fields.retain(|name, field| {
                let Some(schema) = declared.get(name) else {
                    pruned.push(name.clone());
                    return false;
                };
                pruned.extend(prune(field, schema).into_iter().map(|below| format!("{name}.{below}")));
                true
            });
        }
        Value::Array(items) => {
            pruned.extend(items.iter_mut().flat_map(|item| prune(item, &schema["items"])));
            pruned.sort();
            pruned.dedup();
        }
        _ => {}
    }
    pruned
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_loses_the_fields_that_an_older_crd_does_not_declare() {
        let text = || json!({"type": "string"});
        let service = json!({"properties": {"name": text(), "state": text()}});
        let status = json!({"properties": {"observedGeneration": {}, "services": {"items": service}}});
        let stack = json!({"properties": {"status": status},
            "x-kubernetes-group-version-kind": [{"group": "stackwright.dev", "kind": "Stack", "version": "v1alpha1"}]});
        let document =
            json!({"components": {"schemas": {"other": {}, "dev.stackwright.v1alpha1.Stack": stack}}});
        let mut status = json!({"observedGeneration": 1, "servicesReady": "2/2", "services": [
            {"name": "a", "state": "Running", "waitsFor": ["b"]}, {"name": "b", "state": "Running", "waitsFor": []}]});
        let gone = prune(&mut status, &schema_of_status(&document));
        assert_eq!(gone, ["services.waitsFor", "servicesReady"]);
        let fitted = json!({"observedGeneration": 1, "services": [
            {"name": "a", "state": "Running"}, {"name": "b", "state": "Running"}]});
        assert_eq!(status, fitted);
        assert_eq!(prune(&mut status, &Value::Null), [""; 0], "an empty schema removes nothing");
    }
}
