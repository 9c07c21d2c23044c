//! The lines of `ps`: a container, or a service without one.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    api::{ServiceState, ServiceStatus},
    cli::{
        age::age,
        containers::{Container, State, containers},
        format::Row,
        ports::{Publisher, publishers},
        target::Observed,
    },
};

/// A line: a container, or a service without one.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub service: String,
    /// The name of the Pod, or nothing without one.
    pub name: String,
    /// The state in one word.
    pub state: String,
    /// The state with what belongs to it, such as an exit code.
    status: String,
    pub health: &'static str,
    container: Option<Container>,
    image: String,
    ports: Vec<Publisher>,
    age: Option<String>,
    /// The cause of the state in the Stack's status.
    pub message: Option<String>,
    /// Whether the line is shown only with `--all`.
    pub is_past: bool,
}

/// Returns a line for each container, and for each service without a container.
pub(super) fn lines(observed: &Observed, now: Timestamp) -> Vec<Line> {
    let status = observed.stack.status.clone().unwrap_or_default();
    let of_status = |service: &str| status.services.iter().find(|status| status.name == service);
    let containers = containers(&observed.pods);
    let mut lines: Vec<_> = containers
        .iter()
        .map(|container| {
            let own = [container];
            let ports = publishers(&container.service, &observed.services, &observed.ingresses, &own);
            Line { ports, ..of_container(container, of_status(&container.service), now) }
        })
        .collect();
    let has_line =
        |service: &str, lines: &[Line]| lines.iter().any(|line| line.service == service && !line.is_past);
    for service in &status.services {
        let is_told = has_line(&service.name, &lines)
            || containers.iter().any(|it| it.service == service.name) && is_over(service.state);
        if !is_told {
            let spec = observed.stack.spec.services.get(&service.name);
            lines.push(without_container(service, spec.map(|spec| spec.image.clone()).unwrap_or_default()));
        }
    }
    lines.sort_by(|a, b| a.service.cmp(&b.service));
    lines
}

fn is_over(state: ServiceState) -> bool {
    matches!(state, ServiceState::Completed | ServiceState::Stopped | ServiceState::Failed)
}

fn of_container(container: &Container, service: Option<&ServiceStatus>, now: Timestamp) -> Line {
    let state = service.map(|service| service.state);
    let (word, status) = match container.state {
        State::Running => ("running".to_owned(), "running".to_owned()),
        State::Exited(code) => ("exited".to_owned(), format!("exited ({code})")),
        State::Restarting => ("restarting".to_owned(), "restarting".to_owned()),
        // The Stack's status knows why the container has not started.
        State::Created => match service {
            Some(service) if !service.state.is_up() => (word(service.state), waiting(service)),
            _ => ("created".to_owned(), "created".to_owned()),
        },
    };
    // A one-shot that has failed needs attention, although its container has ended.
    let has_failed = state == Some(ServiceState::Failed) && !container.state.eq(&State::Exited(0));
    Line {
        service: container.service.clone(),
        name: container.pod.clone(),
        state: word,
        status,
        health: health(container, state),
        image: container.image.clone(),
        ports: Vec::new(),
        age: container.created.map(|created| age(created, now)),
        message: service.and_then(|service| service.message.clone()),
        is_past: matches!(container.state, State::Exited(_)) && container.is_leaving && !has_failed,
        container: Some(container.clone()),
    }
}

fn without_container(service: &ServiceStatus, image: String) -> Line {
    Line {
        service: service.name.clone(),
        name: String::new(),
        state: word(service.state),
        status: waiting(service),
        health: "",
        container: None,
        image,
        ports: Vec::new(),
        age: None,
        message: service.message.clone(),
        is_past: matches!(service.state, ServiceState::Completed | ServiceState::Stopped),
    }
}

/// Returns a state in one word, in lower case as the states of containers.
fn word(state: ServiceState) -> String {
    format!("{state:?}").to_lowercase()
}

/// Returns the state of a service with the services for which it waits.
fn waiting(service: &ServiceStatus) -> String {
    match (service.state, service.waits_for.as_slice()) {
        (ServiceState::Waiting, [one]) => format!("waiting for {one}"),
        (ServiceState::Waiting, [one, others @ ..]) => format!("waiting for {one} and {} more", others.len()),
        (state, _) => word(state),
    }
}

/// Returns the health as Docker words it. The Stack's status decides for the service, and readiness for its containers.
fn health(container: &Container, service: Option<ServiceState>) -> &'static str {
    if !container.has_check || !container.is_running() {
        return "";
    }
    match (service, container.ready) {
        (Some(ServiceState::Healthy), None) | (_, Some(true)) => "healthy",
        (Some(ServiceState::Unhealthy), _) => "unhealthy",
        _ => "starting",
    }
}

