//! Installation, and what the cluster says about it.

use std::process::Command;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, Role};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::runtime::wait::{await_condition, conditions::is_deleted};
use kube::{Api, CustomResourceExt, ResourceExt};
use serde_json::{Value, json};
use stackwright::api::Stack;

use crate::support::{Cluster, block_on};

struct User<'c> {
    cluster: &'c Cluster,
}

impl User<'_> {
    /// Runs a command, and returns its exit code with all that it prints.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_stackwright"))
            .args(arguments)
            .env("KUBECONFIG", &self.cluster.kubeconfig)
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        let (code, said) = self.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        said
    }

    fn fails(&self, arguments: &[&str], cause: &str) {
        let (code, said) = self.run(arguments);
        assert!(code == Some(1) && said.contains(cause) && said.contains("help: "), "{arguments:?}: {said}");
    }
}

/// One test, since a cluster of its own is slow to start.
#[test]
fn install_upgrades_itself_and_uninstall_keeps_stacks() {
    block_on(async {
        let cluster = Cluster::of_its_own("install").await;
        let user = User { cluster: &cluster };
        let definitions: Api<CustomResourceDefinition> = Api::all(cluster.admin.clone());
        let definition = definitions.get(Stack::crd_name()).await.unwrap();
        definitions.delete(Stack::crd_name(), &DeleteParams::default()).await.unwrap();
        let uid = definition.uid().unwrap();
        await_condition(definitions, Stack::crd_name(), is_deleted(&uid)).await.unwrap();
        // The API server stops serving a kind after its definition is gone.
        let missing = ["scale", "web=2", "-p", "shop", "-n", "default"];
        for _ in 0..50 {
            if user.run(&missing).1.contains("is not installed") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }

        user.fails(&missing, "Stackwright is not installed");
        let (code, said) = user.run(&["doctor"]);
        assert!(code == Some(1) && said.contains("fail  Stack API"), "{said}");
        assert!(user.succeeds(&["version"]).contains("Operator:    not installed"));

        let said = user.succeeds(&["install", "--wait-timeout", "2m"]);
        for line in [
            "created     CustomResourceDefinition stacks.stackwright.dev",
            "created     Deployment stackwright",
            "operator: Serving",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        let again = user.succeeds(&["install"]);
        assert!(
            !again.contains("created") && !again.contains("configured") && !again.contains("deleted"),
            "{again}"
        );
        let (code, said) = user.run(&["doctor", "--output", "json"]);
        let report: Value = serde_json::from_str(&said).unwrap();
        let fails = report["checks"].as_array().unwrap().iter().any(|check| check["verdict"] == "fail");
        assert_eq!(code, Some(i32::from(fails)), "{said}");
        assert!(user.succeeds(&["version"]).contains("1 of 1 Pods available"));
        user.fails(&["install", "--namespace", "other"], "Stackwright is installed in namespace stackwright");

        // Another image, and rights in one namespace only.
        user.succeeds(&[
            "install",
            "--image",
            "registry.example.com/stackwright:2",
            "--watch-namespace",
            "default",
        ]);
        let deployments: Api<Deployment> = Api::namespaced(cluster.admin.clone(), "stackwright");
        let deployment = serde_json::to_value(deployments.get("stackwright").await.unwrap()).unwrap();
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["image"], "registry.example.com/stackwright:2");
        let bindings: Api<ClusterRoleBinding> = Api::all(cluster.admin.clone());
        assert!(
            bindings.get_opt("stackwright").await.unwrap().is_none(),
            "the rights of the cluster are gone"
        );
        let roles: Api<Role> = Api::namespaced(cluster.admin.clone(), "default");
        assert!(roles.get_opt("stackwright").await.unwrap().is_some());

        let stacks: Api<Stack> = Api::namespaced(cluster.admin.clone(), "default");
        let stack = json!({"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "shop"}, "spec": {}});
        stacks.create(&PostParams::default(), &serde_json::from_value(stack).unwrap()).await.unwrap();
        user.fails(&["uninstall", "-y"], "1 Stack on the cluster, so nothing was removed: default/shop");
        let said = user.succeeds(&["uninstall", "--delete-stacks", "-y"]);
        assert!(said.contains("Stackwright is removed"), "{said}");
        let labels = ListParams::default().labels("app.kubernetes.io/managed-by=stackwright-cli");
        assert!(deployments.list(&labels).await.unwrap().items.is_empty());
        assert!(user.succeeds(&["uninstall"]).contains("Stackwright is not installed"));
    });
}
