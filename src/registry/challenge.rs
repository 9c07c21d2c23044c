//! Authentication challenges of registries (`WWW-Authenticate`, RFC 9110, section 11.6.1; Distribution, "token
//! authentication").

use hyper::{HeaderMap, header::WWW_AUTHENTICATE};

/// A challenge of a registry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Challenge {
    /// Basic authentication with user and password.
    Basic,
    /// A token from a token server.
    Bearer {
        /// The URL of the token server.
        realm: String,
        /// The service that the token is for.
        service: Option<String>,
    },
}

impl Challenge {
    /// Parses the headers. A token is preferred over a password. Returns `None` for other schemes.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let all: Vec<_> = texts.flat_map(read).collect();
        let bearer = all.iter().find(|challenge| matches!(challenge, Self::Bearer { .. }));
        bearer.or(all.first()).cloned()
    }
}

/// Returns the challenges of one header: schemes with parameters.
fn read(text: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    for piece in pieces(text) {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        // A scheme precedes its first parameter.
        let (scheme, name) = match name.trim().rsplit_once(' ') {
            Some((scheme, name)) => (scheme.trim(), name),
            None if value.is_empty() => (name.trim(), ""),
            None => ("", name.trim()),
        };
        if scheme.eq_ignore_ascii_case("basic") {
            found.push(Challenge::Basic);
        } else if scheme.eq_ignore_ascii_case("bearer") {
            found.push(Challenge::Bearer { realm: String::new(), service: None });
        }
        let value = unquoted(value.trim());
        if let Some(Challenge::Bearer { realm, service }) = found.last_mut() {
            if name.eq_ignore_ascii_case("realm") {
                *realm = value;
            } else if name.eq_ignore_ascii_case("service") {
                *service = Some(value);
            }
        }
    }
    found.retain(|challenge| !matches!(challenge, Challenge::Bearer { realm, .. } if realm.is_empty()));
    found
}

/// Splits at commas outside of quotes.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
}

fn unquoted(value: &str) -> String {
    value.trim_matches('"').replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(texts: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(WWW_AUTHENTICATE, text.parse().unwrap());
        }
        Challenge::of(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) })
    }

    #[test]
    fn challenges_are_read_in_every_spelling() {
        let hub = r#"Bearer realm="https://auth.io/token",service="r.io",scope="repository:a/b:pull,push""#;
        assert_eq!(asked(&[hub]), bearer("https://auth.io/token", Some("r.io")));
        assert_eq!(asked(&[r#"bearer service=x, REALM="http://a""#]), bearer("http://a", Some("x")));
        assert_eq!(asked(&[r#"Basic realm="r", Bearer realm="http://a""#]), bearer("http://a", None));
        assert_eq!(asked(&["Basic", r#"Bearer realm="http://a""#]), bearer("http://a", None));
        assert_eq!(asked(&[r#"Basic realm="a, Bearer realm=x""#]), Some(Challenge::Basic));
        assert_eq!(asked(&["Basic"]), Some(Challenge::Basic));
        for text in ["", "Negotiate", "Bearer", r#"Bearer realm="#, "Bearer realm=\"\"", ",,=,"] {
            assert_eq!(asked(&[text]), None, "{text}");
        }
        assert_eq!(asked(&[]), None);
    }
}
