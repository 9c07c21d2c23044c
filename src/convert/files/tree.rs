//! Files beside the compose file as keys of ConfigMaps and Secrets.

use super::content::{DEEPEST, HISTORY, is_placeholder};
use super::names::part;
use super::private::{is_private, is_secret, mode};
use crate::api::{KeyRef, TreeFile};
use crate::compose::source::Kind;
use crate::convert::catalogue;
use crate::convert::context::Context;
use crate::convert::names::key;
use crate::convert::output::MARK;
use crate::convert::reader::Value;
use crate::translate::names::object_name;

/// The most bytes of an object, and so of a file. The API server takes 1 MiB of data, counted without Base64;
/// what remains is for keys and the object around them.
pub const LARGEST: usize = 900 << 10;
/// The most bytes and files of a mount.
const LARGEST_TREE: usize = 8 << 20;
const MOST_FILES: usize = 1000;

/// What was found at a path.
#[derive(Default)]
pub struct Found {
    /// The files.
    pub files: Vec<File>,
    /// The folders below the path that only a placeholder keeps.
    pub folders: Vec<String>,
}

/// A file that was found.
pub struct File {
    /// Its path below the mount's source; empty for the source itself.
    path: String,
    bytes: Vec<u8>,
    /// How many bytes it has: those beyond the limit are counted and not kept.
    size: usize,
    /// Its permission bits on disk.
    mode: u32,
    /// Whether its program takes it only where nobody else may read it.
    is_private: bool,
}

/// Why files cannot be taken.
pub enum Failure {
    /// There are too many or too large ones; how many bytes, and the largest.
    TooLarge(String),
    /// One cannot be read.
    Unreadable(String),
    /// A path below the mount's source leads out of what may be read; empty for the source itself.
    Outside(String),
}

impl Failure {
    /// States it as the verdict on a mount's source.
    pub fn judge(self, source: Value<'_>) {
        match self {
            Self::TooLarge(why) => source.judged_with(&catalogue::FILES_TOO_LARGE, why),
            Self::Unreadable(why) => source.judged_with(&catalogue::FILES_UNREADABLE, why),
            Self::Outside(below) => {
                let detail = if below.is_empty() { below } else { format!("'{below}'") };
                source.judged_with(&catalogue::OUTSIDE, detail)
            }
        };
    }
}

/// All files at a path, but for placeholders and what lies at or below the real paths `without`.
pub fn find(context: &Context<'_>, source: &str, without: &[&str]) -> Result<Found, Failure> {
    let root = context.files.real(source).unwrap_or_else(|| source.to_owned());
    let mut walk = Walk { context, source, root, without, total: 0, found: Found::default() };
    walk.at("", 0)?;
    let Walk { total, found, .. } = walk;
    if total <= LARGEST_TREE && found.files.iter().all(|file| file.size <= LARGEST) {
        return Ok(found);
    }
    let mut found = found.files;
    found.sort_by(|a, b| (b.size, &a.path).cmp(&(a.size, &b.path)));
    let largest = found.iter().take(3).map(|file| format!("{} in '{}'", file.size, file.path));
    Err(Failure::TooLarge(format!("{total} bytes in all, {}", largest.collect::<Vec<_>>().join(", "))))
}

/// A walk through the files at a path.
struct Walk<'w> {
    context: &'w Context<'w>,
    source: &'w str,
    /// The source with all links resolved.
    root: String,
    without: &'w [&'w str],
    total: usize,
    found: Found,
}

impl Walk<'_> {
    fn at(&mut self, below: &str, depth: usize) -> Result<(), Failure> {
        let full = if below.is_empty() { self.source.to_owned() } else { format!("{}/{below}", self.source) };
        let files = self.context.files;
        let unreadable = |why: String| Failure::Unreadable(format!("'{below}' {why}"));
        if files.kind(&full) == Some(Kind::Outside) {
            return Err(Failure::Outside(below.to_owned()));
        }
        // In a container there is nothing of the host outside of the mount.
        let real = files.real(&full).ok_or_else(|| unreadable("leads nowhere".to_owned()))?;
        if !real.strip_prefix(&self.root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Err(unreadable("is a link that leads out of the folder".to_owned()));
        }
        if self.without.contains(&real.as_str()) {
            return Ok(());
        }
        match files.kind(&full) {
            Some(Kind::File) if !below.is_empty() && is_placeholder(files, &full) => {
                if let Some((folder, _)) = below.rsplit_once('/') {
                    self.found.folders.push(folder.to_owned());
                }
            }
            Some(Kind::File) => {
                if self.found.files.len() >= MOST_FILES {
                    return Err(Failure::TooLarge(format!("more than {MOST_FILES} files")));
                }
                let mut bytes = files.read(&full).map_err(unreadable)?;
                let size = bytes.len();
                self.total += size;
                if self.total > LARGEST_TREE {
                    bytes = Vec::new();
                }
                let is_private = is_private(&full, &bytes) || self.context.uses.is_key(&real);
                let mode = files.mode(&full);
                self.found.files.push(File { path: below.to_owned(), bytes, size, mode, is_private });
            }
            // What an earlier conversion wrote is no part of the project.
            Some(Kind::Folder) if self.is_output(&full) => {}
            Some(Kind::Folder) if depth < DEEPEST => {
                for name in files.list(&full).map_err(unreadable)?.into_iter().filter(|name| name != HISTORY)
                {
                    let next = if below.is_empty() { name } else { format!("{below}/{name}") };
                    self.at(&next, depth + 1)?;
                }
            }
            Some(Kind::Folder) => return Err(unreadable("lies too deep".to_owned())),
            // A socket or a FIFO is never read, and a link into nothing has no content.
            Some(Kind::Other | Kind::Outside) => return Err(unreadable("is no regular file".to_owned())),
            None => return Err(unreadable("leads nowhere".to_owned())),
        }
        Ok(())
    }

    fn is_output(&self, folder: &str) -> bool {
        let list = format!("{folder}/kustomization.yaml");
        self.context.files.kind(&list) == Some(Kind::File)
            && self.context.files.read(&list).is_ok_and(|bytes| bytes.starts_with(MARK.as_bytes()))
    }
}

/// Puts files into objects. They are named by the source's path below the project, so that several services
/// share them: `<stack>-files-<path>`, and so on with `-2` where one object would be too large.
pub fn store(context: &mut Context<'_>, shown: &str, found: Vec<File>) -> Vec<TreeFile> {
    let part = part("files", shown);
    let (mut number, mut filled) = (1, 0);
    let mut files = Vec::new();
    for file in found {
        if filled + file.bytes.len() > LARGEST && filled > 0 {
            (number, filled) = (number + 1, 0);
        }
        filled += file.bytes.len();
        let part = if number == 1 { part.clone() } else { format!("{part}-{number}") };
        let object = object_name(&context.names.stack, &part);
        let name = if file.path.is_empty() { shown.rsplit('/').next().unwrap_or("file") } else { &file.path };
        let key = key(name);
        let secret = file.is_private || is_secret(context, name, &file.bytes);
        let mut made = TreeFile {
            path: Some(file.path).filter(|path| !path.is_empty()),
            mode: mode(file.mode, file.is_private),
            ..TreeFile::default()
        };
        let reference = Some(KeyRef { name: object.clone(), key: key.clone() });
        if secret {
            context.objects.secret(&object, &key, file.bytes);
            made.secret_key_ref = reference;
        } else {
            context.objects.config(&object, &key, file.bytes);
            made.config_map_key_ref = reference;
        }
        files.push(made);
    }
    files
}
