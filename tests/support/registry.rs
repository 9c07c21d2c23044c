//! An image registry for scenarios, which can count requests and fail. Every image has two platforms.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::stack::from_yaml;

/// The token that the registry issues.
const TOKEN: &str = "a-token";

/// A registry on loopback.
pub struct Registry {
    /// The host and port.
    pub address: String,
    shelf: Arc<Shelf>,
    server: JoinHandle<()>,
}

struct Shelf {
    stock: Mutex<Stock>,
    /// Whether requests are left unanswered.
    hangs: watch::Sender<bool>,
}

#[derive(Default)]
struct Stock {
    /// The content, by the path after `/v2/`.
    contents: BTreeMap<String, String>,
    /// The repository of each request.
    asked: Vec<String>,
    /// The value of `Authorization` that gets a token, or none for public access.
    login: Option<String>,
    /// Whether every answer has the status 429.
    is_busy: bool,
    address: String,
}

impl Registry {
    /// Starts a registry without images.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address").to_string();
        let stock = Stock { address: address.clone(), ..Stock::default() };
        let shelf = Arc::new(Shelf { stock: Mutex::new(stock), hangs: watch::Sender::new(false) });
        let router = Router::new().fallback(serve).with_state(Arc::clone(&shelf));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the registry ended: {error}");
            }
        });
        Self { address, shelf, server }
    }

    /// Adds an image of Docker Hub, such as `app:1`, with its configuration as YAML. An existing tag moves to the new image.
    pub fn put(&self, image: &str, config: &str) {
        let (name, tag) = image.split_once(':').expect("an image with a tag");
        let repository = format!("library/{name}");
        let mut stock = self.stock();
        let mut keep = |of: &str, value: &Value| {
            let text = value.to_string();
            let digest = digest_of(&text);
            stock.contents.insert(format!("{repository}/{of}/{digest}"), text.clone());
            (digest, text)
        };
        let (config, _) = keep("blobs", &json!({ "config": from_yaml(config) }));
        let (manifest, _) = keep("manifests", &json!({ "schemaVersion": 2, "config": { "digest": config } }));
        let entry = |architecture: &str| json!({ "digest": manifest, "platform": { "os": "linux", "architecture": architecture } });
        let list = json!({ "schemaVersion": 2, "manifests": [entry("amd64"), entry("arm64")] });
        let (_, list) = keep("manifests", &list);
        stock.contents.insert(format!("{repository}/manifests/{tag}"), list);
    }

    /// Requires a token, which is issued for this value of `Authorization`.
    pub fn ask_for(&self, login: &str) {
        self.stock().login = Some(login.to_owned());
    }

    /// Answers everything with status 429 from now on, or normally again.
    pub fn busy(&self, is_busy: bool) {
        self.stock().is_busy = is_busy;
    }

    /// Leaves requests unanswered from now on, or answers again.
    pub fn hang(&self, hangs: bool) {
        self.shelf.hangs.send_replace(hangs);
    }

    /// Returns the number of requests for an image such as `app`.
    pub fn asked_for(&self, name: &str) -> usize {
        let repository = format!("library/{name}");
        self.stock().asked.iter().filter(|asked| **asked == repository).count()
    }

    fn stock(&self) -> MutexGuard<'_, Stock> {
        lock(&self.shelf)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(shelf: &Shelf) -> MutexGuard<'_, Stock> {
    shelf.stock.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(State(shelf): State<Arc<Shelf>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let repository = path.strip_prefix("/v2/").and_then(|path| path.rsplitn(3, '/').nth(2));
    lock(&shelf).asked.extend(repository.map(str::to_owned));
    // The sender lives as long as the registry.
    let _ = shelf.hangs.subscribe().wait_for(|hangs| !hangs).await;
    answer(&lock(&shelf), &path, request.headers())
}

fn answer(stock: &Stock, path: &str, headers: &HeaderMap) -> Response {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if stock.is_busy {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    if path == "/token" {
        return match &stock.login {
            Some(login) if shown == Some(login) => json!({ "token": TOKEN }).to_string().into_response(),
            _ => StatusCode::UNAUTHORIZED.into_response(),
        };
    }
    if stock.login.is_some() && shown != Some(&format!("Bearer {TOKEN}")) {
        let challenge = format!("Bearer realm=\"http://{}/token\",service=\"test\"", stock.address);
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response();
    }
    match path.strip_prefix("/v2/").and_then(|path| stock.contents.get(path)) {
        Some(text) => ([("docker-content-digest", digest_of(text))], text.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn digest_of(text: &str) -> String {
    format!("sha256:{:x}", Sha256::digest(text.as_bytes()))
}
