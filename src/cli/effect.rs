//! What a change of a Stack means for each service: the same translation as in the operator, before and after the change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::up::Digests;
use crate::api::Stack;
use crate::translate::{
    Activity, Desired, Facts, HashKey, Kind, ObjectKind, Privilege, Privileges, Unit, Workload, translate,
};

/// What happens to one service.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The service is new.
    Created,
    /// The service is new, and does not start.
    CreatedStopped,
    /// New containers replace the old ones, one after the other.
    Rolled(Vec<String>),
    /// The old containers end before the new ones start.
    Replaced(Vec<String>),
    /// A one-shot runs again.
    RunsAgain(Vec<String>),
    /// Only the number of containers changes.
    Scaled {
        /// The number before.
        from: i32,
        /// The number after.
        to: i32,
    },
    /// The service starts.
    Started,
    /// The service stops.
    Stopped,
    /// The containers run on, and these fields change.
    Kept(Vec<String>),
    /// The service is removed, and these volumes stay.
    Removed(Vec<String>),
    /// Nothing happens.
    Same,
    /// The operator will refuse the Stack, so that these fields have no effect.
    Unknown(Vec<String>),
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because = |text: &str, fields: &[String]| {
            if fields.is_empty() { text.to_owned() } else { format!("{text}: {}", fields.join(", ")) }
        };
        let text = match self {
            Self::Created => "created".to_owned(),
            Self::CreatedStopped => "created, not started".to_owned(),
            Self::Rolled(fields) => because("rolled, new containers start before old ones end", fields),
            Self::Replaced(fields) => because("replaced, old containers end before new ones start", fields),
            Self::RunsAgain(fields) => because("runs again", fields),
            Self::Scaled { from, to } => format!("scaled from {from} to {to}"),
            Self::Started => "started".to_owned(),
            Self::Stopped => "stopped".to_owned(),
            Self::Kept(fields) => because("containers run on", fields),
            Self::Removed(volumes) if volumes.is_empty() => "removed".to_owned(),
            Self::Removed(volumes) => format!("removed, its data stays: {}", volumes.join(", ")),
            Self::Same => "unchanged".to_owned(),
            Self::Unknown(fields) => because("changed", fields),
        };
        formatter.write_str(&text)
    }
}

/// A Stack with the digests of what it reads.
pub struct Side<'a> {
    /// The Stack.
    pub stack: &'a Stack,
    /// The digests of ConfigMaps and Secrets.
    pub digests: &'a Digests,
}

/// Returns the effect on each service, by name.
pub fn effects(before: Option<Side<'_>>, after: &Side<'_>) -> BTreeMap<String, Effect> {
    let new = translated(after);
    let old = before.as_ref().and_then(translated);
    let old_stack = before.as_ref().map(|side| side.stack);
    let old_names = old_stack.into_iter().flat_map(|stack| stack.spec.services.keys());
    let names: BTreeSet<&String> = after.stack.spec.services.keys().chain(old_names).collect();
    let effect = |name: &String| {
        let was = old_stack.and_then(|stack| stack.spec.services.get(name));
        let is = after.stack.spec.services.get(name);
        let Some(is) = is else {
            let volumes = was.map(|it| it.volumes.as_slice()).unwrap_or_default();
            let sources = volumes.iter().filter_map(|volume| volume.source.clone());
            let named =
                sources.filter(|source| old_stack.is_some_and(|it| it.spec.volumes.contains_key(source)));
            return Effect::Removed(named.collect());
        };
        let Some(was) = was else {
            return if is.stopped == Some(true) { Effect::CreatedStopped } else { Effect::Created };
        };
        let fields = differing(&value(was), &value(is));
        match (&old, &new) {
            (Some(old), Some(new)) => of_units(old.unit_of(name), new.unit_of(name), fields),
            _ if fields.is_empty() => Effect::Same,
            _ => Effect::Unknown(fields),
        }
    };
    names.into_iter().map(|name| (name.clone(), effect(name))).collect()
}

/// Translates a Stack as the operator does, in a namespace that grants all privileges. Unknown facts are the same on both
/// sides, so that they make no difference.
fn translated(side: &Side<'_>) -> Option<Desired> {
    let secrets = side.digests.keys().filter(|(kind, _)| *kind == ObjectKind::Secret);
    let facts = Facts {
        objects: side.digests.clone(),
        // The content of a Secret without a key has no effect on a template.
        hash_keys: secrets.map(|(_, name)| (name.clone(), HashKey::of(name))).collect(),
        privileges: Privileges(Privilege::ALL.into_iter().collect()),
        ..Facts::default()
    };
    // The identity of the Stack is a part of hashes, and a Stack that is not applied has none.
    let mut stack = side.stack.clone();
    stack.metadata.uid = None;
    translate(&stack, &facts).ok()
}

