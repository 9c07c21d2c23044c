//! The Pods of a Stack as they change.

use std::collections::BTreeMap;
use std::pin::Pin;

use anyhow::Context as _;
use futures::{Stream, StreamExt as _};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    runtime::{WatchStreamExt as _, watcher},
};

use super::{connection::Connection, target::Target};

/// A watch of a Stack's Pods.
pub(super) struct PodWatch {
    connection: Connection,
    events: Pin<Box<dyn Stream<Item = watcher::Result<watcher::Event<Pod>>> + Send>>,
    /// The Pods by UID.
    pods: BTreeMap<String, Pod>,
    /// The Pods of a list that is not complete yet.
    listed: BTreeMap<String, Pod>,
    is_complete: bool,
}

impl PodWatch {
    pub fn new(target: &Target) -> Self {
        let pods: Api<Pod> = target.connection.api();
        let config = watcher::Config::default().labels(&target.selector());
        Self {
            connection: target.connection.clone(),
            events: watcher(pods, config).default_backoff().boxed(),
            pods: BTreeMap::new(),
            listed: BTreeMap::new(),
            is_complete: false,
        }
    }

    /// Returns the Pods after the next change. The first call returns all Pods. The call can be cancelled.
    ///
    /// # Errors
    /// When the first list fails. A later failure is repeated.
    pub async fn changed(&mut self) -> anyhow::Result<Vec<Pod>> {
        loop {
            let event = self.events.next().await.context("the watch of Pods has ended")?;
            match event {
                Ok(watcher::Event::Init) => self.listed.clear(),
                Ok(watcher::Event::InitApply(pod)) => {
                    self.listed.insert(pod.uid().unwrap_or_default(), pod);
                    continue;
                }
                Ok(watcher::Event::InitDone) => {
                    self.pods = std::mem::take(&mut self.listed);
                    self.is_complete = true;
                }
                Ok(watcher::Event::Apply(pod)) => {
                    self.pods.insert(pod.uid().unwrap_or_default(), pod);
                }
                Ok(watcher::Event::Delete(pod)) => {
                    self.pods.remove(&pod.uid().unwrap_or_default());
                }
                Err(error) if !self.is_complete => return Err(self.failed(error)),
                Err(_) => continue,
            }
            if self.is_complete {
                return Ok(self.pods.values().cloned().collect());
            }
        }
    }

    fn failed(&self, error: watcher::Error) -> anyhow::Error {
        match error {
            watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error) => {
                self.connection.failed("list pods", error).into()
            }
            error => anyhow::Error::new(error).context("cannot list pods"),
        }
    }
}
