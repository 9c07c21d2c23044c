//! A faulty proxy between the operator and the API server. It can fail at a chosen write, delay writes, cut running answers,
//! and be down.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use kube::Client;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// The side of a write on which the proxy fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The request does not reach the API server.
    Before,
    /// The API server has executed the write, and the answer is lost.
    After,
}

/// The action at a write.
struct Strike {
    write: usize,
    side: Side,
    act: Box<dyn FnOnce() + Send>,
}

/// The proxy.
pub struct Proxy {
    address: String,
    line: Arc<Line>,
    server: JoinHandle<()>,
}

struct Line {
    client: Client,
    writes: AtomicUsize,
    statuses: AtomicUsize,
    strike: Mutex<Option<Strike>>,
    struck: watch::Sender<bool>,
    /// The number of cuts. Every running answer ends when it increases.
    cuts: watch::Sender<usize>,
    down: AtomicBool,
    hold: watch::Sender<Option<Hold>>,
    /// The number of delayed writes.
    held: watch::Sender<usize>,
}

/// The writes that are delayed, and the side.
#[derive(Clone, Debug)]
struct Hold {
    path: String,
    side: Side,
}

impl Proxy {
    /// Returns a proxy that forwards everything with the identity of `client`.
    pub async fn start(client: Client) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
        let address = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let line = Arc::new(Line {
            client,
            writes: AtomicUsize::new(0),
            statuses: AtomicUsize::new(0),
            strike: Mutex::new(None),
            struck: watch::Sender::new(false),
            cuts: watch::Sender::new(0),
            down: AtomicBool::new(false),
            hold: watch::Sender::new(None),
            held: watch::Sender::new(0),
        });
        let router = Router::new().fallback(pass).with_state(line.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the proxy ended: {error}");
            }
        });
        Self { address, line, server }
    }

    /// Returns the URL of the proxy.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the number of writes. Leases and events do not count, since no state depends on them.
    pub fn writes(&self) -> usize {
        self.line.writes.load(Ordering::SeqCst)
    }

    /// Returns the number of status writes.
    pub fn statuses(&self) -> usize {
        self.line.statuses.load(Ordering::SeqCst)
    }

    /// Runs `act` at the write with this number, counted from now on, and loses the write or its answer.
    pub fn strike_at(&self, write: usize, side: Side, act: impl FnOnce() + Send + 'static) {
        let strike = Strike { write: self.writes() + write, side, act: Box::new(act) };
        self.line.struck.send_replace(false);
        *self.line.strike.lock().unwrap_or_else(PoisonError::into_inner) = Some(strike);
    }

    /// Waits until the strike has happened.
    pub async fn struck(&self) {
        self.line.struck.subscribe().wait_for(|struck| *struck).await.expect("the line outlives its users");
    }

    /// Delays every write whose path contains this, or its answer, until the release.
    pub fn hold(&self, path: &str, side: Side) {
        self.line.held.send_replace(0);
        self.line.hold.send_replace(Some(Hold { path: path.to_owned(), side }));
    }

    /// Waits until a write is delayed.
    pub async fn held(&self) {
        let mut held = self.line.held.subscribe();
        held.wait_for(|held| *held > 0).await.expect("the line outlives its users");
    }

    /// Releases the delayed writes.
    pub fn let_go(&self) {
        self.line.hold.send_replace(None);
    }

    /// Cuts every running answer, such as watches.
    pub fn cut(&self) {
        self.line.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Takes the proxy down, with all running requests, or up.
    pub fn set_down(&self, down: bool) {
        self.line.down.store(down, Ordering::SeqCst);
        if down {
            self.cut();
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Line {
    /// Returns the strike for this request, if it is a write.
    fn strike_of(&self, request: &Request) -> Option<Strike> {
        let path = request.uri().path();
        if request.method() == Method::GET || path.contains("/leases") || path.contains("/events") {
            return None;
        }
        if path.ends_with("/status") {
            self.statuses.fetch_add(1, Ordering::SeqCst);
        }
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        let mut strike = self.strike.lock().unwrap_or_else(PoisonError::into_inner);
        strike.take_if(|strike| strike.write == number)
    }

    /// Returns the delay that applies to a request.
    fn hold_of(&self, request: &Request) -> Option<Hold> {
        let hold = self.hold.borrow().clone()?;
        let is_write = request.method() != Method::GET;
        (is_write && request.uri().path().contains(&hold.path)).then_some(hold)
    }

    async fn wait_until_let_go(&self) {
        self.held.send_modify(|held| *held += 1);
        let _ = self.hold.subscribe().wait_for(Option::is_none).await;
    }

    fn act(&self, strike: Strike) -> Response {
        (strike.act)();
        self.struck.send_replace(true);
        broken()
    }
}

async fn pass(State(line): State<Arc<Line>>, request: Request) -> Response {
    if line.down.load(Ordering::SeqCst) {
        return broken();
    }
    let strike = line.strike_of(&request);
    if let Some(strike) = strike {
        if strike.side == Side::After {
            // The write is complete before the strike, including its audit line and watch events.
            let answer = forward(&line, request).await;
            let _ = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
        }
        return line.act(strike);
    }
    let mut cuts = line.cuts.subscribe();
    cuts.mark_unchanged();
    let hold = line.hold_of(&request).map(|hold| hold.side);
    if hold == Some(Side::Before) {
        line.wait_until_let_go().await;
    }
    let (head, body) = forward(&line, request).await.into_parts();
    if hold == Some(Side::After) {
        line.wait_until_let_go().await;
    }
    let cut = stream::once(async move {
        let _ = cuts.changed().await;
        Err(axum::Error::new(io::Error::from(io::ErrorKind::ConnectionReset)))
    });
    // The end of the answer is an item, too, so that the merged stream ends with it.
    let answer = body.into_data_stream().map(Some).chain(stream::iter([None]));
    let merged = stream::select(answer, cut.map(Some)).scan((), |(), item| std::future::ready(item));
    Response::from_parts(head, Body::from_stream(merged))
}

async fn forward(line: &Line, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return broken() };
    // The client sets its own.
    head.headers.remove("host");
    head.headers.remove("authorization");
    match line.client.send(axum::http::Request::from_parts(head, body.to_vec().into())).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// Returns an answer that breaks at once.
fn broken() -> Response {
    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    Response::new(Body::from_stream(stream::iter([Err::<Bytes, _>(reset)])))
}
