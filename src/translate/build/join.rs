//! Joins the Pod templates of services that share a Pod.

use std::collections::{BTreeMap, btree_map::Entry};

use k8s_openapi::{
    api::core::v1::{Affinity, Container, PodSpec, PodTemplateSpec, Volume},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use crate::{
    api::labels::RESERVED,
    text::{names::pod_volume, short_hash},
};

/// Adds the template of another service to the template of the service that names the unit. Fields that a Pod has once keep
/// the value of the latter.
pub(super) fn join(pod: &mut PodTemplateSpec, name: &str, member: PodTemplateSpec) {
    join_metadata(pod.metadata.get_or_insert_default(), member.metadata.unwrap_or_default());
    join_spec(pod.spec.get_or_insert_default(), name, member.spec.unwrap_or_default());
}

fn join_metadata(pod: &mut ObjectMeta, member: ObjectMeta) {
    join_missing(pod.labels.get_or_insert_default(), member.labels.unwrap_or_default());
    let annotations = pod.annotations.get_or_insert_default();
    for (key, value) in member.annotations.unwrap_or_default() {
        match annotations.entry(key) {
            Entry::Vacant(free) => {
                free.insert(value);
            }
            // These are hashes of a service. A change of either hash restarts both services, because a Pod is replaced as a
            // whole.
            Entry::Occupied(mut hash) if hash.key().starts_with(OURS) => {
                *hash.get_mut() = short_hash(&format!("{} {value}", hash.get()));
            }
            Entry::Occupied(_) => {}
        }
    }
    if annotations.is_empty() {
        pod.annotations = None;
    }
}

/// The domain of annotations that users cannot set.
const OURS: &str = RESERVED[0];

fn join_spec(pod: &mut PodSpec, name: &str, mut member: PodSpec) {
    let renamed =
        join_volumes(pod.volumes.get_or_insert_default(), name, member.volumes.take().unwrap_or_default());
    let take = |containers: Option<Vec<Container>>| {
        let mut containers = containers.unwrap_or_default();
        let mounts = containers.iter_mut().flat_map(|container| container.volume_mounts.iter_mut().flatten());
        for mount in mounts {
            if let Some(new) = renamed.get(&mount.name) {
                mount.name.clone_from(new);
            }
        }
        containers
    };
    let first = take(member.init_containers.take());
    let init = pod.init_containers.get_or_insert_default();
    init.extend(first.into_iter().map(|container| with_free_name(container, name)));
    if init.is_empty() {
        pod.init_containers = None;
    }
    pod.containers.extend(take(Some(member.containers)));
    pod.termination_grace_period_seconds =
        pod.termination_grace_period_seconds.max(member.termination_grace_period_seconds);
    if let Some(theirs) = member.affinity.take() {
        join_affinity(pod.affinity.get_or_insert_default(), theirs);
    }
    let groups = member.security_context.take().and_then(|context| context.supplemental_groups);
    let all = &mut pod.security_context.get_or_insert_default().supplemental_groups;
    for group in groups.unwrap_or_default() {
        let all = all.get_or_insert_default();
        if !all.contains(&group) {
            all.push(group);
        }
    }
    pod.host_pid = pod.host_pid.or(member.host_pid);
    pod.host_ipc = pod.host_ipc.or(member.host_ipc);
    pod.host_users = pod.host_users.or(member.host_users);
    pod.share_process_namespace = [pod.share_process_namespace, member.share_process_namespace]
        .into_iter()
        .flatten()
        .find(|shares| *shares)
        .or(pod.share_process_namespace);
}

/// Joins the Pod affinities of the services. The node affinity is the same for all of them.
fn join_affinity(pod: &mut Affinity, member: Affinity) {
    let Some(theirs) = member.pod_affinity else { return };
    let beside = pod.pod_affinity.get_or_insert_default();
    let all = beside.required_during_scheduling_ignored_during_execution.get_or_insert_default();
    for term in theirs.required_during_scheduling_ignored_during_execution.unwrap_or_default() {
        if !all.contains(&term) {
            all.push(term);
        }
    }
}

/// Makes the name of an init container unique, because names of the helper are the same for all services.
fn with_free_name(container: Container, service: &str) -> Container {
    Container { name: pod_volume(service, &container.name), ..container }
}

/// Adds the volumes of a service, and renames volumes that must differ from those of other services: volumes that are created
/// with the Pod, and different volumes with the same name.
fn join_volumes(pod: &mut Vec<Volume>, service: &str, member: Vec<Volume>) -> BTreeMap<String, String> {
    let mut renamed = BTreeMap::new();
    let mut all: BTreeMap<String, Volume> =
        std::mem::take(pod).into_iter().map(|volume| (volume.name.clone(), volume)).collect();
    for volume in member {
        let is_its_own = volume.empty_dir.is_some() || volume.ephemeral.is_some();
        if is_its_own || all.get(&volume.name).is_some_and(|other| *other != volume) {
            let name = pod_volume(service, &volume.name);
            renamed.insert(volume.name.clone(), name.clone());
            all.insert(name.clone(), Volume { name, ..volume });
        } else {
            all.insert(volume.name.clone(), volume);
        }
    }
    *pod = all.into_values().collect();
    renamed
}

fn join_missing(all: &mut BTreeMap<String, String>, more: BTreeMap<String, String>) {
    for (key, value) in more {
        if let Entry::Vacant(free) = all.entry(key) {
            free.insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(containers: &str, volumes: &serde_json::Value, grace: i64) -> PodTemplateSpec {
        let mounts: Vec<_> = volumes
            .as_array()
            .into_iter()
            .flatten()
            .map(|volume| json!({"name": volume["name"], "mountPath": "/x"}))
            .collect();
        serde_json::from_value(json!({"spec": {
            "containers": [{"name": containers, "volumeMounts": mounts}],
            "initContainers": [{"name": "before", "volumeMounts": mounts}],
            "volumes": volumes, "terminationGracePeriodSeconds": grace,
        }}))
        .unwrap()
    }

    #[test]
    fn a_claim_is_shared_and_what_is_made_with_the_pod_is_each_services_own() {
        let claim = json!({"name": "v", "persistentVolumeClaim": {"claimName": "c"}});
        let temporary = json!({"name": "t", "emptyDir": {}});
        let same_name = |key: &str| json!({"name": "s", "secret": {"secretName": key}});
        let mut pod = template("a", &json!([claim, temporary, same_name("a")]), 10);
        join(&mut pod, "b", template("b", &json!([claim, temporary, same_name("b")]), 30));
        let spec = pod.spec.unwrap();
        let names: Vec<_> = spec.volumes.unwrap().into_iter().map(|volume| volume.name).collect();
        assert_eq!(names, ["b-s", "b-t", "s", "t", "v"]);
        let mounts = |container: &Container| {
            let mounts = container.volume_mounts.clone().unwrap();
            mounts.into_iter().map(|mount| mount.name).collect::<Vec<_>>().join(" ")
        };
        let containers: Vec<_> =
            spec.containers.iter().map(|it| format!("{}: {}", it.name, mounts(it))).collect();
        assert_eq!(containers, ["a: v t s", "b: v b-t b-s"]);
        let first: Vec<_> =
            spec.init_containers.unwrap().iter().map(|it| format!("{}: {}", it.name, mounts(it))).collect();
        assert_eq!(first, ["before: v t s", "b-before: v b-t b-s"]);
        assert_eq!(spec.termination_grace_period_seconds, Some(30));
    }

    #[test]
    fn a_change_of_what_either_reads_changes_the_pod() {
        let joined = |lead: serde_json::Value, member: serde_json::Value| {
            let with = |annotations: serde_json::Value| {
                serde_json::from_value::<PodTemplateSpec>(json!({"metadata": {"annotations": annotations}}))
                    .unwrap()
            };
            let mut pod = with(lead);
            join(&mut pod, "b", with(member));
            pod.metadata.unwrap().annotations.unwrap()
        };
        let configs = |hash: &str| json!({"stackwright.dev/configs": hash, "note": hash});
        assert_eq!(
            joined(json!({}), configs("2")),
            BTreeMap::from([
                ("note".to_owned(), "2".to_owned()),
                ("stackwright.dev/configs".to_owned(), "2".to_owned()),
            ])
        );
        let of = |lead: &str, member: &str| joined(configs(lead), configs(member));
        assert_ne!(of("1", "2")["stackwright.dev/configs"], of("1", "3")["stackwright.dev/configs"]);
        assert_ne!(of("1", "2")["stackwright.dev/configs"], of("0", "2")["stackwright.dev/configs"]);
        assert_eq!(of("1", "2")["note"], "1");
    }
}
