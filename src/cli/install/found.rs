//! What an earlier installation has left on the cluster.

use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use kube::api::ListParams;
use kube::core::ApiResource;
use kube::{Api, ResourceExt};

use super::manifests::LABELS;
use crate::cli::connection::{CallError, Connection};
use crate::cli::objects::{Reference, labelled};

/// An operator on the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Installed {
    /// The namespace of the operator.
    pub namespace: String,
    /// The name of the Deployment.
    pub name: String,
    /// The version, by the label `app.kubernetes.io/version`.
    pub version: Option<String>,
    /// The image.
    pub image: Option<String>,
    /// The release of Helm that made it.
    pub release: Option<String>,
    /// The numbers of available and of desired Pods.
    pub pods: (i32, i32),
}

/// Returns the operator of the cluster, by the label of its Deployment. A user without the right to list the Deployments of
/// all namespaces sees only that of the connection's namespace.
///
/// # Errors
/// When Deployments cannot be listed.
pub async fn installed(connection: &Connection) -> Result<Option<Installed>, CallError> {
    let of_name = ListParams::default().labels("app.kubernetes.io/name=stackwright");
    let everywhere: Api<Deployment> = Api::all(connection.client.clone());
    let found = match everywhere.list(&of_name).await {
        Err(kube::Error::Api(status)) if status.is_forbidden() => {
            connection.api::<Deployment>().list(&of_name).await
        }
        found => found,
    };
    let found = found.map_err(|error| connection.failed("list Deployments", error))?;
    Ok(found.items.iter().map(Installed::of).next())
}

impl Installed {
    fn of(deployment: &Deployment) -> Self {
        let spec = deployment.spec.as_ref();
        let containers = spec.and_then(|spec| Some(spec.template.spec.as_ref()?.containers.as_slice()));
        let available = deployment.status.as_ref().and_then(|status| status.available_replicas);
        Self {
            namespace: deployment.namespace().unwrap_or_default(),
            name: deployment.name_any(),
            version: deployment.labels().get("app.kubernetes.io/version").cloned(),
            image: containers.unwrap_or_default().first().and_then(|it| it.image.clone()),
            release: deployment.annotations().get("meta.helm.sh/release-name").cloned(),
            pods: (available.unwrap_or_default(), spec.and_then(|spec| spec.replicas).unwrap_or(1)),
        }
    }
}

/// Returns the objects that `install` has made, in the order of deletion: rights go after the operator that needs them. The
/// Namespace and the CustomResourceDefinition are not among them, because their deletion deletes objects of users.
///
/// # Errors
/// When a kind cannot be listed.
pub async fn objects(connection: &Connection) -> Result<Vec<Reference>, CallError> {
    let kinds = [
        ApiResource::erase::<Deployment>(&()),
        ApiResource::erase::<NetworkPolicy>(&()),
        ApiResource::erase::<ValidatingAdmissionPolicyBinding>(&()),
        ApiResource::erase::<ValidatingAdmissionPolicy>(&()),
        ApiResource::erase::<RoleBinding>(&()),
        ApiResource::erase::<Role>(&()),
        ApiResource::erase::<ClusterRoleBinding>(&()),
        ApiResource::erase::<ClusterRole>(&()),
        ApiResource::erase::<ServiceAccount>(&()),
    ];
    let labels = LABELS.map(|(key, value)| format!("{key}={value}")).join(",");
    let mut objects = Vec::new();
    for resource in kinds {
        let found = labelled(connection, &resource, None, &labels).await?;
        objects.extend(found.into_iter().map(|object| Reference {
            resource: resource.clone(),
            namespace: object.namespace(),
            name: object.name_any(),
        }));
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_installation_is_read_from_its_deployment() {
        let deployment = serde_json::from_value(json!({
            "metadata": {"name": "stackwright", "namespace": "ops", "labels": {"app.kubernetes.io/version": "0.1.0"},
                "annotations": {"meta.helm.sh/release-name": "sw"}},
            "spec": {"replicas": 2, "selector": {}, "template": {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}},
            "status": {"availableReplicas": 1},
        }));
        let installed = Installed::of(&deployment.unwrap());
        assert_eq!(installed.version.as_deref(), Some("0.1.0"));
        assert_eq!(installed.image.as_deref(), Some("i:1"));
        assert_eq!((installed.release.as_deref(), installed.pods), (Some("sw"), (1, 2)));
    }
}
