//! Projections of objects: only the fields that decisions need, so that a thousand Stacks use little memory.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod as ApiPod};
use kube::ResourceExt;
use serde_json::Value;

use crate::{
    api::{AccessMode, GROUP, TemplateHash, labels},
    plan::{
        Child, ChildState, ClaimState, Container, CronJobState, Digest, Exit, JobState, MadeWith, Notice,
        Owner, Pod, Progress, Run, RunOutcome, ServiceState, Unbound, WorkloadState, owned_fields,
    },
    translate::{Kind, helper_image},
};

/// Returns the projection of a child.
pub(super) fn child(kind: Kind, object: &Value) -> Child {
    let owner = owner(object);
    let is_run = kind == Kind::Job && matches!(owner, Owner::CronJob { .. });
    Child {
        uid: text(object, "/metadata/uid"),
        owner,
        service: label(object, labels::SERVICE),
        deleting: object.pointer("/metadata/deletionTimestamp").is_some(),
        digest: Digest::of(&owned_fields(object)),
        state: if is_run { ChildState::Run(run(object)) } else { state(kind, object) },
    }
}

/// Returns the owner of an object.
pub(super) fn owner(object: &Value) -> Owner {
    let controller = object
        .pointer("/metadata/ownerReferences")
        .and_then(Value::as_array)
        .and_then(|owners| owners.iter().find(|owner| owner["controller"] == true));
    match controller {
        Some(owner) if owner["kind"] == "Stack" && text(owner, "/apiVersion").starts_with(GROUP) => {
            Owner::Stack { uid: text(owner, "/uid"), name: text(owner, "/name") }
        }
        Some(owner) if owner["kind"] == "CronJob" && owner["apiVersion"] == "batch/v1" => {
            label(object, labels::STACK).map_or(Owner::Other, |stack| Owner::CronJob { stack })
        }
        Some(_) => Owner::Other,
        None if label(object, labels::MANAGED_BY).as_deref() == Some(labels::MANAGER) => {
            label(object, labels::STACK).map_or(Owner::Other, |stack| Owner::Claim { stack })
        }
        None => Owner::Other,
    }
}

fn state(kind: Kind, object: &Value) -> ChildState {
    match kind {
        Kind::Deployment | Kind::StatefulSet => ChildState::Workload(workload(object)),
        Kind::DaemonSet => ChildState::Workload(daemon_set(object)),
        Kind::Job => ChildState::Job(job(object)),
        Kind::CronJob => ChildState::CronJob(cron_job(object)),
        Kind::Service => ChildState::Service(service(object)),
        Kind::PersistentVolumeClaim => ChildState::Claim(claim(object)),
        Kind::ConfigMap | Kind::NetworkPolicy | Kind::Ingress => ChildState::Plain,
    }
}

fn workload(object: &Value) -> WorkloadState {
    let generation = number(object, "/metadata/generation");
    let failure = condition(object, "ReplicaFailure").map(|condition| text(condition, "/message"));
    WorkloadState {
        template: template(object),
        observed: number(object, "/status/observedGeneration") >= generation,
        wanted: count(object, "/spec/replicas"),
        total: count(object, "/status/replicas"),
        updated: count(object, "/status/updatedReplicas"),
        ready: count(object, "/status/readyReplicas"),
        completed: annotation(object, "/metadata", labels::COMPLETED).map(TemplateHash::from),
        failure,
        overdue: conditions(object).any(|condition| {
            condition["type"] == "Progressing" && condition["reason"] == "ProgressDeadlineExceeded"
        }),
        made_with: made_with(object),
    }
}

fn daemon_set(object: &Value) -> WorkloadState {
    let observed = number(object, "/status/observedGeneration") >= number(object, "/metadata/generation");
    let nodes = count(object, "/status/desiredNumberScheduled");
    WorkloadState {
        template: template(object),
        observed,
        // Before the DaemonSet's controller has counted the nodes, 0 would mean that the DaemonSet is stopped.
        wanted: if observed { nodes } else { nodes.max(1) },
        total: count(object, "/status/currentNumberScheduled"),
        updated: count(object, "/status/updatedNumberScheduled"),
        ready: count(object, "/status/numberReady"),
        made_with: made_with(object),
        ..WorkloadState::default()
    }
}

fn made_with(object: &Value) -> MadeWith {
    made_with_template(object, "/spec/template")
}

fn made_with_template(object: &Value, at: &str) -> MadeWith {
    MadeWith {
        reads: annotation(object, &format!("{at}/metadata"), labels::READS),
        helper_image: object.pointer(at).and_then(helper_image),
        images: annotation(object, "/metadata", labels::IMAGES),
    }
}

