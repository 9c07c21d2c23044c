//! Metadata of images that cannot be read.

use serde_json::{Value, json};

use super::*;
use crate::{
    api::StackKey,
    cluster::{ChildUpdate, Index},
    plan::Identity,
    translate::{ImageConfig, Kind},
};

fn image(name: &str, digest: Option<&str>) -> Image {
    Image { image: name.to_owned(), digest: digest.map(str::to_owned), ..Image::default() }
}

#[test]
fn metadata_of_the_previous_version_stays_while_the_new_one_is_unread() {
    let before = image("db:1", Some("sha256:1"));
    let held = without("docker.io/library/db:2", Some(&before), "down", true);
    assert_eq!((held.digest.as_deref(), held.unread.as_deref()), (Some("sha256:1"), Some("down")));
    assert!(!held.is_read());
    for before in [None, Some(&image("other:1", Some("sha256:1"))), Some(&image("db:1", None))] {
        let unknown = without("db:2", before, "down", true);
        assert_eq!(unknown, Image { unread: Some("down".to_owned()), ..image("db:2", None) });
    }
    // Without registries there is no cause to report, unless the metadata is that of another version.
    assert_eq!(without("db:2", None, ASKS_NONE, false), image("db:2", None));
    assert!(without("db:2", Some(&before), ASKS_NONE, false).unread.is_some());
}

#[test]
fn a_live_workload_has_precedence_over_a_deleted_one() {
    let object = |name: &str, digest: &str, deleting: bool| -> Value {
        let text = json!({"db": image("db:1", Some(digest))}).to_string();
        let mut object = json!({"metadata": {
            "name": name, "namespace": "n", "uid": name, "annotations": {"stackwright.dev/image-metadata": text},
            "labels": {"stackwright.dev/service": "db"},
            "ownerReferences": [{"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "name": "shop", "uid": "s",
                "controller": true}],
        }});
        if deleting {
            object["metadata"]["deletionTimestamp"] = json!("1970-01-01T00:00:00Z");
        }
        object
    };
    let key = StackKey { namespace: "n".to_owned(), name: "shop".to_owned() };
    let mut index = Index::default();
    let mut told = |kind: Kind, name: &str, digest: &str, deleting: bool| {
        index.apply_child(ChildUpdate::of(kind, &object(name, digest, deleting)));
        let observed = index.observed(&key, Identity { uid: "s", name: "shop" });
        remembered(&observed).remove("db").unwrap().digest.unwrap()
    };
    assert_eq!(told(Kind::StatefulSet, "shop-db", "old", true), "old");
    assert_eq!(told(Kind::Deployment, "shop-db", "new", false), "new");
    assert_eq!(told(Kind::Job, "shop-db-1", "older", true), "new");
}

fn cause(outlook: Outlook) -> Cause {
    Cause { text: "down".to_owned(), outlook }
}

fn held_for(failed: &Failed) -> Option<u64> {
    failed.holds_until.map(|until| (until - failed.since).as_secs())
}

#[test]
fn a_new_service_waits_longer_for_a_busy_registry_than_for_a_silent_one() {
    for (outlook, held) in [
        (Outlook::Same, None),
        (Outlook::Uncertain, Some(30)),
        (Outlook::Later(None), Some(3600)),
        (Outlook::Later(Some(Duration::from_secs(60))), Some(3600)),
    ] {
        assert_eq!(held_for(&Failed::first(cause(outlook))), held, "{outlook:?}");
    }
    let busy = Failed::first(cause(Outlook::Later(None)));
    let silent = Failed::next(cause(Outlook::Uncertain), busy);
    assert_eq!(held_for(&silent), Some(3600), "it was there a moment ago");
    let gone = Failed::next(cause(Outlook::Same), silent);
    assert_eq!(held_for(&gone), None, "it says that there is no such image");
}

#[test]
fn retry_after_is_followed_within_bounds() {
    let pause = |seconds: u64| {
        let told = Outlook::Later(Some(Duration::from_secs(seconds)));
        Failed::first(cause(told)).again.duration_since(Instant::now()).as_secs()
    };
    assert!((290..=300).contains(&pause(300)));
    assert!((590..=600).contains(&pause(86_400)));
    assert!((5..=25).contains(&pause(0)));
}

fn says(word: &str) -> Read {
    let command = vec![word.repeat(1000); 7];
    (String::new(), Arc::new(ImageConfig { command, ..ImageConfig::default() }))
}

#[test]
fn equal_metadata_is_shared_and_its_size_is_bounded() {
    let mut answers = Answers::default();
    for n in 0..256 {
        let word = if n % 2 == 0 { "even" } else { "odd" };
        let Ok(said) = answers.room_for(says(&word[..1])) else { break };
        answers.of.insert(n.to_string(), Answer::Read(said));
    }
    assert_eq!(answers.of.len(), 512 * 1024 / 7034, "as many of 7,034 bytes as there is room for");
    let mut held: Vec<_> = answers.configs().map(Arc::as_ptr).collect();
    held.sort();
    held.dedup();
    assert_eq!(held.len(), 2, "what says the same is held once");
    let refused = answers.room_for(says("x")).err().map(|cause| cause.text);
    assert_eq!(refused.as_deref(), Some("the metadata of the Stack's images has more than 512 KiB"));
}
