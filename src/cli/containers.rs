//! The containers of a Stack's services, from its Pods.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container as ContainerSpec, ContainerStatus, Pod};
use kube::ResourceExt;

use crate::api::labels::{MEMBER_PREFIX, SERVICE};

/// A container of a service.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Container {
    pub service: String,
    /// The number among the containers of the service, from 1.
    pub index: usize,
    pub pod: String,
    pub node: Option<String>,
    /// The address of the node.
    pub host: Option<String>,
    pub image: String,
    /// The image with its digest, once the node has pulled it.
    pub image_id: Option<String>,
    pub command: Vec<String>,
    pub state: State,
    /// Whether the container is ready, if a probe decides that.
    pub ready: Option<bool>,
    /// Whether the container has a health check of any kind.
    pub has_check: bool,
    pub restarts: i32,
    pub created: Option<Timestamp>,
    /// The ports of the node that lead to the container.
    pub host_ports: Vec<HostPort>,
    /// Whether the Pod ends: it is being deleted, or its containers have ended.
    pub is_leaving: bool,
}

/// A port of the node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct HostPort {
    pub address: Option<String>,
    pub published: i32,
    pub target: i32,
    pub protocol: String,
}

/// What a container does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// The container has not started.
    Created,
    /// The container has ended and starts again.
    Restarting,
    /// The program runs.
    Running,
    /// The program has ended.
    Exited(i32),
}

impl Container {
    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }
}

/// Returns the containers of services, by service and index. Init containers that prepare a service, and containers that
/// an admission webhook adds, belong to no service.
pub(super) fn containers(pods: &[Pod]) -> Vec<Container> {
    let mut all: Vec<_> = pods.iter().flat_map(of_pod).collect();
    all.sort_by(|a, b| {
        let key = |it: &Container| (it.service.clone(), it.is_leaving, ordinal(it), it.created);
        key(a).cmp(&key(b)).then_with(|| a.pod.cmp(&b.pod))
    });
    let mut counts = BTreeMap::new();
    for container in &mut all {
        let count: &mut usize = counts.entry(container.service.clone()).or_default();
        *count += 1;
        container.index = *count;
    }
    all
}

/// Returns the number at the end of the name of a StatefulSet's Pod. The names of other Pods end in letters.
fn ordinal(container: &Container) -> Option<u32> {
    container.pod.rsplit('-').next()?.parse().ok().filter(|ordinal| *ordinal < 1000)
}

fn of_pod(pod: &Pod) -> Vec<Container> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let init = spec.init_containers.iter().flatten();
    let own = init.chain(&spec.containers).filter(|container| is_service(pod, &container.name));
    own.map(|container| of_container(pod, container)).collect()
}

/// Reports whether a container runs a service. A container has the name of its service.
pub(super) fn is_service(pod: &Pod, container: &str) -> bool {
    let labels = pod.labels();
    let Some(unit) = labels.get(SERVICE) else { return false };
    unit == container || labels.contains_key(&format!("{MEMBER_PREFIX}{container}"))
}

/// Returns the status of a container by its name.
pub(super) fn status_of<'p>(pod: &'p Pod, container: &str) -> Option<&'p ContainerStatus> {
    let status = pod.status.as_ref()?;
    let last = status.container_statuses.iter().flatten();
    let init = status.init_container_statuses.iter().flatten();
    last.chain(init).find(|status| status.name == container)
}

fn of_container(pod: &Pod, container: &ContainerSpec) -> Container {
    let status = status_of(pod, &container.name);
    let pod_status = pod.status.as_ref();
    let phase = pod_status.and_then(|status| status.phase.as_deref());
    let host = pod_status.and_then(|status| status.host_ip.clone());
    let probes = [&container.readiness_probe, &container.startup_probe, &container.liveness_probe];
    Container {
        service: container.name.clone(),
        index: 0,
        pod: pod.name_any(),
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        image: container.image.clone().unwrap_or_default(),
        image_id: status.map(|status| status.image_id.clone()).filter(|id| !id.is_empty()),
        command: [&container.command, &container.args].into_iter().flatten().flatten().cloned().collect(),
        state: status.map_or(State::Created, state),
        ready: container.readiness_probe.is_some().then(|| status.is_some_and(|status| status.ready)),
        has_check: probes.into_iter().any(Option::is_some),
        restarts: status.map_or(0, |status| status.restart_count),
        created: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
        host_ports: host_ports(container, host.as_deref()),
        is_leaving: pod.metadata.deletion_timestamp.is_some()
            || matches!(phase, Some("Succeeded" | "Failed")),
        host,
    }
}