impl Line {
    pub fn row(&self, observed: &Observed) -> Row {
        let dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let restarts = self.container.as_ref().map(|container| container.restarts);
        let ports: Vec<_> = self.ports.iter().map(ToString::to_string).collect();
        Row {
            cells: vec![
                dash(&self.name),
                self.image.clone(),
                self.service.clone(),
                self.status.clone(),
                dash(self.health),
                restarts.map_or_else(|| "-".to_owned(), |restarts| restarts.to_string()),
                dash(&ports.join(", ")),
                dash(self.age.as_deref().unwrap_or_default()),
            ],
            value: self.value(observed, &ports.join(", ")),
        }
    }

    /// Returns the row as JSON. The fields up to `Status` are those of `docker compose ps`.
    fn value(&self, observed: &Observed, ports: &str) -> Value {
        let container = self.container.as_ref();
        let exit_code = match container.map(|container| &container.state) {
            Some(State::Exited(code)) => *code,
            _ => 0,
        };
        json!({
            "Command": container.map(|container| container.command.join(" ")).unwrap_or_default(),
            "CreatedAt": container.and_then(|container| container.created).map(|time| time.to_string()),
            "ExitCode": exit_code,
            "Health": self.health,
            "ID": self.name,
            "Image": self.image,
            "Name": self.name,
            "Ports": ports,
            "Project": observed.name(),
            "Publishers": self.ports,
            "RunningFor": self.age,
            "Service": self.service,
            "State": self.state,
            "Status": self.status,
            "Index": container.map(|container| container.index),
            "Message": self.message,
            "Namespace": observed.namespace(),
            "Node": container.and_then(|container| container.node.clone()),
            "Restarts": container.map(|container| container.restarts),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::containers::tests::pod;

    fn shown(services: Value, pods: Vec<k8s_openapi::api::core::v1::Pod>) -> Vec<String> {
        let stack = json!({
            "metadata": {"name": "shop", "namespace": "team"},
            "spec": {"services": {"web": {"image": "web:1"}, "db": {"image": "db:1"}}},
            "status": {"services": services},
        });
        let stack = serde_json::from_value(stack).unwrap();
        let observed = Observed { stack, pods, services: Vec::new(), ingresses: Vec::new() };
        let lines = lines(&observed, "2026-11-30T10:05:00Z".parse().unwrap());
        let cells = |line: &Line| {
            let past = if line.is_past { " (past)" } else { "" };
            format!("{}{past}", line.row(&observed).cells.join(" | "))
        };
        lines.iter().map(cells).collect()
    }

    fn with_status(
        name: &str,
        service: &str,
        phase: &str,
        state: Value,
        checked: bool,
    ) -> k8s_openapi::api::core::v1::Pod {
        let probe = if checked { json!({}) } else { Value::Null };
        pod(
            name,
            service,
            json!({
                "spec": {"containers": [{"name": service, "image": format!("{service}:1"), "readinessProbe": probe}]},
                "status": {"phase": phase, "containerStatuses": [{
                    "name": service, "image": "", "imageID": "", "ready": false, "restartCount": 2, "state": state,
                }]},
            }),
        )
    }

    #[test]
    fn a_container_has_its_own_state_and_a_service_without_one_that_of_the_stack() {
        let running = json!({"running": {}});
        let services = json!([
            {"name": "db", "state": "Unhealthy", "message": "health check fails"},
            {"name": "web", "state": "Waiting", "waitsFor": ["db", "cache"]},
        ]);
        assert_eq!(
            shown(services, vec![with_status("shop-db-0", "db", "Running", running, true)]),
            [
                "shop-db-0 | db:1 | db | running | unhealthy | 2 | - | 5m",
                "- | web:1 | web | waiting for db and 1 more | - | - | - | -"
            ]
        );
    }

    #[test]
    fn a_container_that_cannot_start_has_the_state_of_its_service() {
        let waiting = json!({"waiting": {"reason": "ImagePullBackOff"}});
        let pods = vec![with_status("shop-db-0", "db", "Pending", waiting, false)];
        let services = json!([{"name": "db", "state": "Blocked", "message": "cannot pull the image"}]);
        assert_eq!(shown(services, pods), ["shop-db-0 | db:1 | db | blocked | - | 2 | - | 5m"]);
    }

    #[test]
    fn only_a_failure_is_shown_of_what_has_ended() {
        let ended = |code: i32| json!({"terminated": {"exitCode": code}});
        let one = |code: i32, phase: &str, state: &str| {
            let services = json!([{"name": "db", "state": state}]);
            shown(services, vec![with_status("shop-db-1", "db", phase, ended(code), false)])
        };
        assert_eq!(
            one(0, "Succeeded", "Completed"),
            ["shop-db-1 | db:1 | db | exited (0) | - | 2 | - | 5m (past)"]
        );
        assert_eq!(one(3, "Failed", "Failed"), ["shop-db-1 | db:1 | db | exited (3) | - | 2 | - | 5m"]);
        let stopped = json!([{"name": "db", "state": "Stopped"}]);
        assert_eq!(shown(stopped, Vec::new()), ["- | db:1 | db | stopped | - | - | - | - (past)"]);
    }
}
