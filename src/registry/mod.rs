//! Reading of image metadata from registries: references as in Docker, logins from pull secrets, and the image
//! configuration, with limits on time, size and number of requests.
//!
//! The few requests are implemented here, on the HTTP client of the Kubernetes client. `oci-client` (0.18) reads
//! manifests, tokens and errors of any length into memory, and every author of a Stack can name a registry of their own.

mod address;
mod bounded;
mod challenge;
mod connector;
mod content;
mod credentials;
mod endpoint;
mod failure;
mod http;
mod limits;
mod reference;
mod session;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use hyper::body::Bytes;
use ipnet::IpNet;

use crate::{permits::Permits, translate::ImageConfig};
use address::Addresses;
use connector::Connector;
pub use content::ConfigError;
use content::{Manifest, config, own_platform};
pub use credentials::Logins;
use endpoint::Endpoint;
pub use endpoint::{Mirror, MirrorError};
pub use failure::{Failure, Outlook, Why};
use http::Transport;
use limits::{LONGEST, LONGEST_WAIT};
use reference::Reference;
pub use reference::is_same_image;
use session::Session;

/// Images that are read at the same time. One namespace has at most half of them. The memory for answers is the bound
/// ([`LONGEST_ANSWER`](limits::LONGEST_ANSWER)), since most of the time is spent on waiting.
const AT_ONCE: usize = 32;

/// Logins that are tried for an image. A registry usually has one for all and one for each team.
const MOST_LOGINS: usize = 4;

/// Configurations, and hosts without an answer, that are cached. A full cache is cleared.
const MOST_KEPT: usize = 512;

/// Image metadata, and the digest of the manifest or list of manifests that the name refers to.
pub type Read = (String, Arc<ImageConfig>);

/// A registry, a repository, a digest and a platform.
type Place = (String, String, String, String);

/// Options for reading registries.
#[derive(Clone, Debug, Default)]
pub struct RegistryOptions {
    /// Mirrors that are read instead of registries, at any address.
    pub mirrors: Vec<Mirror>,
    /// Addresses of registries that are allowed beside public ones.
    pub allowed: Vec<IpNet>,
}

/// The party for which an image is read.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The namespace, whose permit is used.
    pub namespace: &'a str,
    /// When the read was requested.
    pub since: Instant,
}

/// The client of registries.
pub struct Registries {
    transport: Transport,
    mirrors: Vec<Mirror>,
    permits: Permits,
    /// The last failure of each host, by namespace: the requests of one namespace must not be visible to another one.
    down: Mutex<HashMap<(String, String), (Instant, Failure)>>,
    /// The configurations, by registry, repository, digest and platform. With the registry in the key, a registry that
    /// claims a digest which it does not have learns nothing of another registry's image.
    kept: Mutex<HashMap<Place, Arc<ImageConfig>>>,
}

impl Registries {
    /// Returns a client with these options.
    pub fn new(options: RegistryOptions) -> Self {
        let RegistryOptions { mirrors, allowed } = options;
        Self {
            transport: Transport::new(Connector::new(Addresses::new(allowed), &mirrors)),
            mirrors,
            permits: Permits::new(AT_ONCE),
            down: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// Reads the metadata of an image for a platform such as `linux/arm64`, by default that of the operator. Namespaces
    /// have permits round robin. A read that was requested before the same host failed for the same namespace returns
    /// that failure, so that a hanging host uses few permits.
    ///
    /// # Errors
    /// When the image cannot be read, there was no permit within `LONGEST_WAIT`, or the read took longer than
    /// `LONGEST`.
    pub async fn read(
        &self,
        image: &str,
        platform: Option<&str>,
        logins: &Logins,
        asker: Asker<'_>,
    ) -> Result<Read, Failure> {
        let image = Reference::read(image).ok_or(Failure::NoName)?;
        let (endpoint, is_mirror) = Endpoint::of(&image, &self.mirrors);
        let waiting = self.permits.take(asker.namespace);
        let Ok(_permit) = tokio::time::timeout_at((asker.since + LONGEST_WAIT).into(), waiting).await else {
            return Err(Failure::NoTurn);
        };
        let key = (asker.namespace.to_owned(), endpoint.authority.clone());
        if let Some((when, failure)) = lock(&self.down).get(&key)
            && *when > asker.since
        {
            return Err(failure.clone());
        }
        let is_heard = AtomicBool::new(false);
        let reading = self.with_logins(&image, (&endpoint, is_mirror), platform, logins, &is_heard);
        let read = tokio::time::timeout(LONGEST, reading).await.unwrap_or_else(|_| {
            let why = if is_heard.load(Ordering::Relaxed) { Why::Slow } else { Why::Silent };
            Err(Failure::Unreachable { host: endpoint.authority.clone(), why })
        });
        let mut down = lock(&self.down);
        match &read {
            Err(failure) if failure.is_of_the_host() => {
                if down.len() >= MOST_KEPT {
                    down.clear();
                }
                down.insert(key, (Instant::now(), failure.clone()));
            }
            _ => drop(down.remove(&key)),
        }
        read
    }

    /// Tries one login after the other, as the kubelet does, or reads without a login if there is none.
    async fn with_logins(
        &self,
        image: &Reference,
        at: (&Endpoint, bool),
        platform: Option<&str>,
        logins: &Logins,
        is_heard: &AtomicBool,
    ) -> Result<Read, Failure> {
        let logins = logins.for_image(image);
        let logins = if logins.is_empty() {
            vec![None]
        } else {
            logins.into_iter().take(MOST_LOGINS).map(Some).collect()
        };
        let mut outcome = Err(Failure::Refused(at.0.authority.clone()));
        for login in logins {
            outcome = self
                .with(Session::new((&self.transport, is_heard), at, image, login), image, at.0, platform)
                .await;
            if !matches!(outcome, Err(Failure::Refused(_) | Failure::Missing(_))) {
                break;
            }
        }
        outcome
    }

    async fn with(
        &self,
        mut session: Session<'_>,
        image: &Reference,
        endpoint: &Endpoint,
        platform: Option<&str>,
    ) -> Result<Read, Failure> {
        let strange = || Failure::Strange(endpoint.authority.clone());
        let digest = session.digest().await?;
        let key = (
            endpoint.authority.clone(),
            image.to_string(),
            digest.clone(),
            platform.unwrap_or_default().to_owned(),
        );
        let known = lock(&self.kept).get(&key).cloned();
        if let Some(config) = known {
            return Ok((digest, config));
        }
        let parsed = |json: Bytes| serde_json::from_slice::<Manifest>(&json).map_err(|_| strange());
        let mut manifest = parsed(session.manifest(&digest).await?)?;
        if manifest.is_list() {
            let chosen = manifest.choose(platform, &own_platform()).map(str::to_owned);
            let chosen = chosen.ok_or_else(|| Failure::OtherPlatforms(endpoint.authority.clone()))?;
            manifest = parsed(session.manifest(&chosen).await?)?;
        }
        let place = manifest.config.ok_or_else(strange)?;
        let config = Arc::new(config(&session.blob(&place.digest).await?)?);
        let mut kept = lock(&self.kept);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&config));
        Ok((digest, config))
    }
}

/// Locks a mutex, poisoned or not: no critical section leaves a value half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
