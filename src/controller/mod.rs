//! Wiring: watches, the queue of Stacks, one pass for each, and what is told of it.

mod account;
mod backoff;
mod contents;
mod context;
mod facts;
mod fence;
mod http;
mod images;
mod lease;
mod metrics;
mod pace;
mod pulse;
mod queue;
mod reconcile;
mod report;
mod settle;
mod status_fields;
#[cfg(test)]
mod upgrades;
mod versions;
mod workers;
mod write;

use std::{collections::HashSet, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{anyhow, bail};
use futures::{Stream, StreamExt, channel::mpsc, future, stream};
use kube::{
    Api, Client, CustomResourceExt, Resource, ResourceExt,
    core::{DeserializeGuard, ObjectMeta},
    runtime::{Controller, WatchStreamExt, predicates, reflector, reflector::ObjectRef, watcher},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    api::Stack,
    cluster::{Listing, StackKey, Watches},
    permits::Permits,
    registry::{Registries, RegistryOptions},
    translate::{Facts, Limits, ServerVersion, translate},
};
use account::Accounts;
use context::Context;
use fence::Fence;
use images::Images;
pub use lease::LeaseOptions;
use pulse::Pulse;
use queue::Queue;
use versions::Oldest;
pub use workers::Translation;

/// How the operator runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The namespace that it serves; every namespace when none is given.
    pub namespace: Option<String>,
    /// Where `/healthz`, `/readyz` and `/metrics` are served; nowhere when none is given.
    pub http: Option<SocketAddr>,
    /// The lease that lets one of several operators work; none where only one can run.
    pub lease: Option<LeaseOptions>,
    /// How many Stacks are reconciled at the same time; of one namespace half of them at most.
    pub concurrency: u16,
    /// The image of Stackwright itself, which fills new volumes and copies files; none does not.
    pub helper_image: Option<String>,
    /// The storage classes whose volumes several nodes may mount at a time.
    pub shared_classes: Vec<String>,
    /// Where registries are asked for what images say of themselves; none asks none.
    pub registries: Option<RegistryOptions>,
    /// Whether only Stacks that name a ServiceAccount are run.
    pub requires_account: bool,
    /// The most that one Stack may become.
    pub limits: Limits,
    /// What makes the objects of a Stack.
    pub translation: Translation,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: None,
            http: None,
            lease: None,
            concurrency: 16,
            helper_image: None,
            shared_classes: Vec::new(),
            registries: Some(RegistryOptions::default()),
            requires_account: false,
            limits: Limits::default(),
            translation: translate,
        }
    }
}

/// Runs the operator until `stop` is cancelled.
///
/// # Errors
/// When the API server is not to be used (no connection at start, too old, CRD missing), or when
/// the lease is lost: the process should end then and be started again.
pub async fn run(client: Client, options: Options, stop: CancellationToken) -> anyhow::Result<()> {
    let version = supported_version(&client).await?;
    let oldest = Oldest::new(version);
    let lists_nodes = options.namespace.is_none();
    let namespace = options.namespace.as_deref();
    let listing = Listing::of_server(&client, namespace).await;
    let (watches, woken, unsynced) = Watches::new();
    let (wakes, read) = mpsc::unbounded();
    let mut woken = stream::select(woken, read);
    let (terms, mut fence) = Fence::new();
    let writer = fence.clone().guard(client.clone());
    let images = Images::new(client.clone(), options.registries.clone().map(Registries::new), wakes);
    let accounts = Accounts::new(client.clone(), options.requires_account);
    let facts = Facts {
        helper_image: options.helper_image.clone(),
        shared_classes: options.shared_classes.iter().cloned().collect(),
        limits: options.limits,
        ..Facts::default()
    };
    let (index, translation) = (watches.index(), options.translation);
    let context = Context::new(writer, index, facts, oldest.clone(), images, accounts, translation);
    let context = Arc::new(context);

    let (beat, pulse) = Pulse::new();
    let serve = async {
        match options.http {
            Some(address) => {
                let (unsynced, metrics) = (unsynced.clone(), context.metrics());
                http::serve(address, unsynced, pulse.clone(), metrics, stop.clone()).await
            }
            None => Ok(()),
        }
    };
    let work = async {
        let lease = lease::take_part(client.clone(), options.lease.as_ref(), terms).await?;
        tokio::select! {
            is_ours = fence.opened() => {
                if !is_ours {
                    bail!("the election of a leader ended");
                }
                tracing::info!("the lease is ours");
            }
            () = stop.cancelled() => {}
            // A standby has no use for wakes: it begins with every Stack when it leads.
            () = drain(&mut woken) => bail!("the watches ended"),
        }
        oldest.learn(&client, lists_nodes).await;
        listed(unsynced.clone(), &stop).await;
        let result = tokio::select! {
            () = reconcile_all((client.clone(), listing), &options, woken, Arc::clone(&context), stop.clone()) => Ok(()),
            never = oldest.keep(&client, lists_nodes) => match never {},
            never = context.accounts.forget_old() => match never {},
            () = fence.closed(), if !stop.is_cancelled() => Err(anyhow!("the lease was lost")),
        };
        lease.release().await;
        result
    };
    tokio::select! {
        // When it is told to stop, it ends once the passes that have begun are through.
        result = work => result,
        Err(error) = serve => Err(error),
        () = beat.during(watches.run(client.clone(), namespace, listing)) => bail!("the watches ended"),
        () = late(&stop) => bail!("passes did not end within {} seconds", LONGEST_END.as_secs()),
    }
}

