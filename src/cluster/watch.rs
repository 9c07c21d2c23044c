//! One shared watch for each kind, filtered by our label, that feeds the index and wakes Stacks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{Stream, StreamExt, TryStreamExt, channel::mpsc, stream::BoxStream};
use k8s_openapi::api::core::v1::{ConfigMap, Event, PersistentVolumeClaim, Pod, Secret};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DynamicObject, PartialObjectMeta},
    runtime::{WatchStreamExt, watcher},
};
use std::collections::BTreeSet;
use tokio::sync::watch;

use super::{Index, News, Seen, StackKey, api_resource, index::Source, namespaces::namespaces};
use crate::{
    api::labels::{MANAGED_BY, MANAGER},
    caught::caught,
    translate::{HashKey, Kind, ObjectKind},
};

/// The index, shared between the watches and the passes.
pub type Sources = Arc<Mutex<Index>>;

/// What kubelets warn of: why a check fails, why a volume is not mounted.
const OF_PODS: &str = "type=Warning,involvedObject.kind=Pod,source=kubelet";

/// What the cluster and provisioners of any name warn of: why a claim has no volume.
const OF_CLAIMS: &str = "type=Warning,involvedObject.kind=PersistentVolumeClaim";

/// The watches of one operator.
pub struct Watches {
    index: Sources,
    wakes: mpsc::UnboundedSender<StackKey>,
    /// How many watches have not listed their kind yet.
    unsynced: watch::Sender<usize>,
}

impl Watches {
    /// How many there are: the kinds of child, pods, warnings of pods and of claims, ConfigMaps, Secrets,
    /// claims, Namespaces.
    const COUNT: usize = Kind::ALL.len() + 7;

    /// The watches, the stream of Stacks that they wake, and how many have not listed yet.
    pub fn new() -> (Self, impl Stream<Item = StackKey> + Send + 'static, watch::Receiver<usize>) {
        let (wakes, woken) = mpsc::unbounded();
        let (unsynced, pending) = watch::channel(Self::COUNT);
        (Self { index: Sources::default(), wakes, unsynced }, woken, pending)
    }

    /// The index that the watches fill.
    pub fn index(&self) -> Sources {
        Arc::clone(&self.index)
    }

    /// Runs every watch until the process ends. One that ends or fails is begun again with backoff.
    pub async fn run(self, client: Client, namespace: Option<&str>) {
        let mut streams: Vec<BoxStream<'_, ()>> = Vec::new();
        for kind in Kind::ALL {
            streams.push(self.children(client.clone(), namespace, kind));
        }
        streams.push(self.pods(scoped(client.clone(), namespace)));
        for about in [OF_PODS, OF_CLAIMS] {
            streams.push(self.warnings(scoped(client.clone(), namespace), about));
        }
        streams.push(self.objects::<ConfigMap>(scoped(client.clone(), namespace), ObjectKind::ConfigMap));
        streams.push(self.objects::<Secret>(scoped(client.clone(), namespace), ObjectKind::Secret));
        let claims = scoped(client.clone(), namespace);
        streams.push(self.objects::<PersistentVolumeClaim>(claims, ObjectKind::PersistentVolumeClaim));
        streams.push(self.namespaces(client, namespace));
        debug_assert_eq!(streams.len(), Self::COUNT);
        futures::stream::select_all(streams).for_each(|()| async {}).await;
    }

