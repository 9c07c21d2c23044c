//! The container in which a program runs.

use super::Place;
use crate::{
    api::Stack,
    cli::{containers::Container, failure::Failure, program},
};

/// Returns the running container of a service: the one with a number, or the first one that is ready.
pub(in crate::cli) fn choose(
    stack: &Stack,
    service: &str,
    index: Option<usize>,
    containers: &[Container],
) -> Result<Place, Failure> {
    let own: Vec<_> = containers.iter().filter(|container| container.service == service).collect();
    let running = own.iter().filter(|container| container.is_running());
    let fitting = running.filter(|container| index.is_none_or(|index| container.index == index));
    let best =
        fitting.max_by_key(|it| (!it.is_leaving, it.ready != Some(false), std::cmp::Reverse(it.index)));
    if let Some(container) = best {
        return Ok(Place { pod: container.pod.clone(), container: service.to_owned() });
    }
    let count = own.iter().filter(|container| container.is_running()).count();
    if let Some(index) = index.filter(|_| count > 0) {
        return Err(Failure::new(format!("service {service} has no running container with number {index}"))
            .remedy(format!(
                "name a number of {} ps --format '{{{{.Index}}}} {{{{.Name}}}}' {service}",
                program::name()
            )));
    }
    let services = stack.status.iter().flat_map(|status| &status.services);
    let cause = services.filter(|status| status.name == service).find_map(|status| status.message.clone());
    let failure = Failure::new(match cause {
        Some(cause) => format!("service {service} has no running container: {cause}"),
        None => format!("service {service} has no running container"),
    });
    Err(failure.remedy(format!("run {} ps -a for the state of the services", program::name())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::containers::{containers, tests::pod};

    fn stack() -> Stack {
        let status = json!({"services": [{"name": "db", "state": "Blocked", "message": "no node has room"}]});
        serde_json::from_value(
            json!({"metadata": {"name": "shop"}, "spec": {"services": {}}, "status": status}),
        )
        .unwrap()
    }

    #[test]
    fn the_first_container_that_is_ready_is_chosen() {
        let unready = json!({
            "spec": {"containers": [{"name": "web", "image": "web:1", "readinessProbe": {}}]},
            "status": {"containerStatuses": [{
                "name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": {"running": {}},
            }]},
        });
        let later = json!({"metadata": {"creationTimestamp": "2026-11-30T11:00:00Z"}});
        let pods = [pod("shop-web-a", "web", unready), pod("shop-web-b", "web", later)];
        let all = containers(&pods);
        let chosen = |index| choose(&stack(), "web", index, &all).map(|place| place.pod);
        assert_eq!(chosen(None).unwrap(), "shop-web-b");
        assert_eq!(chosen(Some(1)).unwrap(), "shop-web-a");
        assert_eq!(
            chosen(Some(3)).unwrap_err().to_string(),
            "service web has no running container with number 3"
        );
    }

    #[test]
    fn a_service_without_a_container_has_the_cause_of_the_status() {
        let error = choose(&stack(), "db", None, &[]).unwrap_err();
        assert_eq!(error.to_string(), "service db has no running container: no node has room");
    }
}
