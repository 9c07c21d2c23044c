//! The containers that have run under one name of a Pod: each restart is another one.

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus};

/// A container whose log the node still has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Instance {
    /// The identity of the container in the container runtime.
    pub id: String,
    /// Whether the log API returns the log only with `previous=true`.
    pub is_previous: bool,
    pub has_ended: bool,
}

/// Returns the containers with a log, the oldest first. A node keeps the log of the container before the last restart, and
/// deletes older ones.
pub(super) fn instances(status: &ContainerStatus) -> Vec<Instance> {
    let ended = |state: &Option<ContainerState>| {
        let ended = state.as_ref().and_then(|state| state.terminated.as_ref());
        ended.and_then(|ended| ended.container_id.clone()).filter(|id| !id.is_empty())
    };
    let is_running = status.state.as_ref().is_some_and(|state| state.running.is_some());
    let running = status.container_id.clone().filter(|id| is_running && !id.is_empty());
    let current = match running {
        Some(id) => Some(Instance { id, is_previous: false, has_ended: false }),
        None => ended(&status.state).map(|id| Instance { id, is_previous: false, has_ended: true }),
    };
    let is_other = |id: &String| current.as_ref().is_none_or(|current| current.id != *id);
    let previous = ended(&status.last_state).filter(is_other).map(|id| Instance {
        id,
        is_previous: true,
        has_ended: true,
    });
    previous.into_iter().chain(current).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(state: Value, last: Value) -> String {
        let status = json!({
            "name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 1,
            "containerID": "containerd://b", "state": state, "lastState": last,
        });
        let instances = instances(&serde_json::from_value(status).unwrap());
        let shown = instances.iter().map(|it| {
            let place = if it.is_previous { "previous" } else { "current" };
            format!("{} {place} {}", it.id, if it.has_ended { "ended" } else { "running" })
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_logs_of_the_current_and_of_the_previous_container_can_be_read() {
        let ended = |id: &str| json!({"terminated": {"exitCode": 1, "containerID": id}});
        let waiting = json!({"waiting": {"reason": "CrashLoopBackOff"}});
        let running = json!({"running": {}});
        assert_eq!(shown(running.clone(), json!({})), "containerd://b current running");
        assert_eq!(shown(running, ended("a")), "a previous ended, containerd://b current running");
        assert_eq!(shown(ended("b"), ended("a")), "a previous ended, b current ended");
        // Both calls of the log API return the last container while the next one waits.
        assert_eq!(shown(waiting.clone(), ended("b")), "b previous ended");
        assert_eq!(shown(waiting, json!({})), "");
    }
}
