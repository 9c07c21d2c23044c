//! A session with one registry about one image, with or without a login.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::{
    Method, StatusCode, Uri,
    body::Bytes,
    header::{HeaderValue, LOCATION, RETRY_AFTER},
    http::uri::Authority,
};
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha512};

use super::{
    Failure,
    challenge::Challenge,
    content::MANIFESTS,
    credentials::Login,
    endpoint::Endpoint,
    http::{Answer, Transport},
    reference::{Reference, is_digest},
};

/// Redirects that are followed. Registries redirect to their storage.
const MOST_REDIRECTS: usize = 5;

/// A session with one registry about one image.
pub(super) struct Session<'a> {
    transport: &'a Transport,
    /// Whether the registry has sent any byte.
    is_heard: &'a AtomicBool,
    endpoint: &'a Endpoint,
    image: &'a Reference,
    /// Whether the host is a mirror, which receives the registry's name in the parameter `ns`.
    is_mirror: bool,
    login: Option<&'a Login>,
    /// The value of the Authorization header after a challenge.
    authorization: Option<HeaderValue>,
}

/// The answer of a token server. Both names of the field are in use.
#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl<'a> Session<'a> {
    pub fn new(
        (transport, is_heard): (&'a Transport, &'a AtomicBool),
        (endpoint, is_mirror): (&'a Endpoint, bool),
        image: &'a Reference,
        login: Option<&'a Login>,
    ) -> Self {
        Self { transport, is_heard, endpoint, image, is_mirror, login, authorization: None }
    }

    /// Returns the digest of the reference.
    pub async fn digest(&mut self) -> Result<String, Failure> {
        let version = &self.image.version;
        let answer = self.ask(&Method::HEAD, &format!("manifests/{version}")).await?;
        let told = answer.headers.get("docker-content-digest").and_then(|value| value.to_str().ok());
        let told = told.map(str::to_owned).or_else(|| self.image.is_digest().then(|| version.clone()));
        match told {
            Some(digest) if is_digest(&digest) => Ok(digest),
            Some(_) => Err(self.strange()),
            // Not every registry sends the header.
            None => {
                let answer = self.ask(&Method::GET, &format!("manifests/{version}")).await?;
                Ok(format!("sha256:{:x}", Sha256::digest(&answer.body)))
            }
        }
    }

    /// Returns a manifest by digest.
    pub async fn manifest(&mut self, digest: &str) -> Result<Bytes, Failure> {
        self.content("manifests", digest).await
    }

    /// Returns a blob, such as a configuration, by digest.
    pub async fn blob(&mut self, digest: &str) -> Result<Bytes, Failure> {
        self.content("blobs", digest).await
    }

    async fn content(&mut self, of: &str, digest: &str) -> Result<Bytes, Failure> {
        if !is_digest(digest) {
            return Err(self.strange());
        }
        let answer = self.ask(&Method::GET, &format!("{of}/{digest}")).await?;
        let real = match digest.split_once(':') {
            Some(("sha512", _)) => format!("sha512:{:x}", Sha512::digest(&answer.body)),
            _ => format!("sha256:{:x}", Sha256::digest(&answer.body)),
        };
        if real == digest { Ok(answer.body) } else { Err(self.strange()) }
    }

    /// Sends a request, and repeats it once after a challenge.
    async fn ask(&mut self, method: &Method, what: &str) -> Result<Answer, Failure> {
        let Endpoint { authority, .. } = self.endpoint;
        let (scheme, repository) = (self.endpoint.scheme(), &self.image.repository);
        let of = if self.is_mirror { format!("?ns={}", self.image.host) } else { String::new() };
        let uri = format!("{scheme}://{authority}/v2/{repository}/{what}{of}");
        let uri: Uri = uri.parse().map_err(|_| self.strange())?;
        let (mut answer, is_home) = self.follow(method, &uri).await?;
        // A challenge of a redirect's target is not the registry's.
        if answer.status == StatusCode::UNAUTHORIZED && is_home && self.authorization.is_none() {
            self.authorization = Some(self.agree(&answer).await?);
            (answer, _) = self.follow(method, &uri).await?;
        }
        self.accepted(answer)
    }

    fn accepted(&self, answer: Answer) -> Result<Answer, Failure> {
        let host = self.endpoint.authority.clone();
        match answer.status {
            StatusCode::OK => Ok(answer),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Failure::Refused(host)),
            StatusCode::NOT_FOUND => Err(Failure::Missing(host)),
            status => {
                let retry_after =
                    answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
                Err(Failure::Status {
                    host,
                    status: status.as_u16(),
                    retry_after: retry_after.map(Duration::from_secs),
                })
            }
        }
    }

    /// Follows redirects. Returns whether the registry itself answered. The Authorization header is not sent to another
    /// host.
    async fn follow(&self, method: &Method, first: &Uri) -> Result<(Answer, bool), Failure> {
        let mut uri = first.clone();
        for _ in 0..=MOST_REDIRECTS {
            let is_at_home = (uri.scheme(), uri.authority()) == (first.scheme(), first.authority());
            let authorization = self.authorization.as_ref().filter(|_| is_at_home);
            let answer = self.transport.send(method, &uri, MANIFESTS, authorization).await?;
            self.is_heard.store(true, Ordering::Relaxed);
            if !answer.status.is_redirection() {
                return Ok((answer, is_at_home));
            }
            let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
            uri = location.and_then(|to| on(&uri, to)).ok_or_else(|| self.strange())?;
        }
        Err(self.strange())
    }

    /// Answers a challenge.
    async fn agree(&self, refusal: &Answer) -> Result<HeaderValue, Failure> {
        let refused = || Failure::Refused(self.endpoint.authority.clone());
        let basic = self.login.map(|Login { user, password }| {
            let mut value =
                HeaderValue::try_from(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
            value.iter_mut().for_each(|value| value.set_sensitive(true));
            value
        });
        let basic = basic.transpose().map_err(|_| refused())?;
        let (realm, service) = match Challenge::of(&refusal.headers) {
            Some(Challenge::Basic) => return basic.ok_or_else(refused),
            Some(Challenge::Bearer { realm, service }) => (realm, service),
            None => return Err(refused()),
        };
        let scope = format!("repository:{}:pull", self.image.repository);
        let between = if realm.contains('?') { '&' } else { '?' };
        let service = service.map(|service| format!("service={}&", encoded(&service))).unwrap_or_default();
        let uri: Uri = format!("{realm}{between}{service}scope={}", encoded(&scope))
            .parse()
            .map_err(|_| self.strange())?;
        if !self.may_give_tokens(&uri) {
            return Err(self.strange());
        }
        let answer = self.transport.send(&Method::GET, &uri, "application/json", basic.as_ref()).await?;
        let answer = self.accepted(answer)?;
        let token: Token = serde_json::from_slice(&answer.body).map_err(|_| self.strange())?;
        let token = token.token.or(token.access_token).ok_or_else(|| self.strange())?;
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| self.strange())?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Reports whether a token server can be used. A password is sent without TLS only to the host of a mirror that is itself
    /// used without TLS: a mirror forwards challenges of the registry behind it, which can name any host.
    fn may_give_tokens(&self, realm: &Uri) -> bool {
        let own = self.endpoint.authority.parse::<Authority>().ok();
        match realm.scheme_str() {
            Some("https") => realm.host().is_some(),
            Some("http") => self.endpoint.is_plain && own.is_some_and(|own| realm.host() == Some(own.host())),
            _ => false,
        }
    }

    fn strange(&self) -> Failure {
        Failure::Strange(self.endpoint.authority.clone())
    }
}

