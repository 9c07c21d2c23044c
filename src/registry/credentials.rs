//! Logins of pull secrets, matched to images as the kubelet does (Kubernetes, "Images", interpretation of config.json).

use std::collections::BTreeMap;

use k8s_openapi::{ByteString, api::core::v1::Secret};
use serde::Deserialize;

use super::reference::{DOCKER, Reference};

/// Bytes of a key in a pull secret. A host and an image name have at most 255 bytes each. Longer keys are ignored.
const LONGEST_KEY: usize = 512;

/// Logins of all pull secrets of a Stack together, since each is compared with each image.
const MOST_LOGINS: usize = 1_000;

/// A user and a password. The type has no Debug, so that neither is printed.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Login {
    pub user: String,
    pub password: String,
}

/// Logins, each with its registry or path of a registry.
#[derive(Clone, Default)]
pub struct Logins(Vec<(Scope, Login)>);

/// A host, in which `*` matches characters within one label, and the prefix of a path.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Scope {
    host: String,
    path: String,
}

/// The content of a Secret of type `kubernetes.io/dockerconfigjson`.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    username: Option<String>,
    password: Option<String>,
    /// `user:password` in Base64.
    auth: Option<ByteString>,
}

impl Logins {
    /// Parses a pull secret. One of an unknown form has no logins, as for the kubelet.
    pub fn of(secret: &Secret) -> Self {
        let data = |key: &str| secret.data.as_ref()?.get(key).map(|bytes| bytes.0.as_slice());
        let entries = data(".dockerconfigjson")
            .and_then(|json| serde_json::from_slice::<Config>(json).ok())
            .map(|config| config.auths)
            .or_else(|| serde_json::from_slice(data(".dockercfg")?).ok());
        let login = |(key, entry): (String, Entry)| Some((Scope::read(&key)?, entry.login()?));
        let entries = entries.into_iter().flatten().filter(|(key, _)| key.len() <= LONGEST_KEY);
        Self(entries.filter_map(login).take(MOST_LOGINS).collect())
    }

    /// Both.
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self.0.truncate(MOST_LOGINS);
        self
    }

    /// Returns the logins for an image, the one with the longest path first.
    pub(super) fn for_image(&self, image: &Reference) -> Vec<&Login> {
        let mut fitting: Vec<_> = self.0.iter().filter(|(scope, _)| scope.holds(image)).collect();
        fitting.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.path.len()));
        fitting.into_iter().map(|(_, login)| login).collect()
    }
}

impl Entry {
    fn login(self) -> Option<Login> {
        if let (Some(user), Some(password)) = (self.username, self.password) {
            return Some(Login { user, password });
        }
        let text = String::from_utf8(self.auth?.0).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Login { user: user.to_owned(), password: password.to_owned() })
    }
}

impl Scope {
    fn read(key: &str) -> Option<Self> {
        let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
        let (host, path) = key.split_once('/').unwrap_or((key, ""));
        // `docker login` writes an API address such as https://index.docker.io/v1/, of which the host counts.
        let path = path
            .strip_prefix("v1")
            .or_else(|| path.strip_prefix("v2"))
            .map_or(path, |rest| if rest.is_empty() || rest.starts_with('/') { rest } else { path });
        let host = match host {
            "index.docker.io" | "registry-1.docker.io" => DOCKER,
            host => host,
        };
        let scope = Self { host: host.to_owned(), path: path.trim_matches('/').to_owned() };
        (!scope.host.is_empty()).then_some(scope)
    }

    fn holds(&self, image: &Reference) -> bool {
        let (pattern, port) = split(&self.host);
        let (host, its_port) = split(&image.host);
        let (labels, its_labels): (Vec<_>, Vec<_>) =
            (pattern.split('.').collect(), host.split('.').collect());
        port == its_port
            && labels.len() == its_labels.len()
            && labels
                .iter()
                .zip(its_labels)
                .all(|(pattern, label)| fits(pattern.as_bytes(), label.as_bytes()))
            && image.repository.starts_with(&self.path)
    }
}

/// Splits a host and its port.
fn split(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host, None),
    }
}

