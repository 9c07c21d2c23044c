//! What is written, pruned, and left to others, whatever waits for what.

use super::*;

#[test]
fn a_refused_object_is_not_applied_again_until_it_changes() {
    let wanting = desired([unit("web", "1")]);
    let object = wanting.units["web"].workload.as_ref().unwrap().object();
    let refused = Refused { desired: Digest::of(&object.body), message: "no".to_owned() };
    let observed =
        Observed { refused: [((object.kind, object.name), refused)].into(), ..Observed::default() };
    let again = plan(&wanting, &observed, &LastStatus::new());
    assert_eq!((applied(&again), &again.refused[..]), (vec![], &["no".to_owned()][..]));
    let mut mended = unit("web", "2");
    if let Some(Workload::Deployment(deployment)) = &mut mended.workload {
        deployment.metadata.labels = Some([("mended".to_owned(), String::new())].into());
    }
    assert_eq!(applied(&plan(&desired([mended]), &observed, &LastStatus::new())), [("s-web", false)]);
}

#[test]
fn undesired_children_are_pruned_except_claims() {
    let desired = desired([unit("web", "1")]);
    let mut observed = Observed::default();
    live(&mut observed, &unit("web", "1"), true);
    live(&mut observed, &unit("gone", "1"), true);
    let object = Object { kind: Kind::PersistentVolumeClaim, name: "s-data".to_owned(), body: json!({}) };
    observed.children.extend([child(None, &object, ChildState::Plain)]);
    let plan = plan(&desired, &observed, &LastStatus::new());
    let pruned: Vec<_> = plan.pruned.iter().map(|delete| (delete.kind, delete.uid.as_str())).collect();
    assert_eq!(pruned, [(Kind::Deployment, "uid-s-gone")]);
}

#[test]
fn a_desired_name_of_another_owner_is_a_conflict_and_is_not_applied() {
    let mut wanting = desired([]);
    wanting.shared.push(Object { kind: Kind::ConfigMap, name: "s-c".to_owned(), body: json!({"data": {}}) });
    let key = (Kind::ConfigMap, "s-c".to_owned());
    for (holder, named) in [(Holder::Other, None), (Holder::Stack("t".to_owned()), Some("t"))] {
        let observed = Observed { name_holders: [(key.clone(), holder)].into(), ..Observed::default() };
        let plan = plan(&wanting, &observed, &LastStatus::new());
        assert_eq!((applied(&plan), plan.conflicts[0].holder.as_deref()), (vec![], named));
    }
    let observed =
        Observed { name_holders: [(key.clone(), Holder::Predecessor)].into(), ..Observed::default() };
    let plan = plan(&wanting, &observed, &LastStatus::new());
    assert_eq!((applied(&plan), plan.conflicts.len(), &plan.leaving[..]), (vec![], 0, &[key][..]));
}

#[test]
fn a_claim_with_the_label_of_the_stack_is_adopted() {
    let mut wanting = desired([]);
    let body = json!({"spec": {"resources": {}}});
    wanting.shared.push(Object { kind: Kind::PersistentVolumeClaim, name: "s-data".to_owned(), body });
    let mut kept = child(None, &wanting.shared[0], ChildState::Plain);
    kept.1.owner = Owner::Claim { stack: "s".to_owned() };
    kept.1.digest.rest = "as it was".to_owned();
    let observed = Observed { children: [kept].into(), ..Observed::default() };
    let plan = plan(&wanting, &observed, &LastStatus::new());
    assert_eq!(plan.applies[0].uid.as_deref(), Some("uid-s-data"));
}

#[test]
fn a_state_that_a_webhook_restores_counts_as_desired_until_either_side_changes() {
    let wanting = desired([unit("web", "1")]);
    let object = wanting.units["web"].workload.as_ref().unwrap().object();
    let mut observed = Observed::default();
    live(&mut observed, &wanting.units["web"], true);
    let key = (object.kind, object.name.clone());
    let returned = Digest { rest: "theirs".to_owned(), template: Some("theirs".to_owned()) };
    observed.children.get_mut(&key).unwrap().digest = returned.clone();
    assert_eq!(applied(&plan(&wanting, &observed, &LastStatus::new())), [("s-web", false)]);

    let settled =
        Settled { uid: "uid-s-web".to_owned(), desired: Digest::of(&object.body), returned, fields: vec![] };
    observed.settled.insert(key.clone(), settled);
    assert_eq!(applied(&plan(&wanting, &observed, &LastStatus::new())), []);

    observed.children.get_mut(&key).unwrap().digest.rest = "someone edited it".to_owned();
    assert_eq!(applied(&plan(&wanting, &observed, &LastStatus::new())), [("s-web", false)]);
}

#[test]
fn a_service_that_loses_its_address_is_recreated_when_the_old_one_is_gone() {
    let body = |spec| json!({"kind": "Service", "metadata": {"name": "web"}, "spec": spec});
    let object = |spec| Object { kind: Kind::Service, name: "web".to_owned(), body: body(spec) };
    let (addressed, headless) =
        (object(json!({"ports": [{"port": 80}]})), object(json!({"clusterIP": "None"})));
    let mut wanted = unit("web", "1");
    wanted.frontends.push(headless);
    let desired = desired([wanted]);
    let mut observed = Observed::default();
    live(&mut observed, &desired.units["web"], true);

    observed.children.extend([child(Some("web"), &addressed, ChildState::Service(ServiceState::default()))]);
    let with_address = plan(&desired, &observed, &LastStatus::new());
    assert_eq!(applied(&with_address), []);
    assert_eq!(with_address.replaced.iter().map(|delete| delete.kind).collect::<Vec<_>>(), [Kind::Service]);

    let key = (Kind::Service, "web".to_owned());
    observed.children.get_mut(&key).unwrap().deleting = true;
    let on_its_way_out = plan(&desired, &observed, &LastStatus::new());
    assert_eq!(applied(&on_its_way_out), []);
    assert_eq!(on_its_way_out.replaced, []);

    observed.children.remove(&key);
    assert_eq!(applied(&plan(&desired, &observed, &LastStatus::new())), [("web", false)]);
}
