//! History of a scenario's namespace: every state of every object, from one watch for each kind.
//!
//! Waits use the history instead of polling. Order is proven from it: all kinds are in one etcd, so resourceVersions order
//! changes across kinds without a clock.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{StreamExt, future::join_all};
use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DynamicObject, ListParams, ObjectList, ObjectMeta, PartialObjectMeta},
    core::GroupVersionKind,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use serde_json::Value;
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

/// The watched kinds: group, version, kind, plural.
const KINDS: [(&str, &str, &str, &str); 14] = [
    ("stackwright.dev", "v1alpha1", "Stack", "stacks"),
    ("", "v1", "ConfigMap", "configmaps"),
    ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    ("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
    ("", "v1", "Service", "services"),
    ("networking.k8s.io", "v1", "Ingress", "ingresses"),
    ("apps", "v1", "Deployment", "deployments"),
    ("apps", "v1", "StatefulSet", "statefulsets"),
    ("apps", "v1", "DaemonSet", "daemonsets"),
    ("batch", "v1", "Job", "jobs"),
    ("batch", "v1", "CronJob", "cronjobs"),
    ("", "v1", "Pod", "pods"),
    ("", "v1", "Secret", "secrets"),
    ("events.k8s.io", "v1", "Event", "events"),
];

/// Returns the API resource of a kind.
pub fn resource(kind: &str) -> ApiResource {
    let (group, version, kind, plural) = KINDS
        .into_iter()
        .find(|row| row.2 == kind)
        .unwrap_or_else(|| panic!("'{kind}' is no kind that scenarios watch: add it to KINDS"));
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
}

/// The kinds of children.
pub const CHILDREN: [&str; 10] = [
    "ConfigMap",
    "PersistentVolumeClaim",
    "NetworkPolicy",
    "Service",
    "Ingress",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
];

/// Kind and name.
pub type Key = (String, String);

/// The objects of a namespace at one moment.
#[derive(Clone, Default)]
pub struct View(BTreeMap<Key, Arc<Value>>);

impl View {
    /// Returns an object.
    pub fn get(&self, kind: &str, name: &str) -> Option<&Value> {
        self.0.get(&(kind.to_owned(), name.to_owned())).map(Arc::as_ref)
    }

    /// Returns all objects of a kind, by name.
    pub fn all(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .filter(move |(key, _)| key.0 == kind)
            .map(|(key, object)| (key.1.as_str(), object.as_ref()))
    }

    /// Returns all objects.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.iter().map(|(key, object)| (key, object.as_ref()))
    }
}

/// One state of one object.
#[derive(Clone)]
pub struct Change {
    /// The resourceVersion. A later change of any kind has a greater one.
    pub version: u64,
    /// Kind and name.
    pub key: Key,
    /// The event.
    pub event: What,
    /// The object after the change, or before its deletion.
    pub object: Arc<Value>,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// The object was created.
    Created,
    /// The object was changed.
    Changed,
    /// The object was deleted.
    Deleted,
}

/// A recorder of a namespace, started before the first object.
pub struct History {
    client: Client,
    namespace: String,
    log: Arc<Log>,
    seen: watch::Receiver<usize>,
    followers: Vec<JoinHandle<()>>,
}

struct Log {
    entries: Mutex<(View, Vec<Change>)>,
    length: watch::Sender<usize>,
}

impl History {
    /// Starts, and returns when every watch is established.
    pub async fn follow(client: &Client, namespace: &str) -> Self {
        let (length, seen) = watch::channel(0);
        let log = Arc::new(Log { entries: Mutex::default(), length });
        let (followers, standing): (Vec<_>, Vec<_>) = KINDS
            .iter()
            .map(|row| {
                let api = Api::namespaced_with(client.clone(), namespace, &resource(row.2));
                let (stands, standing) = oneshot::channel();
                (tokio::spawn(follow(api, row.2, log.clone(), stands)), standing)
            })
            .unzip();
        join_all(standing).await;
        Self { client: client.clone(), namespace: namespace.to_owned(), log, seen, followers }
    }

