//! The rules of a pass, on levels written by hand.

mod jobs;
mod units;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;
use crate::{
    api::{DependencyCondition, ServiceState as State, ServiceStatus},
    translate::{Activity, Missing, Need, ObjectKind, Unread, WaitFor, Workload},
};

/// A unit whose Deployment `s-<name>` has the template `template`.
fn unit(name: &str, template: &str) -> Unit {
    let deployment = serde_json::from_value(json!({
        "metadata": {"name": format!("s-{name}")},
        "spec": {"replicas": 1, "selector": {}, "template": {"metadata": {"annotations": {"t": template}}}},
    }));
    Unit {
        services: vec![name.to_owned()],
        activity: Activity::Active,
        workload: Some(Workload::Deployment(Box::new(deployment.unwrap()))),
        template: template.into(),
        frontends: Vec::new(),
        waits_for: Vec::new(),
        waits_within: BTreeMap::new(),
        restarted_when_unhealthy: BTreeSet::new(),
        missing: Vec::new(),
        unread: Vec::new(),
        replicas: 1,
        startup_deadline: BTreeMap::new(),
        may_overlap: false,
        completes_on_exit: false,
        requests: None,
    }
}

fn job(name: &str, template: &str) -> Unit {
    let job = serde_json::from_value(json!({
        "metadata": {"name": format!("s-{name}-{template}")},
        "spec": {"template": {"metadata": {"annotations": {"t": template}}}},
    }));
    Unit { workload: Some(Workload::Job(Box::new(job.unwrap()))), ..unit(name, template) }
}

fn after(mut unit: Unit, dependency: &str, condition: DependencyCondition) -> Unit {
    unit.waits_for.push(WaitFor {
        unit: dependency.to_owned(),
        service: dependency.to_owned(),
        condition,
        required: true,
    });
    unit
}

fn desired(units: impl IntoIterator<Item = Unit>) -> Desired {
    let units = units.into_iter().map(|unit| (unit.name().to_owned(), unit)).collect();
    Desired { units, ..Desired::default() }
}

fn child(service: Option<&str>, object: &Object, state: ChildState) -> ((Kind, String), Child) {
    let child = Child {
        uid: format!("uid-{}", object.name),
        owner: Owner::Stack { uid: "u".to_owned(), name: "s".to_owned() },
        service: service.map(str::to_owned),
        deleting: false,
        digest: Digest::of(&object.body),
        state,
    };
    ((object.kind, object.name.clone()), child)
}

/// Puts a unit's workload on the cluster: rolled out, with one pod that runs and is ready or not.
fn live(observed: &mut Observed, unit: &Unit, ready: bool) {
    let object = unit.workload.as_ref().unwrap().object();
    let state = WorkloadState {
        template: Some(unit.template.clone()),
        observed: true,
        wanted: 1,
        total: 1,
        updated: 1,
        ready: i32::from(ready),
        ..WorkloadState::default()
    };
    observed.children.extend([child(Some(unit.name()), &object, ChildState::Workload(state))]);
    observed.pods.push(pod(unit, "ReplicaSet", ready));
}

fn pod(unit: &Unit, controller: &str, ready: bool) -> Pod {
    Pod {
        uid: format!("{}-pod", unit.name()),
        service: unit.name().to_owned(),
        controller: Some((controller.to_owned(), unit.workload.as_ref().unwrap().object().name)),
        template: Some(unit.template.clone()),
        progress: if ready { Progress::Ready } else { Progress::Running },
        ..Pod::default()
    }
}

fn remember(name: &str, state: State, template: &str) -> (String, ServiceStatus) {
    let status =
        ServiceStatus { name: name.to_owned(), state, template: Some(template.into()), ..Default::default() };
    (name.to_owned(), status)
}

fn applied(plan: &Plan) -> Vec<(&str, bool)> {
    plan.applies.iter().map(|apply| (apply.object.name.as_str(), apply.keeps_template)).collect()
}

fn waits(plan: &Plan, unit: &str) -> Vec<String> {
    match &plan.gates[unit] {
        Gate::Waits(waits) => waits.iter().map(|wait| format!("{}: {}", wait.what, wait.why)).collect(),
        other => panic!("{unit} does not wait: {other:?}"),
    }
}

#[test]
fn objects_as_desired_are_not_applied() {
    let desired = desired([unit("web", "1")]);
    let mut observed = Observed::default();
    live(&mut observed, &desired.units["web"], true);
    let plan = plan(&desired, &observed, &LastStatus::new());
    assert_eq!(applied(&plan), []);
    assert_eq!((plan.replaced, plan.pruned, plan.conflicts), (vec![], vec![], vec![]));
}

