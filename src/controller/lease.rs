//! Leader election by a Lease.
//!
//! The clocks of two machines are never compared. A holder counts from the moment at which it requested its last renewal,
//! and stops before the Lease expires. A candidate takes over a Lease that has not changed for its whole duration,
//! counted from the moment at which the candidate first saw it. One operator has therefore stopped before the other
//! starts, as long as both clocks run at the same speed.

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

/// Options of the leader election.
#[derive(Clone, Debug)]
pub struct LeaseOptions {
    /// The Lease's name.
    pub name: String,
    /// The Lease's namespace.
    pub namespace: String,
    /// The identity of this process. A restarted process with the same identity resumes its Lease at once.
    pub identity: String,
    /// Time without a renewal after which another process can take over, in whole seconds, at least two.
    pub duration: Duration,
}

/// Participation in the election, or none without leader election.
pub(super) struct Election(Option<(CancellationToken, JoinHandle<()>)>);

/// Joins the election, and sends each term of this process to `terms`.
///
/// # Errors
/// When the Lease cannot be read.
pub(super) async fn join(
    client: Client,
    options: Option<&LeaseOptions>,
    terms: watch::Sender<Term>,
) -> anyhow::Result<Election> {
    let Some(options) = options else {
        terms.send_replace(Term::Always);
        return Ok(Election(None));
    };
    let api: Api<Lease> = Api::namespaced(client, &options.namespace);
    // A missing right should fail at the start instead of being retried forever.
    let found = api.get_opt(&options.name).await;
    found.with_context(|| format!("cannot use the Lease {}/{}", options.namespace, options.name))?;
    tracing::info!(lease = options.name, identity = options.identity, "joined the election for the Lease");
    let end = CancellationToken::new();
    let candidate = Candidate { api, options: options.clone(), held: None, seen: None };
    Ok(Election(Some((end.clone(), tokio::spawn(candidate.run(terms, end))))))
}

impl Election {
    /// Releases the Lease, so that the next operator can start at once. If that fails, the Lease expires.
    pub(super) async fn release(self) {
        if let Some((end, task)) = self.0 {
            end.cancel();
            let _ = timeout(RELEASE, task).await;
        }
    }
}

/// Timeout of a release.
const RELEASE: Duration = Duration::from_secs(2);

/// Reads or renewals within the duration of the Lease.
const TRIES: u32 = 8;

/// Divisor of the Lease's duration for the timeout of one attempt. A second attempt fits in before the end.
const LONGEST_TRY: u32 = 3;

/// Divisor of the Lease's duration for the time by which a holder stops before the Lease expires. The requests of the
/// holder end in this time.
const MARGIN: u32 = 5;

/// A participant of the election.
struct Candidate {
    api: Api<Lease>,
    options: LeaseOptions,
    /// The Lease as this process wrote it last, unless another process has written it since.
    held: Option<Lease>,
    /// The resourceVersion of a Lease of another holder, its duration, and when it was first seen.
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
                // Candidates count from when they see the renewal, which is after it was requested.
                Ok(Ok(true)) => drop(terms.send_replace(Term::Until(began + duration - duration / MARGIN))),
                Ok(Ok(false)) => drop(terms.send_replace(Term::None)),
                // Whether the renewal was stored is unknown, so the last term stays in force until it ends.
                Ok(Err(error)) => tracing::warn!(%error, "cannot renew the Lease"),
                Err(_) => tracing::warn!("cannot renew the Lease: no answer"),
            }
            tokio::select! {
                () = sleep_until(began + duration / TRIES) => {}
                () = end.cancelled() => break,
            }
        }
        if let Some(held) = self.held.take() {
            let spec = json!({"holderIdentity": null, "acquireTime": null, "renewTime": null});
            if let Err(error) = self.write(&held, spec).await {
                tracing::debug!(%error, "cannot release the Lease");
            }
        }
    }

    /// Acquires or renews the Lease. Returns whether this process holds it.
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

    /// Remembers a written Lease. Returns false when another process was faster.
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

    /// Updates a Lease, unless it has changed since it was read.
    async fn write(&self, known: &Lease, spec: Value) -> kube::Result<Lease> {
        let body = json!({"metadata": {"resourceVersion": known.resource_version()}, "spec": spec});
        self.api.patch(&self.options.name, &PatchParams::default(), &Patch::Merge(&body)).await
    }

    /// Reports whether a Lease of another holder has not changed for its whole duration.
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

    /// Returns the duration for the Lease object, rounded up to seconds.
    fn seconds(&self) -> i32 {
        let duration = self.options.duration;
        i32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(i32::MAX).max(1)
    }
}

#[cfg(test)]
mod tests;
