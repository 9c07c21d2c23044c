//! Whether this process may write: only while the lease is its own.

use axum::http::Request;
use kube::{Client, client::Body};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// How long the lease is ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Term {
    /// It is another one's, or not known.
    None,
    /// Until then, by this process's own clock, which nobody sets.
    Until(Instant),
    /// For ever, since there is nobody else.
    Always,
}

/// Tells whether the lease is ours now.
#[derive(Clone, Debug)]
pub(super) struct Fence(watch::Receiver<Term>);

/// A write that was not sent, since another operator may have begun.
#[derive(Debug, thiserror::Error)]
#[error("the lease is not this operator's any more")]
struct Lost;

impl Fence {
    /// A fence, and the sender of the terms that it goes by.
    pub(super) fn new() -> (watch::Sender<Term>, Self) {
        let (sender, receiver) = watch::channel(Term::None);
        (sender, Self(receiver))
    }

    /// Whether the lease is ours now.
    pub(super) fn is_open(&self) -> bool {
        match *self.0.borrow() {
            Term::None => false,
            Term::Until(end) => Instant::now() < end,
            Term::Always => true,
        }
    }

    /// Completes when the lease is ours; with false when it cannot be any more.
    pub(super) async fn opened(&mut self) -> bool {
        self.0.wait_for(|term| *term != Term::None).await.is_ok()
    }

    /// Completes when the lease is lost: it is another one's, or its term is over, whatever hangs.
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
                        // Nobody renews it any more, or not in time.
                        sleep_until(end).await;
                        return;
                    }
                }
            }
        }
    }

    /// A client that reads at any time, and writes only while the lease is ours: also a process that was stopped
    /// for a while, and goes on with what it was about to send.
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