#[test]
fn a_dependent_waits_until_its_dependency_has_the_desired_template_and_is_healthy() {
    use DependencyCondition::ServiceHealthy;
    let desired = desired([unit("db", "2"), after(unit("web", "1"), "db", ServiceHealthy)]);
    let mut observed = Observed::default();
    let first = plan(&desired, &observed, &LastStatus::new());
    assert_eq!(applied(&first), [("s-db", false)]);
    assert_eq!(waits(&first, "web"), ["db: has not been started yet"]);

    live(&mut observed, &unit("db", "1"), true);
    let second = plan(&desired, &observed, &LastStatus::new());
    assert_eq!(waits(&second, "web"), ["db: is about to be updated"]);

    observed = Observed::default();
    live(&mut observed, &unit("db", "2"), false);
    let third = plan(&desired, &observed, &LastStatus::new());
    assert_eq!(waits(&third, "web"), ["db: is not healthy yet"]);

    observed = Observed::default();
    live(&mut observed, &unit("db", "2"), true);
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("s-web", false)]);
}

#[test]
fn a_waiting_service_keeps_its_own_dependents_waiting() {
    use DependencyCondition::ServiceHealthy;
    let new = |name: &str| unit(name, "2");
    let desired =
        desired([new("a"), after(new("b"), "a", ServiceHealthy), after(new("c"), "b", ServiceHealthy)]);
    let mut observed = Observed::default();
    live(&mut observed, &unit("a", "2"), false);
    live(&mut observed, &unit("b", "1"), true);
    live(&mut observed, &unit("c", "1"), true);
    let plan = plan(&desired, &observed, &LastStatus::new());
    assert_eq!(waits(&plan, "b"), ["a: is not healthy yet"]);
    assert_eq!(waits(&plan, "c"), ["b: is about to be updated"]);
    assert_eq!(applied(&plan), [], "everything but the templates is as desired");
}

#[test]
fn replicas_change_while_the_template_waits() {
    use DependencyCondition::ServiceHealthy;
    let mut scaled = after(unit("web", "2"), "db", ServiceHealthy);
    if let Some(Workload::Deployment(deployment)) = &mut scaled.workload {
        deployment.spec.as_mut().unwrap().replicas = Some(3);
    }
    let desired = desired([unit("db", "1"), scaled]);
    let mut observed = Observed::default();
    live(&mut observed, &unit("db", "1"), false);
    live(&mut observed, &unit("web", "1"), true);
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("s-web", true)]);
}

#[test]
fn a_released_template_is_not_gated_again_even_if_the_object_is_gone() {
    use DependencyCondition::ServiceHealthy;
    let desired = desired([unit("db", "1"), after(unit("web", "1"), "db", ServiceHealthy)]);
    let mut observed = Observed::default();
    live(&mut observed, &desired.units["db"], false);
    let memory = LastStatus::from([remember("web", State::Healthy, "1")]);
    assert_eq!(applied(&plan(&desired, &observed, &memory)), [("s-web", false)]);
}

#[test]
fn a_stopped_service_waits_for_its_dependencies_again() {
    use DependencyCondition::ServiceHealthy;
    let desired = desired([unit("db", "1"), after(unit("web", "1"), "db", ServiceHealthy)]);
    let mut observed = Observed::default();
    live(&mut observed, &desired.units["db"], false);
    live(&mut observed, &desired.units["web"], false);
    let stopped = observed.children.get_mut(&(Kind::Deployment, "s-web".to_owned())).unwrap();
    stopped.state =
        ChildState::Workload(WorkloadState { template: Some("1".into()), ..WorkloadState::default() });
    stopped.digest.rest = "at zero".to_owned();
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), []);
    // One that someone else has scaled to zero was not stopped, so it is repaired.
    let memory = LastStatus::from([remember("web", State::Healthy, "0")]);
    assert_eq!(applied(&plan(&desired, &observed, &memory)), [("s-web", true)]);
    observed.pods.iter_mut().for_each(|pod| pod.progress = Progress::Ready);
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("s-web", false)]);
}

