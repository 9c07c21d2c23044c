//! The Stack that `up` applies, with the user's choices and with what earlier commands have left.

use std::collections::BTreeSet;

use kube::ResourceExt;
use serde_json::{Value, json};

use super::wanted::Wanted;
use crate::api::{Stack, StackSpec};
use crate::cli::ownership::SOURCE;
use crate::cli::restart::{RESTARTED_AT, mark};
use crate::cli::scale::Scale;

/// What the user chooses.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// The services to start. Empty for all.
    pub services: Vec<String>,
    /// Whether the dependencies of these services stay as they are.
    pub no_deps: bool,
    /// Whether new services stay stopped.
    pub no_start: bool,
    /// The numbers of containers.
    pub scales: Vec<Scale>,
    /// The time of a restart of all services, if the user wants one.
    pub restart: Option<String>,
    /// The pull policy of all services.
    pub pull: Option<String>,
}

/// Returns the body of the apply.
///
/// # Errors
/// When a Stack cannot be written as JSON, which never happens.
pub fn body(
    wanted: &Wanted,
    live: Option<&Stack>,
    namespace: &str,
    choices: &Choices,
) -> anyhow::Result<Value> {
    let mut body = serde_json::to_value(&wanted.stack)?;
    body["metadata"]["namespace"] = json!(namespace);
    if let Some(fields) = body.as_object_mut() {
        fields.remove("status");
    }
    if let Some(source) = &wanted.selection.source {
        body["metadata"]["annotations"][SOURCE] = json!(source);
    }
    let spec = &mut body["spec"];
    let selected = selected(&wanted.stack.spec, choices);
    for (name, service) in &wanted.stack.spec.services {
        let before = live.and_then(|live| live.spec.services.get(name));
        if !selected.contains(name) {
            // A service that the user does not name stays as it is, or is created and not started.
            match before {
                Some(before) => spec["services"][name] = serde_json::to_value(before)?,
                None => spec["services"][name]["stopped"] = json!(true),
            }
            continue;
        }
        if choices.no_start && before.is_none_or(|before| before.stopped == Some(true)) {
            spec["services"][name]["stopped"] = json!(true);
        }
        if let Some(pull) = choices.pull.as_ref().filter(|_| !service.image.is_empty()) {
            spec["services"][name]["pullPolicy"] = json!(pull);
        }
        // Without the annotation of an earlier restart, the service would restart again.
        let restarted = before.and_then(|before| before.annotations.get(RESTARTED_AT)).map(|it| it.0.clone());
        if let Some(at) = choices.restart.clone().or(restarted) {
            mark(spec, name, &at);
        }
    }
    for Scale { service, replicas } in &choices.scales {
        spec["services"][service]["deploy"]["replicas"] = json!(replicas);
    }
    if let Some(live) = live {
        body["metadata"]["uid"] = json!(live.uid());
    }
    Ok(body)
}

/// Returns the services that the user names, with their dependencies.
fn selected(spec: &StackSpec, choices: &Choices) -> BTreeSet<String> {
    if choices.services.is_empty() {
        return spec.services.keys().cloned().collect();
    }
    let mut selected = BTreeSet::new();
    let mut left = choices.services.clone();
    while let Some(name) = left.pop() {
        let Some(service) = spec.services.get(&name).filter(|_| selected.insert(name.clone())) else {
            continue;
        };
        if !choices.no_deps {
            left.extend(service.depends_on.keys().cloned());
        }
    }
    selected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::selection::Selection;
    use crate::translate::Privileges;

    fn wanted(services: Value) -> Wanted {
        Wanted {
            stack: stack(services),
            selection: Selection {
                name: "shop".into(),
                namespace: None,
                source: Some("shop/compose.yaml".into()),
            },
            objects: Vec::new(),
            privileges: Privileges::default(),
        }
    }

    fn stack(services: Value) -> Stack {
        let stack = json!({"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "shop", "uid": "u"}, "spec": {"services": services}});
        serde_json::from_value(stack).unwrap()
    }

    fn services(wanted_services: Value, live: Option<Value>, choices: &Choices) -> Value {
        let live = live.map(stack);
        body(&wanted(wanted_services), live.as_ref(), "team", choices).unwrap()["spec"]["services"].take()
    }

    #[test]
    fn up_starts_what_was_stopped_and_takes_the_scale_of_the_file() {
        let live = json!({"web": {"image": "i", "stopped": true, "deploy": {"replicas": 3}}});
        let found = services(json!({"web": {"image": "i"}}), Some(live), &Choices::default());
        assert_eq!(found, json!({"web": {"image": "i"}}));
    }

    #[test]
    fn up_does_not_repeat_an_earlier_restart() {
        let live = json!({"web": {"image": "i", "annotations": {RESTARTED_AT: "then"}}});
        let found = services(json!({"web": {"image": "i"}}), Some(live.clone()), &Choices::default());
        assert_eq!(found["web"]["annotations"][RESTARTED_AT], "then");
        let choices = Choices { restart: Some("now".to_owned()), ..Choices::default() };
        let found = services(json!({"web": {"image": "i"}}), Some(live), &choices);
        assert_eq!(found["web"]["annotations"][RESTARTED_AT], "now");
    }

    #[test]
    fn only_named_services_and_their_dependencies_start() {
        let all = json!({"web": {"image": "i", "dependsOn": {"db": {}}}, "db": {"image": "i"}, "job": {"image": "i"}, "old": {"image": "new"}});
        let choices = Choices { services: vec!["web".to_owned()], ..Choices::default() };
        let found = services(all.clone(), Some(json!({"old": {"image": "old"}})), &choices);
        assert_eq!(found["job"], json!({"image": "i", "stopped": true}));
        assert_eq!(found["old"], json!({"image": "old"}));
        assert_eq!(found["db"], json!({"image": "i"}));
        let choices = Choices { no_deps: true, ..choices };
        assert_eq!(services(all, None, &choices)["db"]["stopped"], true);
    }

    #[test]
    fn no_start_leaves_running_services_alone() {
        let choices = Choices { no_start: true, ..Choices::default() };
        let found = services(
            json!({"a": {"image": "i"}, "b": {"image": "i"}}),
            Some(json!({"a": {"image": "i"}})),
            &choices,
        );
        assert_eq!(found, json!({"a": {"image": "i"}, "b": {"image": "i", "stopped": true}}));
    }

    #[test]
    fn the_body_names_the_files_and_the_live_object() {
        let body = body(&wanted(json!({})), Some(&stack(json!({}))), "team", &Choices::default()).unwrap();
        assert_eq!(
            body["metadata"],
            json!({"name": "shop", "namespace": "team", "uid": "u", "annotations": {SOURCE: "shop/compose.yaml"}})
        );
    }
}
