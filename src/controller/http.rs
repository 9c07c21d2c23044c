//! `/healthz`, `/readyz` and `/metrics`.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::{Router, http::StatusCode, http::header, routing::get};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

use super::metrics::Metrics;

/// Serves until `stop` is cancelled. Ready means that every kind has been listed, leader or not:
/// a standby that is ready takes over with a full cache.
pub(super) async fn serve(
    address: SocketAddr,
    unsynced: watch::Receiver<usize>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let ready = move || async move {
        match *unsynced.borrow() {
            0 => (StatusCode::OK, "ready\n".to_owned()),
            pending => (StatusCode::SERVICE_UNAVAILABLE, format!("{pending} kinds are not listed yet\n")),
        }
    };
    let text = move || async move {
        (
            [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")],
            metrics.text(),
        )
    };
    let app = Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(text));
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!(address = %listener.local_addr()?, "serving /healthz, /readyz and /metrics");
    axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
        .context("the HTTP server ended")
}