/// How long passes that have begun may take when the operator is told to stop.
const LONGEST_END: Duration = Duration::from_secs(10);

async fn late(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LONGEST_END).await;
}

/// The queue: Stacks whose spec changed, and Stacks that a watch woke.
async fn reconcile_all(
    (client, listing): (Client, Listing),
    options: &Options,
    woken: impl Stream<Item = StackKey> + Send + 'static,
    context: Arc<Context>,
    stop: CancellationToken,
) {
    let api: Api<DeserializeGuard<Stack>> = match &options.namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let (store, writer) = reflector::store();
    let forgetful = Arc::clone(&context);
    let mut listed = HashSet::new();
    let stacks = watcher(api, listing.config())
        .default_backoff()
        .modify(|stack| forget_the_unneeded(stack.meta_mut()))
        .inspect(move |event| match event {
            Ok(watcher::Event::Init) => {
                listed.clear();
                forgetful.forget_written();
            }
            Ok(watcher::Event::InitApply(stack)) => drop(listed.insert(key_of(stack))),
            Ok(watcher::Event::InitDone) => forgetful.keep(&std::mem::take(&mut listed)),
            Ok(watcher::Event::Delete(stack)) => forgetful.forget(&key_of(stack)),
            Ok(watcher::Event::Apply(_)) | Err(_) => {}
        })
        .reflect(writer)
        .applied_objects()
        // The status is ours: its changes are no news.
        .predicate_filter(predicates::generation, Default::default());
    let woken = settle::settled(woken).map(|key| ObjectRef::new(&key.name).within(&key.namespace));
    let permits = Permits::new(options.concurrency.into());
    let queue = Queue { permits, stacks: store.clone(), stop: stop.clone() };
    Controller::for_stream(stacks, store)
        .reconcile_on(woken)
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(move |stack, context| queue.clone().reconcile(stack, context), reconcile::on_error, context)
        .for_each(|outcome| {
            // The outcome of a pass is told where it is known; what is left is the queue itself.
            if let Err(error @ kube::runtime::controller::Error::QueueError(_)) = outcome {
                tracing::warn!(%error, "the watch of Stacks ended and is begun again");
            }
            future::ready(())
        })
        .await;
}

/// Takes off a Stack what no pass reads, before it is stored: which managers own its fields, and kubectl's copy of it.
fn forget_the_unneeded(metadata: &mut ObjectMeta) {
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

async fn drain(woken: &mut (impl Stream<Item = StackKey> + Unpin)) {
    while woken.next().await.is_some() {}
}

async fn listed(mut unsynced: watch::Receiver<usize>, stop: &CancellationToken) {
    tokio::select! {
        // The sender lives as long as the watches.
        _ = unsynced.wait_for(|pending| *pending == 0) => tracing::info!("every kind is listed"),
        () = stop.cancelled() => {}
    }
}

/// The API server's version, if it is one that is supported and knows Stacks.
async fn supported_version(client: &Client) -> anyhow::Result<ServerVersion> {
    let version = versions::server_version(client).await?;
    let oldest = ServerVersion::OLDEST;
    if version < oldest {
        bail!("the API server is of version {version}; Stackwright needs {oldest} or later");
    }
    let crd = Stack::crd_name();
    let known = client
        .list_api_group_resources(&Stack::api_version(&()))
        .await
        .is_ok_and(|list| list.resources.iter().any(|resource| resource.kind == Stack::kind(&())));
    if !known {
        bail!(
            "the cluster does not know Stacks: install the CRD {crd} first (stackwright crds | kubectl apply --server-side -f -)"
        );
    }
    Ok(version)
}

pub(crate) fn key_of<K: ResourceExt>(object: &K) -> StackKey {
    StackKey { namespace: object.namespace().unwrap_or_default(), name: object.name_any() }
}
