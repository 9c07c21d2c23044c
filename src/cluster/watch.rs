//! Watches: one for each kind, filtered by the operator's label, which update the index and wake Stacks.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{Stream, StreamExt, channel::mpsc, stream::BoxStream};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        batch::v1::{CronJob, Job},
        core::v1::{ConfigMap, Event, PersistentVolumeClaim, Pod, Secret, Service},
        networking::v1::{Ingress, NetworkPolicy},
    },
};
use kube::{
    Api, Client, Resource, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use tokio::sync::watch;

use super::{
    Index, Listing, Part, Scope, Seen,
    index::Source,
    listing::of_metadata,
    namespaces::namespaces,
    trimmed::{MetadataOnly, Projected, Stripped},
};
use crate::{
    api::{
        StackKey,
        labels::{MANAGED_BY, MANAGER},
    },
    panics::catch_panic,
    translate::{Child, HashKey, Kind, ObjectKind},
};

/// The index, shared between the watches and the reconciliations.
pub type Sources = Arc<Mutex<Index>>;

/// Warnings of kubelets about Pods, such as a failed probe or a failed mount.
const OF_PODS: &str = "type=Warning,involvedObject.kind=Pod,source=kubelet";

/// Warnings about claims without a volume, from Kubernetes and from any provisioner.
const OF_CLAIMS: &str = "type=Warning,involvedObject.kind=PersistentVolumeClaim";

/// The watches of one operator.
pub struct Watches {
    scope: Scope,
    index: Sources,
    wakes: mpsc::UnboundedSender<StackKey>,
    /// The number of watches that have not listed their kind yet.
    unsynced: watch::Sender<usize>,
}

impl Watches {
    /// The number of watches of a part of the scope: the kinds of child, Pods, warnings about Pods and about claims, ConfigMaps, Secrets, claims,
    /// Namespaces.
    const COUNT: usize = Kind::ALL.len() + 7;

    /// Returns the watches, the stream of Stacks that they wake, and the number of watches that have not listed yet.
    pub fn new(
        scope: Scope,
    ) -> (Self, impl Stream<Item = StackKey> + Send + 'static, watch::Receiver<usize>) {
        let (wakes, woken) = mpsc::unbounded();
        let (unsynced, pending) = watch::channel(Self::COUNT * scope.parts().len());
        (Self { scope, index: Sources::default(), wakes, unsynced }, woken, pending)
    }

    /// Returns the index that the watches update.
    pub fn index(&self) -> Sources {
        Arc::clone(&self.index)
    }

    /// Runs every watch until the process ends. A watch that ends or fails is restarted with backoff.
    pub(crate) async fn run(self, client: Client, listing: Listing) {
        let streams = self.scope.parts().into_iter().flat_map(|part| {
            let from = From { client: client.clone(), part, listing };
            self.of_part(from)
        });
        futures::stream::select_all(streams).for_each(|()| async {}).await;
    }

    fn of_part(&self, from: From) -> Vec<BoxStream<'_, ()>> {
        let mut streams: Vec<BoxStream<'_, ()>> = vec![
            self.children::<ConfigMap>(&from),
            self.children::<PersistentVolumeClaim>(&from),
            self.children::<NetworkPolicy>(&from),
            self.children::<Service>(&from),
            self.children::<Ingress>(&from),
            self.children::<Deployment>(&from),
            self.children::<StatefulSet>(&from),
            self.children::<DaemonSet>(&from),
            self.children::<Job>(&from),
            self.children::<CronJob>(&from),
            self.pods(&from),
        ];
        for about in [OF_PODS, OF_CLAIMS] {
            streams.push(self.warnings(&from, about));
        }
        let metadata = From { client: of_metadata(from.client.clone()), ..from };
        streams.push(self.objects::<ConfigMap>(&metadata, ObjectKind::ConfigMap));
        streams.push(self.objects::<Secret>(&metadata, ObjectKind::Secret));
        streams.push(self.objects::<PersistentVolumeClaim>(&metadata, ObjectKind::PersistentVolumeClaim));
        streams.push(self.namespaces(&metadata));
        debug_assert_eq!(streams.len(), Self::COUNT);
        streams
    }

    fn children<K>(&self, from: &From) -> BoxStream<'_, ()>
    where
        K: Child + Watched,
    {
        let events = watcher(from.api::<Projected<K>>(), from.ours());
        self.feed(events, from, Source::Child(K::CHILD), |index, change| match change {
            Change::Is(Projected { update, .. }) => index.apply_child(update),
            Change::Gone(Projected { update, .. }) => index.delete_child(update),
        })
    }

    fn pods(&self, from: &From) -> BoxStream<'_, ()> {
        let events = watcher(from.api::<Stripped<Pod>>(), from.ours());
        self.feed(events, from, Source::Pod, |index, change| match change {
            Change::Is(Stripped(pod)) => index.apply_pod(&pod),
            Change::Gone(Stripped(pod)) => index.delete_pod(&pod),
        })
    }

    fn warnings(&self, from: &From, about: &str) -> BoxStream<'_, ()> {
        let events = watcher(from.api::<Stripped<Event>>(), from.listing.config().fields(about));
        self.feed(events, from, Source::Warning, |index, change| match change {
            Change::Is(Stripped(event)) => index.apply_warning(&event),
            Change::Gone(Stripped(event)) => index.delete_warning(&event),
        })
    }

    /// Watches the metadata of all objects of a kind, since a Stack can name any of its namespace.
    fn objects<K: Watched>(&self, from: &From, kind: ObjectKind) -> BoxStream<'_, ()> {
        let events = watcher(from.api::<MetadataOnly<K>>(), from.listing.config());
        self.feed(events, from, Source::Object(kind), move |index, change| {
            let (Change::Is(object) | Change::Gone(object)) = &change;
            let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
            match change {
                Change::Is(object) => {
                    let version = object.resource_version().and_then(|version| version.parse().ok());
                    let labels = object.labels();
                    let of_a_stack = labels.get(MANAGED_BY).is_some_and(|by| by == MANAGER);
                    let hash_key = HashKey::of(object.meta().uid.as_deref().unwrap_or_default());
                    let seen = Seen { version: version.unwrap_or_default(), hash_key, of_a_stack };
                    index.apply_object(kind, &namespace, &name, seen)
                }
                Change::Gone(_) => index.delete_object(kind, &namespace, &name),
            }
        })
    }

    /// Watches the labels of Namespaces.
    fn namespaces(&self, from: &From) -> BoxStream<'_, ()> {
        let events = namespaces(from.client.clone(), &from.part, from.listing);
        self.feed(events, from, Source::Namespace, |index, change| match change {
            Change::Is(it) => index.apply_namespace(&it.name_any(), it.labels()),
            Change::Gone(it) => index.delete_namespace(&it.name_any()),
        })
    }

    fn feed<'a, K: Send + 'a>(
        &'a self,
        events: impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send + 'a,
        from: &From,
        source: Source,
        take: impl Fn(&mut Index, Change<K>) -> BTreeSet<StackKey> + Send + 'a,
    ) -> BoxStream<'a, ()> {
        let mut synced = false;
        let part = from.part.clone();
        events
            .default_backoff()
            .map(move |event| {
                let woken = match event {
                    Ok(watcher::Event::Init) => {
                        self.lock().begin_list(source, &part);
                        BTreeSet::new()
                    }
                    Ok(watcher::Event::InitApply(object) | watcher::Event::Apply(object)) => {
                        self.process(&take, Change::Is(object))
                    }
                    Ok(watcher::Event::Delete(object)) => self.process(&take, Change::Gone(object)),
                    Ok(watcher::Event::InitDone) => {
                        let woken = self.lock().end_list(source, &part);
                        if !std::mem::replace(&mut synced, true) {
                            self.unsynced.send_modify(|pending| *pending -= 1);
                        }
                        woken
                    }
                    Err(error) => {
                        tracing::warn!(%error, ?source, "a watch ended with an error");
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

    /// Processes a change. A change that causes a panic is dropped, so that the other watches continue.
    fn process<K>(
        &self,
        take: impl Fn(&mut Index, Change<K>) -> BTreeSet<StackKey>,
        change: Change<K>,
    ) -> BTreeSet<StackKey> {
        catch_panic(None, || take(&mut self.lock(), change)).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        lock(&self.index)
    }
}

/// Locks the index, poisoned or not: later events repair a change that a panic has interrupted.
pub(crate) fn lock(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Change<K> {
    Is(K),
    Gone(K),
}

/// A namespaced resource with a static type.
trait Watched:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + Send + Sync + 'static
{
}

impl<K> Watched for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + Send + Sync + 'static
{
}

/// The source of watches.
struct From {
    client: Client,
    part: Part,
    listing: Listing,
}

impl From {
    fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        self.part.api(self.client.clone())
    }

    fn ours(&self) -> watcher::Config {
        self.listing.config().labels(&format!("{MANAGED_BY}={MANAGER}"))
    }
}
