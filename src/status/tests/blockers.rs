//! Blockers outside of the containers: missing volumes, nodes without room, evictions.

use super::*;
use crate::plan::{ClaimState, Eviction, Unbound};

fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// A service whose pod mounts the claim `shop-data`.
fn with_claim(unbound: Option<Unbound>) -> Case {
    let mut case = Case::new(unit("db"), Gate::Open).rolled_out();
    let child = case.observed.children.values().next().unwrap().clone();
    let claim = ChildState::Claim(ClaimState { unbound, ..ClaimState::default() });
    let key = (Kind::PersistentVolumeClaim, "shop-data".to_owned());
    case.observed.children.insert(key, Child { state: claim, ..child });
    case
}

fn mounting(unschedulable: Option<&str>) -> Pod {
    let unschedulable = unschedulable.map(str::to_owned);
    Pod { claims: ["shop-data".to_owned()].into(), unschedulable, ..Pod::default() }
}

fn unbound(class: Option<&str>, provisioner: Option<&str>, warning: Option<&str>) -> Unbound {
    let [class, provisioner, warning] = [class, provisioner, warning].map(|it| it.map(str::to_owned));
    Unbound { class, provisioner, warning }
}

#[test]
fn a_claim_without_a_volume_blocks_with_its_class_and_the_cause() {
    let missing = Some("storageclass.storage.k8s.io \"fast\" not found");
    let quota = Some("failed to provision volume with StorageClass \"fast\": quota exceeded\nmore");
    for (unbound, cause) in [
        (unbound(Some("fast"), None, missing), "StorageClass fast does not exist; create it"),
        (unbound(None, None, None), "the cluster has no default StorageClass; mark one as default"),
        (unbound(Some(""), None, None), "no PersistentVolume without a StorageClass is free"),
        (
            unbound(Some("fast"), Some("example.com/nfs"), quota),
            "failed to provision volume with StorageClass \"fast\": quota exceeded",
        ),
        (
            unbound(Some("fast"), Some("example.com/nfs"), None),
            "provisioner example.com/nfs of StorageClass fast has not created one yet",
        ),
        (
            unbound(Some("fast"), Some("example.com/nfs"), missing),
            "provisioner example.com/nfs of StorageClass fast has not created one yet",
        ),
    ] {
        let pod =
            mounting(Some("0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."));
        let service = with_claim(Some(unbound)).pod(pod).status(second(30)).0.services.remove(0);
        let message = format!("claim shop-data has no volume: {cause}");
        assert_eq!((service.state, service.message), (ServiceState::Blocked, Some(message)));
    }
}

#[test]
fn a_provisioner_has_30_seconds_before_a_missing_volume_blocks() {
    let asked = unbound(Some("fast"), Some("example.com/nfs"), None);
    let case = with_claim(Some(asked)).pod(mounting(None));
    let (early, recheck) = case.status(second(29));
    let message = early.services[0].message.as_deref();
    assert_eq!(
        (early.services[0].state, message),
        (ServiceState::Starting, Some("containers are being created"))
    );
    assert_eq!(recheck, Some(second(30)));
    let (late, recheck) = case.status(second(30));
    assert_eq!((late.services[0].state, recheck), (ServiceState::Blocked, None));
}

#[test]
fn a_provisioner_that_waits_for_a_pod_has_its_time_from_the_pods_creation() {
    let asked = unbound(Some("fast"), Some("example.com/nfs"), None);
    let pod = Pod { created: Some(second(60)), ..mounting(None) };
    let case = with_claim(Some(asked)).pod(pod);
    assert_eq!(case.status(second(89)).0.services[0].state, ServiceState::Starting);
    assert_eq!(case.status(second(90)).0.services[0].state, ServiceState::Blocked);
}

#[test]
fn a_volume_has_its_time_before_a_provisioner_is_chosen() {
    let pod = mounting(Some("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."));
    let case = with_claim(Some(unbound(Some("fast"), None, None))).pod(pod);
    let (early, recheck) = case.status(second(29));
    assert_eq!((early.services[0].state, recheck), (ServiceState::Starting, Some(second(30))));
    assert_eq!(case.status(second(30)).0.services[0].state, ServiceState::Blocked);
}

#[test]
fn the_schedulers_message_is_the_cause_where_no_volume_is_requested_or_missing() {
    for unbound in [Some(unbound(Some("fast"), None, None)), None] {
        let case = with_claim(unbound).pod(mounting(Some("0/1 nodes are available: 1 Insufficient cpu.")));
        let message = "no node can run the Pod: 0/1 nodes are available: 1 Insufficient cpu".to_owned();
        assert_eq!(case.state(), (ServiceState::Blocked, message));
    }
}

#[test]
fn an_eviction_is_reported_until_a_container_of_the_service_runs_again() {
    let eviction = || Eviction {
        at: NOW,
        node: "one".to_owned(),
        why: "The node was low on resource: ephemeral-storage. Threshold quantity: 1, available: 0. "
            .to_owned(),
    };
    let evicted = |pod: Option<Pod>| {
        let mut case = Case::new(unit("db"), Gate::Open).rolled_out();
        case.observed.evictions.insert("db".to_owned(), eviction());
        match pod {
            Some(pod) => case.pod(pod).state(),
            None => case.state(),
        }
    };
    let cause = "evicted from node one (The node was low on resource: ephemeral-storage)";
    let again = format!("{cause}, containers are being created again");
    assert_eq!(evicted(None), (ServiceState::Starting, again.clone()));
    assert_eq!(evicted(Some(Pod::default())), (ServiceState::Starting, again));
    let nowhere = "0/1 nodes are available: 1 node(s) had untolerated taint(s). no victims";
    let waits = format!(
        "{cause}, and no node can run the Pod: 0/1 nodes are available: 1 node(s) had untolerated taint(s) (kubectl describe nodes names them)"
    );
    let unschedulable = Pod { unschedulable: Some(nowhere.to_owned()), ..Pod::default() };
    assert_eq!(evicted(Some(unschedulable)), (ServiceState::Blocked, waits));
    assert_eq!(
        evicted(Some(Pod { progress: Progress::Ready, ..running() })),
        (ServiceState::Healthy, String::new())
    );
}
