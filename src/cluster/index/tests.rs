//! Updates of the index by events, and the Stacks that they wake.

use k8s_openapi::api::core::v1::Event;
use serde_json::{Value, json};

use super::*;
use crate::{
    api::AccessMode,
    cluster::Scope,
    plan::{ChildState, ClaimState, Exit, Holder, MadeWith, Notice, Progress, Unbound},
    translate::{HashKey, Privilege, Privileges},
};

mod freed;
mod lists;
mod namespaces;

/// The part of the scope that includes every namespace.
fn every() -> Part {
    Scope::Cluster.parts().swap_remove(0)
}

fn key(name: &str) -> StackKey {
    StackKey { namespace: "n".to_owned(), name: name.to_owned() }
}

fn observed(index: &Index, name: &str) -> Observed {
    index.observed(&key(name), Identity { uid: "s", name })
}

fn woken(keys: BTreeSet<StackKey>) -> Vec<String> {
    keys.into_iter().map(|key| key.name).collect()
}

/// A Service `web` of the Stack `stack`, or without an owner.
fn service(stack: Option<&str>, version: u64, uid: &str) -> Value {
    let mut object = json!({"metadata": {
        "name": "web", "namespace": "n", "uid": uid, "resourceVersion": version.to_string(),
    }});
    if let Some(stack) = stack {
        object["metadata"]["labels"] = json!({"stackwright.dev/stack": stack});
        object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "name": stack, "uid": "s", "controller": true,
        }]);
    }
    object
}

fn pod(name: &str, phase: &str) -> ApiPod {
    let labels = json!({"stackwright.dev/stack": "shop", "stackwright.dev/service": "web"});
    serde_json::from_value(json!({
        "metadata": {"name": name, "namespace": "n", "uid": format!("uid-{name}"), "labels": labels},
        "status": {"phase": phase},
    }))
    .unwrap()
}

#[test]
fn an_event_wakes_the_stack_only_if_the_projection_has_changed() {
    let mut index = Index::default();
    assert_eq!(
        woken(index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 1, "u")))),
        ["shop"]
    );
    assert_eq!(
        woken(index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 2, "u")))),
        [""; 0]
    );
    assert_eq!(observed(&index, "shop").children.len(), 1);
    assert_eq!(
        woken(index.delete_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 3, "u")))),
        ["shop"]
    );
    assert!(observed(&index, "shop").children.is_empty());
}

#[test]
fn a_state_older_than_the_operators_write_is_ignored() {
    let mut index = Index::default();
    let mut written = service(Some("shop"), 5, "u");
    written["spec"] = json!({"clusterIP": "None"});
    index.apply_child(ChildUpdate::of(Kind::Service, &written));
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 4, "u")));
    let observed = observed(&index, "shop");
    let child = &observed.children[&(Kind::Service, "web".to_owned())];
    assert!(matches!(&child.state, crate::plan::ChildState::Service(state) if state.headless));
}

#[test]
fn a_late_deletion_of_a_predecessor_keeps_the_successor() {
    let mut index = Index::default();
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 9, "successor")));
    assert_eq!(
        woken(index.delete_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 8, "predecessor")))),
        [""; 0]
    );
    assert_eq!(observed(&index, "shop").children.len(), 1);
}

#[test]
fn a_released_name_wakes_every_stack_that_wants_it() {
    let mut index = Index::default();
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 1, "u")));
    index.set_contended(&key("late"), &BTreeSet::from([(Kind::Service, "web".to_owned())]));
    assert_eq!(
        woken(index.delete_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 2, "u")))),
        ["late", "shop"]
    );
    index.set_contended(&key("late"), &BTreeSet::new());
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 3, "v")));
    assert_eq!(
        woken(index.delete_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 4, "v")))),
        ["shop"]
    );
}

