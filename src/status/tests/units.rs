//! Units of several services, and units with one Pod on each node.

use super::*;
use crate::{api::DependencyCondition, translate::WaitFor};

#[test]
fn each_service_of_a_pod_has_its_own_state() {
    let container = |service: &str, progress| Container {
        service: service.to_owned(),
        progress,
        started_at: Some(NOW),
        ..Container::default()
    };
    let mut pair = unit("web");
    pair.services.extend(["log".to_owned(), "plain".to_owned()]);
    pair.startup_deadline.insert("log".to_owned(), 30);
    let crashes = Container {
        waiting: Some(notice("CrashLoopBackOff", "")),
        last_exit: Some(exit(3, "Error")),
        ..Container { service: "plain".to_owned(), ..Container::default() }
    };
    let containers = vec![container("web", Progress::Ready), container("log", Progress::Started), crashes];
    let case = Case::new(pair, Gate::Open).rolled_out().pod(Pod { containers, ..Pod::default() });
    let (status, _) = case.status(NOW);
    let states: Vec<_> = status
        .services
        .iter()
        .map(|it| format!("{} {:?} {}", it.name, it.state, it.ready.as_ref().unwrap()))
        .collect();
    assert_eq!(states, ["log Starting 0/1", "plain Failed 0/1", "web Healthy 1/1"]);
    assert_eq!(status.services_ready.as_deref(), Some("1/3"));
    assert!(status.services.iter().all(|service| service.template == Some("1".into())));
}

#[test]
fn a_service_names_the_services_of_its_pod_that_it_waits_for() {
    let container = |service: &str, progress| Container {
        service: service.to_owned(),
        progress,
        started_at: Some(NOW),
        ..Container::default()
    };
    let waits_for = |service: &str, condition| WaitFor {
        unit: "vpn".to_owned(),
        service: service.to_owned(),
        condition,
        required: true,
    };
    let mut pod_of_three = unit("vpn");
    pod_of_three.services.extend(["proxy".to_owned(), "client".to_owned()]);
    pod_of_three.waits_within = BTreeMap::from([
        ("proxy".to_owned(), vec![waits_for("vpn", DependencyCondition::ServiceHealthy)]),
        (
            "client".to_owned(),
            vec![
                waits_for("vpn", DependencyCondition::ServiceHealthy),
                waits_for("proxy", DependencyCondition::ServiceStarted),
            ],
        ),
    ]);
    let assessed = |containers: Vec<Container>| {
        let pod = Pod { containers, ..Pod::default() };
        let case = Case::new(pod_of_three.clone(), Gate::Open).rolled_out().pod(pod);
        let services = case.status(NOW).0.services;
        let line = |it: &crate::api::ServiceStatus| {
            let message = it.message.as_deref().unwrap_or_default();
            format!("{} {:?} {:?} {message}", it.name, it.state, it.waits_for)
        };
        services.iter().map(line).collect::<Vec<_>>()
    };
    let none = |service: &str| container(service, Progress::Pending);
    let starting = assessed(vec![none("client"), none("proxy"), container("vpn", Progress::Running)]);
    assert_eq!(
        starting[..2],
        [
            "client Waiting [\"vpn\", \"proxy\"] vpn is not healthy yet; proxy is starting",
            "proxy Waiting [\"vpn\"] vpn is not healthy yet",
        ]
    );
    let on = |service: &str| container(service, Progress::Ready);
    let up = assessed(vec![on("client"), on("proxy"), on("vpn")]);
    assert_eq!(up[..2], ["client Running [] ", "proxy Running [] "]);
    let down = assessed(vec![on("client"), on("proxy"), none("vpn")]);
    assert_eq!(down[..2], up[..2], "services that have started keep running");
}

#[test]
fn a_daemon_set_counts_the_nodes_that_should_have_a_container() {
    let daemon_set = serde_json::from_value(json!({
        "metadata": {"name": "agent"}, "spec": {"selector": {}, "template": {}},
    }));
    let workload = Some(Workload::DaemonSet(Box::new(daemon_set.unwrap())));
    let agent = Unit { workload, startup_deadline: BTreeMap::new(), ..unit("agent") };
    let nodes = |wanted| WorkloadState {
        template: Some("1".into()),
        observed: true,
        wanted,
        total: wanted,
        updated: wanted,
        ..WorkloadState::default()
    };
    let case = |wanted| {
        Case::new(agent.clone(), Gate::Open).with(ChildState::Workload(nodes(wanted))).pod(running())
    };
    let assessed = |case: &Case| {
        let service = case.status(NOW).0.services.remove(0);
        (service.state, service.ready.unwrap_or_default())
    };
    assert_eq!(assessed(&case(2)), (ServiceState::Starting, "1/2".to_owned()));
    assert_eq!(assessed(&case(2).pod(running())), (ServiceState::Running, "2/2".to_owned()));
    let nowhere = Case::new(agent.clone(), Gate::Open).with(ChildState::Workload(nodes(0)));
    assert_eq!(nowhere.state(), (ServiceState::Blocked, "no node matches deploy.placement".to_owned()));
}

#[test]
fn an_update_that_makes_no_progress_has_failed() {
    let state = WorkloadState {
        template: Some("1".into()),
        observed: true,
        wanted: 2,
        total: 3,
        updated: 1,
        overdue: true,
        ..WorkloadState::default()
    };
    let slow = Unit { replicas: 2, ..unit("web") };
    let case = Case::new(slow, Gate::Open).with(ChildState::Workload(state)).pod(running());
    let (state, message) = case.state();
    assert_eq!(state, ServiceState::Failed);
    assert!(message.contains("deploy.updateConfig.monitor"), "{message}");
}