#[test]
fn a_one_shot_that_has_ended_does_not_run_again_when_its_job_is_deleted() {
    let desired = desired([job("migrate", "1")]);
    let done = LastStatus::from([remember("migrate", State::Completed, "1")]);
    let again = plan(&desired, &Observed::default(), &done);
    assert_eq!(again.gates["migrate"], Gate::Done);
    assert_eq!(applied(&again), []);
    let other = LastStatus::from([remember("migrate", State::Completed, "0")]);
    assert_eq!(applied(&plan(&desired, &Observed::default(), &other)), [("s-migrate-1", false)]);
    let running = LastStatus::from([remember("migrate", State::Running, "1")]);
    assert_eq!(applied(&plan(&desired, &Observed::default(), &running)), [("s-migrate-1", false)]);
}

#[test]
fn a_dependent_waits_for_the_completion_of_a_one_shot_which_the_status_stores() {
    use DependencyCondition::ServiceCompletedSuccessfully;
    let desired =
        desired([job("migrate", "1"), after(unit("web", "1"), "migrate", ServiceCompletedSuccessfully)]);
    let mut observed = Observed::default();
    let object = desired.units["migrate"].workload.as_ref().unwrap().object();
    let state = |complete, failed: Option<&str>| {
        ChildState::Job(JobState {
            template: Some("1".into()),
            complete,
            failed: failed.map(str::to_owned),
            ..JobState::default()
        })
    };
    observed.children.extend([child(Some("migrate"), &object, state(false, None))]);
    assert_eq!(
        waits(&plan(&desired, &observed, &LastStatus::new()), "web"),
        ["migrate: has not completed yet"]
    );
    observed.children.extend([child(Some("migrate"), &object, state(false, Some("no")))]);
    assert_eq!(waits(&plan(&desired, &observed, &LastStatus::new()), "web"), ["migrate: has failed"]);
    observed.children.extend([child(Some("migrate"), &object, state(true, None))]);
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("s-web", false)]);
    let memory = LastStatus::from([remember("migrate", State::Completed, "1")]);
    assert_eq!(applied(&plan(&desired, &Observed::default(), &memory)), [("s-web", false)]);
}

#[test]
fn a_missing_object_blocks_only_its_readers() {
    let mut reader = unit("web", "1");
    reader.missing = vec![
        Missing { kind: ObjectKind::Secret, name: "pw".to_owned(), need: Need::Object },
        Missing { kind: ObjectKind::ConfigMap, name: "files".to_owned(), need: Need::Key("a".to_owned()) },
    ];
    let plan = plan(&desired([reader, unit("db", "1")]), &Observed::default(), &LastStatus::new());
    assert_eq!(applied(&plan), [("s-db", false)]);
    let expected = ["Secret pw: does not exist: create it", "ConfigMap files: has no key 'a': add it"];
    assert_eq!(waits(&plan, "web"), expected);
}

#[test]
fn unread_image_metadata_blocks_new_templates_and_no_running_pods() {
    let unread = Unread { image: "db:1".to_owned(), cause: "docker.io answers with status 429".to_owned() };
    let reader = Unit { unread: vec![unread], ..unit("db", "1") };
    let new = plan(&desired([reader.clone()]), &Observed::default(), &LastStatus::new());
    assert!(applied(&new).is_empty());
    assert!(
        waits(&new, "db")[0]
            .starts_with("image db:1: could not be read yet (docker.io answers with status 429)")
    );
    let mut observed = Observed::default();
    live(&mut observed, &unit("db", "1"), true);
    assert_eq!(plan(&desired([reader]), &observed, &LastStatus::new()).gates["db"], Gate::Open);
}

#[test]
fn a_workload_of_another_kind_is_created_when_the_old_one_and_its_pods_are_gone() {
    let desired = desired([job("web", "2")]);
    let mut observed = Observed::default();
    live(&mut observed, &unit("web", "1"), true);
    let first = plan(&desired, &observed, &LastStatus::new());
    let names = |deletes: &[Delete]| deletes.iter().map(|delete| delete.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(&first.replaced), applied(&first), &first.gates["web"]),
        (vec!["s-web".to_owned()], vec![], &Gate::Replaces)
    );

    observed.children.values_mut().for_each(|child| child.deleting = true);
    let second = plan(&desired, &observed, &LastStatus::new());
    assert_eq!(
        (names(&second.replaced), &second.gates["web"]),
        (vec![], &Gate::Replaces),
        "it is deleted once"
    );

    observed.children.clear();
    let third = plan(&desired, &observed, &LastStatus::new());
    assert_eq!(third.gates["web"], Gate::Replaces, "a pod is left");

    observed.pods.clear();
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("s-web-2", false)]);
}

