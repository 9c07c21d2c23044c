//! A Stack in a scenario: what its user does with it, and what its status is expected to say.

use std::sync::{Mutex, MutexGuard, PoisonError};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{ResourceExt, api::DynamicObject};
use serde_json::{Value, json};
use stackwright::api::{ServiceStatus, StackStatus};

use super::{
    history::{View, What},
    kstatus::{Kstatus, kstatus},
    scenario::Scenario,
};

/// A Stack that was applied.
pub struct StackHandle<'s> {
    scenario: &'s Scenario<'s>,
    /// Its name.
    pub name: String,
    /// What its user wrote last: the spec, and the generation that it became. A status of an older
    /// generation is no answer.
    written: Mutex<(Value, i64)>,
}

impl<'s> StackHandle<'s> {
    /// The Stack that the API server gave back for `spec`.
    pub fn new(scenario: &'s Scenario<'_>, spec: Value, applied: &DynamicObject) -> Self {
        let generation = applied.metadata.generation.unwrap_or_default();
        Self { scenario, name: applied.name_any(), written: Mutex::new((spec, generation)) }
    }

    // --- steps ---------------------------------------------------------------

    /// Applies another spec, whole.
    pub async fn apply(&self, spec: &str) -> Self {
        let applied = self.scenario.apply(&self.name, spec).await;
        *self.written() = applied.written().clone();
        applied
    }

    /// Edits the spec and applies it again, whole. The edit is YAML that is merged into it, in which
    /// null takes a key away.
    pub async fn edit(&self, edit: &str) -> Self {
        let mut spec = self.written().0.clone();
        merge(&mut spec, from_yaml(edit));
        self.apply(&spec.to_string()).await
    }

    fn written(&self) -> MutexGuard<'_, (Value, i64)> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes the Stack.
    pub async fn delete(&self) {
        self.scenario.delete("Stack", &self.name).await;
    }

    /// The name of a service's or volume's object.
    pub fn object(&self, part: &str) -> String {
        format!("{}-{part}", self.name)
    }

    // --- waits ---------------------------------------------------------------

    /// Waits until services are in states, such as `db=Healthy web=Waiting`, by a status that
    /// speaks of the spec that was written last.
    pub async fn until(&self, states: &str) -> View {
        let wanted: Vec<_> = states
            .split_whitespace()
            .map(|pair| pair.split_once('=').unwrap_or_else(|| panic!("'{pair}' is not service=State")))
            .collect();
        self.until_status(&format!("{} has {states}", self.name), |status| {
            wanted.iter().all(|(name, state)| {
                service(status, name).is_some_and(|service| format!("{:?}", service.state) == *state)
            })
        })
        .await
    }

    /// Waits until every service is up.
    pub async fn until_ready(&self) -> View {
        self.until_status(&format!("{} is Ready", self.name), |status| {
            condition(status, "Ready").is_some_and(|ready| ready.status == "True")
        })
        .await
    }

    /// Waits until the Stack is stalled for a reason, with a message that has these parts.
    pub async fn until_stalled(&self, reason: &str, parts: &[&str]) -> View {
        self.until_condition("Stalled", reason, parts).await
    }

    /// Waits until a condition is true for a reason, with a message that has these parts.
    pub async fn until_condition(&self, kind: &str, reason: &str, parts: &[&str]) -> View {
        self.until_status(&format!("{} is {kind}: {reason}, telling {parts:?}", self.name), |status| {
            condition(status, kind).is_some_and(|it| {
                it.status == "True"
                    && it.reason == reason
                    && parts.iter().all(|part| it.message.contains(part))
            })
        })
        .await
    }

    /// Waits until a service's message has a part.
    pub async fn until_message(&self, name: &str, part: &str) -> View {
        self.until_status(&format!("the message of {name} tells '{part}'"), |status| {
            service(status, name)
                .and_then(|service| service.message.as_ref())
                .is_some_and(|it| it.contains(part))
        })
        .await
    }

