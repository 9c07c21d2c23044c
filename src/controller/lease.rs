//! The lease that lets one of several operators work.

use std::time::Duration;

use anyhow::Context as _;
use kube::Client;
use kube_lease_manager::{LeaseManager, LeaseManagerBuilder, LeaseManagerError};
use tokio::{sync::watch, task::JoinHandle};
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

/// A lease that is ours, or none where none is needed.
pub(super) struct Held(Option<(watch::Receiver<bool>, Renewal)>);

/// The task that renews the lease.
type Renewal = JoinHandle<Result<LeaseManager, LeaseManagerError>>;

/// Waits until the lease is ours, or the operator is told to stop.
///
/// # Errors
/// When the Lease cannot be used.
pub(super) async fn acquired(
    client: Client,
    options: Option<&LeaseOptions>,
    stop: &CancellationToken,
) -> anyhow::Result<Held> {
    let Some(options) = options else { return Ok(Held(None)) };
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
        led = leads.wait_for(|leads| *leads) => {
            led.context("the lease manager ended")?;
            tracing::info!(lease = options.name, "the lease is ours");
        }
        () = stop.cancelled() => {}
    }
    Ok(Held(Some((leads, task))))
}

impl Held {
    /// Completes when the lease is lost.
    pub(super) async fn lost(&mut self) {
        match &mut self.0 {
            // An error means that the manager ended, and nobody renews the lease any more.
            Some((leads, _)) => drop(leads.wait_for(|leads| !*leads).await),
            None => std::future::pending().await,
        }
    }

    /// Lets the next operator begin at once. Failing that, it waits until the lease runs out.
    pub(super) async fn release(self) {
        if let Some((leads, task)) = self.0 {
            drop(leads);
            let _ = tokio::time::timeout(RELEASE, task).await;
        }
    }
}

/// How long a release may take.
const RELEASE: Duration = Duration::from_secs(2);
