//! The initial list of a watch: streamed if the API server supports that, otherwise in pages.

use axum::http::{HeaderValue, Request, header::ACCEPT};
use kube::{Api, Client, api::WatchParams, client::Body, runtime::watcher};

use super::{Scope, trimmed::MetadataOnly};
use crate::api::Stack;

/// Objects per page. An object has at most 1.5 MiB, and a page is read as a whole.
const PAGE: u32 = 50;

/// The form of the initial list of a watch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Listing {
    /// One object at a time (Kubernetes API concepts, "Streaming lists"), on by default from Kubernetes 1.34.
    Streamed,
    /// In pages.
    Paged,
}

impl Listing {
    /// Returns the form that the API server supports. An administrator can disable the feature gate WatchList.
    pub async fn of_server(client: &Client, scope: &Scope) -> Self {
        let Some(part) = scope.parts().into_iter().next() else { return Self::Paged };
        let stacks: Api<MetadataOnly<Stack>> = part.api(client.clone());
        let params = WatchParams::default().timeout(1).initial_events();
        match stacks.watch(&params, "0").await {
            Ok(_) => Self::Streamed,
            Err(error) => {
                tracing::info!(%error, "the API server does not support streaming lists, listing in pages");
                Self::Paged
            }
        }
    }

    /// Returns the configuration of a watch.
    pub fn config(self) -> watcher::Config {
        match self {
            Self::Streamed => watcher::Config::default().streaming_lists(),
            Self::Paged => watcher::Config::default().page_size(PAGE),
        }
    }
}

/// Returns a client whose lists and watches return only metadata, so that no value of a Secret is sent to it.
pub(super) fn of_metadata(client: Client) -> Client {
    let namespace = client.default_namespace().to_owned();
    let asking = tower::service_fn(move |mut request: Request<Body>| {
        let query = request.uri().query().unwrap_or_default();
        let form = if query.split('&').any(|part| part == "watch=true") { METADATA } else { LISTED };
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(form));
        let client = client.clone();
        async move { client.send(request).await }
    });
    Client::new(asking, namespace)
}

/// Media types for metadata (Kubernetes API concepts, "Metadata-only fetches").
pub(crate) const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const LISTED: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
