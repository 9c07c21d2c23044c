//! The paths of a copy.

use crate::cli::failure::Failure;

/// The side of this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Side {
    /// A path.
    Path(String),
    /// An archive on a standard stream.
    Stream,
}

/// The direction of a copy.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Sides {
    /// To a container.
    Up { service: String, from: Side, to: String },
    /// From a container.
    Down { service: String, from: String, to: Side },
}

impl Sides {
    pub fn of(source: &str, destination: &str) -> Result<Self, Failure> {
        let local = |text: &str| match text {
            "-" => Side::Stream,
            path => Side::Path(path.to_owned()),
        };
        match (remote(source), remote(destination)) {
            (None, Some((service, to))) => Ok(Self::Up { service, from: local(source), to }),
            (Some((service, from)), None) => Ok(Self::Down { service, from, to: local(destination) }),
            (None, None) => {
                Err(Failure::new("neither path is in a container")
                    .remedy("write one of them as SERVICE:PATH"))
            }
            (Some(_), Some(_)) => Err(Failure::new("cannot copy between two containers")
                .remedy("copy to this machine first, or pass the archive: cp A:PATH - | cp - B:PATH")),
        }
    }

    pub fn service(&self) -> &str {
        match self {
            Self::Up { service, .. } | Self::Down { service, .. } => service,
        }
    }
}

/// Reads `SERVICE:PATH`. A path of this machine that has a colon starts with `./` or `/`.
fn remote(text: &str) -> Option<(String, String)> {
    let (service, path) = text.split_once(':')?;
    let is_name = !service.is_empty() && !service.contains(['/', '\\']) && !service.starts_with('.');
    is_name.then(|| (service.to_owned(), if path.is_empty() { "/".to_owned() } else { path.to_owned() }))
}

/// Returns the folder of the container and the name in it for a copy of `from` to `to`. Without a name, the content of a
/// folder is copied.
pub(super) fn target(from: &str, to: &str, is_folder: bool) -> (String, Option<String>) {
    if is_content(from) {
        return (to.to_owned(), None);
    }
    let name = last(from);
    if is_folder {
        return (to.to_owned(), Some(name));
    }
    let (folder, name) = split(to);
    (folder, Some(name))
}

/// Reports whether a path ends in `/.`, which means the content of a folder.
pub(super) fn is_content(path: &str) -> bool {
    path == "." || path.ends_with("/.")
}

/// Returns the folder and the name of a path of a container.
pub(super) fn split(path: &str) -> (String, String) {
    if is_content(path) {
        let folder = path.strip_suffix("/.").unwrap_or(path);
        return (if folder.is_empty() { "/" } else { folder }.to_owned(), ".".to_owned());
    }
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        None if path.is_empty() => ("/".to_owned(), ".".to_owned()),
        None => (".".to_owned(), guarded(path)),
        Some(("", name)) => ("/".to_owned(), guarded(name)),
        Some((folder, name)) => (folder.to_owned(), guarded(name)),
    }
}

/// Returns a name that `tar` does not take as an option.
fn guarded(name: &str) -> String {
    if name.starts_with('-') { format!("./{name}") } else { name.to_owned() }
}

/// Returns the last name of a path of this machine.
fn last(path: &str) -> String {
    let path = std::path::Path::new(path);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.or_else(|| {
        // `..` and `/` have a name only as absolute paths.
        let full = path.canonicalize().ok()?;
        full.file_name().map(|name| name.to_string_lossy().into_owned())
    })
    .unwrap_or_else(|| ".".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_the_paths_is_in_a_container() {
        let path = |path: &str| Side::Path(path.to_owned());
        let up = |from, to: &str| Sides::Up { service: "db".to_owned(), from, to: to.to_owned() };
        let down = |from: &str, to| Sides::Down { service: "db".to_owned(), from: from.to_owned(), to };
        assert_eq!(Sides::of("a.sql", "db:/tmp/").unwrap(), up(path("a.sql"), "/tmp/"));
        assert_eq!(Sides::of("-", "db:/tmp").unwrap(), up(Side::Stream, "/tmp"));
        assert_eq!(Sides::of("db:/data", "-").unwrap(), down("/data", Side::Stream));
        assert_eq!(Sides::of("db:", ".").unwrap(), down("/", path(".")));
        assert_eq!(Sides::of("./a:b", "db:/x").unwrap(), up(path("./a:b"), "/x"));
        assert!(Sides::of("a", "b").is_err() && Sides::of("a:/x", "b:/y").is_err());
    }

    #[test]
    fn a_copy_has_the_place_that_docker_gives_it() {
        let place = |from: &str, to: &str, is_folder| {
            let (folder, name) = target(from, to, is_folder);
            format!("{folder} {}", name.as_deref().unwrap_or("*"))
        };
        assert_eq!(place("dir/a.sql", "/tmp", true), "/tmp a.sql");
        assert_eq!(place("dir/a.sql", "/tmp/b.sql", false), "/tmp b.sql");
        assert_eq!(place("dir/", "/tmp", true), "/tmp dir");
        assert_eq!(place("dir", "/srv/new", false), "/srv new");
        assert_eq!(place("dir/.", "/srv", true), "/srv *");
    }

    #[test]
    fn a_path_of_a_container_has_a_folder_and_a_name() {
        for (path, folder, name) in [
            ("/data/a.txt", "/data", "a.txt"),
            ("/data/", "/", "data"),
            ("a.txt", ".", "a.txt"),
            ("/data/.", "/data", "."),
            ("/", "/", "."),
            ("/data/-x", "/data", "./-x"),
        ] {
            assert_eq!(split(path), (folder.to_owned(), name.to_owned()), "{path}");
        }
    }
}