fn cron_job(object: &Value) -> CronJobState {
    const TEMPLATE: &str = "/spec/jobTemplate/spec/template";
    let active = object.pointer("/status/active").and_then(Value::as_array);
    CronJobState {
        template: annotation(object, &format!("{TEMPLATE}/metadata"), labels::TEMPLATE)
            .map(TemplateHash::from),
        active: active.is_some_and(|runs| !runs.is_empty()),
        suspended: object.pointer("/spec/suspend") == Some(&Value::Bool(true)),
        made_with: made_with_template(object, TEMPLATE),
    }
}

fn run(object: &Value) -> Run {
    let time = |value: Option<&Value>| value.and_then(Value::as_str)?.parse().ok();
    let failed = condition(object, "Failed");
    let ended = condition(object, "Complete").or(failed);
    Run {
        name: text(object, "/metadata/name"),
        job: label(object, labels::SERVICE).unwrap_or_default(),
        started: time(object.pointer("/status/startTime").or(object.pointer("/metadata/creationTimestamp"))),
        finished: time(ended.and_then(|ended| ended.get("lastTransitionTime"))),
        outcome: match (failed, ended) {
            (Some(failed), _) => RunOutcome::Failed(text(failed, "/message")),
            (None, Some(_)) => RunOutcome::Succeeded,
            (None, None) => RunOutcome::Running,
        },
    }
}

fn claim(object: &Value) -> ClaimState {
    let mode = object.pointer("/spec/accessModes/0").cloned();
    let created = object.pointer("/metadata/creationTimestamp").and_then(Value::as_str);
    ClaimState {
        access_mode: mode.and_then(|mode| serde_json::from_value::<AccessMode>(mode).ok()),
        node_group: label(object, labels::VOLUMES),
        created: created
            .and_then(|time| time.parse::<jiff::Timestamp>().ok())
            .map_or(0, |time| time.as_second()),
        unbound: (text(object, "/status/phase") == "Pending").then(|| unbound(object)),
    }
}

fn unbound(object: &Value) -> Unbound {
    Unbound {
        class: object.pointer("/spec/storageClassName").and_then(Value::as_str).map(str::to_owned),
        provisioner: annotation(object, "/metadata", "volume.kubernetes.io/storage-provisioner"),
        // Events have their own watch.
        warning: None,
    }
}

fn job(object: &Value) -> JobState {
    JobState {
        template: template(object),
        complete: condition(object, "Complete").is_some(),
        failed: condition(object, "Failed").map(|condition| text(condition, "/message")),
        made_with: made_with(object),
    }
}

fn service(object: &Value) -> ServiceState {
    let is_balanced = text(object, "/spec/type") == "LoadBalancer";
    ServiceState {
        headless: text(object, "/spec/clusterIP") == "None",
        publishes_not_ready: object.pointer("/spec/publishNotReadyAddresses") == Some(&Value::Bool(true)),
        pending_address: is_balanced && object.pointer("/status/loadBalancer/ingress").is_none(),
    }
}

/// Returns the projection of a Pod and the Stack's name, or `None` if the Pod belongs to no Stack.
pub(super) fn pod(pod: &ApiPod) -> Option<(String, Pod)> {
    let stack = pod.labels().get(labels::STACK)?.clone();
    let service = pod.labels().get(labels::SERVICE)?.clone();
    let status = pod.status.clone().unwrap_or_default();
    let conditions = status.conditions.unwrap_or_default();
    let (last, first) =
        (status.container_statuses.unwrap_or_default(), status.init_container_statuses.unwrap_or_default());
    // An admission webhook can add containers, such as a proxy of a service mesh.
    let is_ours = |name: &str| {
        name == service || pod.labels().contains_key(&format!("{}{name}", labels::MEMBER_PREFIX))
    };
    // A service on which others of its Pod depend is a sidecar, which is an init container.
    let (early, first): (Vec<_>, Vec<_>) = first.iter().partition(|container| is_ours(&container.name));
    let sidecars = sidecars(pod);
    let kept_running = early.iter().copied().filter(|container| sidecars.contains(container.name.as_str()));
    let containers: Vec<_> = last.iter().chain(kept_running).collect();
    let started: Vec<_> = containers.iter().filter_map(|container| running_since(container)).collect();
    let ours: Vec<_> = last.iter().filter(|container| is_ours(&container.name)).chain(early).collect();
    let init_blocker = first.into_iter().find_map(waiting);
    let unschedulable = conditions
        .iter()
        .find(|condition| {
            condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("Unschedulable")
        })
        .and_then(|condition| condition.message.clone());
    let projection = Pod {
        uid: pod.uid().unwrap_or_default(),
        controller: pod
            .owner_references()
            .iter()
            .find(|owner| owner.controller == Some(true))
            .map(|owner| (owner.kind.clone(), owner.name.clone())),
        template: pod.annotations().get(labels::TEMPLATE).cloned().map(TemplateHash::from),
        claims: claims(pod),
        deleting: pod.metadata.deletion_timestamp.is_some(),
        ended: matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")),
        progress: if conditions.iter().any(|it| it.type_ == "Ready" && it.status == "True") {
            Progress::Ready
        } else if containers.is_empty() || started.len() < containers.len() {
            Progress::Pending
        } else if containers.iter().all(|container| container.started == Some(true)) {
            Progress::Started
        } else {
            Progress::Running
        },
        started_at: started.into_iter().max(),
        created: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
        unschedulable,
        waiting: containers.iter().find_map(|container| waiting(container)).or_else(|| init_blocker.clone()),
        last_exit: last_exit_of_all(&ours),
        // Events have their own watch.
        warning: None,
        containers: match ours.as_slice() {
            [] | [_] => Vec::new(),
            several => several.iter().map(|one| container(one, init_blocker.as_ref())).collect(),
        },
        service,
    };
    Some((stack, projection))
}