fn state(status: &ContainerStatus) -> State {
    let Some(state) = &status.state else { return State::Created };
    if state.running.is_some() {
        return State::Running;
    }
    if let Some(ended) = &state.terminated {
        return State::Exited(ended.exit_code);
    }
    let has_ended = status.last_state.as_ref().is_some_and(|last| last.terminated.is_some());
    if has_ended { State::Restarting } else { State::Created }
}

fn host_ports(container: &ContainerSpec, host: Option<&str>) -> Vec<HostPort> {
    let ports = container.ports.iter().flatten();
    let port = |port: &k8s_openapi::api::core::v1::ContainerPort| {
        Some(HostPort {
            address: port.host_ip.clone().or_else(|| host.map(str::to_owned)),
            published: port.host_port?,
            target: port.container_port,
            protocol: port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()),
        })
    };
    ports.filter_map(port).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Returns a Pod of the Stack `shop` with one running container.
    pub(in crate::cli) fn pod(name: &str, service: &str, changes: Value) -> Pod {
        let mut pod = json!({
            "metadata": {
                "name": name,
                "creationTimestamp": "2026-11-30T10:00:00Z",
                "labels": {"stackwright.dev/stack": "shop", "stackwright.dev/service": service},
            },
            "spec": {"nodeName": "node-1", "containers": [{"name": service, "image": format!("{service}:1")}]},
            "status": {
                "phase": "Running",
                "hostIP": "10.0.0.5",
                "containerStatuses": [{
                    "name": service, "image": "", "imageID": "", "ready": true, "restartCount": 0,
                    "state": {"running": {"startedAt": "2026-11-30T10:00:01Z"}},
                }],
            },
        });
        merge(&mut pod, changes);
        serde_json::from_value(pod).unwrap()
    }

    fn merge(into: &mut Value, from: Value) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) => {
                for (key, value) in from {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
            (into, from) => *into = from,
        }
    }

    fn names(containers: &[Container]) -> Vec<String> {
        containers.iter().map(|it| format!("{}-{} {}", it.service, it.index, it.pod)).collect()
    }

    #[test]
    fn containers_are_numbered_by_age_and_those_that_leave_come_last() {
        let at = |time: &str| json!({"metadata": {"creationTimestamp": time}});
        let leaving = json!({"metadata": {
            "creationTimestamp": "2026-11-30T08:00:00Z", "deletionTimestamp": "2026-11-30T11:00:00Z",
        }});
        let pods = [
            pod("shop-web-5-new", "web", at("2026-11-30T10:30:00Z")),
            pod("shop-web-5-old", "web", at("2026-11-30T09:00:00Z")),
            pod("shop-web-4-gone", "web", leaving),
            pod("shop-db-10", "db", at("2026-11-30T09:00:00Z")),
            pod("shop-db-2", "db", at("2026-11-30T10:00:00Z")),
        ];
        let expected = [
            "db-1 shop-db-2",
            "db-2 shop-db-10",
            "web-1 shop-web-5-old",
            "web-2 shop-web-5-new",
            "web-3 shop-web-4-gone",
        ];
        assert_eq!(names(&containers(&pods)), expected);
    }

    #[test]
    fn each_service_of_a_pod_is_a_container_and_nothing_else_is() {
        let pod = pod(
            "shop-vpn-1-a",
            "vpn",
            json!({
                "metadata": {"labels": {"member.stackwright.dev/client": ""}},
                "spec": {
                    "initContainers": [{"name": "0-seed", "image": "helper:1"}],
                    "containers": [
                        {"name": "vpn", "image": "vpn:1"},
                        {"name": "client", "image": "client:1"},
                        {"name": "istio-proxy", "image": "proxy:1"},
                    ],
                },
            }),
        );
        assert_eq!(names(&containers(&[pod])), ["client-1 shop-vpn-1-a", "vpn-1 shop-vpn-1-a"]);
    }

    #[test]
    fn the_state_of_a_container_is_that_of_its_status() {
        let with = |status: Value| {
            let mut own =
                json!({"name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 1});
            merge(&mut own, status);
            let pod = pod("p", "web", json!({"status": {"containerStatuses": [own]}}));
            containers(&[pod]).remove(0).state
        };
        let ended = json!({"terminated": {"exitCode": 3}});
        assert_eq!(with(json!({"state": {"waiting": {"reason": "ContainerCreating"}}})), State::Created);
        assert_eq!(with(json!({"state": ended})), State::Exited(3));
        let waiting = json!({"waiting": {"reason": "CrashLoopBackOff"}});
        assert_eq!(with(json!({"state": waiting, "lastState": ended})), State::Restarting);
        assert_eq!(with(json!({"state": {"running": {}}})), State::Running);
    }
}