    /// Waits until `holds` of a status that speaks of the spec that was written last.
    pub async fn until_status(&self, what: &str, holds: impl Fn(&StackStatus) -> bool) -> View {
        let generation = Some(self.written().1);
        let speaks_of_it = |view: &View| {
            view.get("Stack", &self.name).is_some() && {
                let status = status_in(view, &self.name);
                status.observed_generation >= generation && holds(&status)
            }
        };
        self.scenario.until(what, speaks_of_it).await;
        self.scenario.history.catch_up().await;
        self.scenario.history.view()
    }

    /// Waits until a service waits for these, and nothing else.
    pub async fn until_waits_for(&self, name: &str, others: &[&str]) -> View {
        self.until_status(&format!("{name} waits for {others:?}"), |status| {
            service(status, name).is_some_and(|service| service.waits_for == others)
        })
        .await
    }

    // --- what was -----------------------------------------------------------

    /// The status as it is now.
    pub fn status(&self) -> StackStatus {
        status_in(&self.scenario.history.view(), &self.name)
    }

    /// A service's status as it is now.
    #[track_caller]
    pub fn service(&self, name: &str) -> ServiceStatus {
        let status = self.status();
        service(&status, name).unwrap_or_else(|| panic!("no service {name} in {status:#?}")).clone()
    }

    /// The states that a service went through, in order, each once in a row.
    pub fn states_of(&self, name: &str) -> Vec<String> {
        let mut states: Vec<_> = self
            .statuses()
            .iter()
            .filter_map(|status| service(status, name).map(|service| format!("{:?}", service.state)))
            .collect();
        states.dedup();
        states
    }

    /// Every status that was ever written, in order.
    pub fn statuses(&self) -> Vec<StackStatus> {
        self.each(status_of)
    }

    /// What tools that wait by kstatus called it, in order, each once in a row.
    pub fn kstatuses(&self) -> Vec<Kstatus> {
        self.each(kstatus)
    }

    /// What is said of every state that it was ever in, in order, each once in a row.
    fn each<T: PartialEq>(&self, say: impl Fn(&Value) -> T) -> Vec<T> {
        let changes = self.scenario.history.changes();
        let of_this = |kind: &str, name: &str| kind == "Stack" && name == self.name;
        let mut said: Vec<_> = changes
            .iter()
            .filter(|change| change.event != What::Deleted && of_this(&change.key.0, &change.key.1))
            .map(|change| say(&change.object))
            .collect();
        said.dedup();
        said
    }
}

/// A JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: Value) {
    match patch {
        Value::Object(patch) => {
            if !target.is_object() {
                *target = json!({});
            }
            for (key, patch) in patch {
                if patch.is_null() {
                    target.as_object_mut().map(|target| target.remove(&key));
                } else {
                    merge(&mut target[key], patch);
                }
            }
        }
        other => *target = other,
    }
}

/// The status of a Stack in a view.
pub fn status_in(view: &View, name: &str) -> StackStatus {
    view.get("Stack", name).map(status_of).unwrap_or_default()
}

fn status_of(stack: &Value) -> StackStatus {
    let status = stack.get("status").cloned().unwrap_or_else(|| json!({}));
    serde_json::from_value(status).expect("a status that fits its type")
}

/// A condition of a status.
pub fn condition<'s>(status: &'s StackStatus, kind: &str) -> Option<&'s Condition> {
    status.conditions.iter().find(|condition| condition.type_ == kind)
}

/// A service's part of a status.
pub fn service<'s>(status: &'s StackStatus, name: &str) -> Option<&'s ServiceStatus> {
    status.services.iter().find(|service| service.name == name)
}

/// YAML as JSON, with the short form `sim/` of the domain that steers simulated pods.
pub fn from_yaml(text: &str) -> Value {
    let text = text.replace("sim/", "sim.stackwright.dev/");
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}
