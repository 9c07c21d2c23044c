//! What of a status the cluster's CRD knows, where it is older than the operator: Helm never upgrades CRDs.
//!
//! An apply with a field that the CRD does not declare is refused whole, under every way of validation. A merge
//! would pass, but leave fields to an owner from whom a later apply takes none away.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::Request;
use kube::{Client, Resource, core::Status};
use serde_json::Value;

use crate::api::{Stack, StackStatus};

/// How long it is believed that the CRD is an older one; then a status is sent whole again.
const BELIEVED: Duration = Duration::from_secs(600);

/// The part of the schema that an older CRD has of the status; empty while none is known to be older.
#[derive(Debug, Default)]
pub(super) struct StatusFields(Mutex<Option<(Instant, Arc<Value>)>>);

impl StatusFields {
    /// Whether the API server refuses a status because its CRD does not declare a field.
    pub(super) fn is_refusal(status: &Status) -> bool {
        let words = ["field not declared in schema", "unknown field"];
        words.iter().any(|words| status.message.contains(words))
    }

    /// Asks which fields the CRD declares, and says which of this status it does not.
    ///
    /// # Errors
    /// When the API server cannot be asked.
    pub(super) async fn learn(&self, client: &Client, status: &StackStatus) -> kube::Result<()> {
        let path = format!("/openapi/v3/apis/{}", Stack::api_version(&()));
        let request = Request::get(path).body(Vec::new()).map_err(kube::Error::HttpError)?;
        let document: Value = client.request(request).await?;
        let schema = schema_of_status(&document);
        let unknown = prune(&mut serde_json::to_value(status).unwrap_or_default(), &schema);
        tracing::warn!(
            fields = unknown.join(", "),
            "the CRD of Stacks is older than the operator: each status is written without these fields until \
             the CRD is upgraded (stackwright crds | kubectl apply --server-side -f -)"
        );
        let learned = Some((Instant::now(), Arc::new(schema)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = learned;
        Ok(())
    }

    /// The status without the fields that the CRD is known not to declare.
    pub(super) fn fit(&self, status: StackStatus) -> StackStatus {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((_, schema)) = known.filter(|(since, _)| since.elapsed() < BELIEVED) else { return status };
        let mut fitted = serde_json::to_value(&status).unwrap_or_default();
        prune(&mut fitted, &schema);
        serde_json::from_value(fitted).unwrap_or(status)
    }
}

/// The schema of the status in an OpenAPI document of our group.
fn schema_of_status(document: &Value) -> Value {
    let kind = Stack::kind(&());
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    let is_stack = |schema: &&Value| {
        schema.pointer("/x-kubernetes-group-version-kind/0/kind") == Some(&Value::from(kind.as_ref()))
    };
    let stack = schemas.map(|(_, schema)| schema).find(is_stack);
    stack.and_then(|stack| stack.pointer("/properties/status")).cloned().unwrap_or_default()
}

/// Takes away what the schema does not declare, and names it.
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
    fn a_status_is_fitted_to_an_older_crd_and_what_goes_is_named() {
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
        assert_eq!(prune(&mut status, &Value::Null), [""; 0], "a schema that says nothing takes nothing");
    }
}
