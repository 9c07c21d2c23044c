//! Who made a Stack on the cluster. Verbs that write refuse a Stack of another owner, because two owners would undo each
//! other's changes.

use std::fmt;

use kube::ResourceExt;

use super::edit::FIELD_MANAGER;
use super::failure::Failure;
use crate::api::Stack;

/// The annotation of a Stack with the Compose files from which `up` made it.
pub const SOURCE: &str = "stackwright.dev/source";

/// The owner of a Stack.
#[derive(Clone, Debug, PartialEq)]
pub enum Owner {
    /// A Flux object, such as `Kustomization flux-system/shop`.
    Flux(String),
    /// An Application of Argo CD.
    ArgoCd(String),
    /// A release of Helm.
    Helm(String),
    /// `up` from other Compose files.
    Source(String),
    /// Another program, by the name of its field manager.
    Manager(String),
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flux(object) => write!(formatter, "Flux ({object})"),
            Self::ArgoCd(application) => write!(formatter, "Argo CD (Application {application})"),
            Self::Helm(release) => write!(formatter, "Helm (release {release})"),
            Self::Source(source) => write!(formatter, "the Compose project {source}"),
            Self::Manager(manager) => formatter.write_str(manager),
        }
    }
}

/// What a verb does to a Stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Write<'a> {
    /// The verb replaces or deletes the Stack. The source is that of [`SOURCE`], if the verb reads a project.
    Whole(Option<&'a str>),
    /// The verb changes single fields, such as the number of replicas.
    Fields,
}

impl Owner {
    /// Returns the owner that would undo a write, or whose work the write would undo.
    pub fn of(stack: &Stack, write: Write<'_>) -> Option<Self> {
        let label = |key: &str| stack.labels().get(key).cloned();
        let annotation = |key: &str| stack.annotations().get(key).cloned();
        for (domain, kind) in [("kustomize", "Kustomization"), ("helm", "HelmRelease")] {
            if let Some(name) = label(&format!("{domain}.toolkit.fluxcd.io/name")) {
                let namespace = label(&format!("{domain}.toolkit.fluxcd.io/namespace")).unwrap_or_default();
                return Some(Self::Flux(format!("{kind} {namespace}/{name}")));
            }
        }
        // The annotation starts with the name of the Application: `shop:stackwright.dev/Stack:team/shop`.
        let tracked = annotation("argocd.argoproj.io/tracking-id");
        if let Some(application) = tracked.and_then(|id| Some(id.split_once(':')?.0.to_owned())) {
            return Some(Self::ArgoCd(application));
        }
        let managers = managers(stack);
        if let Some(application) = label("argocd.argoproj.io/instance").or_else(|| {
            managers.contains(&"argocd-controller").then(|| label("app.kubernetes.io/instance"))?
        }) {
            return Some(Self::ArgoCd(application));
        }
        if let Some(release) = annotation("meta.helm.sh/release-name") {
            return Some(Self::Helm(release));
        }
        let Write::Whole(source) = write else { return None };
        let ours = annotation(SOURCE);
        match (ours, source) {
            (Some(ours), Some(source)) if ours != source => Some(Self::Source(ours)),
            (Some(_), _) => None,
            (None, _) if managers.contains(&FIELD_MANAGER) => None,
            (None, _) => managers.first().map(|manager| Self::Manager((*manager).to_owned())),
        }
    }

    /// Refuses a write to a Stack of another owner, unless the user forces the write.
    ///
    /// # Errors
    /// When the Stack has another owner.
    pub fn check(stack: &Stack, write: Write<'_>, force: bool) -> Result<(), Failure> {
        match Self::of(stack, write) {
            Some(owner) if !force => {
                let cause = format!("Stack {} was made by {owner}, so nothing was changed", stack.name_any());
                Err(Failure::new(cause).remedy(owner.remedy()))
            }
            _ => Ok(()),
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Flux(_) | Self::ArgoCd(_) | Self::Helm(_) => {
                "change the source from which it is deployed, or pass --force-conflicts, after which the owner can undo the change"
            }
            Self::Source(_) => {
                "choose another name with -p NAME, or pass --force-conflicts to replace the Stack"
            }
            Self::Manager(_) => {
                "choose another name with -p NAME, or pass --force-conflicts to take the Stack over"
            }
        }
    }
}

/// Returns the field managers of the spec.
fn managers(stack: &Stack) -> Vec<&str> {
    let entries = stack.metadata.managed_fields.iter().flatten();
    let of_spec =
        entries.filter(|entry| entry.fields_v1.as_ref().is_some_and(|it| it.0.get("f:spec").is_some()));
    of_spec.filter_map(|entry| entry.manager.as_deref()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn stack(metadata: Value, manager: &str) -> Stack {
        let mut metadata = metadata;
        metadata["name"] = json!("shop");
        metadata["managedFields"] = json!([
            {"manager": "stackwright", "operation": "Apply", "subresource": "status", "fieldsV1": {"f:status": {}}},
            {"manager": manager, "operation": "Apply", "fieldsV1": {"f:spec": {"f:services": {}}}},
        ]);
        serde_json::from_value(json!({"metadata": metadata, "spec": {}})).unwrap()
    }

    #[test]
    fn the_owner_of_a_stack_is_told_by_its_marks() {
        let ours = "stackwright-cli";
        let (whole, fields) = (Write::Whole(Some("/shop/compose.yaml")), Write::Fields);
        let table = [
            (json!({}), ours, whole, None),
            (json!({"annotations": {SOURCE: "/shop/compose.yaml"}}), ours, whole, None),
            (
                json!({"annotations": {SOURCE: "/other/compose.yaml"}}),
                ours,
                whole,
                Some("the Compose project /other/compose.yaml"),
            ),
            (json!({"annotations": {SOURCE: "/other/compose.yaml"}}), ours, Write::Whole(None), None),
            (json!({"annotations": {SOURCE: "/other/compose.yaml"}}), ours, fields, None),
            (json!({}), "kubectl", whole, Some("kubectl")),
            (json!({}), "kubectl", fields, None),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}),
                "kustomize-controller",
                fields,
                Some("Flux (Kustomization flux-system/apps)"),
            ),
            (
                json!({"annotations": {"argocd.argoproj.io/tracking-id": "app:stackwright.dev/Stack:team/shop"}}),
                "argocd-controller",
                fields,
                Some("Argo CD (Application app)"),
            ),
            (
                json!({"labels": {"app.kubernetes.io/instance": "app"}}),
                "argocd-controller",
                fields,
                Some("Argo CD (Application app)"),
            ),
            (json!({"labels": {"app.kubernetes.io/instance": "app"}}), ours, fields, None),
            (
                json!({"annotations": {"meta.helm.sh/release-name": "shop"}}),
                "helm",
                fields,
                Some("Helm (release shop)"),
            ),
        ];
        for (metadata, manager, write, owner) in table {
            let found = Owner::of(&stack(metadata.clone(), manager), write).map(|owner| owner.to_string());
            assert_eq!(found.as_deref(), owner, "{metadata} of {manager} for {write:?}");
        }
    }

    #[test]
    fn a_forced_write_is_allowed() {
        let stack = stack(json!({}), "kubectl");
        let failure = Owner::check(&stack, Write::Whole(None), false).unwrap_err();
        assert_eq!(failure.to_string(), "Stack shop was made by kubectl, so nothing was changed");
        assert!(Owner::check(&stack, Write::Whole(None), true).is_ok());
    }
}
