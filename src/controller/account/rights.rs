//! Rights that an account needs for everything that the operator is about to do.

use std::{collections::BTreeSet, fmt};

use crate::{
    api::StackSpec,
    cluster::api_resource,
    plan::{Gate, Plan},
    translate::{Desired, Kind, ObjectKind, Workload, named_objects},
};

/// A verb of RBAC.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Verb {
    Get,
    Create,
    Patch,
    Delete,
}

impl Verb {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Create => "create",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// A right in a namespace, as in RBAC. Every kind in question has the version `v1`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(in crate::controller) struct Right {
    pub(super) verb: Verb,
    /// The API group; the core group is empty.
    pub(super) group: String,
    /// The plural name.
    pub(super) resource: String,
    /// The object, or all objects. RBAC cannot restrict `create` by name (Kubernetes documentation, "Referring to
    /// resources").
    pub(super) name: Option<String>,
}

impl Right {
    /// Returns the right to all objects of the kind.
    pub(super) fn to_all(&self) -> Self {
        Self { name: None, ..self.clone() }
    }

    /// Returns the resource as kubectl names it, such as `deployments.apps`.
    pub(super) fn kind(&self) -> String {
        if self.group.is_empty() {
            self.resource.clone()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }

    fn to_child(verb: Verb, kind: Kind, name: &str) -> Self {
        let served = api_resource(kind);
        let name = (verb != Verb::Create).then(|| name.to_owned());
        Self { verb, group: served.group, resource: served.plural, name }
    }

    fn to_get(kind: ObjectKind, name: String) -> Self {
        let resource = match kind {
            ObjectKind::ConfigMap => "configmaps",
            ObjectKind::Secret => "secrets",
            ObjectKind::PersistentVolumeClaim => "persistentvolumeclaims",
        };
        Self { verb: Verb::Get, group: String::new(), resource: resource.to_owned(), name: Some(name) }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} resource {}", self.verb.as_str(), self.kind())?;
        self.name.iter().try_for_each(|name| write!(f, " \"{name}\""))
    }
}

/// Returns the rights to the objects that a Stack names, also for services of inactive profiles.
pub(in crate::controller) fn reads(spec: &StackSpec) -> BTreeSet<Right> {
    let routes = spec.services.values().flat_map(|service| &service.ingress);
    let certificates = routes.filter_map(|route| route.tls_secret_name.as_ref());
    let secrets = certificates.chain(&spec.image_pull_secrets);
    named_objects(spec)
        .into_iter()
        .chain(secrets.map(|name| (ObjectKind::Secret, name.clone())))
        .map(|(kind, name)| Right::to_get(kind, name))
        .collect()
}

