//! The content of folders in a project: files of the project, or only placeholders that keep a folder in a
//! repository.

use compose_loader::FileKind;

use crate::convert::folders::Folders;

/// The deepest nesting of folders. A link to a parent folder is endless.
pub const DEEPEST: usize = 32;

/// Files that keep a folder in a repository.
const PLACEHOLDERS: [&str; 3] = [".gitkeep", ".gitignore", ".keep"];
/// Files that keep a folder in a repository if they are empty.
const EMPTY_PLACEHOLDERS: [&str; 4] = ["placeholder", ".placeholder", ".empty", ".dummy"];
/// Extensions of data files.
const STATE: [&str; 7] = ["db", "db3", "log", "rdb", "sqlite", "sqlite3", "sqlitedb"];
/// Extensions of files that exist only while a program runs.
const RUNNING: [&str; 2] = ["pid", "sock"];
/// The folder of Git, which no program in a container needs.
pub const HISTORY: &str = ".git";

/// Reports whether a file only keeps its folder in a repository.
pub fn is_placeholder(files: &dyn Folders, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    PLACEHOLDERS.contains(&name) || EMPTY_PLACEHOLDERS.contains(&name) && is_empty(files, path)
}

/// Reports whether a program has created a file: the file is empty, or its name says so.
pub fn is_state(files: &dyn Folders, path: &str) -> bool {
    is_made(path) || is_empty(files, path)
}

/// Reports whether the name is that of a file which programs create: a database, a log or a runtime file.
pub fn is_made(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    // The journals of SQLite have the name of their database as a prefix.
    let of_database =
        ["-wal", "-shm", "-journal"].iter().find_map(|end| extension.strip_suffix(end)).unwrap_or(extension);
    name == "acme.json" || STATE.contains(&of_database) || RUNNING.contains(&extension)
}

fn is_empty(files: &dyn Folders, path: &str) -> bool {
    files.read(path).is_ok_and(|bytes| bytes.is_empty())
}

/// Reports whether a folder contains a file of the project. An unreadable file counts, so that the conversion reports
/// it.
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
            // A broken link.
            None => depth > 0,
        }
    }
    at(files, folder, 0)
}
