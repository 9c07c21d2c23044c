//! Image references as in Docker: `nginx` is `docker.io/library/nginx:latest` (grammar: Distribution, "reference").

use std::fmt;

/// Docker Hub, as image references name it.
pub(super) const DOCKER: &str = "docker.io";

/// An image reference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Reference {
    /// The registry's host, with the port if there is one.
    pub host: String,
    /// The path of the repository.
    pub repository: String,
    /// The digest, or the tag without one.
    pub version: String,
}

impl Reference {
    /// Parses a reference, or returns `None` for an invalid one.
    pub fn read(text: &str) -> Option<Self> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        // A colon after the last slash starts the tag. One before it starts the port.
        let path_starts = name.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match name[path_starts..].find(':') {
            Some(colon) => (&name[..path_starts + colon], Some(&name[path_starts + colon + 1..])),
            None => (name, None),
        };
        let (host, path) = match name.split_once('/') {
            Some((first, rest)) if is_host(first) => (first, rest),
            _ => (DOCKER, name),
        };
        let host = if host == "index.docker.io" { DOCKER } else { host };
        let repository =
            if host == DOCKER && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
        let is_sound = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && host.chars().all(|c| c.is_ascii_alphanumeric() || ".:-[]".contains(c))
            && repository.len() <= 255
            && repository.split('/').all(is_component)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        let version = digest.or(tag).unwrap_or("latest").to_owned();
        is_sound.then(|| Self { host: host.to_owned(), repository, version })
    }

    /// Reports whether the reference is a digest, and not a tag that can move.
    pub fn is_digest(&self) -> bool {
        is_digest(&self.version)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)
    }
}

/// Reports whether two references have the same repository.
pub fn is_same_image(one: &str, other: &str) -> bool {
    let name = |text| Reference::read(text).map(|it| (it.host, it.repository));
    name(one).is_some_and(|one| name(other) == Some(one))
}

fn is_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.chars().any(|c| c.is_ascii_uppercase())
}

fn is_component(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(is_word)
        && text.ends_with(is_word)
        && text.chars().all(|c| is_word(c) || "._-".contains(c))
}

fn is_tag(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= 128 && text.starts_with(is_word) && text.chars().all(|c| is_word(c) || ".-".contains(c))
}

/// Reports whether a text is a digest, such as `sha256:` and 64 hexadecimal digits.
pub(super) fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").map(|hex| (hex, 64));
    let digits = digits.or_else(|| text.strip_prefix("sha512:").map(|hex| (hex, 128)));
    digits.is_some_and(|(hex, length)| {
        hex.len() == length && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_docker_reads_them() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let pinned = format!("r.example.com:5000/a/b:1@{digest}");
        for (text, host, repository, version) in [
            ("nginx", "docker.io", "library/nginx", "latest"),
            ("nginx:1.27-alpine", "docker.io", "library/nginx", "1.27-alpine"),
            ("team/app", "docker.io", "team/app", "latest"),
            ("index.docker.io/nginx", "docker.io", "library/nginx", "latest"),
            ("docker.io/nginx", "docker.io", "library/nginx", "latest"),
            ("ghcr.io/team/app:v1", "ghcr.io", "team/app", "v1"),
            ("localhost/app", "localhost", "app", "latest"),
            ("localhost:5000/app:1", "localhost:5000", "app", "1"),
            ("[::1]:5000/app", "[::1]:5000", "app", "latest"),
            ("r.example.com/app__x/y-z.1", "r.example.com", "app__x/y-z.1", "latest"),
            (&pinned, "r.example.com:5000", "a/b", &digest),
        ] {
            let read = Reference::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((&*read.host, &*read.repository, &*read.version), (host, repository, version));
            assert_eq!(read.is_digest(), text.contains('@'));
        }
    }

    #[test]
    fn what_no_registry_could_have_is_no_name() {
        for text in [
            "",
            "/",
            "a//b",
            "App",
            "a:",
            "a:-x",
            "a@",
            "a@sha256:12",
            "../v2",
            "a/../b",
            "r.io/a b",
            "r.io/a?x",
            "r.io:x@y/a",
            "r.io/a@sha256:gg",
            "user@r.io/a",
            "r.io%2f/a",
        ] {
            assert_eq!(Reference::read(text), None, "{text}");
        }
    }

    #[test]
    fn versions_of_one_image_are_the_same_image() {
        assert!(is_same_image("nginx", "docker.io/library/nginx:1.27"));
        assert!(!is_same_image("nginx", "ghcr.io/library/nginx"));
        assert!(!is_same_image("a b", "a b"));
    }
}
