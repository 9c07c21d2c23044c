//! Events in, Stacks to wake out.

use serde_json::json;

use super::*;

fn key(name: &str) -> StackKey {
    StackKey { namespace: "n".to_owned(), name: name.to_owned() }
}

fn woken(keys: BTreeSet<StackKey>) -> Vec<String> {
    keys.into_iter().map(|key| key.name).collect()
}

/// A Service `web` of the Stack `stack`, or of nobody.
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
fn a_childs_event_wakes_its_stack_unless_nothing_that_counts_has_changed() {
    let mut index = Index::default();
    assert_eq!(woken(index.apply_child(Kind::Service, &service(Some("shop"), 1, "u"))), ["shop"]);
    assert_eq!(woken(index.apply_child(Kind::Service, &service(Some("shop"), 2, "u"))), [""; 0]);
    assert_eq!(index.observed(&key("shop")).children.len(), 1);
    assert_eq!(woken(index.delete_child(Kind::Service, &service(Some("shop"), 3, "u"))), ["shop"]);
    assert!(index.observed(&key("shop")).children.is_empty());
}

#[test]
fn a_state_older_than_our_own_write_is_passed_over() {
    let mut index = Index::default();
    let mut written = service(Some("shop"), 5, "u");
    written["spec"] = json!({"clusterIP": "None"});
    index.apply_child(Kind::Service, &written);
    index.apply_child(Kind::Service, &service(Some("shop"), 4, "u"));
    let observed = index.observed(&key("shop"));
    let child = &observed.children[&(Kind::Service, "web".to_owned())];
    assert!(matches!(&child.state, crate::plan::ChildState::Service(state) if state.headless));
}

#[test]
fn the_late_end_of_a_predecessor_does_not_take_its_successor_away() {
    let mut index = Index::default();
    index.apply_child(Kind::Service, &service(Some("shop"), 9, "successor"));
    assert_eq!(woken(index.delete_child(Kind::Service, &service(Some("shop"), 8, "predecessor"))), [""; 0]);
    assert_eq!(index.observed(&key("shop")).children.len(), 1);
}

#[test]
fn a_name_that_becomes_free_wakes_every_stack_that_wants_it() {
    let mut index = Index::default();
    index.apply_child(Kind::Service, &service(Some("shop"), 1, "u"));
    index.set_contended(&key("late"), &BTreeSet::from([(Kind::Service, "web".to_owned())]));
    assert_eq!(woken(index.delete_child(Kind::Service, &service(Some("shop"), 2, "u"))), ["late", "shop"]);
    index.set_contended(&key("late"), &BTreeSet::new());
    index.apply_child(Kind::Service, &service(Some("shop"), 3, "v"));
    assert_eq!(woken(index.delete_child(Kind::Service, &service(Some("shop"), 4, "v"))), ["shop"]);
}

#[test]
fn namesakes_are_shown_to_whom_they_stand_in_the_way_of() {
    let mut index = Index::default();
    index.apply_child(Kind::Service, &service(Some("shop"), 1, "u"));
    let mut observed = index.observed(&key("late"));
    assert!(observed.children.is_empty());
    index.add_namesakes(&key("late"), [(Kind::Service, "web")].into_iter(), &mut observed);
    assert_eq!(observed.children.len(), 1);
}

#[test]
fn what_a_new_list_does_not_bring_is_gone() {
    let mut index = Index::default();
    index.apply_child(Kind::Service, &service(Some("shop"), 1, "u"));
    index.apply_pod(&pod("a", "Running"));
    index.begin_list(Source::Child(Kind::Service));
    index.begin_list(Source::Pod);
    index.apply_pod(&pod("a", "Running"));
    assert_eq!(woken(index.end_list(Source::Child(Kind::Service))), ["shop"]);
    assert_eq!(woken(index.end_list(Source::Pod)), [""; 0]);
    let observed = index.observed(&key("shop"));
    assert_eq!((observed.children.len(), observed.pods.len()), (0, 1));
}

#[test]
fn a_secret_wakes_its_readers_when_its_version_moves() {
    let mut index = Index::default();
    index.set_reads(&key("shop"), &BTreeSet::from([(ObjectKind::Secret, "pw".to_owned())]));
    let apply =
        |index: &mut Index, version| woken(index.apply_object(ObjectKind::Secret, "n", "pw", version));
    assert_eq!(apply(&mut index, 1), ["shop"]);
    assert_eq!(apply(&mut index, 1), [""; 0]);
    assert_eq!(apply(&mut index, 2), ["shop"]);
    assert_eq!(index.object_version("n", ObjectKind::Secret, "pw"), Some(2));
    assert_eq!(woken(index.delete_object(ObjectKind::Secret, "n", "pw")), ["shop"]);
    assert_eq!(index.object_version("n", ObjectKind::Secret, "pw"), None);
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
    let warning = index.observed(&key("shop")).pods[0].warning.clone();
    assert_eq!(warning, Some(("Unhealthy".to_owned(), "refused".to_owned())));
    index.delete_warning(&event("uid-web-0", "refused"));
    assert_eq!(index.observed(&key("shop")).pods[0].warning, None);
}
