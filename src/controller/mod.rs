//! The controller: watches, the queue of Stacks, the reconciliation of each Stack, and its reports.

mod account;
mod backoff;
mod contents;
mod context;
mod debounce;
mod facts;
mod fence;
mod heartbeat;
mod http;
mod images;
mod lease;
mod metrics;
mod queue;
mod reconcile;
mod report;
mod stacks;
mod status_fields;
mod status_rate;
#[cfg(test)]
mod upgrades;
mod versions;
mod watched;
mod workers;
mod write;
mod writes;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{anyhow, bail};
use futures::{Stream, StreamExt, channel::mpsc, future, stream};
use kube::{
    Client, CustomResourceExt, Resource,
    runtime::{Controller, WatchStreamExt, predicates, reflector, reflector::ObjectRef},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    api::{Stack, StackKey},
    cluster::{Listing, Scope, Watches},
    permits::Permits,
    registry::{Registries, RegistryOptions},
    translate::{Facts, Limits, ServerVersion, translate},
};
use account::Accounts;
use context::Context;
use fence::Fence;
use heartbeat::Heartbeat;
use images::Images;
pub use lease::LeaseOptions;
use queue::Queue;
use versions::Oldest;
pub use workers::Translation;

/// Options of the operator.
#[derive(Clone, Debug)]
pub struct Options {
    /// The namespaces that the operator serves.
    pub scope: Scope,
    /// The address of `/healthz`, `/readyz` and `/metrics`, or none to serve nothing.
    pub http: Option<SocketAddr>,
    /// The Lease for leader election, or none where only one operator can run.
    pub lease: Option<LeaseOptions>,
    /// The number of Stacks that are reconciled at the same time. One namespace has at most half of it.
    pub concurrency: u16,
    /// The helper image, which seeds volumes and sets owners of files, or none to do neither.
    pub helper_image: Option<String>,
    /// The StorageClasses whose volumes several nodes can mount at the same time.
    pub shared_classes: Vec<String>,
    /// How image metadata is read from registries, or none to read no metadata.
    pub registries: Option<RegistryOptions>,
    /// Whether every Stack must name a ServiceAccount.
    pub requires_account: bool,
    /// The limits of one Stack.
    pub limits: Limits,
    /// The function that translates a Stack into objects.
    pub translation: Translation,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scope: Scope::Cluster,
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
/// When the API server is unusable at the start (no connection, too old, CRD missing), or when the Lease is lost. The
/// process should then exit and be restarted.
pub async fn run(client: Client, options: Options, stop: CancellationToken) -> anyhow::Result<()> {
    let version = supported_version(&client).await?;
    let oldest = Oldest::new(version);
    let lists_nodes = options.scope.is_cluster();
    let listing = Listing::of_server(&client, &options.scope).await;
    let (watches, woken, unsynced) = Watches::new(options.scope.clone());
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

    let (beat, heartbeat) = Heartbeat::new();
    let serve = async {
        match options.http {
            Some(address) => {
                let (unsynced, metrics) = (unsynced.clone(), context.metrics());
                http::serve(address, unsynced, heartbeat.clone(), metrics, stop.clone()).await
            }
            None => Ok(()),
        }
    };
    let work = async {
        let lease = lease::join(client.clone(), options.lease.as_ref(), terms).await?;
        tokio::select! {
            is_ours = fence.opened() => {
                if !is_ours {
                    bail!("the leader election ended");
                }
                tracing::info!("acquired the Lease");
            }
            () = stop.cancelled() => {}
            // A standby drops wakes: as a leader it starts with every Stack.
            () = drain(&mut woken) => bail!("the watches ended"),
        }
        oldest.learn(&client, lists_nodes).await;
        listed(unsynced.clone(), &stop).await;
        let result = tokio::select! {
            () = reconcile_all((client.clone(), listing), &options, woken, Arc::clone(&context), stop.clone()) => Ok(()),
            never = oldest.keep(&client, lists_nodes) => match never {},
            never = context.accounts.forget_old() => match never {},
            () = fence.closed(), if !stop.is_cancelled() => Err(anyhow!("lost the Lease")),
        };
        lease.release().await;
        result
    };
    tokio::select! {
        // After a stop signal, `work` ends once the running reconciliations have ended.
        result = work => result,
        Err(error) = serve => Err(error),
        () = beat.during(watches.run(client.clone(), listing)) => bail!("the watches ended"),
        () = late(&stop) => bail!("reconciliations did not end within {} seconds", LONGEST_END.as_secs()),
    }
}

/// Time that running reconciliations have after a stop signal.
const LONGEST_END: Duration = Duration::from_secs(10);

async fn late(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LONGEST_END).await;
}

/// Runs the queue of Stacks whose spec changed and Stacks that a watch woke.
async fn reconcile_all(
    (client, listing): (Client, Listing),
    options: &Options,
    woken: impl Stream<Item = StackKey> + Send + 'static,
    context: Arc<Context>,
    stop: CancellationToken,
) {
    let (store, writer) = reflector::store();
    let stacks = stacks::changes(&options.scope, &client, listing, store.clone(), Arc::clone(&context))
        .reflect(writer)
        .applied_objects()
        // Only the operator writes the status, so a change of it needs no reconciliation.
        .predicate_filter(predicates::generation, Default::default());
    let woken = debounce::debounced(woken).map(|key| ObjectRef::new(&key.name).within(&key.namespace));
    let permits = Permits::new(options.concurrency.into());
    let queue = Queue { permits, stacks: store.clone(), stop: stop.clone() };
    Controller::for_stream(stacks, store)
        .reconcile_on(woken)
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(move |stack, context| queue.clone().reconcile(stack, context), reconcile::on_error, context)
        .for_each(|outcome| {
            // `reconcile` logs its own errors, which leaves errors of the queue.
            if let Err(error @ kube::runtime::controller::Error::QueueError(_)) = outcome {
                tracing::warn!(%error, "restarting the watch of Stacks");
            }
            future::ready(())
        })
        .await;
}

async fn drain(woken: &mut (impl Stream<Item = StackKey> + Unpin)) {
    while woken.next().await.is_some() {}
}

async fn listed(mut unsynced: watch::Receiver<usize>, stop: &CancellationToken) {
    tokio::select! {
        // The sender lives as long as the watches.
        _ = unsynced.wait_for(|pending| *pending == 0) => tracing::info!("listed every kind"),
        () = stop.cancelled() => {}
    }
}

/// Returns the version of the API server, if it is supported and serves Stacks.
async fn supported_version(client: &Client) -> anyhow::Result<ServerVersion> {
    let version = versions::server_version(client).await?;
    let oldest = ServerVersion::OLDEST;
    if version < oldest {
        bail!("the API server has version {version}, but Stackwright needs {oldest} or later");
    }
    let crd = Stack::crd_name();
    let known = client
        .list_api_group_resources(&Stack::api_version(&()))
        .await
        .is_ok_and(|list| list.resources.iter().any(|resource| resource.kind == Stack::kind(&())));
    if !known {
        bail!(
            "the CRD {crd} is missing: install it with 'stackwright crds | kubectl apply --server-side -f -'"
        );
    }
    Ok(version)
}
