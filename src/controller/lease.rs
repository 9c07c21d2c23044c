//! The lease that lets one of several operators work.
//!
//! No clock is compared with another one's. A holder knows when it asked for its last renewal, and ends before the
//! lease that it was given then runs out, whatever hangs. Who waits takes a lease that has not changed for as long
//! as it holds, from when it saw it last. So of two operators one has stopped when the other begins, as long as
//! their clocks run equally fast.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    core::ObjectMeta,
};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::fence::Term;

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

/// A lease that is renewed for as long as this lives, or none where none is needed.
pub(super) struct Held(Option<(CancellationToken, JoinHandle<()>)>);

/// Takes part in the election until it is released. What it comes to is told to the sender of terms.
///
/// # Errors
/// When the Lease cannot be used.
pub(super) async fn take_part(
    client: Client,
    options: Option<&LeaseOptions>,
    terms: watch::Sender<Term>,
) -> anyhow::Result<Held> {
    let Some(options) = options else {
        terms.send_replace(Term::Always);
        return Ok(Held(None));
    };
    let api: Api<Lease> = Api::namespaced(client, &options.namespace);
    // What is refused for good is told at the start, and not tried for ever.
    let found = api.get_opt(&options.name).await;
    found.with_context(|| format!("the lease {}/{} cannot be used", options.namespace, options.name))?;
    tracing::info!(lease = options.name, identity = options.identity, "waiting for the lease");
    let end = CancellationToken::new();
    let candidate = Candidate { api, options: options.clone(), held: None, seen: None };
    Ok(Held(Some((end.clone(), tokio::spawn(candidate.run(terms, end))))))
}

impl Held {
    /// Lets the next operator begin at once. Failing that, it waits until the lease runs out.
    pub(super) async fn release(self) {
        if let Some((end, task)) = self.0 {
            end.cancel();
            let _ = timeout(RELEASE, task).await;
        }
    }
}

/// How long a release may take.
const RELEASE: Duration = Duration::from_secs(2);

/// How often the lease is looked at or renewed while it holds once.
const TRIES: u32 = 8;

/// The part of the lease's duration that one try may take: a second one has its time before the end.
const LONGEST_TRY: u32 = 3;

/// The part of the lease's duration by which a holder ends before others may begin: what it has sent is done
/// by then.
const MARGIN: u32 = 5;

/// One who takes part in the election.
struct Candidate {
    api: Api<Lease>,
    options: LeaseOptions,
    /// The Lease as this process wrote it last, where nobody else is known to have written it since.
    held: Option<Lease>,
    /// The resourceVersion of another one's Lease, how long it holds, and when it was seen first.
    seen: Option<(String, Duration, Instant)>,
}

impl Candidate {
    async fn run(mut self, terms: watch::Sender<Term>, end: CancellationToken) {
        let duration = self.options.duration;
        loop {
            let began = Instant::now();
            let outcome = tokio::select! {
                outcome = timeout(duration / LONGEST_TRY, self.renew()) => outcome,
                () = end.cancelled() => break,
            };
            match outcome {
                // Others count from when they saw the renewal, which is not before it was asked for.
                Ok(Ok(true)) => drop(terms.send_replace(Term::Until(began + duration - duration / MARGIN))),
                Ok(Ok(false)) => drop(terms.send_replace(Term::None)),
                // The lease may be ours, or not: the term that was given last runs out.
                Ok(Err(error)) => tracing::warn!(%error, "the lease could not be renewed"),
                Err(_) => tracing::warn!("the lease could not be renewed: no answer"),
            }
            tokio::select! {
                () = sleep_until(began + duration / TRIES) => {}
                () = end.cancelled() => break,
            }
        }
        if let Some(held) = self.held.take() {
            let spec = json!({"holderIdentity": null, "acquireTime": null, "renewTime": null});
            if let Err(error) = self.write(&held, spec).await {
                tracing::debug!(%error, "the lease could not be released");
            }
        }
    }

    /// Takes the lease if it is free, or renews it. Whether it is ours.
    async fn renew(&mut self) -> kube::Result<bool> {
        let known = match self.held.take() {
            Some(held) => held,
            None => match self.api.get_opt(&self.options.name).await? {
                Some(found) => found,
                None => return self.create().await,
            },
        };
        let spec = known.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.as_deref().filter(|holder| !holder.is_empty());
        let is_ours = holder == Some(&self.options.identity);
        if holder.is_some() && !is_ours && !self.has_run_out(&known, &spec) {
            return Ok(false);
        }
        let now = MicroTime(Timestamp::now());
        let mut changes = json!({"renewTime": now, "leaseDurationSeconds": self.seconds()});
        if !is_ours {
            changes["holderIdentity"] = json!(self.options.identity);
            changes["acquireTime"] = json!(now);
            changes["leaseTransitions"] = json!(spec.lease_transitions.unwrap_or(0).saturating_add(1));
        }
        let written = self.write(&known, changes).await;
        self.keep(written)
    }

    async fn create(&mut self) -> kube::Result<bool> {
        let now = MicroTime(Timestamp::now());
        let spec = LeaseSpec {
            holder_identity: Some(self.options.identity.clone()),
            lease_duration_seconds: Some(self.seconds()),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            ..LeaseSpec::default()
        };
        let metadata = ObjectMeta { name: Some(self.options.name.clone()), ..ObjectMeta::default() };
        let created = self.api.create(&PostParams::default(), &Lease { metadata, spec: Some(spec) }).await;
        self.keep(created)
    }

    /// Remembers what was written. Whether it was: someone else may have been faster.
    fn keep(&mut self, written: kube::Result<Lease>) -> kube::Result<bool> {
        match written {
            Ok(lease) => {
                self.held = Some(lease);
                Ok(true)
            }
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes over a Lease, unless it has changed.
    async fn write(&self, known: &Lease, spec: Value) -> kube::Result<Lease> {
        let body = json!({"metadata": {"resourceVersion": known.resource_version()}, "spec": spec});
        self.api.patch(&self.options.name, &PatchParams::default(), &Patch::Merge(&body)).await
    }

    /// Whether another one's lease has not changed for as long as it holds.
    fn has_run_out(&mut self, lease: &Lease, spec: &LeaseSpec) -> bool {
        let version = lease.resource_version().unwrap_or_default();
        match &self.seen {
            Some((seen, holds, since)) if *seen == version => since.elapsed() >= *holds,
            _ => {
                let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
                let holds = seconds.map_or(self.options.duration, Duration::from_secs);
                self.seen = Some((version, holds, Instant::now()));
                false
            }
        }
    }

    /// The lease's duration as it stands in the Lease: no shorter than it is.
    fn seconds(&self) -> i32 {
        let duration = self.options.duration;
        i32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(i32::MAX).max(1)
    }
}

#[cfg(test)]
mod tests;
