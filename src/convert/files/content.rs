//! What lies in folders of a project: something of its own, or only what keeps a folder in a repository.

use compose_loader::FileKind;

use crate::convert::Folders;

/// How deep folders may lie in each other: a link that leads upwards has no end.
pub const DEEPEST: usize = 32;

/// Files that keep a folder in a repository.
const PLACEHOLDERS: [&str; 3] = [".gitkeep", ".gitignore", ".keep"];
/// Files that do so where they are empty.
const EMPTY_PLACEHOLDERS: [&str; 4] = ["placeholder", ".placeholder", ".empty", ".dummy"];
/// Extensions of files in which programs keep their data.
const STATE: [&str; 7] = ["db", "db3", "log", "rdb", "sqlite", "sqlite3", "sqlitedb"];
/// Extensions of files that are there only while a program runs.
const RUNNING: [&str; 2] = ["pid", "sock"];
/// The folder of a repository's history, which no program of a container needs.
pub const HISTORY: &str = ".git";

/// Whether a file only keeps its folder in a repository.
pub fn is_placeholder(files: &dyn Folders, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    PLACEHOLDERS.contains(&name) || EMPTY_PLACEHOLDERS.contains(&name) && is_empty(files, path)
}

/// Whether a file holds what a program has made: it is empty so far, or its name says so.
pub fn is_state(files: &dyn Folders, path: &str) -> bool {
    is_made(path) || is_empty(files, path)
}

/// Whether the name of a file says that a program has made it: a database, a log, or what is there only while the
/// program runs.
pub fn is_made(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    // The journals of SQLite bear the name of their database.
    let of_database =
        ["-wal", "-shm", "-journal"].iter().find_map(|end| extension.strip_suffix(end)).unwrap_or(extension);
    name == "acme.json" || STATE.contains(&of_database) || RUNNING.contains(&extension)
}

fn is_empty(files: &dyn Folders, path: &str) -> bool {
    files.read(path).is_ok_and(|bytes| bytes.is_empty())
}

/// Whether anything in a folder is the project's own. What cannot be read counts, so that it is told of.
pub fn has_content(files: &dyn Folders, folder: &str) -> bool {
    fn at(files: &dyn Folders, path: &str, depth: usize) -> bool {
        match files.kind(path) {
            Some(FileKind::Folder) if depth < DEEPEST => match files.list(path) {
                Ok(names) => names
                    .iter()
                    .filter(|name| *name != HISTORY)
                    .any(|name| at(files, &format!("{}/{name}", path.trim_end_matches('/')), depth + 1)),
                Err(_) => true,
            },
            Some(FileKind::File) => !is_placeholder(files, path),
            Some(_) => true,
            // A link that leads nowhere.
            None => depth > 0,
        }
    }
    at(files, folder, 0)
}
