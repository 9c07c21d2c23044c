//! Slash-separated paths, as Docker Compose handles them on every system.

/// Returns `base/path`, or an absolute `path` itself.
#[must_use]
pub fn join(base: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    match (base, path) {
        ("", "") => String::new(),
        ("", path) => clean(path),
        (base, path) => clean(&format!("{base}/{path}")),
    }
}

/// Returns the folder of a path.
#[must_use]
pub(crate) fn parent(path: &str) -> String {
    match path.rfind('/') {
        Some(slash) => clean(&path[..=slash]),
        None => ".".to_owned(),
    }
}

/// Returns the shortest equivalent path, like Go's `path.Clean`.
#[must_use]
pub fn clean(path: &str) -> String {
    if path.is_empty() {
        return String::new();
    }
    let rooted = path.starts_with('/');
    // Most paths are clean already.
    if path.split('/').skip(usize::from(rooted)).all(|part| !matches!(part, "" | "." | "..")) {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                None | Some(_) if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// Returns the relative path from one absolute folder to another.
#[must_use]
pub fn relative(from: &str, to: &str) -> String {
    let (from, to) = (clean(from), clean(to));
    let mut from: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    let mut to: Vec<&str> = to.split('/').filter(|part| !part.is_empty()).collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    from.drain(..common);
    to.drain(..common);
    let way: Vec<&str> = from.iter().map(|_| "..").chain(to).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

/// Returns a path below `folder` relative to it, and any other path unchanged.
#[must_use]
pub fn shorten<'p>(path: &'p str, folder: &str) -> &'p str {
    let below = path.strip_prefix(folder.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    below.filter(|_| !folder.is_empty()).unwrap_or(path)
}

/// Reports whether a path starts with a drive or a share, like an absolute path on Windows.
pub fn is_windows_absolute(path: &str) -> bool {
    let bytes = path.as_bytes();
    matches!(bytes, [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
        || path.starts_with("\\\\")
}

#[cfg(test)]
mod tests {
    use super::{clean, join, relative};

    #[test]
    fn paths() {
        for (path, cleaned) in [
            ("/a/../b/./c//", "/b/c"),
            ("./x", "x"),
            ("../../x", "../../x"),
            ("a/..", "."),
            ("/..", "/"),
            ("", ""),
        ] {
            assert_eq!(clean(path), cleaned);
        }
        assert_eq!(join("/p", "../x"), "/x");
        assert_eq!(relative("/a/b", "/a/c/d"), "../c/d");
        assert_eq!(relative("/a", "/a"), ".");
    }
}