/// Returns the names of the sidecars: init containers with restartPolicy Always.
fn sidecars(pod: &ApiPod) -> BTreeSet<&str> {
    let init = pod.spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
    init.filter(|container| container.restart_policy.as_deref() == Some("Always"))
        .map(|container| container.name.as_str())
        .collect()
}

/// Returns the projection of one of several containers. A blocked init container blocks every container that has not
/// started.
fn container(status: &ContainerStatus, init_blocker: Option<&Notice>) -> Container {
    let running = running_since(status);
    let has_begun = running.is_some() || last_exit(status).is_some();
    let init_blocker = init_blocker.filter(|_| !has_begun);
    Container {
        service: status.name.clone(),
        progress: match (running, status.started) {
            (None, _) => Progress::Pending,
            _ if status.ready => Progress::Ready,
            (_, Some(true)) => Progress::Started,
            _ => Progress::Running,
        },
        started_at: running,
        waiting: waiting(status).or_else(|| init_blocker.cloned()),
        last_exit: last_exit(status),
    }
}

/// Returns how a Pod's containers ended last: an error of any container, or success once all have ended.
fn last_exit_of_all(containers: &[&ContainerStatus]) -> Option<Exit> {
    let exits: Vec<_> = containers.iter().filter_map(|container| last_exit(container)).collect();
    let all = exits.len() == containers.len();
    exits.into_iter().max_by_key(|exit| !exit.is_success()).filter(|exit| all || !exit.is_success())
}

fn claims(pod: &ApiPod) -> BTreeSet<String> {
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_ref()).into_iter().flatten();
    volumes.filter_map(|volume| Some(volume.persistent_volume_claim.as_ref()?.claim_name.clone())).collect()
}

fn running_since(container: &ContainerStatus) -> Option<jiff::Timestamp> {
    let running = container.state.as_ref()?.running.as_ref()?;
    Some(running.started_at.as_ref().map_or(jiff::Timestamp::UNIX_EPOCH, |time| time.0))
}

fn waiting(container: &ContainerStatus) -> Option<Notice> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting
        .reason
        .clone()
        .filter(|reason| reason != "ContainerCreating" && reason != "PodInitializing")?;
    Some(Notice { reason, message: waiting.message.clone().unwrap_or_default() })
}

fn last_exit(container: &ContainerStatus) -> Option<Exit> {
    let now = container.state.as_ref().and_then(|state| state.terminated.as_ref());
    let before = container.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    let ended = now.or(before)?;
    Some(Exit { code: ended.exit_code, reason: ended.reason.clone() })
}

fn template(object: &Value) -> Option<TemplateHash> {
    annotation(object, "/spec/template/metadata", labels::TEMPLATE).map(TemplateHash::from)
}

fn annotation(object: &Value, metadata: &str, name: &str) -> Option<String> {
    object.pointer(metadata)?.get("annotations")?.get(name)?.as_str().map(str::to_owned)
}

pub(super) fn label(object: &Value, name: &str) -> Option<String> {
    object.pointer("/metadata/labels")?.get(name)?.as_str().map(str::to_owned)
}

/// Returns a condition with the status True.
fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    conditions(object).find(|condition| condition["type"] == kind && condition["status"] == "True")
}

fn conditions(object: &Value) -> impl Iterator<Item = &Value> {
    object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten()
}

fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

fn count(object: &Value, pointer: &str) -> i32 {
    i32::try_from(number(object, pointer)).unwrap_or_default()
}
