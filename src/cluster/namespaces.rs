//! The watch of Namespaces, whose labels grant privileges.

use std::future;

use futures::{Stream, StreamExt, stream, stream::BoxStream};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, Error,
    api::{Request, WatchEvent, WatchParams},
    runtime::watcher,
};

use super::{Listing, Part, trimmed::MetadataOnly};

type Metadata = MetadataOnly<Namespace>;
type Event = watcher::Result<watcher::Event<Metadata>>;

/// Watches every Namespace, or the one of a part, with a metadata client.
pub(super) fn namespaces(client: Client, part: &Part, listing: Listing) -> BoxStream<'static, Event> {
    match part.namespace() {
        None => watcher(Api::<Metadata>::all(client), listing.config()).boxed(),
        Some(name) => one(client, format!("/api/v1/watch/namespaces/{name}")).boxed(),
    }
}

/// Watches one Namespace. The path is that of the deprecated Kubernetes API for watching a single object, which every
/// version serves. Only this request is allowed by a Role in the namespace: a list with a field selector needs a right in
/// the whole cluster.
fn one(client: Client, path: String) -> impl Stream<Item = Event> + Send {
    stream::repeat(()).then(move |()| begin(client.clone(), path.clone())).flat_map(|begun| match begun {
        Ok(events) => events,
        Err(error) => stream::once(future::ready(Err(watcher::Error::WatchStartFailed(error)))).boxed(),
    })
}

async fn begin(client: Client, path: String) -> Result<BoxStream<'static, Event>, Error> {
    let request =
        Request::new(path).watch_metadata(&WatchParams::default(), "").map_err(Error::BuildRequest)?;
    let events = client.request_events::<Metadata>(request).await?;
    // Without a resourceVersion, the first event has the current object (Kubernetes API concepts).
    let mut is_first = true;
    let events = events.flat_map(move |event: Result<WatchEvent<Metadata>, Error>| {
        stream::iter(match event {
            Ok(WatchEvent::Added(namespace) | WatchEvent::Modified(namespace)) => {
                if std::mem::replace(&mut is_first, false) {
                    let listed = watcher::Event::InitApply(namespace);
                    vec![Ok(watcher::Event::Init), Ok(listed), Ok(watcher::Event::InitDone)]
                } else {
                    vec![Ok(watcher::Event::Apply(namespace))]
                }
            }
            Ok(WatchEvent::Deleted(namespace)) => vec![Ok(watcher::Event::Delete(namespace))],
            Ok(WatchEvent::Bookmark(_)) => Vec::new(),
            Ok(WatchEvent::Error(status)) => vec![Err(watcher::Error::WatchError(status))],
            Err(error) => vec![Err(watcher::Error::WatchFailed(error))],
        })
    });
    Ok(events.boxed())
}
