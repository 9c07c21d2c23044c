//! A namespace for each scenario, with an account for the operator that has exactly the rights of `cluster::rbac`.

use std::time::Duration;

use k8s_openapi::api::{
    authentication::v1::TokenRequest,
    authorization::v1::SubjectAccessReview,
    core::v1::{Namespace, ServiceAccount},
    rbac::v1::{ClusterRoleBinding, RoleBinding},
};
use kube::{
    Api, Client,
    api::{DeleteParams, PostParams},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stackwright::cluster::rbac;

/// The name of the operator's account in each scenario's namespace.
const ACCOUNT: &str = "operator";

/// Creates the namespace of a scenario. The API server generates the suffix of its name.
pub async fn make_namespace(admin: &Client, prefix: &str) -> String {
    let namespace: Namespace = typed(json!({ "metadata": { "generateName": format!("{prefix}-") } }));
    let made = Api::all(admin.clone()).create(&PostParams::default(), &namespace).await.expect("a namespace");
    made.metadata.name.expect("a created namespace has a name")
}

/// Deletes the namespace without waiting.
pub async fn delete_namespace(admin: &Client, namespace: &str) {
    let deleted = Api::<Namespace>::all(admin.clone()).delete(namespace, &DeleteParams::default()).await;
    if let Err(error) = deleted {
        eprintln!("namespace {namespace} stays: {error}");
    }
}

/// Creates the operator's account, and returns a token.
pub async fn make_operator_account(admin: &Client, namespace: &str) -> String {
    let mut role = rbac::role(ACCOUNT);
    role.rules.get_or_insert_default().extend(rbac::lease_role(ACCOUNT).rules.unwrap_or_default());
    let account: ServiceAccount = typed(json!({ "metadata": { "name": ACCOUNT } }));
    let binding: RoleBinding = typed(json!({
        "metadata": { "name": ACCOUNT },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT },
        "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace }],
    }));
    let params = PostParams::default();
    let accounts = Api::<ServiceAccount>::namespaced(admin.clone(), namespace);
    accounts.create(&params, &account).await.expect("the operator's account");
    Api::namespaced(admin.clone(), namespace).create(&params, &role).await.expect("the operator's role");
    Api::namespaced(admin.clone(), namespace)
        .create(&params, &binding)
        .await
        .expect("the operator's binding");
    until_allowed(admin, namespace).await;

    let request: TokenRequest = typed(json!({ "spec": { "audiences": [], "expirationSeconds": 3600 } }));
    let answer = accounts.create_token_request(ACCOUNT, &params, &request).await.expect("a token");
    answer.status.and_then(|status| status.token).expect("an answered request has a token")
}

/// Lets the operator of `namespace` serve another namespace, as the chart does for several namespaces.
pub async fn allow_namespaced(admin: &Client, namespace: &str, other: &str) {
    let role = rbac::role(ACCOUNT);
    let binding: RoleBinding = typed(json!({
        "metadata": { "name": ACCOUNT },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT },
        "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace }],
    }));
    let params = PostParams::default();
    Api::namespaced(admin.clone(), other).create(&params, &role).await.expect("the operator's role");
    Api::namespaced(admin.clone(), other).create(&params, &binding).await.expect("its binding");
}

/// Lets the operator of `namespace` serve all namespaces, as the chart does by default.
pub async fn allow_everywhere(admin: &Client, namespace: &str) {
    let role = rbac::cluster_role(ACCOUNT);
    let binding: ClusterRoleBinding = typed(json!({
        "metadata": { "name": ACCOUNT },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ACCOUNT },
        "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace }],
    }));
    let params = PostParams::default();
    Api::all(admin.clone()).create(&params, &role).await.expect("the operator's role for the cluster");
    Api::all(admin.clone()).create(&params, &binding).await.expect("its binding");
}

/// Waits until the operator's rights take effect: the API server learns of a new RoleBinding by a watch.
async fn until_allowed(admin: &Client, namespace: &str) {
    let review: SubjectAccessReview = typed(json!({ "spec": {
        "user": operator_user(namespace),
        "resourceAttributes":
            { "namespace": namespace, "verb": "create", "group": "coordination.k8s.io", "resource": "leases" },
    }}));
    for _ in 0..600 {
        let answer = Api::all(admin.clone()).create(&PostParams::default(), &review).await;
        if answer.is_ok_and(|review: SubjectAccessReview| review.status.is_some_and(|status| status.allowed))
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("after 30 s the operator of {namespace} is not allowed what its role allows");
}

/// Returns the user name of a namespace's operator in the audit log.
pub fn operator_user(namespace: &str) -> String {
    format!("system:serviceaccount:{namespace}:{ACCOUNT}")
}

fn typed<K: DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).expect("a well-formed object")
}
