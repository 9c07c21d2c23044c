//! How watches begin: with all that there is, one object after the other where the API server can, else page by page.

use axum::http::{HeaderValue, Request, header::ACCEPT};
use kube::{Api, Client, api::WatchParams, client::Body, runtime::watcher};

use super::lean::Lean;
use crate::api::Stack;

/// How many objects a page has. An object has 1.5 MiB at most, and a page is read as a whole.
const PAGE: u32 = 50;

/// How a watch learns what there is when it begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Listing {
    /// One object after the other (Kubernetes API concepts, "Streaming lists"): on by default from Kubernetes 1.34.
    Streamed,
    /// In pages.
    Paged,
}

impl Listing {
    /// What the API server can: an administrator may have turned the feature gate WatchList off.
    pub async fn of_server(client: &Client, namespace: Option<&str>) -> Self {
        let stacks: Api<Lean<Stack>> = match namespace {
            Some(namespace) => Api::namespaced(client.clone(), namespace),
            None => Api::all(client.clone()),
        };
        let params = WatchParams::default().timeout(1).initial_events();
        match stacks.watch(&params, "0").await {
            Ok(_) => Self::Streamed,
            Err(error) => {
                tracing::info!(%error, "the API server lists in pages");
                Self::Paged
            }
        }
    }

    /// The configuration of a watch.
    pub fn config(self) -> watcher::Config {
        match self {
            Self::Streamed => watcher::Config::default().streaming_lists(),
            Self::Paged => watcher::Config::default().page_size(PAGE),
        }
    }
}

/// A client whose lists and watches are answered with the metadata of objects alone: no value of a Secret is ever
/// sent to it.
pub(super) fn of_metadata(client: Client) -> Client {
    let namespace = client.default_namespace().to_owned();
    let asking = tower::service_fn(move |mut request: Request<Body>| {
        let query = request.uri().query().unwrap_or_default();
        let form = if query.split('&').any(|part| part == "watch=true") { WATCHED } else { LISTED };
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(form));
        let client = client.clone();
        async move { client.send(request).await }
    });
    Client::new(asking, namespace)
}

/// The forms of metadata (Kubernetes API concepts, "Metadata-only fetches").
const WATCHED: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const LISTED: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
