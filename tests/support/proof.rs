//! Proofs from the history of a scenario: order, absence and number of changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stackwright::api::labels::{MANAGED_BY, MANAGER, SERVICE, TEMPLATE};

use super::{
    history::{CHILDREN, Change, Key, View, What},
    scenario::{Scenario, is_of},
    stack::status_in,
};

impl Scenario<'_> {
    /// Returns the resourceVersion of the first matching change, which must exist.
    #[track_caller]
    pub fn when(&self, what: &str, which: impl Fn(&Change) -> bool) -> u64 {
        let change = self.history.changes().into_iter().find(which);
        change.unwrap_or_else(|| panic!("it never happened that {what}")).version
    }

    /// Returns when the workload of a service was first created.
    #[track_caller]
    pub fn when_created(&self, service: &str) -> u64 {
        self.when(&format!("{service} was created"), |change| {
            change.event == What::Created && is_workload(change) && is_of(&change.object, service)
        })
    }

    /// Returns when a service first had a ready Pod.
    #[track_caller]
    pub fn when_up(&self, service: &str) -> u64 {
        self.when(&format!("{service} had a ready pod"), |change| {
            change.key.0 == "Pod" && is_of(&change.object, service) && is_ready(&change.object)
        })
    }

    /// Returns when a one-shot first completed.
    #[track_caller]
    pub fn when_completed(&self, service: &str) -> u64 {
        self.when(&format!("{service} had completed"), |change| {
            change.key.0 == "Job"
                && is_of(&change.object, service)
                && has_condition(&change.object, "Complete")
        })
    }

    /// Returns when the workload of a service first had an image.
    #[track_caller]
    pub fn when_image(&self, service: &str, image: &str) -> u64 {
        self.when(&format!("{service} had {image}"), |change| {
            is_workload(change) && is_of(&change.object, service) && image_of(&change.object) == image
        })
    }

    /// Returns when the first Pod of a service with this image was ready.
    #[track_caller]
    pub fn when_ready(&self, service: &str, image: &str) -> u64 {
        self.when(&format!("a pod of {service} with {image} was ready"), |change| {
            change.key.0 == "Pod"
                && is_of(&change.object, service)
                && change.object["spec"]["containers"][0]["image"] == *image
                && is_ready(&change.object)
        })
    }

    /// Returns the number of running and of ready Pods after each change of a Pod of the service.
    pub fn pods_over_time(&self, service: &str) -> Vec<(usize, usize)> {
        let mut pods: BTreeMap<String, Value> = BTreeMap::new();
        let mut moments = Vec::new();
        for change in self.history.changes() {
            if change.key.0 != "Pod" || !is_of(&change.object, service) {
                continue;
            }
            if change.event == What::Deleted {
                pods.remove(&change.key.1);
            } else {
                pods.insert(change.key.1.clone(), (*change.object).clone());
            }
            let ended =
                |pod: &&Value| matches!(pod["status"]["phase"].as_str(), Some("Failed" | "Succeeded"));
            let living = pods.values().filter(|pod| !ended(pod)).count();
            moments.push((living, pods.values().filter(|pod| is_ready(pod)).count()));
        }
        moments
    }

    /// Asserts that a service never had two containers at the same time.
    #[track_caller]
    pub fn assert_never_two_pods(&self, service: &str) {
        let moments = self.pods_over_time(service);
        assert!(moments.iter().all(|(living, _)| *living <= 1), "two pods of {service}: {moments:?}");
    }

    /// Asserts that a service always had a ready Pod since its first one.
    #[track_caller]
    pub fn assert_never_without_a_ready_pod(&self, service: &str) {
        let moments = self.pods_over_time(service);
        let mut after_first = moments.iter().skip_while(|(_, ready)| *ready == 0);
        assert!(after_first.all(|(_, ready)| *ready >= 1), "a gap of {service}: {moments:?}");
    }

    /// Returns the creations and deletions of each child.
    pub fn creations_and_deletions(&self) -> BTreeMap<Key, (usize, usize)> {
        let mut counts: BTreeMap<Key, (usize, usize)> = BTreeMap::new();
        let is_child = |change: &Change| CHILDREN.contains(&change.key.0.as_str()) && is_ours(&change.object);
        for change in self.history.changes().into_iter().filter(is_child) {
            let count = counts.entry(change.key).or_default();
            match change.event {
                What::Created => count.0 += 1,
                What::Deleted => count.1 += 1,
                What::Changed => {}
            }
        }
        counts
    }

    /// Returns the templates of each service's Pods, in order. The number of Pods is not stable: the StatefulSet controller can
    /// delete the same name twice.
    pub fn templates(&self) -> BTreeMap<String, Vec<String>> {
        let mut templates: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for change in self.history.changes() {
            if change.key.0 == "Pod" && change.event == What::Created {
                let metadata = &change.object["metadata"];
                let of_service = templates.entry(metadata["labels"][SERVICE].to_string()).or_default();
                of_service.push(metadata["annotations"][TEMPLATE].to_string());
                of_service.dedup();
            }
        }
        templates
    }
}

