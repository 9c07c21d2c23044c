//! Lists that replace what the index has.

use super::*;

fn is_headless(index: &Index) -> bool {
    let children = observed(index, "shop").children;
    let child = &children[&(Kind::Service, "web".to_owned())];
    matches!(&child.state, ChildState::Service(state) if state.headless)
}

fn headless(version: u64) -> Value {
    let mut object = service(Some("shop"), version, "u");
    object["spec"] = json!({"clusterIP": "None"});
    object
}

#[test]
fn a_list_replaces_states_from_before_a_restore() {
    let source = Source::Child(Kind::Service);
    let mut index = Index::default();
    index.apply_child(ChildUpdate::of(Kind::Service, &headless(900)));
    // etcd is restored from a backup with an older state of the Service.
    index.begin_list(source, &every());
    assert_eq!(
        woken(index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 40, "u")))),
        ["shop"]
    );
    index.end_list(source, &every());
    assert!(!is_headless(&index));
    // Afterwards, versions and replies to writes count again.
    index.apply_child(ChildUpdate::of(Kind::Service, &headless(39)));
    assert!(!is_headless(&index));
    index.apply_reply(ChildUpdate::of(Kind::Service, &headless(41)));
    assert!(is_headless(&index));
    index.delete_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 42, "u")));
    index.apply_reply(ChildUpdate::of(Kind::Service, &service(Some("shop"), 43, "v")));
    assert_eq!(observed(&index, "shop").children.len(), 1, "the new history is the one that counts");
}

#[test]
fn a_reply_during_a_list_wins_over_the_list() {
    let source = Source::Child(Kind::Service);
    let mut index = Index::default();
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 7, "u")));
    index.begin_list(source, &every());
    index.apply_reply(ChildUpdate::of(Kind::Service, &headless(9)));
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 8, "u")));
    index.end_list(source, &every());
    assert!(is_headless(&index), "the list was made before the write");
    // A reply from before the restore does not win over the list.
    index.begin_list(source, &every());
    index.apply_reply(ChildUpdate::of(Kind::Service, &service(Some("shop"), 5, "u")));
    index.apply_child(ChildUpdate::of(Kind::Service, &service(Some("shop"), 6, "u")));
    index.end_list(source, &every());
    assert!(!is_headless(&index));
}

#[test]
fn a_list_of_one_namespace_removes_nothing_in_another() {
    let parts = ["n", "m"].map(str::to_owned).into_iter().collect::<Scope>().parts();
    let of = |namespace: &str| parts.iter().find(|part| part.includes(namespace)).unwrap();
    let mut index = Index::default();
    index.apply_pod(&pod("a", "Running"));
    index.begin_list(Source::Pod, of("n"));
    index.begin_list(Source::Pod, of("m"));
    index.apply_pod(&pod("a", "Running"));
    index.end_list(Source::Pod, of("m"));
    assert_eq!(observed(&index, "shop").pods.len(), 1, "the other namespace is still listed");
    index.end_list(Source::Pod, of("n"));
    assert_eq!(observed(&index, "shop").pods.len(), 1);
    index.begin_list(Source::Pod, of("m"));
    index.end_list(Source::Pod, of("m"));
    assert_eq!(observed(&index, "shop").pods.len(), 1);
    index.begin_list(Source::Pod, of("n"));
    index.end_list(Source::Pod, of("n"));
    assert_eq!(observed(&index, "shop").pods.len(), 0);
}
