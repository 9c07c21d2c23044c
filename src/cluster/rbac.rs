//! The rights of the operator. Chart, manifests and tests are generated from this list.

use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Role};
use kube::core::ObjectMeta;

use crate::api::GROUP;

/// Returns the rules, each with its reason. Rights that no example uses have a comment in the form that `make e2e` parses:
/// the resources, the verbs, the reason.
pub fn rules() -> Vec<PolicyRule> {
    vec![
        // Stacks are watched; their status is written.
        rule(GROUP, &["stacks"], &["list", "watch"]),
        rule(GROUP, &["stacks/status"], &["patch"]),
        // OwnerReferencesPermissionEnforcement: blockOwnerDeletion needs the right to update the owner's finalizers.
        // stacks/finalizers update: no request needs it but the check of such a reference.
        rule(GROUP, &["stacks/finalizers"], &["update"]),
        // Children are watched, read if their name is taken, applied (which needs create and patch), and deleted.
        // daemonsets get, create, patch, delete: no example has a service on each node.
        rule("apps", &["daemonsets", "deployments", "statefulsets"], CHILD),
        // jobs delete: no example changes a service that has run to its end.
        rule("batch", &["jobs"], CHILD),
        // cronjobs get, create, patch, delete: no example has a job.
        rule("batch", &["cronjobs"], CHILD),
        // ingresses get, create, patch, delete: no example has an HTTP route.
        rule("networking.k8s.io", &["ingresses", "networkpolicies"], CHILD),
        // configmaps create, patch, delete: no example has a file's text in its Stack.
        rule("", &["configmaps", "services"], CHILD),
        // The operator never deletes data. Kubernetes deletes claims with their owner, and the others stay.
        rule("", &["persistentvolumeclaims"], &["get", "list", "watch", "create", "patch"]),
        // The metadata of Secrets is watched. Secrets that Stacks name are read.
        rule("", &["secrets"], &["get", "list", "watch"]),
        // The pull secrets of a ServiceAccount, for reading image metadata, and whether the account of a Stack exists.
        rule("", &["serviceaccounts"], &["get"]),
        // The rights of a Stack's ServiceAccount are checked. The operator never impersonates an account.
        // localsubjectaccessreviews create: no example names a ServiceAccount.
        rule("authorization.k8s.io", &["localsubjectaccessreviews"], &["create"]),
        // The labels of Namespaces grant privileges.
        rule("", &["namespaces"], &["list", "watch"]),
        // Pods and their warning events show why a service is not up.
        rule("", &["pods", "events"], &["list", "watch"]),
        // events patch: an event that comes again soon is counted up.
        rule("events.k8s.io", &["events"], &["create", "patch"]),
    ]
}

/// The name of the Lease for leader election.
pub const LEASE: &str = "stackwright";

/// Returns the rules for the namespace of the Lease. Only this Lease is allowed, since a namespace can have others. RBAC cannot
/// restrict `create` by name.
fn lease_rules() -> Vec<PolicyRule> {
    let named = PolicyRule {
        resource_names: Some(vec![LEASE.to_owned()]),
        ..rule("coordination.k8s.io", &["leases"], &["get", "patch"])
    };
    vec![rule("coordination.k8s.io", &["leases"], &["create"]), named]
}

const CHILD: &[&str] = &["get", "list", "watch", "create", "patch", "delete"];

/// Returns the ClusterRole, without the rules for the Lease.
pub fn cluster_role(name: &str) -> ClusterRole {
    let mut rules = rules();
    // The oldest kubelet decides which features new Pods can use.
    rules.push(rule("", &["nodes"], &["list"]));
    ClusterRole { metadata: named(name), rules: Some(rules), ..ClusterRole::default() }
}

/// Returns the Role for each namespace of an operator that serves only some, without the rules for the Lease.
pub fn role(name: &str) -> Role {
    Role { metadata: named(name), rules: Some(rules()) }
}

/// Returns the Role for the Lease in its namespace.
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
    fn only_the_role_for_the_lease_has_rights_to_leases_and_only_to_this_one() {
        let leases = |rules: Option<Vec<PolicyRule>>| -> Vec<PolicyRule> {
            let of_leases = |rule: &PolicyRule| {
                rule.resources.iter().flatten().any(|resource| ["leases", "*"].contains(&resource.as_str()))
            };
            rules.into_iter().flatten().filter(of_leases).collect()
        };
        assert!(leases(cluster_role("r").rules).is_empty() && leases(role("r").rules).is_empty());
        let of_the_lease = leases(lease_role("r").rules);
        assert_eq!(of_the_lease.len(), 2);
        for rule in of_the_lease {
            // RBAC cannot restrict `create` by name.
            let is_named = rule.resource_names == Some(vec![LEASE.to_owned()]);
            assert!(is_named || rule.verbs == ["create"], "{rule:?}");
        }
    }

    #[test]
    fn the_operator_cannot_impersonate_or_grant_rights() {
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