fn of_units(old: Option<&Unit>, new: Option<&Unit>, mut fields: Vec<String>) -> Effect {
    let (Some(old), Some(new)) = (old, new) else { return Effect::Unknown(fields) };
    match (old.activity, new.activity) {
        (Activity::Active, Activity::Active) => {}
        (_, Activity::Active) => return Effect::Started,
        (Activity::Active, _) => return Effect::Stopped,
        _ if fields.is_empty() => return Effect::Same,
        _ => return Effect::Kept(fields),
    }
    if old.template != new.template {
        if fields.is_empty() {
            fields.push("content of its files or variables".to_owned());
        }
        return match new.workload.as_ref().map(Workload::kind) {
            Some(Kind::Job) => Effect::RunsAgain(fields),
            _ if new.may_overlap => Effect::Rolled(fields),
            _ => Effect::Replaced(fields),
        };
    }
    if old.replicas != new.replicas {
        return Effect::Scaled { from: old.replicas, to: new.replicas };
    }
    if fields.is_empty() { Effect::Same } else { Effect::Kept(fields) }
}

fn value(service: &crate::api::Service) -> Value {
    serde_json::to_value(service).unwrap_or_default()
}

/// Returns the fields in which two services differ.
fn differing(before: &Value, after: &Value) -> Vec<String> {
    let keys = |value: &Value| {
        value.as_object().map(|it| it.keys().cloned().collect::<BTreeSet<_>>()).unwrap_or_default()
    };
    keys(before).union(&keys(after)).filter(|key| before.get(key) != after.get(key)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stack(services: Value) -> Stack {
        let spec = json!({"services": services, "volumes": {"data": {}}});
        serde_json::from_value(json!({"metadata": {"name": "shop"}, "spec": spec})).unwrap()
    }

    fn effect(before: Value, after: Value) -> String {
        let none = Digests::new();
        let (before, after) = (stack(before), stack(after));
        let before = Side { stack: &before, digests: &none };
        effects(Some(before), &Side { stack: &after, digests: &none })["web"].to_string()
    }

    #[test]
    fn the_effect_is_that_of_the_operators_translation() {
        let web = |more: Value| {
            let mut service = json!({"image": "i:1", "restart": "always"});
            service.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"web": service})
        };
        let plain = || web(json!({}));
        let checked = |image: &str| {
            web(json!({"image": image, "ports": [{"target": 80}], "healthcheck": {"test": ["CMD", "check"]}}))
        };
        let table = [
            (json!({}), plain(), "created"),
            (json!({}), web(json!({"stopped": true})), "created, not started"),
            (plain(), plain(), "unchanged"),
            (
                plain(),
                web(json!({"image": "i:2"})),
                "replaced, old containers end before new ones start: image",
            ),
            (checked("i:1"), checked("i:2"), "rolled, new containers start before old ones end: image"),
            (
                web(json!({"deploy": {"replicas": 2}})),
                web(json!({"deploy": {"replicas": 3}})),
                "scaled from 2 to 3",
            ),
            // The host name of a single container is the name of its service.
            (
                plain(),
                web(json!({"deploy": {"replicas": 3}})),
                "replaced, old containers end before new ones start: deploy",
            ),
            (plain(), web(json!({"stopped": true})), "stopped"),
            (web(json!({"stopped": true})), plain(), "started"),
            (
                web(json!({"ports": [{"target": 80, "published": 8080}]})),
                web(json!({"ports": [{"target": 80, "published": 8081}]})),
                "containers run on: ports",
            ),
            (
                web(json!({"volumes": [{"source": "data", "target": "/d"}]})),
                json!({}),
                "removed, its data stays: data",
            ),
            (
                web(json!({"restart": "no"})),
                web(json!({"restart": "no", "command": ["x"]})),
                "runs again: command",
            ),
        ];
        for (before, after, expected) in table {
            assert_eq!(effect(before.clone(), after.clone()), expected, "{before} -> {after}");
        }
    }

    #[test]
    fn a_changed_secret_replaces_its_readers() {
        let from = json!({"PASSWORD": {"secretKeyRef": {"name": "s", "key": "k"}}});
        let stack = stack(
            json!({"web": {"image": "i", "restart": "always", "environmentFrom": from}, "other": {"image": "i", "restart": "always"}}),
        );
        let digests = |value: &str| {
            let keys = [("k".to_owned(), value.to_owned())].into();
            Digests::from([((ObjectKind::Secret, "s".to_owned()), keys)])
        };
        let (old, new) = (digests("1"), digests("2"));
        let effects =
            effects(Some(Side { stack: &stack, digests: &old }), &Side { stack: &stack, digests: &new });
        assert_eq!(effects["web"], Effect::Replaced(vec!["content of its files or variables".to_owned()]));
        assert_eq!(effects["other"], Effect::Same);
    }

    #[test]
    fn a_stack_that_the_operator_refuses_shows_only_the_fields() {
        let broken = json!({"web": {"image": "i", "dependsOn": {"db": {}}}});
        assert_eq!(effect(json!({"web": {"image": "i"}}), broken), "changed: dependsOn");
    }
}
