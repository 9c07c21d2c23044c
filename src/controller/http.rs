//! HTTP server of `/healthz`, `/readyz` and `/metrics`.

use std::{net::SocketAddr, sync::Arc, thread};

use anyhow::Context as _;
use axum::{Router, http::StatusCode, http::header, routing::get};
use tokio::{
    net::TcpListener,
    runtime,
    sync::{oneshot, watch},
};
use tokio_util::sync::CancellationToken;

use super::{heartbeat::Heartbeat, metrics::Metrics};

/// Serves until `stop` is cancelled. The server has its own thread, so that busy worker threads do not delay a probe.
pub(super) async fn serve(
    address: SocketAddr,
    unsynced: watch::Receiver<usize>,
    heartbeat: Heartbeat,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let (ends, ended) = oneshot::channel();
    let run = move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let result = runtime
            .context("cannot start the runtime of the HTTP server")
            .and_then(|runtime| runtime.block_on(answer(address, unsynced, heartbeat, metrics, stop)));
        // The receiver is gone only when the process ends.
        let _ = ends.send(result);
    };
    thread::Builder::new()
        .name("http".to_owned())
        .spawn(run)
        .context("cannot start the thread of the HTTP server")?;
    ended.await.context("the HTTP server ended")?
}

/// Answers requests. Healthy means that the events of the watches are processed. Ready means that every kind has been
/// listed, on a leader and on a standby: a ready standby takes over with a full cache.
async fn answer(
    address: SocketAddr,
    unsynced: watch::Receiver<usize>,
    heartbeat: Heartbeat,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let alive = move || async move {
        if heartbeat.is_alive() {
            (StatusCode::OK, "alive\n")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "the events of the watches are not processed\n")
        }
    };
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
    let app =
        Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).route("/metrics", get(text));
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!(address = %listener.local_addr()?, "started the HTTP server for /healthz, /readyz and /metrics");
    axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
        .context("the HTTP server ended")
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpStream,
        time::{Duration, Instant},
    };

    use super::*;

    fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn probes_are_answered_while_every_other_thread_is_busy() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (_listed, unsynced) = watch::channel(1);
        let (_beat, heartbeat) = Heartbeat::new();
        let stop = CancellationToken::new();
        let serving = runtime.spawn(serve(address, unsynced, heartbeat, Arc::default(), stop.clone()));
        // From here on, the runtime's only thread is blocked by this test.
        runtime.block_on(tokio::task::yield_now());
        let deadline = Instant::now() + Duration::from_secs(10);
        let health = loop {
            match get(address, "/healthz") {
                Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
                answer => break answer.unwrap(),
            }
        };
        assert!(health.starts_with("HTTP/1.1 200") && health.ends_with("alive\n"), "{health}");
        let ready = get(address, "/readyz").unwrap();
        assert!(
            ready.starts_with("HTTP/1.1 503") && ready.ends_with("1 kinds are not listed yet\n"),
            "{ready}"
        );
        stop.cancel();
        runtime.block_on(serving).unwrap().unwrap();
    }
}
