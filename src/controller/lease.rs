//! The lease that lets one of several operators work.

use std::{future::Future, time::Duration};

use anyhow::{Context as _, anyhow};
use futures::{FutureExt, future, future::BoxFuture};
use kube::Client;
use kube_lease_manager::LeaseManagerBuilder;
use tokio_util::sync::CancellationToken;

/// Which lease, and for how long it holds without being renewed.
#[derive(Clone, Debug)]
pub struct LeaseOptions {
    /// The Lease's name.
    pub name: String,
    /// The Lease's namespace.
    pub namespace: String,
    /// Who this process is; a process that comes back as the same takes its own lease up at once.
    pub identity: String,
    /// Time after which another may take over, in whole seconds of at least two.
    pub duration: Duration,
}

/// Waits until the lease is ours, and gives what completes when it is lost again.
pub(super) async fn acquired(
    client: Client,
    options: Option<LeaseOptions>,
    stop: &CancellationToken,
) -> anyhow::Result<impl Future<Output = anyhow::Error> + use<>> {
    let Some(options) = options else { return Ok(never()) };
    let seconds = options.duration.as_secs().max(2);
    let manager = LeaseManagerBuilder::new(client, &options.name)
        .with_namespace(&options.namespace)
        .with_identity(&options.identity)
        .with_duration(seconds)
        .with_grace((seconds / 3).max(1))
        .build()
        .await
        .with_context(|| format!("the lease {}/{} cannot be used", options.namespace, options.name))?;
    let (mut leads, task) = manager.watch().await;
    tracing::info!(lease = options.name, identity = options.identity, "waiting for the lease");
    tokio::select! {
        led = leads.wait_for(|leads| *leads) => { led.context("the lease manager ended")?; }
        () = stop.cancelled() => return Ok(never()),
    }
    tracing::info!(lease = options.name, "the lease is ours");
    Ok(async move {
        let _ended = leads.wait_for(|leads| !*leads).await;
        drop(task);
        anyhow!("the lease was lost")
    }
    .boxed())
}

fn never() -> BoxFuture<'static, anyhow::Error> {
    future::pending().boxed()
}
