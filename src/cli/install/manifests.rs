//! The objects of an installation. `chart.yaml` is the chart with its default values (`hack/generate`), so that the chart is
//! the only source.

use serde_json::{Value, json};

use crate::api;
use crate::cluster::rbac;

const CHART: &str = include_str!("chart.yaml");

/// The namespace of the chart's objects in [`CHART`].
pub const NAMESPACE: &str = "stackwright";

/// The labels of all objects of an installation by this program. Those of a release of Helm have another manager.
pub const LABELS: [(&str, &str); 2] =
    [("app.kubernetes.io/name", "stackwright"), ("app.kubernetes.io/managed-by", "stackwright-cli")];

/// What the user chooses for an installation.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// The namespace of the operator.
    pub namespace: String,
    /// The namespaces that the operator serves. Empty for all.
    pub watched: Vec<String>,
    /// The image of the operator. `None` for that of the chart.
    pub image: Option<String>,
}

/// Returns the objects in the order in which they are applied.
///
/// # Errors
/// When the embedded chart cannot be read, which a test excludes.
pub fn manifests(choices: &Choices) -> anyhow::Result<Vec<Value>> {
    let labels: Value = LABELS.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": choices.namespace, "labels": labels}});
    let mut definition = serde_json::to_value(api::definition())?;
    definition["metadata"]["labels"] = labels;
    let chart: Vec<Value> = serde_saphyr::from_multiple(CHART)?;
    let mut objects = vec![namespace, definition];
    for object in chart {
        objects.extend(chosen(object, choices)?);
    }
    Ok(objects)
}

/// Returns an object of the chart with the user's choices, or the objects that stand in its place.
fn chosen(mut object: Value, choices: &Choices) -> anyhow::Result<Vec<Value>> {
    own(&mut object["metadata"]["labels"]);
    place(&mut object, &choices.namespace);
    let watched = choices.watched.as_slice();
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let is_of_the_operator = object["metadata"]["name"] == NAMESPACE;
    match kind.as_str() {
        "Deployment" => deployment(&mut object, choices),
        "ClusterRole" if is_of_the_operator && !watched.is_empty() => {
            let rules = serde_json::to_value(rbac::role(NAMESPACE))?["rules"].take();
            return Ok(watched.iter().map(|namespace| role(&object, namespace, &rules)).collect());
        }
        "ClusterRoleBinding" if is_of_the_operator && !watched.is_empty() => {
            return Ok(watched.iter().map(|namespace| binding(&object, namespace)).collect());
        }
        // An operator of one namespace has its Lease there.
        "Role" | "RoleBinding" if watched.len() == 1 => object["metadata"]["namespace"] = json!(watched[0]),
        "ValidatingAdmissionPolicyBinding" if !watched.is_empty() => {
            let names = json!({"key": "kubernetes.io/metadata.name", "operator": "In", "values": watched});
            object["spec"]["matchResources"] = json!({"namespaceSelector": {"matchExpressions": [names]}});
        }
        _ => {}
    }
    Ok(vec![object])
}

/// Replaces the marks of Helm by those of this program.
fn own(labels: &mut Value) {
    if let Some(labels) = labels.as_object_mut() {
        labels.remove("helm.sh/chart");
        for (key, value) in LABELS {
            labels.insert(key.to_owned(), json!(value));
        }
    }
}

/// Puts an object, and the ServiceAccount that it binds, into the namespace of the operator.
fn place(object: &mut Value, namespace: &str) {
    if object["metadata"]["namespace"].is_string() {
        object["metadata"]["namespace"] = json!(namespace);
    }
    for subject in object.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
        subject["namespace"] = json!(namespace);
    }
}

fn deployment(object: &mut Value, choices: &Choices) {
    let template = &mut object["spec"]["template"];
    own(&mut template["metadata"]["labels"]);
    let container = &mut template["spec"]["containers"][0];
    if let Some(arguments) = container["args"].as_array_mut() {
        arguments.extend(choices.watched.iter().map(|namespace| json!(format!("--namespace={namespace}"))));
    }
    if let Some(image) = &choices.image {
        container["image"] = json!(image);
        for variable in container["env"].as_array_mut().into_iter().flatten() {
            if variable["name"] == "STACKWRIGHT_HELPER_IMAGE" {
                variable["value"] = json!(image);
            }
        }
    }
}

fn role(cluster_role: &Value, namespace: &str, rules: &Value) -> Value {
    let mut role = cluster_role.clone();
    role["kind"] = json!("Role");
    role["metadata"]["namespace"] = json!(namespace);
    role["rules"] = rules.clone();
    role
}

