//! Units of several services, and of as many pods as there are nodes.

use super::*;

/// A unit of the services `web` and `log` in one pod.
fn pair(template: &str) -> Unit {
    Unit { services: vec!["web".to_owned(), "log".to_owned()], ..unit("web", template) }
}

fn container(service: &str, ready: bool) -> Container {
    let progress = if ready { Progress::Ready } else { Progress::Running };
    Container { service: service.to_owned(), progress, ..Container::default() }
}

#[test]
fn a_dependent_waits_for_its_dependency_and_not_for_the_whole_pod() {
    let mut dependent = unit("api", "1");
    let waits_for = |service: &str| WaitFor {
        unit: "web".to_owned(),
        service: service.to_owned(),
        condition: DependencyCondition::ServiceHealthy,
        required: true,
    };
    dependent.waits_for = vec![waits_for("web"), waits_for("log")];
    let desired = desired([pair("1"), dependent]);
    let mut observed = Observed::default();
    live(&mut observed, &desired.units["web"], false);
    observed.pods[0].containers = vec![container("web", true), container("log", false)];
    assert_eq!(waits(&plan(&desired, &observed, &LastStatus::new()), "api"), ["log: is not healthy yet"]);
    observed.pods[0].containers[1].progress = Progress::Ready;
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("s-api", false)]);
}

#[test]
fn a_service_joins_a_pod_when_its_own_pods_are_gone() {
    let desired = desired([pair("2")]);
    let mut observed = Observed::default();
    live(&mut observed, &unit("web", "1"), true);
    live(&mut observed, &unit("log", "1"), true);
    let first = plan(&desired, &observed, &LastStatus::new());
    assert_eq!((applied(&first), &first.gates["web"]), (vec![], &Gate::Replaces));
    assert_eq!(first.replaced.iter().map(|delete| delete.name.as_str()).collect::<Vec<_>>(), ["s-log"]);
    assert_eq!(first.pruned, [], "it is replaced, not pruned");

    observed.children.remove(&(Kind::Deployment, "s-log".to_owned()));
    assert_eq!(plan(&desired, &observed, &LastStatus::new()).gates["web"], Gate::Replaces, "its pod is left");
    observed.pods.retain(|pod| pod.service != "log");
    observed.children.values_mut().for_each(|child| child.digest.template = Some("1".to_owned()));
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("s-web", false)]);
}

#[test]
fn a_dependent_of_a_daemon_set_waits_for_all_nodes_of_its_controller() {
    use DependencyCondition::ServiceStarted;
    let daemon_set = serde_json::from_value(json!({
        "metadata": {"name": "s-agent"},
        "spec": {"selector": {}, "template": {"metadata": {"annotations": {"t": "1"}}}},
    }));
    let agent =
        Unit { workload: Some(Workload::DaemonSet(Box::new(daemon_set.unwrap()))), ..unit("agent", "1") };
    let desired = desired([agent, after(unit("web", "1"), "agent", ServiceStarted)]);
    let mut observed = Observed::default();
    live(&mut observed, &desired.units["agent"], true);
    let key = (Kind::DaemonSet, "s-agent".to_owned());
    observed.children.get_mut(&key).unwrap().state = ChildState::Workload(WorkloadState {
        template: Some("1".into()),
        observed: true,
        wanted: 2,
        total: 2,
        updated: 2,
        ..WorkloadState::default()
    });
    assert_eq!(waits(&plan(&desired, &observed, &LastStatus::new()), "web"), ["agent: is starting"]);
    observed.pods.push(pod(&desired.units["agent"], "DaemonSet", true));
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("s-web", false)]);
}