/// Reports whether a label matches a pattern in which `*` matches any characters. After a mismatch, only the last `*` takes
/// one more character, since an earlier one can give nothing that the last one cannot take. The work is at most the
/// product of both lengths, without recursion.
fn fits(pattern: &[u8], label: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // The position after the last `*`, and the end of the characters that it matches.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = label.get(from) {
        match pattern.get(at) {
            Some(b'*') => {
                at = at.saturating_add(1);
                star = Some((at, from));
            }
            Some(it) if it == letter => (at, from) = (at.saturating_add(1), from.saturating_add(1)),
            _ => {
                let Some((behind, taken)) = star.as_mut() else { return false };
                *taken = taken.saturating_add(1);
                (at, from) = (*behind, *taken);
            }
        }
    }
    pattern.iter().skip(at).all(|it| *it == b'*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(key: &str, auths: &serde_json::Value) -> Secret {
        let data = [(key.to_owned(), ByteString(auths.to_string().into_bytes()))].into();
        Secret { data: Some(data), ..Secret::default() }
    }

    fn users(logins: &Logins, image: &str) -> Vec<String> {
        let image = Reference::read(image).unwrap();
        logins
            .for_image(&image)
            .into_iter()
            .map(|login| format!("{}:{}", login.user, login.password))
            .collect()
    }

    #[test]
    fn a_login_is_read_in_either_form_and_from_either_kind_of_secret() {
        let plain = json!({"username": "u", "password": "p"});
        // u:p:q in base64.
        let encoded = json!({"auth": "dTpwOnE="});
        let logins =
            Logins::of(&secret(".dockerconfigjson", &json!({"auths": {"a.io": plain, "b.io": encoded}})));
        assert_eq!(users(&logins, "a.io/x"), ["u:p"]);
        assert_eq!(users(&logins, "b.io/x"), ["u:p:q"]);
        let old = Logins::of(&secret(".dockercfg", &json!({"a.io": plain})));
        assert_eq!(users(&old, "a.io/x"), ["u:p"]);
        for text in ["", "{}", "[]", "{\"auths\": 1}", "{\"auths\": {\"a.io\": {}}}"] {
            let data = [(".dockerconfigjson".to_owned(), ByteString(text.as_bytes().to_vec()))].into();
            let logins = Logins::of(&Secret { data: Some(data), ..Secret::default() });
            assert!(users(&logins, "a.io/x").is_empty(), "{text}");
        }
    }

    #[test]
    fn a_login_is_used_for_the_images_that_a_kubelet_uses_it_for() {
        for (key, image, fits) in [
            ("https://index.docker.io/v1/", "nginx", true),
            ("docker.io", "team/app", true),
            ("https://index.docker.io/v1/", "ghcr.io/nginx", false),
            ("ghcr.io", "ghcr.io/team/app", true),
            ("ghcr.io/team", "ghcr.io/team/app", true),
            ("ghcr.io/team", "ghcr.io/other/app", false),
            ("https://r.io/v2/", "r.io/app", true),
            ("r.io/v1x", "r.io/app", false),
            ("r.io", "r.io:5000/app", false),
            ("r.io:5000", "r.io:5000/app", true),
            ("*.r.io", "a.r.io/app", true),
            ("*.r.io", "a.b.r.io/app", false),
            ("*.r.io", "r.io/app", false),
            ("a*z.r.io", "abcz.r.io/app", true),
            ("r.io", "xr.io/app", false),
        ] {
            let entry = json!({"auths": {key: {"username": "u", "password": "p"}}});
            let logins = Logins::of(&secret(".dockerconfigjson", &entry));
            assert_eq!(!users(&logins, image).is_empty(), fits, "{key} and {image}");
        }
    }

    #[test]
    fn the_login_for_the_longest_path_comes_first() {
        let entry = |user: &str| json!({"username": user, "password": ""});
        let of = |auths| Logins::of(&secret(".dockerconfigjson", &json!({"auths": auths})));
        let logins = of(json!({"r.io": entry("all")})).and(of(json!({"r.io/team": entry("team")})));
        assert_eq!(users(&logins, "r.io/team/app"), ["team:", "all:"]);
    }

    #[test]
    fn a_pattern_of_stars_is_matched_as_by_definition() {
        fn by_definition(pattern: &[u8], label: &[u8]) -> bool {
            match pattern.split_first() {
                None => label.is_empty(),
                Some((b'*', rest)) => (0..=label.len()).any(|from| by_definition(rest, &label[from..])),
                Some((first, rest)) => {
                    label.split_first().is_some_and(|(it, label)| it == first && by_definition(rest, label))
                }
            }
        }
        let texts = |letters: &'static [u8], longest: u32| {
            let base = letters.len();
            (0..=longest).flat_map(move |length| {
                (0..base.pow(length)).map(move |number| {
                    (0..length).map(|place| letters[number / base.pow(place) % base]).collect::<Vec<u8>>()
                })
            })
        };
        for pattern in texts(b"*ab", 5) {
            for label in texts(b"ab", 5) {
                assert_eq!(fits(&pattern, &label), by_definition(&pattern, &label), "{pattern:?} {label:?}");
            }
        }
    }

    /// Returns the processor time of a search for the logins of an image.
    fn time(logins: &Logins, image: &str) -> std::time::Duration {
        let image = Reference::read(image).unwrap();
        crate::growth::processor_time(|| _ = std::hint::black_box(logins.for_image(&image)))
    }

    #[test]
    fn no_pattern_of_a_host_takes_long_or_ends_the_process() {
        let secret_of = |keys: Vec<String>| {
            let entry = json!({"username": "u", "password": "p"});
            let auths: serde_json::Map<_, _> = keys.into_iter().map(|key| (key, entry.clone())).collect();
            Logins::of(&secret(".dockerconfigjson", &json!({"auths": auths})))
        };
        let letters = "a".repeat(63);
        let patterns = ["*".repeat(300_000), "*a".repeat(200) + "b", "*a".repeat(31) + "b", "*".repeat(400)];
        for pattern in patterns {
            let logins = secret_of(vec![pattern.clone() + ".io"]);
            let taken = time(&logins, &format!("{letters}.io/x"));
            assert!(taken < std::time::Duration::from_millis(1), "{taken:?} for {} bytes", pattern.len());
        }
        assert_eq!(users(&secret_of(vec!["*".repeat(400) + ".io"]), "a.io/x"), ["u:p"]);
        let many = secret_of((0..5_000).map(|number| format!("{number}.io")).collect());
        assert_eq!(many.and(secret_of(vec!["a.io".to_owned()])).0.len(), MOST_LOGINS);
    }
}