    fn children<'a>(&'a self, client: Client, namespace: Option<&str>, kind: Kind) -> BoxStream<'a, ()> {
        let resource = api_resource(kind);
        let api: Api<DynamicObject> = match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &resource),
            None => Api::all_with(client, &resource),
        };
        let read =
            move |object: DynamicObject| News::of(kind, &serde_json::to_value(&object).unwrap_or_default());
        let events = watcher(api, ours()).map_ok(move |event| about(event, read));
        self.feed(events, Source::Child(kind), |index, change| match change {
            Change::Is(news) => index.apply_child(news),
            Change::Gone(news) => index.delete_child(news),
        })
    }

    fn pods(&self, api: Api<Pod>) -> BoxStream<'_, ()> {
        self.feed(watcher(api, ours()), Source::Pod, |index, change| match change {
            Change::Is(pod) => index.apply_pod(&pod),
            Change::Gone(pod) => index.delete_pod(&pod),
        })
    }

    fn warnings(&self, api: Api<Event>, about: &str) -> BoxStream<'_, ()> {
        let config = watcher::Config::default().fields(about);
        self.feed(watcher(api, config), Source::Warning, |index, change| match change {
            Change::Is(event) => index.apply_warning(&event),
            Change::Gone(event) => index.delete_warning(&event),
        })
    }

    /// Metadata only, of everyone's objects: a Stack may name any of its namespace.
    fn objects<K>(&self, api: Api<PartialObjectMeta<K>>, kind: ObjectKind) -> BoxStream<'_, ()>
    where
        K: Resource<DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + Send
            + Sync
            + serde::de::DeserializeOwned
            + 'static,
    {
        self.feed(watcher(api, watcher::Config::default()), Source::Object(kind), move |index, change| {
            let (Change::Is(object) | Change::Gone(object)) = &change;
            let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
            match change {
                Change::Is(object) => {
                    let version = object.resource_version().and_then(|version| version.parse().ok());
                    let labels = object.labels();
                    let of_a_stack = labels.get(MANAGED_BY).is_some_and(|by| by == MANAGER);
                    let hash_key = HashKey::of(object.metadata.uid.as_deref().unwrap_or_default());
                    let seen = Seen { version: version.unwrap_or_default(), hash_key, of_a_stack };
                    index.apply_object(kind, &namespace, &name, seen)
                }
                Change::Gone(_) => index.delete_object(kind, &namespace, &name),
            }
        })
    }

    /// What Namespaces allow their Stacks.
    fn namespaces(&self, client: Client, namespace: Option<&str>) -> BoxStream<'_, ()> {
        self.feed(namespaces(client, namespace), Source::Namespace, |index, change| match change {
            Change::Is(it) => index.apply_namespace(&it.name_any(), it.labels()),
            Change::Gone(it) => index.delete_namespace(&it.name_any()),
        })
    }

    fn feed<'a, K: Send + 'a>(
        &'a self,
        events: impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send + 'a,
        source: Source,
        take: impl Fn(&mut Index, Change<K>) -> BTreeSet<StackKey> + Send + 'a,
    ) -> BoxStream<'a, ()> {
        let mut synced = false;
        events
            .default_backoff()
            .map(move |event| {
                let woken = match event {
                    Ok(watcher::Event::Init) => {
                        self.lock().begin_list(source);
                        BTreeSet::new()
                    }
                    Ok(watcher::Event::InitApply(object) | watcher::Event::Apply(object)) => {
                        self.taken(&take, Change::Is(object))
                    }
                    Ok(watcher::Event::Delete(object)) => self.taken(&take, Change::Gone(object)),
                    Ok(watcher::Event::InitDone) => {
                        let woken = self.lock().end_list(source);
                        if !std::mem::replace(&mut synced, true) {
                            self.unsynced.send_modify(|pending| *pending -= 1);
                        }
                        woken
                    }
                    Err(error) => {
                        tracing::warn!(%error, ?source, "a watch ended and is begun again");
                        BTreeSet::new()
                    }
                };
                for key in woken {
                    // The receiver is gone only when the process ends.
                    let _ = self.wakes.unbounded_send(key);
                }
            })
            .boxed()
    }

    /// Takes in a change. One that meets a mistake of this program is passed over: all others go on.
    fn taken<K>(
        &self,
        take: impl Fn(&mut Index, Change<K>) -> BTreeSet<StackKey>,
        change: Change<K>,
    ) -> BTreeSet<StackKey> {
        caught(None, || take(&mut self.lock(), change)).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        lock(&self.index)
    }
}

/// Locks the index. A panic elsewhere cannot leave it half changed in a way that the next events
/// do not mend, so a poisoned lock is taken as it is.
pub(crate) fn lock(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Change<K> {
    Is(K),
    Gone(K),
}

/// An event about what is made of its object.
fn about<K, T>(event: watcher::Event<K>, read: impl Fn(K) -> T) -> watcher::Event<T> {
    match event {
        watcher::Event::Init => watcher::Event::Init,
        watcher::Event::InitApply(object) => watcher::Event::InitApply(read(object)),
        watcher::Event::InitDone => watcher::Event::InitDone,
        watcher::Event::Apply(object) => watcher::Event::Apply(read(object)),
        watcher::Event::Delete(object) => watcher::Event::Delete(read(object)),
    }
}

fn ours() -> watcher::Config {
    watcher::Config::default().labels(&format!("{MANAGED_BY}={MANAGER}"))
}

fn scoped<K>(client: Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<Scope = k8s_openapi::NamespaceResourceScope>,
    K::DynamicType: Default,
{
    match namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    }
}
