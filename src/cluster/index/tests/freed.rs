//! Memory of deleted Stacks is freed.

use super::*;
use crate::plan::{Digest, Refused};

/// Adds a Stack with a Pod, a refused child, an object that it reads, a taken name, a warning and an eviction.
fn live(index: &mut Index, number: usize) -> StackKey {
    let stack = StackKey { namespace: format!("n{number}"), name: "shop".to_owned() };
    let placed = |mut object: Value| {
        object["metadata"]["namespace"] = json!(stack.namespace);
        object
    };
    index.privileges(&stack);
    index.set_reads(&stack, &[(ObjectKind::Secret, "app".to_owned())].into());
    index.set_contended(&stack, &[(Kind::Service, "db".to_owned())].into());
    let refused = Refused { desired: Digest::of(&json!({})), message: "no".to_owned() };
    index.set_refused(&stack, (Kind::Ingress, "web".to_owned()), Some(refused));
    index.apply_child(ChildUpdate::of(Kind::Service, &placed(service(Some("shop"), 1, "u"))));
    let mut pod = pod("web-1", "Running");
    pod.metadata.namespace = Some(stack.namespace.clone());
    index.apply_pod(&pod);
    index.apply_warning(&evicted(&stack.namespace));
    let seen = Seen { version: 1, hash_key: HashKey::of("1"), of_a_stack: false };
    index.apply_object(ObjectKind::Secret, &stack.namespace, "app", seen);
    stack
}

fn evicted(namespace: &str) -> Event {
    serde_json::from_value(json!({
        "metadata": {"name": "e", "namespace": namespace}, "reason": "Evicted", "message": "low on disk",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": "web-1", "uid": "uid-web-1"},
    }))
    .unwrap()
}

const SOURCES: [Source; 5] = [
    Source::Child(Kind::Service),
    Source::Pod,
    Source::Warning,
    Source::Object(ObjectKind::Secret),
    Source::Namespace,
];

#[test]
fn deleted_stacks_leave_nothing_in_the_index() {
    let mut index = Index::default();
    for number in 0..500 {
        let stack = live(&mut index, number);
        let namespace = &stack.namespace;
        assert!(!index.namespaces[namespace].evictions.is_empty());
        index.forget_stack(&stack);
        let mut child = service(Some("shop"), 2, "u");
        child["metadata"]["namespace"] = json!(namespace);
        index.delete_child(ChildUpdate::of(Kind::Service, &child));
        let mut pod = pod("web-1", "Running");
        pod.metadata.namespace = Some(namespace.clone());
        index.delete_pod(&pod);
        index.delete_object(ObjectKind::Secret, namespace, "app");
        // An event arrives late.
        index.apply_warning(&evicted(namespace));
    }
    assert_eq!(index.namespaces.len(), 0);
}

#[test]
fn stacks_deleted_while_no_watch_ran_leave_nothing_in_the_index() {
    let mut index = Index::default();
    let stacks: Vec<_> = (0..500).map(|number| live(&mut index, number)).collect();
    for source in SOURCES {
        index.begin_list(source, &every());
        index.end_list(source, &every());
    }
    assert_eq!(index.namespaces.len(), 500, "the Stacks are there as far as these lists tell");
    index.keep_stacks(|stack| *stack == stacks[7]);
    assert_eq!(index.namespaces.keys().collect::<Vec<_>>(), ["n7"]);
}

#[test]
fn a_refusal_is_forgotten_with_its_name() {
    let mut index = Index::default();
    let stack = key("shop");
    for number in 0..500 {
        let name = (Kind::Ingress, format!("web-{number}"));
        let refused = Refused { desired: Digest::of(&json!({})), message: "no".to_owned() };
        index.set_refused(&stack, name.clone(), Some(refused));
        index.forget_refused(&stack, &[name].into());
    }
    assert_eq!(index.namespaces["n"].refused["shop"].len(), 1);
    index.forget_refused(&stack, &BTreeSet::new());
    assert_eq!(index.namespaces.len(), 0);
}
