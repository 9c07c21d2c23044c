//! Names of objects for paths.

use compose_loader::Project;

use crate::convert::names::label;
use crate::text::{clip::start, short_hash};

/// Returns a readable part of an object name, unique for each path.
pub fn part(family: &str, shown: &str) -> String {
    let readable = shown.trim_start_matches('/').replace("../", "up/").replace('/', "-");
    let plain = label(&format!("{family}-{readable}"), family);
    let is_kept = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
    if shown.chars().all(is_kept) && !shown.ends_with('.') && plain.len() < 50 {
        return plain;
    }
    format!("{}-{}", start(&plain, 40).trim_end_matches('-'), short_hash(shown))
}

/// Returns the name of the volume for a path. No volume of the project has this name.
pub fn volume_name(project: &Project, shown: &str) -> String {
    let name = part("data", shown);
    if project.section("volumes").any(|(own, _)| label(own, "volume") == name) {
        format!("{name}-folder")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn each_path_has_a_unique_name() {
        let paths = [
            "a.b", "a-b", "a/b", "a_b", "A.b", "a--b", ".a.b", "/a.b", "/a/b", "../a", "up/a", "../../a",
            "up/up/a", "..", "../up/a", "a", "/a",
        ];
        let names: std::collections::BTreeSet<_> = paths.map(|path| part("files", path)).into();
        assert_eq!(names.len(), paths.len(), "{names:?}");
        assert_eq!(part("files", "nginx.conf"), "files-nginx-conf");
    }
}
