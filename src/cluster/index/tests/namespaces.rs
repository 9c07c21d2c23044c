//! Privileges that namespaces grant.

use super::*;

fn labels(privilege: &str) -> std::collections::BTreeMap<String, String> {
    [(format!("allow.stackwright.dev/{privilege}"), "true".to_owned()), ("team".to_owned(), "a".to_owned())]
        .into()
}

#[test]
fn labels_of_a_namespace_wake_its_stacks_only_if_the_privileges_change() {
    let mut index = Index::default();
    let allowed = |index: &mut Index| {
        index.privileges(&key("shop")).0.into_iter().map(Privilege::as_str).collect::<Vec<_>>()
    };
    // The Namespace is listed before any Stack depends on it.
    assert_eq!(woken(index.apply_namespace("n", &labels("privileged"))), [""; 0]);
    assert_eq!(allowed(&mut index), ["privileged"]);
    assert_eq!(woken(index.apply_namespace("n", &labels("privileged"))), [""; 0]);
    assert_eq!(woken(index.apply_namespace("other", &labels("devices"))), [""; 0]);
    assert_eq!(woken(index.apply_namespace("n", &labels("devices"))), ["shop"]);
    assert_eq!(allowed(&mut index), ["devices"]);
    assert_eq!(woken(index.apply_namespace("n", &labels("nothing"))), ["shop"]);
    assert_eq!(allowed(&mut index), [""; 0]);
}

#[test]
fn a_namespace_missing_from_a_list_grants_nothing() {
    let mut index = Index::default();
    index.apply_namespace("n", &labels("privileged"));
    index.privileges(&key("shop"));
    index.begin_list(Source::Namespace, &every());
    assert_eq!(woken(index.end_list(Source::Namespace, &every())), ["shop"]);
    assert_eq!(index.privileges(&key("shop")), Privileges::default());
}

#[test]
fn a_deleted_stack_is_not_woken_for_its_namespace() {
    let mut index = Index::default();
    index.privileges(&key("shop"));
    index.forget_stack(&key("shop"));
    assert_eq!(woken(index.apply_namespace("n", &labels("privileged"))), [""; 0]);
}
