//! A tenant of the siege, with a namespace.

use std::collections::BTreeMap;

use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use stackwright::api::Stack;

/// A tenant with a namespace.
#[derive(Clone)]
pub struct Tenant {
    pub client: Client,
    pub namespace: String,
}

impl Tenant {
    /// Creates a namespace with labels.
    pub async fn settle(client: &Client, namespace: &str, labels: &[(&str, &str)]) -> Self {
        let labels: BTreeMap<_, _> = labels.iter().copied().collect();
        let body = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace, "labels": labels },
        });
        let api = Api::<k8s_openapi::api::core::v1::Namespace>::all(client.clone());
        let body = serde_json::from_value(body).expect("a Namespace");
        api.create(&PostParams::default(), &body).await.expect("the Namespace of a tenant");
        Self { client: client.clone(), namespace: namespace.to_owned() }
    }

    /// Returns the API of the namespace's Stacks.
    pub fn stacks(&self) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &ApiResource::erase::<Stack>(&()))
    }

    /// Applies a Stack.
    pub async fn apply(&self, name: &str, spec: &Value) -> kube::Result<()> {
        let body = json!({
            "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": { "name": name }, "spec": spec,
        });
        let params = PatchParams::apply("tenant").force();
        self.stacks().patch(name, &params, &Patch::Apply(body)).await.map(drop)
    }

    /// Changes an existing Stack.
    pub async fn change(&self, name: &str, patch: &Value) {
        let changed = self.stacks().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await;
        changed.unwrap_or_else(|error| panic!("Stack {name} of {}: {error}", self.namespace));
    }
}