#[test]
fn a_deleted_workload_is_recreated_when_its_pods_are_gone_or_can_overlap() {
    let with_pod = |unit: &Unit, controller: &str| {
        let mut pod = pod(unit, controller, true);
        pod.service = unit.name().to_owned();
        Observed { pods: vec![pod], ..Observed::default() }
    };
    let stop_first = unit("web", "1");
    let start_first = Unit { may_overlap: true, ..unit("web", "1") };
    let one_shot = job("web", "1");
    for (unit, comes_back) in [(stop_first, false), (start_first, true), (one_shot, false)] {
        let controller =
            if unit.workload.as_ref().unwrap().kind() == Kind::Job { "Job" } else { "ReplicaSet" };
        let mut observed = with_pod(&unit, controller);
        let desired = desired([unit]);
        assert_eq!(plan(&desired, &observed, &LastStatus::new()).applies.len(), usize::from(comes_back));
        observed.pods[0].ended = true;
        assert_eq!(
            plan(&desired, &observed, &LastStatus::new()).applies.len(),
            1,
            "what has ended is in nobody's way"
        );
    }
}

#[test]
fn a_volume_has_one_writer_even_if_it_moves_between_services() {
    let stateful_set = serde_json::from_value(json!({
        "metadata": {"name": "s-postgres"},
        "spec": {"selector": {}, "template": {"spec": {"containers": [], "volumes": [
            {"name": "v", "persistentVolumeClaim": {"claimName": "s-data"}}]}}},
    }));
    let renamed = Unit {
        workload: Some(Workload::StatefulSet(Box::new(stateful_set.unwrap()))),
        ..unit("postgres", "1")
    };
    let desired = desired([renamed]);
    let mut observed = Observed::default();
    live(&mut observed, &unit("db", "1"), true);
    observed.pods[0].claims.insert("s-data".to_owned());
    let first = plan(&desired, &observed, &LastStatus::new());
    assert_eq!((&first.gates["postgres"], first.pruned.len()), (&Gate::Replaces, 1));
    observed.pods.clear();
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("s-postgres", false)]);
}

#[test]
fn policies_and_configs_stay_until_the_last_pod_of_an_earlier_template_is_gone() {
    let desired = desired([unit("web", "2")]);
    let mut observed = Observed::default();
    live(&mut observed, &unit("web", "2"), true);
    let object = |kind, name: &str| Object { kind, name: name.to_owned(), body: json!({}) };
    let policy = child(None, &object(Kind::NetworkPolicy, "s-old"), ChildState::Plain);
    let config = child(None, &object(Kind::ConfigMap, "s-old"), ChildState::Plain);
    observed.children.extend([policy, config]);
    observed.pods.push(pod(&unit("web", "1"), "ReplicaSet", true));
    assert_eq!(plan(&desired, &observed, &LastStatus::new()).pruned, []);
    observed.pods.pop();
    assert_eq!(plan(&desired, &observed, &LastStatus::new()).pruned.len(), 2);
}

#[test]
fn a_claim_that_was_removed_from_the_spec_is_released_if_claims_outlive_the_stack() {
    let object = Object { kind: Kind::PersistentVolumeClaim, name: "s-old".to_owned(), body: json!({}) };
    let mut observed =
        Observed { children: [child(None, &object, ChildState::Plain)].into(), ..Observed::default() };
    let keeping = Desired { retains_claims: true, ..Desired::default() };
    assert_eq!(plan(&keeping, &observed, &LastStatus::new()).released.len(), 1);
    assert_eq!(plan(&Desired::default(), &observed, &LastStatus::new()).released, []);
    let mut anonymous = observed.clone();
    anonymous.children.values_mut().for_each(|claim| claim.service = Some("web".to_owned()));
    assert_eq!(plan(&keeping, &anonymous, &LastStatus::new()).released, []);
    let claim = observed.children.values_mut().next().unwrap();
    claim.owner = Owner::Claim { stack: "s".to_owned() };
    assert_eq!(plan(&keeping, &observed, &LastStatus::new()).released, []);
}

#[test]
fn a_unit_without_replicas_waits_for_nothing() {
    use DependencyCondition::ServiceHealthy;
    let stopped = Unit { activity: Activity::Stopped, replicas: 0, ..job("web", "2") };
    let mut stopped = after(stopped, "db", ServiceHealthy);
    stopped.workload = unit("web", "2").workload;
    let mut observed = Observed::default();
    let mut other_kind = unit("web", "1");
    other_kind.workload = job("web", "1").workload;
    live(&mut observed, &other_kind, true);
    let plan = plan(&desired([unit("db", "1"), stopped]), &observed, &LastStatus::new());
    assert_eq!(plan.replaced.len(), 1, "the old kind is stopped although db is not healthy");
}
