//! The endpoint of a registry: its own host, or a mirror.

use std::{fmt, str::FromStr};

use hyper::Uri;

use super::reference::{DOCKER, Reference};

/// The host that serves Docker's registry.
const DOCKER_SERVES: &str = "registry-1.docker.io";

/// A mirror that is read instead of a registry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mirror {
    /// The registry's host, or `*` for every registry.
    of: String,
    endpoint: Endpoint,
}

/// The error of an invalid mirror.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "invalid mirror {0}: write HOST=URL, with the host of a registry or *, and a URL without a path, such as docker.io=http://10.0.0.7:5000"
)]
pub struct MirrorError(String);

impl Mirror {
    /// Reports whether a URL is on the mirror's host.
    pub(super) fn is_at(&self, uri: &Uri) -> bool {
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        uri.scheme_str() == Some(self.endpoint.scheme()) && authority == self.endpoint.authority
    }
}

impl FromStr for Mirror {
    type Err = MirrorError;

    fn from_str(text: &str) -> Result<Self, MirrorError> {
        let read = || {
            let (of, url) = text.split_once('=')?;
            let url: Uri = url.parse().ok()?;
            let is_plain = match url.scheme_str()? {
                "http" => true,
                "https" => false,
                _ => return None,
            };
            let authority =
                url.authority().filter(|authority| !authority.as_str().contains('@'))?.to_string();
            let is_whole = !of.is_empty() && matches!(url.path(), "" | "/") && url.query().is_none();
            is_whole.then(|| Self { of: of.to_owned(), endpoint: Endpoint { is_plain, authority } })
        };
        read().ok_or_else(|| MirrorError(text.to_owned()))
    }
}

/// A host that serves the API of registries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Endpoint {
    /// Whether the host is used without TLS.
    pub is_plain: bool,
    /// Host and port.
    pub authority: String,
}

impl Endpoint {
    /// Returns the endpoint for an image, and whether it is a mirror. A mirror of the registry has precedence over a mirror
    /// of `*`.
    pub fn of(image: &Reference, mirrors: &[Mirror]) -> (Self, bool) {
        let of = |host: &str| mirrors.iter().find(|mirror| mirror.of == host);
        if let Some(mirror) = of(&image.host).or_else(|| of("*")) {
            return (mirror.endpoint.clone(), true);
        }
        let authority = if image.host == DOCKER { DOCKER_SERVES } else { &image.host };
        (Self { is_plain: false, authority: authority.to_owned() }, false)
    }

    /// Returns the scheme of the URLs.
    pub fn scheme(&self) -> &'static str {
        if self.is_plain { "http" } else { "https" }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(image: &str, mirrors: &[&str]) -> String {
        let mirrors: Vec<Mirror> = mirrors.iter().map(|text| text.parse().unwrap()).collect();
        let (endpoint, is_mirror) = Endpoint::of(&Reference::read(image).unwrap(), &mirrors);
        format!("{}://{endpoint}{}", endpoint.scheme(), if is_mirror { " for another" } else { "" })
    }

    #[test]
    fn a_registry_is_asked_itself_unless_a_mirror_is_named() {
        assert_eq!(asked("nginx", &[]), "https://registry-1.docker.io");
        assert_eq!(asked("r.io:5000/app", &[]), "https://r.io:5000");
        let mirrors = ["*=http://all:80", "docker.io=https://hub/"];
        assert_eq!(asked("nginx", &mirrors), "https://hub for another");
        assert_eq!(asked("r.io/app", &mirrors), "http://all:80 for another");
    }

    #[test]
    fn a_mirror_is_a_host_and_a_url() {
        for text in
            ["", "docker.io", "=http://a", "a=b", "a=ftp://b", "a=http://", "a=http://b/c", "a=http://u:p@b"]
        {
            assert!(text.parse::<Mirror>().is_err(), "{text}");
        }
    }
}
