//! Names of objects for paths.

use compose_loader::Project;

use crate::convert::names::label;
use crate::translate::short_hash;

/// A part of an object's name for a path: readable, and another one for each path.
pub fn part(family: &str, shown: &str) -> String {
    let readable = shown.trim_start_matches('/').replace("../", "up/").replace('/', "-");
    let plain = label(&format!("{family}-{readable}"), family);
    let told_apart = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
    if shown.chars().all(told_apart) && !shown.ends_with('.') && plain.len() < 50 {
        return plain;
    }
    let cut: String = plain.chars().take(40).collect();
    format!("{}-{}", cut.trim_end_matches('-'), short_hash(shown))
}

/// The volume for a path, which is none of the project's own.
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
    fn each_path_has_a_name_of_its_own() {
        let paths = [
            "a.b", "a-b", "a/b", "a_b", "A.b", "a--b", ".a.b", "/a.b", "/a/b", "../a", "up/a", "../../a",
            "up/up/a", "..", "../up/a", "a", "/a",
        ];
        let names: std::collections::BTreeSet<_> = paths.map(|path| part("files", path)).into();
        assert_eq!(names.len(), paths.len(), "{names:?}");
        assert_eq!(part("files", "nginx.conf"), "files-nginx-conf");
    }
}