/// Returns the rights to the changes of a plan, and to the workloads that it will create once their gates open, so that a
/// Stack does not stop halfway.
///
/// A right to Pods is not needed, since the controllers of Kubernetes create them.
pub(in crate::controller) fn writes(desired: &Desired, plan: &Plan) -> BTreeSet<Right> {
    let applied = plan.applies.iter().map(|apply| {
        let verb = if apply.uid.is_some() { Verb::Patch } else { Verb::Create };
        (verb, apply.object.kind, apply.object.name.as_str())
    });
    let patched = plan.released.iter().chain(&plan.retired);
    let released = patched.map(|child| (Verb::Patch, child.kind, child.name.as_str()));
    let deleted = plan.replaced.iter().chain(&plan.pruned);
    let deleted = deleted.map(|delete| (Verb::Delete, delete.kind, delete.name.as_str()));
    let held = plan.gates.iter().filter(|(_, gate)| matches!(gate, Gate::Waits(_) | Gate::Replaces));
    let held = held.filter_map(|(name, _)| match desired.units.get(name) {
        Some(unit) => unit.workload.as_ref().map(Workload::kind),
        None => desired.jobs.get(name).map(|_| Kind::CronJob),
    });
    applied
        .chain(released)
        .chain(deleted)
        .map(|(verb, kind, name)| Right::to_child(verb, kind, name))
        .chain(held.map(|kind| Right::to_child(Verb::Create, kind, "")))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        api::Stack,
        plan::{self, LastStatus, Observed},
        translate::{Facts, translate},
    };

    fn stack(spec: Value) -> Stack {
        let body = json!({"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack",
            "metadata": {"name": "s", "namespace": "n", "uid": "u"}, "spec": spec});
        serde_json::from_value(body).unwrap()
    }

    fn text(rights: &BTreeSet<Right>) -> String {
        rights.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ").replace("resource ", "")
    }

    #[test]
    fn each_object_that_a_stack_names_needs_get_by_name() {
        let key = |name: &str| json!({"name": name, "key": "k"});
        for (spec, expected) in [
            (json!({}), ""),
            (json!({"imagePullSecrets": ["pull"]}), "get secrets \"pull\""),
            (json!({"secrets": {"a": {"secret": key("s")}}}), "get secrets \"s\""),
            (
                json!({"configs": {"a": {"configMap": key("c")}, "b": {"content": "x"}}}),
                "get configmaps \"c\"",
            ),
            (
                json!({"volumes": {"v": {"claimName": "theirs"}, "w": {}}}),
                "get persistentvolumeclaims \"theirs\"",
            ),
            (
                json!({"volumes": {"v": {"files": [{"path": "a", "secretKeyRef": key("laid")}]}}}),
                "get secrets \"laid\"",
            ),
            (
                json!({"profiles": [], "services": {"a": {"image": "a", "profiles": ["off"], "environmentFrom":
                    {"A": {"secretKeyRef": key("s")}, "B": {"configMapKeyRef": key("c")}}}}}),
                "get configmaps \"c\", get secrets \"s\"",
            ),
            (
                json!({"services": {"a": {"image": "a", "ingress": [{"tlsSecretName": "cert"}, {}]}}}),
                "get secrets \"cert\"",
            ),
            (
                json!({"services": {"a": {"image": "a", "files": [{"target": "/a", "files":
                    [{"path": "a", "secretKeyRef": key("s")}, {"path": "b", "configMapKeyRef": key("c")}]}]}}}),
                "get configmaps \"c\", get secrets \"s\"",
            ),
        ] {
            assert_eq!(text(&reads(&stack(spec.clone()).spec)), expected, "{spec}");
        }
    }

    #[test]
    fn each_created_kind_needs_create_once_even_if_its_gate_is_closed() {
        for (spec, expected) in [
            (json!({}), ""),
            (
                json!({"services": {"a": {"image": "a", "restart": "always"}}}),
                "create services, create deployments.apps, create networkpolicies.networking.k8s.io",
            ),
            (
                json!({"services": {
                    "a": {"image": "a", "restart": "always", "volumes": [{"source": "v", "target": "/v"}]},
                    "b": {"image": "b", "restart": "always", "dependsOn": {"a": {}}}}, "volumes": {"v": {}}}),
                "create persistentvolumeclaims, create services, create deployments.apps, create statefulsets.apps, \
                 create networkpolicies.networking.k8s.io",
            ),
            (
                json!({"services": {
                    "a": {"image": "a", "restart": "no"},
                    "b": {"image": "b", "deploy": {"mode": "global"},
                        "dependsOn": {"a": {"condition": "service_completed_successfully"}}}}}),
                "create services, create daemonsets.apps, create jobs.batch, create networkpolicies.networking.k8s.io",
            ),
            (
                json!({"services": {"a": {"image": "a", "restart": "always", "expose": [{"port": 80}], "configs":
                    [{"source": "c"}], "ingress": [{"host": "a.b"}]}}, "configs": {"c": {"content": "x"}}}),
                "create configmaps, create services, create deployments.apps, create ingresses.networking.k8s.io, \
                 create networkpolicies.networking.k8s.io",
            ),
        ] {
            let (desired, plan) = planned(&spec);
            let all = writes(&desired, &plan);
            assert_eq!(text(&all), expected, "{spec}");
        }
    }

    fn planned(spec: &Value) -> (Desired, Plan) {
        let desired = translate(&stack(spec.clone()), &Facts::default()).unwrap();
        let plan = plan::plan(&desired, &Observed::default(), &LastStatus::default());
        (desired, plan)
    }

    #[test]
    fn changed_and_deleted_objects_need_rights_by_name() {
        let delete = |kind, name: &str| plan::Delete {
            kind,
            name: name.to_owned(),
            uid: "u".to_owned(),
            successor: None,
        };
        let (desired, mut plan) = planned(&json!({"services": {"a": {"image": "a", "restart": "always"}}}));
        for apply in &mut plan.applies {
            apply.uid = Some("u".to_owned());
        }
        plan.replaced.push(delete(Kind::Job, "old"));
        plan.pruned.push(delete(Kind::Ingress, "left"));
        plan.released.push(delete(Kind::PersistentVolumeClaim, "kept"));
        assert_eq!(
            text(&writes(&desired, &plan)),
            "patch persistentvolumeclaims \"kept\", patch services \"a\", patch deployments.apps \"s-a\", \
             patch networkpolicies.networking.k8s.io \"s-default.network\", delete jobs.batch \"old\", \
             delete ingresses.networking.k8s.io \"left\""
        );
        let nothing = Plan { gates: plan.gates.clone(), ..Plan::default() };
        assert_eq!(text(&writes(&desired, &nothing)), "");
    }
}
