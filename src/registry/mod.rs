//! What registries say of images: references as Docker reads them, logins out of pull secrets, and an image's
//! configuration with a limit on time, length and number of requests.
//!
//! The requests are few and written here, on the HTTP client that the Kubernetes client brings: `oci-client` (0.18)
//! reads manifests, tokens and errors into memory however long they are, and whoever may create a Stack may name a
//! registry of their own.

mod address;
mod challenge;
mod connector;
mod content;
mod credentials;
mod endpoint;
mod failure;
mod few;
mod http;
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
    time::{Duration, Instant},
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
use reference::Reference;
pub use reference::is_same_image;
use session::Session;

/// How long one image may take, with all requests that it needs.
const LONGEST: Duration = Duration::from_secs(5);

/// How many images are read at the same time, of which one namespace has half at most: most of that time is spent on
/// waiting, so it is the memory for answers that bounds them ([`http::LONGEST_ANSWER`]).
const AT_ONCE: usize = 32;

/// How long all images of a Stack that are asked for at once may wait for their permits.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How many logins are tried for an image. A registry has one for all and one for each team.
const MOST_LOGINS: usize = 4;

/// How many configurations, and how many hosts that did not answer, are kept. With as many it begins anew.
const MOST_KEPT: usize = 512;

/// What an image says of itself, and the digest of the manifest, or list of manifests, that its name led to.
pub type Read = (String, Arc<ImageConfig>);

/// A registry, a repository, a digest and a platform.
type Place = (String, String, String, String);

/// Where registries are asked.
#[derive(Clone, Debug, Default)]
pub struct RegistryOptions {
    /// The mirrors that are asked in place of registries, wherever they are.
    pub mirrors: Vec<Mirror>,
    /// The addresses at which registries are asked beside public ones.
    pub allowed: Vec<IpNet>,
}

/// For whom an image is read.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The namespace, whose permit it must be.
    pub namespace: &'a str,
    /// Since when.
    pub since: Instant,
}

/// The registries, as one operator asks them.
pub struct Registries {
    transport: Transport,
    mirrors: Vec<Mirror>,
    permits: Permits,
    /// The hosts that gave a namespace no answer last time, when that was, and how it showed. What one namespace asks,
    /// and how, says nothing to another.
    down: Mutex<HashMap<(String, String), (Instant, Failure)>>,
    /// The configurations that were read, by registry, repository, digest and platform: a registry that claims a
    /// digest which it does not have gets nothing told of another's image.
    kept: Mutex<HashMap<Place, Arc<ImageConfig>>>,
}

impl Registries {
    /// The registries, asked as the options say.
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

    /// What an image says of itself on a platform such as `linux/arm64`; without one, on that of the operator.
    /// Namespaces have their permits round robin. Whoever wanted to know it before a host failed to answer someone else
    /// of the same namespace learns of that in place of asking, so that a host which hangs uses up few permits.
    ///
    /// # Errors
    /// Where it cannot be read: its permit did not come within [`LONGEST_WAIT`], or reading it took longer than
    /// [`LONGEST`] from then on.
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
        let Ok(_turn) = tokio::time::timeout_at((asker.since + LONGEST_WAIT).into(), waiting).await else {
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

    /// Tries one login after the other, as a kubelet does, or none where there is none.
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

/// A panic elsewhere leaves nothing half written, so a poisoned lock is taken as it is.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