/// Returns the target of a redirect, or `None` for a downgrade from TLS.
fn on(from: &Uri, to: &str) -> Option<Uri> {
    let to: Uri = to.parse().ok()?;
    let mut parts = to.into_parts();
    if parts.scheme.is_none() || parts.authority.is_none() {
        parts.scheme = from.scheme().cloned();
        parts.authority = from.authority().cloned();
    }
    let is_safe = parts
        .scheme
        .as_ref()
        .is_some_and(|scheme| scheme.as_str() == "https" || from.scheme_str() == Some("http"));
    is_safe.then(|| Uri::from_parts(parts).ok())?
}

/// Encodes a text for the query of a URL (RFC 3986, section 2.3).
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leads_out_of_tls() {
        for (from, to, expected) in [
            ("https://a/x", "https://b/y?z=1", Some("https://b/y?z=1")),
            ("https://a/x", "/y", Some("https://a/y")),
            ("https://a/x", "http://a/y", None),
            ("http://a/x", "http://b/y", Some("http://b/y")),
            ("http://a/x", "ftp://b/y", Some("ftp://b/y")),
            ("https://a/x", "ftp://b/y", None),
            ("https://a/x", "not a url", None),
        ] {
            let led = on(&from.parse().unwrap(), to).map(|uri| uri.to_string());
            assert_eq!(led.as_deref(), expected, "{from} to {to}");
        }
    }

    #[test]
    fn what_a_registry_calls_itself_cannot_break_out_of_a_query() {
        assert_eq!(encoded("repository:a/b:pull"), "repository%3Aa%2Fb%3Apull");
        assert_eq!(encoded("x&scope=*#"), "x%26scope%3D%2A%23");
    }
}
