//! The fence: lets the process write only while it holds the Lease.

use axum::http::Request;
use kube::{Client, client::Body};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// How long this process holds the Lease.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Term {
    /// Another process holds the Lease, or the holder is unknown.
    None,
    /// This process holds the Lease until this moment of its monotonic clock.
    Until(Instant),
    /// This process always holds the Lease, since there is no leader election.
    Always,
}

/// The view of the term that decides whether writes are sent.
#[derive(Clone, Debug)]
pub(super) struct Fence(watch::Receiver<Term>);

/// The error of a write that was not sent, since another operator can have become the leader.
#[derive(Debug, thiserror::Error)]
#[error("this operator no longer holds the Lease")]
struct Lost;

impl Fence {
    /// Returns the sender of terms, and a fence that follows them.
    pub(super) fn new() -> (watch::Sender<Term>, Self) {
        let (sender, receiver) = watch::channel(Term::None);
        (sender, Self(receiver))
    }

    /// Reports whether this process holds the Lease now.
    pub(super) fn is_open(&self) -> bool {
        match *self.0.borrow() {
            Term::None => false,
            Term::Until(end) => Instant::now() < end,
            Term::Always => true,
        }
    }

    /// Waits until this process holds the Lease. Returns false when the election has ended.
    pub(super) async fn opened(&mut self) -> bool {
        self.0.wait_for(|term| *term != Term::None).await.is_ok()
    }

    /// Waits until the Lease is lost: another process holds it, or the term is over.
    pub(super) async fn closed(&mut self) {
        loop {
            let term = *self.0.borrow_and_update();
            let changed = self.0.changed();
            match term {
                Term::None => return,
                Term::Always => {
                    if changed.await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
                Term::Until(end) => {
                    let is_renewed = tokio::select! {
                        biased;
                        () = sleep_until(end) => false,
                        changed = changed => changed.is_ok(),
                    };
                    if !is_renewed {
                        // The Lease is no longer renewed, or too late.
                        sleep_until(end).await;
                        return;
                    }
                }
            }
        }
    }

    /// Returns a client that always reads, and writes only while this process holds the Lease. A process that was
    /// suspended past its term therefore sends no write when it resumes.
    pub(super) fn guard(self, client: Client) -> Client {
        let namespace = client.default_namespace().to_owned();
        let guarded = tower::service_fn(move |request: Request<Body>| {
            let (client, fence) = (client.clone(), self.clone());
            async move {
                if request.method().is_safe() || fence.is_open() {
                    client.send(request).await
                } else {
                    Err(kube::Error::Service(Box::new(Lost)))
                }
            }
        });
        Client::new(guarded, namespace)
    }
}
