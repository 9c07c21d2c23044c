//! A faulty line between the operator and the API server: it can strike at a chosen write, hold writes
//! up, cut the answers that are under way, and be down for a while.

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

/// On which side of a write the line breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The request never reaches the API server.
    Before,
    /// The API server has done it, and the answer is lost.
    After,
}

/// What happens at a write.
struct Strike {
    write: usize,
    side: Side,
    act: Box<dyn FnOnce() + Send>,
}

/// The line.
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
    /// Counts the cuts; every answer under way ends when it grows.
    cuts: watch::Sender<usize>,
    down: AtomicBool,
    hold: watch::Sender<Option<Hold>>,
    /// How many writes were held up.
    held: watch::Sender<usize>,
}

/// Which writes are held up, and on which side of being done.
#[derive(Clone, Debug)]
struct Hold {
    path: String,
    side: Side,
}

impl Proxy {
    /// A line that forwards everything with the identity of `client`.
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

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// How many writes have come; leases and events do not count, since no state hangs on them.
    pub fn writes(&self) -> usize {
        self.line.writes.load(Ordering::SeqCst)
    }

    /// How many of the writes were statuses.
    pub fn statuses(&self) -> usize {
        self.line.statuses.load(Ordering::SeqCst)
    }

    /// Does `act` at the write of this number, counted from now on, and loses it or its answer.
    pub fn strike_at(&self, write: usize, side: Side, act: impl FnOnce() + Send + 'static) {
        let strike = Strike { write: self.writes() + write, side, act: Box::new(act) };
        self.line.struck.send_replace(false);
        *self.line.strike.lock().unwrap_or_else(PoisonError::into_inner) = Some(strike);
    }

    /// Returns when the strike has happened.
    pub async fn struck(&self) {
        self.line.struck.subscribe().wait_for(|struck| *struck).await.expect("the line outlives its users");
    }

    /// Holds up every write whose path contains this, or its answer, until they are let go.
    pub fn hold(&self, path: &str, side: Side) {
        self.line.held.send_replace(0);
        self.line.hold.send_replace(Some(Hold { path: path.to_owned(), side }));
    }

    /// Returns when a write is held up.
    pub async fn held(&self) {
        let mut held = self.line.held.subscribe();
        held.wait_for(|held| *held > 0).await.expect("the line outlives its users");
    }

    /// Lets go what is held up.
    pub fn let_go(&self) {
        self.line.hold.send_replace(None);
    }

    /// Breaks every answer that is under way, watches above all, wherever it is.
    pub fn cut(&self) {
        self.line.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Takes the line down, with all that is under way, or up again.
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
    /// The strike that is due at this request, if it is a write.
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

    /// The hold that a request falls under.
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
            // Wholly done before the blow: the audit line is written, the watches are told.
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
    // The answer's end is an item too, so that the merged stream can end with it.
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

/// An answer that breaks off at once.
fn broken() -> Response {
    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    Response::new(Body::from_stream(stream::iter([Err::<Bytes, _>(reset)])))
}
