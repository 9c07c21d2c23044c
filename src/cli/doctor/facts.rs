//! What `doctor` reads from a cluster. A fact is missing if the caller may not read it.

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::networking::v1::IngressClass;
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ListParams, PostParams};
use kube::{Api, CustomResourceExt, ResourceExt};

use super::definition::{Age, age};
use crate::api::{GROUP, Stack};
use crate::cli::connection::{CallError, Connection};
use crate::cli::install::{Installed, installed};

/// What the checks are made of.
#[derive(Debug, Default)]
pub struct Facts {
    /// The version of the API server, such as `v1.37.0`.
    pub version: String,
    /// The age of the CustomResourceDefinition. `None` if it is missing.
    pub definition: Option<Age>,
    /// The operator. `None` if there is none.
    pub operator: Option<Installed>,
    /// The StorageClasses.
    pub storage: Option<Vec<Class>>,
    /// The IngressClasses.
    pub ingress: Option<Vec<Class>>,
    /// Whether the API of metrics is served.
    pub metrics: Option<bool>,
    /// The rights that the caller lacks, such as `create secrets`.
    pub missing_rights: Option<Vec<String>>,
    /// The namespace.
    pub namespace: String,
    /// The level of Pod Security that the namespace enforces. The outer `None` if the namespace cannot be read.
    pub pod_security: Option<Option<String>>,
    /// Whether the namespace exists.
    pub has_namespace: bool,
}

/// A StorageClass or IngressClass.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// The name.
    pub name: String,
    /// The provisioner or controller.
    pub program: String,
    /// Whether it is the default.
    pub is_default: bool,
}

/// The rights of a user who runs all verbs on Stacks: group, resource, subresource, verbs.
const RIGHTS: &[(&str, &str, &str, &[&str])] = &[
    (GROUP, "stacks", "", &["get", "list", "watch", "create", "patch", "delete"]),
    ("", "configmaps", "", &["get", "create", "patch", "delete"]),
    ("", "secrets", "", &["get", "create", "patch", "delete"]),
    ("", "persistentvolumeclaims", "", &["list", "delete"]),
    ("", "services", "", &["list"]),
    ("", "events", "", &["list"]),
    ("", "pods", "", &["get", "list", "watch"]),
    ("", "pods", "log", &["get"]),
    ("", "pods", "exec", &["create"]),
];

/// Reads all facts.
///
/// # Errors
/// When the API server cannot be reached.
pub async fn gather(connection: &Connection) -> anyhow::Result<Facts> {
    let version = connection.client.apiserver_version().await;
    let version = version.map_err(|error| connection.failed("get the version of the API server", error))?;
    let (definition, operator, storage, ingress, metrics, missing_rights, namespace) = tokio::try_join!(
        definition(connection),
        operator(connection),
        storage(connection),
        ingress(connection),
        metrics(connection),
        missing_rights(connection),
        namespace(connection),
    )?;
    let (has_namespace, pod_security) = namespace;
    Ok(Facts {
        version: version.git_version,
        definition,
        operator,
        storage,
        ingress,
        metrics,
        missing_rights,
        namespace: connection.namespace.clone(),
        pod_security,
        has_namespace,
    })
}

/// Returns `None` for what the caller may not read.
fn readable<T>(
    connection: &Connection,
    doing: &str,
    result: kube::Result<T>,
) -> Result<Option<T>, CallError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => match connection.failed(doing, error) {
            CallError::Forbidden { .. } | CallError::NotInstalled { .. } => Ok(None),
            error => Err(error),
        },
    }
}

async fn definition(connection: &Connection) -> Result<Option<Age>, CallError> {
    let api: Api<CustomResourceDefinition> = Api::all(connection.client.clone());
    match api.get_opt(Stack::crd_name()).await {
        Ok(found) => Ok(found.map(|live| age(&live))),
        // Whoever may use Stacks can be without the right to read their definition.
        Err(error) => match connection.failed("get the CustomResourceDefinition", error) {
            CallError::Forbidden { .. } => {
                let stacks = connection.stacks().list_metadata(&ListParams::default().limit(1)).await;
                let is_served = !matches!(
                    stacks.map_err(|error| connection.failed("list Stacks", error)),
                    Err(CallError::NotInstalled { .. })
                );
                Ok(is_served.then_some(Age::Unknown))
            }
            error => Err(error),
        },
    }
}