    /// Returns the current objects.
    pub fn view(&self) -> View {
        self.log.entries().0.clone()
    }

    /// Returns all changes, in order.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = self.log.entries().1.clone();
        changes.sort_by_key(|change| change.version);
        changes
    }

    /// Waits until the watches of children and Pods have delivered the current state of the API server. One watch can be
    /// behind another, so a status can mention an object that the history does not have yet.
    pub async fn catch_up(&self) {
        let lists = CHILDREN.into_iter().chain(["Pod"]).map(|kind| async move {
            let api: Api<DynamicObject> =
                Api::namespaced_with(self.client.clone(), &self.namespace, &resource(kind));
            (kind, api.list_metadata(&ListParams::default()).await.expect("children can be listed"))
        });
        let lists = join_all(lists).await;
        let mut seen = self.seen();
        while !lists.iter().all(|(kind, list)| self.log.has_shown(kind, list)) {
            seen.changed().await.expect("the log outlives its receivers");
        }
    }

    /// Returns a receiver that wakes at the next change.
    pub fn seen(&self) -> watch::Receiver<usize> {
        let mut seen = self.seen.clone();
        seen.mark_unchanged();
        seen
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.followers.iter().for_each(JoinHandle::abort);
    }
}

impl Log {
    fn entries(&self) -> MutexGuard<'_, (View, Vec<Change>)> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports whether the watch has delivered every object of a list, and the deletion of all others.
    fn has_shown(&self, kind: &str, list: &ObjectList<PartialObjectMeta<DynamicObject>>) -> bool {
        let entries = self.entries();
        let (view, changes) = &*entries;
        let listed: BTreeMap<_, _> =
            list.items.iter().map(|item| (item.name_any(), version(&item.metadata))).collect();
        let shown = |(name, version): (&String, &u64)| {
            let is = |change: &Change| change.key.0 == kind && change.key.1 == *name;
            changes.iter().rev().any(|change| is(change) && change.version >= *version)
        };
        let listed_at = number(list.metadata.resource_version.as_deref());
        let ended = |(name, object): (&str, &Value)| {
            !listed.contains_key(name) && number(object["metadata"]["resourceVersion"].as_str()) <= listed_at
        };
        listed.iter().all(shown) && !view.all(kind).any(ended)
    }

    fn note(&self, kind: &str, object: &DynamicObject, gone: bool) {
        let key = (kind.to_owned(), object.name_any());
        let version = version(&object.metadata);
        let value = Arc::new(serde_json::to_value(object).expect("an object is JSON"));
        let mut entries = self.entries();
        let (view, changes) = &mut *entries;
        let known = view.0.get(&key).filter(|known| known["metadata"]["uid"] == value["metadata"]["uid"]);
        let event = match known {
            _ if gone => What::Deleted,
            // A restarted watch repeats known objects.
            Some(known) if known["metadata"]["resourceVersion"] == value["metadata"]["resourceVersion"] => {
                return;
            }
            Some(_) => What::Changed,
            None => What::Created,
        };
        if gone {
            view.0.remove(&key);
        } else {
            view.0.insert(key.clone(), value.clone());
        }
        changes.push(Change { version, key, event, object: value });
        let length = changes.len();
        drop(entries);
        self.length.send_replace(length);
    }
}

fn version(metadata: &ObjectMeta) -> u64 {
    number(metadata.resource_version.as_deref())
}

fn number(version: Option<&str>) -> u64 {
    version.and_then(|version| version.parse().ok()).expect("resource versions are numbers")
}

async fn follow(api: Api<DynamicObject>, kind: &str, log: Arc<Log>, stands: oneshot::Sender<()>) {
    let mut stands = Some(stands);
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => {}
            Ok(Event::InitApply(object) | Event::Apply(object)) => log.note(kind, &object, false),
            Ok(Event::Delete(object)) => log.note(kind, &object, true),
            // The receiver is gone when the scenario has ended.
            Ok(Event::InitDone) => drop(stands.take().map(|stands| stands.send(()))),
            Err(error) => eprintln!("the scenario's watch of {kind}: {error}"),
        }
    }
}