#[test]
fn the_holder_of_a_taken_name_is_observed() {
    let mut index = Index::default();
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 1, "u")));
    let mut observed = observed(&index, "late");
    assert!(observed.children.is_empty());
    let wanted = BTreeSet::from([(Kind::Service, "web".to_owned())]);
    index.add_name_holders(&key("late"), Identity { uid: "l", name: "late" }, &wanted, &mut observed);
    assert_eq!(observed.name_holders.values().collect::<Vec<_>>(), [&Holder::Stack("shop".to_owned())]);
}

#[test]
fn objects_missing_from_a_new_list_are_removed() {
    let mut index = Index::default();
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 1, "u")));
    index.apply_pod(&pod("a", "Running"));
    index.begin_list(Source::Child(Kind::Service), &every());
    index.begin_list(Source::Pod, &every());
    index.apply_pod(&pod("a", "Running"));
    assert_eq!(woken(index.end_list(Source::Child(Kind::Service), &every())), ["shop"]);
    assert_eq!(woken(index.end_list(Source::Pod, &every())), [""; 0]);
    let observed = observed(&index, "shop");
    assert_eq!((observed.children.len(), observed.pods.len()), (0, 1));
}

#[test]
fn a_secret_with_a_new_version_wakes_its_readers() {
    let mut index = Index::default();
    index.set_reads(&key("shop"), &BTreeSet::from([(ObjectKind::Secret, "pw".to_owned())]));
    let apply = |index: &mut Index, version| {
        woken(index.apply_object(
            ObjectKind::Secret,
            "n",
            "pw",
            Seen { version, hash_key: HashKey::of("1"), of_a_stack: false },
        ))
    };
    assert_eq!(apply(&mut index, 1), ["shop"]);
    assert_eq!(apply(&mut index, 1), [""; 0]);
    assert_eq!(apply(&mut index, 2), ["shop"]);
    assert_eq!(index.object("n", ObjectKind::Secret, "pw").map(|seen| seen.version), Some(2));
    assert_eq!(woken(index.delete_object(ObjectKind::Secret, "n", "pw")), ["shop"]);
    assert_eq!(index.object("n", ObjectKind::Secret, "pw"), None);
}

#[test]
fn a_claims_creation_and_deletion_wake_its_readers_and_its_status_does_not() {
    let mut index = Index::default();
    let claim = ObjectKind::PersistentVolumeClaim;
    index.set_reads(&key("shop"), &BTreeSet::from([(claim, "data".to_owned())]));
    let apply = |index: &mut Index, version, of_a_stack| {
        woken(index.apply_object(
            claim,
            "n",
            "data",
            Seen { version, hash_key: HashKey::of("1"), of_a_stack },
        ))
    };
    assert_eq!(apply(&mut index, 1, false), ["shop"]);
    assert_eq!(apply(&mut index, 2, false), [""; 0]);
    assert_eq!(apply(&mut index, 3, true), ["shop"]);
    assert_eq!(woken(index.delete_object(claim, "n", "data")), ["shop"]);
}

#[test]
fn fields_that_the_next_translation_needs_are_projected() {
    let mut index = Index::default();
    let metadata = |name: &str| {
        json!({
            "name": name, "namespace": "n", "uid": name, "creationTimestamp": "1970-01-01T00:01:00Z",
            "labels": {"stackwright.dev/stack": "shop", "app.kubernetes.io/managed-by": "stackwright",
                "stackwright.dev/volumes": "shop-data"},
        })
    };
    let mut claim = json!({
        "metadata": metadata("shop-data"),
        "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "fast"},
        "status": {"phase": "Pending"},
    });
    claim["metadata"]["annotations"] = json!({"volume.kubernetes.io/storage-provisioner": "example.com/nfs"});
    index.apply_child(ChildUpdate::of(Kind::PersistentVolumeClaim, &claim));
    let mut workload = json!({"metadata": metadata("shop-db"), "spec": {"template": {
        "metadata": {"annotations": {"stackwright.dev/reads": "abc"}},
        "spec": {"initContainers": [{"args": ["helper", "prepare"], "image": "stackwright:1"}]},
    }}});
    workload["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "name": "shop", "uid": "s", "controller": true,
    }]);
    workload["metadata"]["annotations"] = json!({"stackwright.dev/image-metadata": "{}"});
    index.apply_child(ChildUpdate::of(Kind::StatefulSet, &workload));
    let states: Vec<_> = observed(&index, "shop").children.into_values().map(|child| child.state).collect();
    let [ChildState::Claim(claim), ChildState::Workload(workload)] = states.as_slice() else {
        panic!("{states:?}");
    };
    let node_group = Some("shop-data".to_owned());
    let some = |text: &str| Some(text.to_owned());
    let unbound = Unbound { class: some("fast"), provisioner: some("example.com/nfs"), warning: None };
    let expected = ClaimState {
        access_mode: Some(AccessMode::ReadWriteMany),
        node_group,
        created: 60,
        unbound: Some(unbound),
    };
    assert_eq!(*claim, expected);
    let expected = MadeWith { reads: some("abc"), helper_image: some("stackwright:1"), images: some("{}") };
    assert_eq!(workload.made_with, expected);
}