async fn operator(connection: &Connection) -> Result<Option<Installed>, CallError> {
    match installed(connection).await {
        Err(CallError::Forbidden { .. }) => Ok(None),
        found => found,
    }
}

async fn storage(connection: &Connection) -> Result<Option<Vec<Class>>, CallError> {
    let classes = Api::<StorageClass>::all(connection.client.clone()).list(&ListParams::default()).await;
    let classes = readable(connection, "list StorageClasses", classes)?;
    let class = |class: StorageClass| Class {
        name: class.name_any(),
        is_default: is_default(&class, "storageclass.kubernetes.io/is-default-class"),
        program: class.provisioner,
    };
    Ok(classes.map(|list| list.items.into_iter().map(class).collect()))
}

async fn ingress(connection: &Connection) -> Result<Option<Vec<Class>>, CallError> {
    let classes = Api::<IngressClass>::all(connection.client.clone()).list(&ListParams::default()).await;
    let classes = readable(connection, "list IngressClasses", classes)?;
    let class = |class: IngressClass| Class {
        name: class.name_any(),
        is_default: is_default(&class, "ingressclass.kubernetes.io/is-default-class"),
        program: class.spec.and_then(|spec| spec.controller).unwrap_or_default(),
    };
    Ok(classes.map(|list| list.items.into_iter().map(class).collect()))
}

fn is_default(class: &impl ResourceExt, annotation: &str) -> bool {
    class.annotations().get(annotation).is_some_and(|value| value == "true")
}

async fn metrics(connection: &Connection) -> Result<Option<bool>, CallError> {
    let groups = readable(connection, "list API groups", connection.client.list_api_groups().await)?;
    Ok(groups.map(|list| list.groups.iter().any(|group| group.name == "metrics.k8s.io")))
}

async fn missing_rights(connection: &Connection) -> Result<Option<Vec<String>>, CallError> {
    let reviews = RIGHTS.iter().flat_map(|(group, resource, subresource, verbs)| {
        verbs.iter().map(move |verb| review(connection, group, resource, subresource, verb))
    });
    let answers = futures::future::try_join_all(reviews).await;
    let answers = readable(connection, "check the rights of the caller", answers)?;
    Ok(answers.map(|answers| answers.into_iter().flatten().collect()))
}

/// Returns the right if the caller lacks it.
async fn review(
    connection: &Connection,
    group: &str,
    resource: &str,
    subresource: &str,
    verb: &str,
) -> kube::Result<Option<String>> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let attributes = ResourceAttributes {
        group: text(group),
        resource: text(resource),
        subresource: text(subresource),
        verb: text(verb),
        namespace: text(&connection.namespace),
        ..ResourceAttributes::default()
    };
    let spec =
        SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), non_resource_attributes: None };
    let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
    let api: Api<SelfSubjectAccessReview> = Api::all(connection.client.clone());
    let answer = api.create(&PostParams::default(), &review).await?;
    let is_allowed = answer.status.is_some_and(|status| status.allowed);
    let name = if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") };
    Ok((!is_allowed).then(|| format!("{verb} {name}")))
}

/// Returns whether the namespace exists, and its level of Pod Security.
async fn namespace(connection: &Connection) -> Result<(bool, Option<Option<String>>), CallError> {
    let api: Api<Namespace> = Api::all(connection.client.clone());
    let found = readable(connection, "get the namespace", api.get_opt(&connection.namespace).await)?;
    Ok(match found {
        // The caller may not read namespaces.
        None => (true, None),
        Some(None) => (false, None),
        Some(Some(it)) => (true, Some(it.labels().get("pod-security.kubernetes.io/enforce").cloned())),
    })
}