fn binding(cluster_binding: &Value, namespace: &str) -> Value {
    let mut binding = cluster_binding.clone();
    binding["kind"] = json!("RoleBinding");
    binding["metadata"]["namespace"] = json!(namespace);
    binding["roleRef"]["kind"] = json!("Role");
    binding
}

/// Returns the image of the operator in the objects of an installation.
pub fn image(objects: &[Value]) -> Option<&str> {
    let deployment = objects.iter().find(|object| object["kind"] == "Deployment")?;
    deployment.pointer("/spec/template/spec/containers/0/image")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(watched: &[&str], image: Option<&str>) -> Vec<Value> {
        let watched = watched.iter().map(|&name| name.to_owned()).collect();
        let choices = Choices { namespace: "ops".to_owned(), watched, image: image.map(str::to_owned) };
        manifests(&choices).unwrap()
    }

    fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Vec<&'a Value> {
        objects.iter().filter(|object| object["kind"] == kind && object["metadata"]["name"] == name).collect()
    }

    #[test]
    fn the_embedded_chart_is_of_this_version_and_has_the_rights_of_the_code() {
        let objects = of(&[], None);
        assert_eq!(image(&objects), Some(concat!("stackwright:", env!("CARGO_PKG_VERSION"))));
        let role = find(&objects, "ClusterRole", "stackwright")[0];
        assert_eq!(role["rules"], serde_json::to_value(rbac::cluster_role("r")).unwrap()["rules"]);
        let lease = find(&objects, "Role", "stackwright-lease")[0];
        assert_eq!(lease["rules"], serde_json::to_value(rbac::lease_role("r")).unwrap()["rules"]);
    }

    #[test]
    fn all_objects_are_in_the_chosen_namespace_and_no_mark_of_helm_is_left() {
        for object in of(&[], None) {
            let namespace = &object["metadata"]["namespace"];
            assert!(namespace.is_null() || namespace == "ops", "{object}");
            assert!(
                object.to_string().find("Helm").is_none() && !object.to_string().contains("helm.sh"),
                "{object}"
            );
            assert_eq!(
                object["metadata"]["labels"]["app.kubernetes.io/managed-by"], "stackwright-cli",
                "{object}"
            );
            for subject in object["subjects"].as_array().into_iter().flatten() {
                assert_eq!(subject["namespace"], "ops");
            }
        }
    }

    #[test]
    fn the_image_is_also_that_of_the_helper() {
        let objects = of(&[], Some("registry.example.com/stackwright:1"));
        assert_eq!(image(&objects), Some("registry.example.com/stackwright:1"));
        let deployment = find(&objects, "Deployment", "stackwright")[0];
        let environment = deployment.pointer("/spec/template/spec/containers/0/env").unwrap();
        let helper =
            environment.as_array().unwrap().iter().find(|it| it["name"] == "STACKWRIGHT_HELPER_IMAGE");
        assert_eq!(helper.unwrap()["value"], "registry.example.com/stackwright:1");
    }

    #[test]
    fn an_operator_of_some_namespaces_has_no_rights_of_the_cluster() {
        let objects = of(&["a", "b"], None);
        assert!(find(&objects, "ClusterRole", "stackwright").is_empty());
        assert!(!objects.iter().any(|object| object["kind"] == "ClusterRoleBinding"));
        for kind in ["Role", "RoleBinding"] {
            let namespaces: Vec<_> =
                find(&objects, kind, "stackwright").iter().map(|it| &it["metadata"]["namespace"]).collect();
            assert_eq!(namespaces, ["a", "b"], "{kind}");
        }
        assert_eq!(find(&objects, "Role", "stackwright-lease")[0]["metadata"]["namespace"], "ops");
        assert_eq!(find(&of(&["a"], None), "Role", "stackwright-lease")[0]["metadata"]["namespace"], "a");
        let arguments =
            find(&objects, "Deployment", "stackwright")[0].pointer("/spec/template/spec/containers/0/args");
        let arguments = arguments.unwrap().as_array().unwrap();
        assert!(arguments.ends_with(&[json!("--namespace=a"), json!("--namespace=b")]));
        let policies = objects.iter().filter(|object| object["kind"] == "ValidatingAdmissionPolicyBinding");
        let selected = |object: &Value| object.pointer("/spec/matchResources/namespaceSelector").is_some();
        assert!(policies.clone().count() == 5 && policies.into_iter().all(selected));
    }
}