#[test]
fn a_warning_belongs_to_the_pod_with_its_uid() {
    let mut index = Index::default();
    index.apply_pod(&pod("web-0", "Running"));
    let event = |uid: &str, message: &str| -> Event {
        serde_json::from_value(json!({
            "metadata": {"name": "e"}, "reason": "Unhealthy", "message": message,
            "involvedObject": {"namespace": "n", "name": "web-0", "uid": uid},
        }))
        .unwrap()
    };
    assert_eq!(woken(index.apply_warning(&event("uid-web-0", "refused"))), ["shop"]);
    assert_eq!(woken(index.apply_warning(&event("uid-web-0", "refused"))), [""; 0]);
    index.apply_warning(&event("its predecessor's", "old"));
    let warning = observed(&index, "shop").pods[0].warning.clone();
    let expected = Notice { reason: "Unhealthy".to_owned(), message: "refused".to_owned() };
    assert_eq!(warning, Some(expected));
    index.delete_warning(&event("uid-web-0", "refused"));
    assert_eq!(observed(&index, "shop").pods[0].warning, None);
}

#[test]
fn a_warning_about_a_claim_is_observed_until_it_is_bound() {
    let mut index = Index::default();
    let labels = json!({"stackwright.dev/stack": "shop", "app.kubernetes.io/managed-by": "stackwright"});
    let claim = |phase: &str, version: u64| {
        let version = version.to_string();
        let metadata = json!({
            "name": "shop-data", "namespace": "n", "uid": "u", "labels": labels, "resourceVersion": version,
        });
        json!({"metadata": metadata, "status": {"phase": phase}})
    };
    index.apply_child(ChildUpdate::of(Kind::PersistentVolumeClaim, &claim("Pending", 1)));
    let event: Event = serde_json::from_value(json!({
        "metadata": {"name": "e"}, "reason": "ProvisioningFailed", "message": "not found",
        "involvedObject": {"kind": "PersistentVolumeClaim", "namespace": "n", "name": "shop-data", "uid": "u"},
    }))
    .unwrap();
    assert_eq!(woken(index.apply_warning(&event)), ["shop"]);
    let unbound = |index: &Index| match &observed(index, "shop").children.first_key_value().unwrap().1.state {
        ChildState::Claim(claim) => claim.unbound.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(unbound(&index).unwrap().warning.as_deref(), Some("not found"));
    index.apply_child(ChildUpdate::of(Kind::PersistentVolumeClaim, &claim("Bound", 2)));
    assert_eq!(unbound(&index), None);
}

#[test]
fn an_eviction_is_remembered_until_a_pod_of_the_service_starts() {
    let mut index = Index::default();
    index.privileges(&key("shop"));
    let started = |name: &str, time: &str| {
        let mut pod = serde_json::to_value(pod(name, "Running")).unwrap();
        pod["status"]["containerStatuses"] = json!([{
            "name": "web", "image": "", "imageID": "", "ready": true, "restartCount": 0,
            "state": {"running": {"startedAt": time}},
        }]);
        serde_json::from_value::<ApiPod>(pod).unwrap()
    };
    let evicted = |name: &str, message: &str| -> Event {
        serde_json::from_value(json!({
            "metadata": {"name": "e"}, "reason": "Evicted", "message": message,
            "lastTimestamp": "1970-01-01T00:01:00Z", "source": {"host": "one"},
            "involvedObject": {"kind": "Pod", "namespace": "n", "name": name, "uid": format!("uid-{name}")},
        }))
        .unwrap()
    };
    let told = |index: &Index| observed(index, "shop").evictions.get("web").map(|it| it.why.clone());
    index.apply_pod(&started("web-0", "1970-01-01T00:00:00Z"));
    index.apply_warning(&evicted("web-0", "low on disk"));
    index.delete_pod(&pod("web-0", "Succeeded"));
    assert_eq!(told(&index).as_deref(), Some("low on disk"));
    index.apply_pod(&pod("web-0", "Failed"));
    index.apply_warning(&evicted("web-0", "rejected"));
    assert_eq!(told(&index).as_deref(), Some("low on disk"), "the first cause is the best");
    assert!(observed(&index, "other").evictions.is_empty());
    index.apply_pod(&started("web-0", "1970-01-01T00:01:10Z"));
    assert_eq!(told(&index), None);
    index.apply_warning(&evicted("web-0", "low on disk"));
    assert_eq!(told(&index), None, "it is told again, and is over");
}

#[test]
fn children_of_an_earlier_stack_with_the_same_name_do_not_belong_to_the_stack() {
    let mut index = Index::default();
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 1, "u")));
    let observed = index.observed(&key("shop"), Identity { uid: "another", name: "shop" });
    assert!(observed.children.is_empty());
    assert_eq!(observed.name_holders.values().collect::<Vec<_>>(), [&Holder::Predecessor]);
}

