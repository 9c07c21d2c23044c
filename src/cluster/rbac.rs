//! The one list of what the operator may do. Chart, manifests and tests are made from it.

use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Role};
use kube::core::ObjectMeta;

use crate::api::GROUP;

/// What the operator needs, each rule with its reason. What no example makes it use has a word why, in the
/// form that `make e2e` reads: the resources, the verbs, the reason.
pub fn rules() -> Vec<PolicyRule> {
    vec![
        // Stacks are watched; their status is written.
        rule(GROUP, &["stacks"], &["list", "watch"]),
        rule(GROUP, &["stacks/status"], &["patch"]),
        // An owner reference that blocks deletion may only be set by who may change finalizers.
        // stacks/finalizers update: no request needs it but the check of such a reference.
        rule(GROUP, &["stacks/finalizers"], &["update"]),
        // Children: watched, looked at where their name is taken, applied (which may create), deleted.
        // daemonsets get, create, patch, delete: no example has a service on each node.
        rule("apps", &["daemonsets", "deployments", "statefulsets"], CHILD),
        // jobs delete: no example changes a service that has run to its end.
        rule("batch", &["jobs"], CHILD),
        // ingresses get, create, patch, delete: no example has an HTTP route.
        rule("networking.k8s.io", &["ingresses", "networkpolicies"], CHILD),
        // configmaps create, patch, delete: no example has a file's text in its Stack.
        rule("", &["configmaps", "services"], CHILD),
        // Data is never deleted by the operator: claims go with their owner, or stay.
        rule("", &["persistentvolumeclaims"], &["get", "list", "watch", "create", "patch"]),
        // Secrets that Stacks name: their metadata is watched, their keys are read by name.
        rule("", &["secrets"], &["get", "list", "watch"]),
        // Whose pull secrets pods have where their Stack names none: images are read with them. And whether the account
        // that a Stack names exists.
        rule("", &["serviceaccounts"], &["get"]),
        // What a Stack's ServiceAccount may do by hand. The operator asks, and never acts as somebody else.
        // localsubjectaccessreviews create: no example names a ServiceAccount.
        rule("authorization.k8s.io", &["localsubjectaccessreviews"], &["create"]),
        // The labels of Namespaces say which privileges over nodes they allow.
        rule("", &["namespaces"], &["list", "watch"]),
        // Pods, and what kubelets say of them, tell why a service is not up.
        rule("", &["pods", "events"], &["list", "watch"]),
        // events patch: an event that comes again soon is counted up.
        rule("events.k8s.io", &["events"], &["create", "patch"]),
    ]
}

/// The name of the Lease that lets one of several operators work.
pub const LEASE: &str = "stackwright";

/// What the operator needs in the namespace of its Lease. A cluster keeps other Leases, such as those of its nodes,
/// so the right is to this one alone. A request that creates has no name that a rule could hold it to.
fn lease_rules() -> Vec<PolicyRule> {
    let named = PolicyRule {
        resource_names: Some(vec![LEASE.to_owned()]),
        ..rule("coordination.k8s.io", &["leases"], &["get", "patch"])
    };
    vec![rule("coordination.k8s.io", &["leases"], &["create"]), named]
}

const CHILD: &[&str] = &["get", "list", "watch", "create", "patch", "delete"];

/// The rules for the whole cluster, but for the Lease.
pub fn cluster_role(name: &str) -> ClusterRole {
    let mut rules = rules();
    // The oldest kubelet decides what new pods may have.
    rules.push(rule("", &["nodes"], &["list"]));
    ClusterRole { metadata: named(name), rules: Some(rules), ..ClusterRole::default() }
}

/// The rules for one namespace, which has the Lease as well.
pub fn role(name: &str) -> Role {
    Role { metadata: named(name), rules: Some([rules(), lease_rules()].concat()) }
}

/// The rules for the Lease, in its namespace.
pub fn lease_role(name: &str) -> Role {
    Role { metadata: named(name), rules: Some(lease_rules()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_may_act_as_nobody_else_and_give_nobody_rights() {
        let all = [cluster_role("r").rules, role("r").rules, lease_role("r").rules];
        for rule in all.into_iter().flatten().flatten() {
            let is_known = |verb: &String| {
                ["get", "list", "watch", "create", "patch", "update", "delete"].contains(&verb.as_str())
            };
            assert!(rule.verbs.iter().all(is_known), "{rule:?}");
            let groups = rule.api_groups.unwrap_or_default();
            assert!(!groups.iter().any(|group| group == "rbac.authorization.k8s.io" || group == "*"));
        }
    }
}