/// Returns the UIDs of all children of Stacks.
pub fn uids(view: &View) -> BTreeMap<Key, String> {
    children(view).map(|(key, object)| (key.clone(), object["metadata"]["uid"].to_string())).collect()
}

/// Returns all children of Stacks without their status, which changes.
pub fn wanted(view: &View) -> BTreeMap<Key, Value> {
    let wanted = |object: &Value| json!([object["metadata"]["uid"], without_chance(object)]);
    children(view).map(|(key, object)| (key.clone(), wanted(object))).collect()
}

/// Returns the children of Stacks.
pub fn children(view: &View) -> impl Iterator<Item = (&Key, &Value)> {
    view.iter().filter(|(key, object)| CHILDREN.contains(&key.0.as_str()) && is_ours(object))
}

/// Returns the names of a service's children, by kind.
pub fn children_of(view: &View, service: &str) -> BTreeSet<Key> {
    children(view).filter(|(_, object)| is_of(object, service)).map(|(key, _)| key.clone()).collect()
}

/// Returns the final state: specs and states, without fields that differ between runs.
pub fn end_state(view: &View) -> BTreeMap<Key, Value> {
    let mut objects: BTreeMap<Key, Value> =
        children(view).map(|(key, object)| (key.clone(), without_chance(object))).collect();
    for (name, _) in view.all("Stack") {
        let mut status = status_in(view, name);
        status.conditions.iter_mut().for_each(|condition| condition.last_transition_time = unix_epoch());
        objects.insert(("Stack".to_owned(), name.to_owned()), json!(status));
    }
    objects
}

fn unix_epoch() -> k8s_openapi::apimachinery::pkg::apis::meta::v1::Time {
    k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH)
}

/// Returns an object's labels, annotations, owner and spec, without addresses, UIDs and fields of the cluster.
fn without_chance(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut annotations = metadata["annotations"].clone();
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.retain(|name, _| name.contains("stackwright.dev"));
    }
    let owner = &metadata["ownerReferences"][0];
    let mut spec = object["spec"].clone();
    for chance in
        ["clusterIP", "clusterIPs", "volumeName", "selector", "healthCheckNodePort", "backoffLimitPerIndex"]
    {
        spec.as_object_mut().map(|spec| spec.remove(chance));
    }
    for port in spec["ports"].as_array_mut().into_iter().flatten() {
        port.as_object_mut().map(|port| port.remove("nodePort"));
    }
    if let Some(labels) = spec.pointer_mut("/template/metadata/labels").and_then(Value::as_object_mut) {
        // The Job controller labels its Pods with the Job's UID.
        labels.retain(|name, _| !name.ends_with("controller-uid"));
    }
    json!({
        "labels": metadata["labels"],
        "annotations": annotations,
        "owner": [owner["kind"], owner["name"]],
        "spec": spec,
        "data": object["data"],
    })
}

/// Returns the image of a workload's first container.
pub fn image_of(workload: &Value) -> &str {
    workload["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap_or_default()
}

fn is_ready(pod: &Value) -> bool {
    has_condition(pod, "Ready")
}

fn has_condition(object: &Value, kind: &str) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == kind && condition["status"] == "True")
}

fn is_workload(change: &Change) -> bool {
    matches!(change.key.0.as_str(), "Deployment" | "StatefulSet" | "Job")
}

fn is_ours(object: &Value) -> bool {
    object["metadata"]["labels"][MANAGED_BY] == MANAGER
}
