//! The one list of what the operator may do. Chart, manifests and tests are made from it.

use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Role};
use kube::core::ObjectMeta;

use crate::api::GROUP;

/// What the operator needs, each rule with its reason.
pub fn rules() -> Vec<PolicyRule> {
    vec![
        // Stacks are watched; their status is written.
        rule(GROUP, &["stacks"], &["get", "list", "watch"]),
        rule(GROUP, &["stacks/status"], &["patch"]),
        // An owner reference that blocks deletion may only be set by who may change finalizers.
        rule(GROUP, &["stacks/finalizers"], &["update"]),
        // Children: watched, looked at before a first apply, applied (which may create), deleted.
        rule("apps", &["daemonsets", "deployments", "statefulsets"], CHILD),
        rule("batch", &["jobs"], CHILD),
        rule("networking.k8s.io", &["ingresses", "networkpolicies"], CHILD),
        rule("", &["configmaps", "services", "persistentvolumeclaims"], CHILD),
        // Secrets that Stacks name: their metadata is watched, their keys are read by name.
        rule("", &["secrets"], &["get", "list", "watch"]),
        // Whose pull secrets pods have where their Stack names none: images are read with them.
        rule("", &["serviceaccounts"], &["get"]),
        // The labels of Namespaces say which powers over nodes they allow.
        rule("", &["namespaces"], &["get", "list", "watch"]),
        // Pods, and what kubelets say of them, tell why a service is not up.
        rule("", &["pods", "events"], &["list", "watch"]),
        rule("events.k8s.io", &["events"], &["create", "patch"]),
        rule("coordination.k8s.io", &["leases"], &["get", "list", "watch", "create", "patch"]),
    ]
}

const CHILD: &[&str] = &["get", "list", "watch", "create", "patch", "delete"];

/// The rules for the whole cluster.
pub fn cluster_role(name: &str) -> ClusterRole {
    ClusterRole { metadata: named(name), rules: Some(rules()), ..ClusterRole::default() }
}

/// The rules for one namespace.
pub fn role(name: &str) -> Role {
    Role { metadata: named(name), rules: Some(rules()) }
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> PolicyRule {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    PolicyRule {
        api_groups: Some(owned(&[group])),
        resources: Some(owned(resources)),
        verbs: owned(verbs),
        ..PolicyRule::default()
    }
}