#[test]
fn a_child_without_labels_still_belongs_to_its_stack() {
    let mut index = Index::default();
    let mut stripped = service(Some("shop"), 1, "u");
    stripped["metadata"].as_object_mut().unwrap().remove("labels");
    index.apply_child(ChildUpdate::of(Kind::Service, &stripped));
    assert_eq!(observed(&index, "shop").children.len(), 1);
}

#[test]
fn a_reply_that_arrives_after_the_deletion_is_ignored() {
    let mut index = Index::default();
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 9, "u")));
    index.delete_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 10, "u")));
    index.apply_reply(ChildUpdate::of(Kind::Service, &service(Some("shop"), 9, "u")));
    assert!(observed(&index, "shop").children.is_empty());
    index.apply_reply(ChildUpdate::of(Kind::Service, &service(Some("shop"), 11, "v")));
    assert_eq!(observed(&index, "shop").children.len(), 1);
}

/// Reports whether the indexed Service `web` is headless.
#[test]
fn a_pod_of_several_services_has_the_containers_of_each_and_no_others() {
    let mut pod = pod("web-1", "Running");
    pod.metadata
        .labels
        .get_or_insert_default()
        .insert("member.stackwright.dev/log".to_owned(), String::new());
    let statuses = json!([
        {"name": "web", "image": "", "imageID": "", "restartCount": 0, "ready": true, "started": true,
         "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}},
        {"name": "log", "image": "", "imageID": "", "restartCount": 1, "ready": false,
         "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 0}}},
        {"name": "injected", "image": "", "imageID": "", "restartCount": 0, "ready": true,
         "state": {"terminated": {"exitCode": 7}}},
    ]);
    pod.status.get_or_insert_default().container_statuses = serde_json::from_value(statuses).unwrap();
    let mut index = Index::default();
    index.apply_pod(&pod);
    let observed = observed(&index, "shop");
    let projection = &observed.pods[0];
    let told: Vec<_> = projection.containers.iter().map(|it| (it.service.as_str(), it.progress)).collect();
    assert_eq!(told, [("web", Progress::Ready), ("log", Progress::Pending)]);
    assert_eq!(projection.last_exit, None, "web has not ended");
    assert_eq!(projection.seen_by("log").last_exit, Some(Exit { code: 0, reason: None }));
}

#[test]
fn the_state_of_a_sidecar_comes_from_the_init_containers() {
    let status = |name: &str, state: Value, ready: bool| json!({"name": name, "image": "", "imageID": "", "restartCount": 0, "ready": ready, "started": ready, "state": state});
    let running = || json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}});
    let pod_with = |init: Value, last: Value| {
        let mut pod = serde_json::to_value(pod("web-1", "Running")).unwrap();
        pod["metadata"]["labels"]["member.stackwright.dev/client"] = json!("");
        pod["spec"] = json!({"containers": [{"name": "client"}], "initContainers": [
            {"name": "0-prepare"}, {"name": "web", "restartPolicy": "Always"}, {"name": "client-pre-start-0"},
        ]});
        pod["status"]["initContainerStatuses"] = init;
        pod["status"]["containerStatuses"] = last;
        let mut index = Index::default();
        index.apply_pod(&serde_json::from_value(pod).unwrap());
        observed(&index, "shop").pods.remove(0)
    };
    let done = || status("0-prepare", json!({"terminated": {"exitCode": 0}}), true);
    let waits = || json!({"waiting": {"reason": "PodInitializing"}});
    let crashes = || json!({"waiting": {"reason": "CrashLoopBackOff"}});

    let starting = pod_with(
        json!([done(), status("web", running(), false), status("client-pre-start-0", waits(), false)]),
        json!([status("client", waits(), false)]),
    );
    assert_eq!(starting.progress, Progress::Pending);
    let (web, client) = (starting.seen_by("web").into_owned(), starting.seen_by("client").into_owned());
    assert_eq!((web.progress, web.waiting), (Progress::Running, None));
    assert_eq!((client.progress, client.waiting), (Progress::Pending, None));

    let hindered = pod_with(
        json!([done(), status("web", running(), true), status("client-pre-start-0", crashes(), false)]),
        json!([status("client", waits(), false)]),
    );
    assert_eq!(hindered.seen_by("web").waiting, None, "it runs");
    assert!(hindered.seen_by("client").waiting.is_some());

    let up =
        pod_with(json!([done(), status("web", running(), true)]), json!([status("client", running(), true)]));
    assert!(up.progress.is_started());
    assert_eq!(up.seen_by("web").progress, Progress::Ready);
    let down = pod_with(
        json!([done(), status("web", json!({"terminated": {"exitCode": 3}}), false)]),
        json!([status("client", running(), true)]),
    );
    assert_eq!(down.progress, Progress::Pending);
    assert!(down.seen_by("client").progress.is_running());
    assert_eq!(down.last_exit, Some(Exit { code: 3, reason: None }));
}

#[test]
fn a_daemon_set_wants_the_number_of_pods_that_its_controller_counts() {
    let daemon_set = |observed: i64, status: Value| {
        let mut object = json!({
            "metadata": {"name": "agent", "namespace": "n", "uid": "u", "generation": 2, "resourceVersion": "1"},
            "spec": {"template": {"metadata": {"annotations": {"stackwright.dev/template": "t"}}}},
            "status": status,
        });
        object["status"]["observedGeneration"] = json!(observed);
        project::child(Kind::DaemonSet, &object).state
    };
    let counts = json!({
        "desiredNumberScheduled": 3, "currentNumberScheduled": 3, "updatedNumberScheduled": 2, "numberReady": 1,
    });
    let ChildState::Workload(state) = daemon_set(2, counts) else { panic!("it is a workload") };
    assert_eq!((state.wanted, state.total, state.updated, state.ready, state.observed), (3, 3, 2, 1, true));
    let new = daemon_set(0, json!({}));
    assert!(!new.is_at_zero() && new.template() == Some(&"t".into()), "it was not stopped");
}
