//! Versions of the API server and the kubelets. The oldest one decides which features new Pods can use.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Node;
use kube::{Api, Client, api::ListParams};

use crate::translate::ServerVersion;

/// Time between two reads of the versions. An upgrade takes hours, and its features are for new Pods only.
const AGAIN: Duration = Duration::from_secs(3600);

/// Nodes per page. A Node can have tens of kilobytes.
const PAGE: u32 = 50;

/// Timeout of a read.
const LONGEST: Duration = Duration::from_secs(30);

/// The oldest known version of the API server and the kubelets.
#[derive(Clone, Debug)]
pub(super) struct Oldest(Arc<AtomicU32>);

impl Oldest {
    pub(super) fn new(server: ServerVersion) -> Self {
        Self(Arc::new(AtomicU32::new(server.minor)))
    }

    pub(super) fn get(&self) -> ServerVersion {
        ServerVersion { minor: self.0.load(Ordering::Relaxed) }
    }

    /// Reads the versions, and keeps the old ones if that fails.
    ///
    /// An operator of one namespace has no right to list Nodes, so the API server's version counts for all.
    pub(super) async fn learn(&self, client: &Client, lists_nodes: bool) {
        let read = async {
            let server = server_version(client).await?;
            let kubelets = if lists_nodes { oldest_kubelet(client).await? } else { None };
            anyhow::Ok((server, kubelets))
        };
        let read = tokio::time::timeout(LONGEST, read).await;
        match read.context("no answer in time").and_then(|read| read) {
            Ok((server, kubelets)) => {
                let oldest = kubelets.map_or(server, |kubelets| kubelets.min(server));
                if self.0.swap(oldest.minor, Ordering::Relaxed) != oldest.minor {
                    tracing::info!(minor = oldest.minor, "found the oldest version in the cluster");
                }
            }
            Err(error) => tracing::warn!(error = %format!("{error:#}"), "cannot read the versions"),
        }
    }

    /// Reads the versions periodically.
    pub(super) async fn keep(&self, client: &Client, lists_nodes: bool) -> Infallible {
        loop {
            tokio::time::sleep(AGAIN).await;
            self.learn(client, lists_nodes).await;
        }
    }
}

/// Returns the API server's version.
///
/// # Errors
/// When the API server cannot be reached, or its version cannot be parsed.
pub(super) async fn server_version(client: &Client) -> anyhow::Result<ServerVersion> {
    let info = client.apiserver_version().await.context("the API server does not answer")?;
    ServerVersion::of(&format!("{}.{}", info.major, info.minor))
        .with_context(|| format!("cannot parse the API server's version {}.{}", info.major, info.minor))
}

/// Returns the oldest version of a kubelet, if any Node reports one.
async fn oldest_kubelet(client: &Client) -> kube::Result<Option<ServerVersion>> {
    let nodes: Api<Node> = Api::all(client.clone());
    let mut params = ListParams::default().limit(PAGE);
    let mut oldest = None;
    loop {
        let page = nodes.list(&params).await?;
        let told = page.items.iter().filter_map(|node| node.status.as_ref()?.node_info.as_ref());
        let versions = told.filter_map(|info| ServerVersion::of(&info.kubelet_version));
        oldest = versions.chain(oldest).min();
        match page.metadata.continue_.filter(|more| !more.is_empty()) {
            Some(more) => params.continue_token = Some(more),
            None => return Ok(oldest),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, extract::RawQuery, routing::get};
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn the_oldest_kubelet_decides_unless_the_api_server_is_older() {
        let node = |version: &str| {
            json!({"metadata": {"name": version}, "status": {"nodeInfo": {
                "architecture": "", "bootID": "", "containerRuntimeVersion": "", "kernelVersion": "",
                "kubeProxyVersion": "", "kubeletVersion": version, "machineID": "", "operatingSystem": "",
                "osImage": "", "systemUUID": ""}}})
        };
        let list = move |query: RawQuery| async move {
            let is_first = !query.0.unwrap_or_default().contains("continue");
            let (nodes, more) =
                if is_first { (["v1.36.1", "unknown"], "more") } else { (["v1.34.9-gke.1", "v1.35.0"], "") };
            json!({"metadata": {"continue": more}, "items": nodes.map(node)}).to_string()
        };
        let server = |minor: &'static str| {
            let info = json!({"major": "1", "minor": minor, "gitVersion": "", "gitCommit": "", "gitTreeState": "",
                "buildDate": "", "goVersion": "", "compiler": "", "platform": ""});
            let router = Router::new().route("/api/v1/nodes", get(list));
            Client::new(router.route("/version", get(async move || info.to_string())), "n")
        };
        for (minor, lists_nodes, oldest) in
            [("36+", true, 34), ("36+", false, 36), ("33", true, 33), ("?", true, 30)]
        {
            let versions = Oldest::new(ServerVersion { minor: 30 });
            versions.learn(&server(minor), lists_nodes).await;
            assert_eq!(versions.get().minor, oldest, "{minor}");
        }
    }
}
