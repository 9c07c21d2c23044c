//! Files beside the Compose file as keys of ConfigMaps and Secrets.

use compose_loader::FileKind;

use super::private::{is_private, is_secret, mode};
use crate::api::{KeyRef, TreeFile};
use crate::convert::context::Context;
use crate::convert::host::bounds::Location;
use crate::convert::host::content::{DEEPEST, HISTORY, has_content, is_made, is_placeholder};
use crate::convert::host::names::part;
use crate::convert::host::repository::Repository;
use crate::convert::names::key;
use crate::convert::output::SIGNATURE;
use crate::convert::reader::Value;
use crate::rules;
use crate::text::names::object_name;

/// The most bytes of an object, and so of a file. The API server accepts 1 MiB of data before Base64. The rest is for
/// keys and metadata.
pub const LARGEST: usize = 900 << 10;
/// The most bytes and files of a mount.
const LARGEST_TREE: usize = 8 << 20;
const MOST_FILES: usize = 1000;

/// The files at a path.
#[derive(Default)]
pub struct Found {
    /// The files.
    pub files: Vec<File>,
    /// The folders for data with a placeholder, below the path.
    pub folders: Vec<String>,
    /// The data that is not copied.
    pub left: Vec<String>,
    /// Whether the files are outside the project and must be stored in a Secret.
    pub is_foreign: bool,
}

impl Found {
    /// Keeps the permission bits of private keys from disk, and returns the path of the first key below the source.
    pub fn keep_modes(&mut self) -> Option<String> {
        let mut first = None;
        for file in self.files.iter_mut().filter(|file| file.is_private) {
            file.keeps_mode = true;
            first.get_or_insert_with(|| file.path.clone());
        }
        first
    }

    /// Describes the data that is not copied. Returns none if all data is copied.
    pub fn left(&self) -> Option<String> {
        const SHOWN: usize = 3;
        let first = self.left.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        match self.left.len() {
            0 => None,
            1..=SHOWN => Some(first),
            all => Some(format!("{first} and {} more", all - SHOWN)),
        }
    }
}

/// A file.
pub struct File {
    /// The path below the source of the mount. Empty for the source itself.
    path: String,
    bytes: Vec<u8>,
    /// The number of bytes, including bytes beyond the limit, which are not kept.
    size: usize,
    /// The permission bits on disk.
    mode: u32,
    /// Whether its program accepts the file only if no other user can read it.
    is_private: bool,
    /// Whether a private file keeps its permission bits from disk.
    keeps_mode: bool,
}

/// The reason why files cannot be copied.
pub enum Failure {
    /// The files are too many or too large. The text has the number of bytes and the largest files.
    TooLarge(String),
    /// A file cannot be read.
    Unreadable(String),
    /// A path below the source of the mount leads out of the allowed folder. Empty for the source itself.
    Outside(String),
    /// The source of the mount is a link that leads out of the project.
    Linked,
}

impl Failure {
    /// States the failure as the verdict on the source of a mount.
    pub fn judge(self, source: Value<'_>) {
        match self {
            Self::TooLarge(why) => source.judged_with(&rules::FILES_TOO_LARGE, why),
            Self::Unreadable(why) => source.judged_with(&rules::UNREADABLE_MOUNT, why),
            Self::Outside(below) => {
                let detail = if below.is_empty() { below } else { format!("'{below}'") };
                source.judged_with(&rules::OUTSIDE_CONFINED_FOLDER, detail)
            }
            Self::Linked => source.judged(&rules::LINK_OUTSIDE_PROJECT),
        };
    }
}

/// Reads all files at a path, except those at or below the real paths `without`.
pub fn find(context: &Context<'_>, source: &str, without: &[&str]) -> Result<Found, Failure> {
    let location = context.bounds.location(context.files, source);
    if location == Location::Linked {
        return Err(Failure::Linked);
    }
    let mut walk = Walk::new(context, source, without);
    walk.found.is_foreign = location == Location::Outside;
    walk.at("", 0)?;
    let Walk { total, found, .. } = walk;
    if total <= LARGEST_TREE && found.files.iter().all(|file| file.size <= LARGEST) {
        return Ok(found);
    }
    let mut found = found.files;
    found.sort_by(|a, b| (b.size, &a.path).cmp(&(a.size, &b.path)));
    let largest = found.iter().take(3).map(|file| format!("{} in '{}'", file.size, file.path));
    Err(Failure::TooLarge(format!("{total} bytes in total, {}", largest.collect::<Vec<_>>().join(", "))))
}

/// Reads the files of the project in a data file or folder. Leaves out files that the repository excludes, files that
/// programs have created, and files that cannot be copied.
pub fn find_data(context: &Context<'_>, source: &str) -> Result<Found, Failure> {
    let location = context.bounds.location(context.files, source);
    if location == Location::Linked {
        let left = vec!["files behind the link".to_owned()];
        return Ok(Found { left, ..Found::default() });
    }
    let (repository, is_excluded) = Repository::above(context.files, &context.project.working_dir, source);
    let mut walk = Walk::new(context, source, &[]);
    walk.data = Some(Data { repository, is_excluded });
    walk.found.is_foreign = location == Location::Outside;
    match walk.at("", 0) {
        Ok(()) => Ok(walk.found),
        Err(Failure::TooLarge(why)) => Ok(Found { left: vec![why], ..Found::default() }),
        Err(failure) => Err(failure),
    }
}

/// A walk through the files at a path.
struct Walk<'w> {
    context: &'w Context<'w>,
    source: &'w str,
    /// The source with all links resolved.
    root: String,
    without: &'w [&'w str],
    /// The state of a walk through data.
    data: Option<Data>,
    total: usize,
    found: Found,
}

/// The state of a walk through data.
struct Data {
    repository: Repository,
    /// Whether the repository excludes the source.
    is_excluded: bool,
}

impl<'w> Walk<'w> {
    fn new(context: &'w Context<'w>, source: &'w str, without: &'w [&'w str]) -> Self {
        let root = context.files.real(source).unwrap_or_else(|| source.to_owned());
        Self { context, source, root, without, data: None, total: 0, found: Found::default() }
    }

    fn at(&mut self, below: &str, depth: usize) -> Result<(), Failure> {
        match self.look(below, depth) {
            Err(Failure::Unreadable(why)) if self.data.is_some() => {
                self.leave(why);
                // The mount of a single file needs the file.
                if below.is_empty() && self.context.files.kind(self.source) == Some(FileKind::File) {
                    self.keep(below, Vec::new(), false);
                }
                Ok(())
            }
            result => result,
        }
    }

    fn look(&mut self, below: &str, depth: usize) -> Result<(), Failure> {
        let full = if below.is_empty() { self.source.to_owned() } else { format!("{}/{below}", self.source) };
        let files = self.context.files;
        let unreadable = |why: String| Failure::Unreadable(format!("'{below}' {why}"));
        let kind = files.kind(&full);
        if kind == Some(FileKind::Outside) {
            return Err(Failure::Outside(below.to_owned()));
        }
        // In a container a link cannot lead out of the mount.
        let real = files.real(&full).ok_or_else(|| unreadable("is a broken link".to_owned()))?;
        if !real.strip_prefix(&self.root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Err(unreadable("is a link that leads out of the folder".to_owned()));
        }
        if self.without.contains(&real.as_str()) {
            return Ok(());
        }
        match kind {
            Some(FileKind::File)
                if !below.is_empty() && self.data.is_some() && is_placeholder(files, &full) =>
            {
                if let Some((folder, _)) = below.rsplit_once('/') {
                    self.found.folders.push(folder.to_owned());
                }
            }
            Some(FileKind::File) if !below.is_empty() && self.is_of_machine(&full, below) => {
                self.leave(format!("'{below}'"));
            }
            Some(FileKind::File) => {
                if self.found.files.len() >= MOST_FILES {
                    return Err(Failure::TooLarge(format!("more than {MOST_FILES} files")));
                }
                let mut bytes = files.read(&full).map_err(unreadable)?;
                if self.data.is_some() && bytes.len() > LARGEST {
                    return Err(unreadable(format!("has {} bytes", bytes.len())));
                }
                self.total += bytes.len();
                if self.total > LARGEST_TREE && self.data.is_some() {
                    return Err(Failure::TooLarge(format!("more than {LARGEST_TREE} bytes")));
                }
                let is_private = is_private(&full, &bytes) || self.context.uses.is_key(&real);
                let size = bytes.len();
                if self.total > LARGEST_TREE {
                    bytes = Vec::new();
                }
                self.keep(below, bytes, is_private);
                if let Some(file) = self.found.files.last_mut() {
                    file.size = size;
                }
            }
            // The output of an earlier conversion is not part of the project.
            Some(FileKind::Folder) if self.is_output(&full) => {}
            Some(FileKind::Folder) if !below.is_empty() && self.is_excluded(&full, true) => {
                if has_content(files, &full) {
                    self.leave(format!("'{below}'"));
                }
            }
            Some(FileKind::Folder) if depth < DEEPEST => {
                let names = files.list(&full).map_err(unreadable)?;
                if let Some(data) = &mut self.data {
                    data.repository.enter(files, &full);
                }
                for name in names.into_iter().filter(|name| name != HISTORY) {
                    let next = if below.is_empty() { name } else { format!("{below}/{name}") };
                    self.at(&next, depth + 1)?;
                }
                if let Some(data) = &mut self.data {
                    data.repository.leave();
                }
            }
            Some(FileKind::Folder) => return Err(unreadable("is nested too deeply".to_owned())),
            // Sockets and FIFOs are never read, and a broken link has no content.
            Some(FileKind::Other | FileKind::Outside) => {
                return Err(unreadable("is not a regular file".to_owned()));
            }
            None => return Err(unreadable("is a broken link".to_owned())),
        }
        Ok(())
    }

    fn keep(&mut self, below: &str, bytes: Vec<u8>, is_private: bool) {
        let full = if below.is_empty() { self.source.to_owned() } else { format!("{}/{below}", self.source) };
        let (path, size, mode) = (below.to_owned(), bytes.len(), self.context.files.mode(&full));
        self.found.files.push(File { path, bytes, size, mode, is_private, keeps_mode: false });
    }

    fn leave(&mut self, what: String) {
        self.found.left.push(what);
    }

    /// Reports whether the repository excludes a path.
    fn is_excluded(&self, full: &str, is_folder: bool) -> bool {
        self.data.as_ref().is_some_and(|data| data.repository.excludes(full, is_folder))
    }

    /// Reports whether a data file belongs to this machine only.
    fn is_of_machine(&self, full: &str, below: &str) -> bool {
        let Some(data) = &self.data else { return false };
        // An empty file has no data to lose, and can be intended.
        let is_made = is_made(below) && self.context.files.read(full).is_ok_and(|bytes| !bytes.is_empty());
        data.is_excluded || is_made || self.is_excluded(full, false)
    }

    fn is_output(&self, folder: &str) -> bool {
        let list = format!("{folder}/kustomization.yaml");
        self.context.files.kind(&list) == Some(FileKind::File)
            && self.context.files.read(&list).is_ok_and(|bytes| bytes.starts_with(SIGNATURE.as_bytes()))
    }
}

/// Stores files in objects, named after the source's path below the project, so that services can share an object:
/// `<stack>-files-<path>`. If an object would be too large, the next one ends in `-2`, and so on.
pub fn store(context: &mut Context<'_>, shown: &str, found: Found) -> Vec<TreeFile> {
    let part = part("files", shown);
    let (mut number, mut filled) = (1, 0);
    let mut files = Vec::new();
    for file in found.files {
        if filled + file.bytes.len() > LARGEST && filled > 0 {
            (number, filled) = (number + 1, 0);
        }
        filled += file.bytes.len();
        let part = if number == 1 { part.clone() } else { format!("{part}-{number}") };
        let object = object_name(&context.names.stack, &part);
        let name = if file.path.is_empty() { shown.rsplit('/').next().unwrap_or("file") } else { &file.path };
        let key = key(name);
        let secret = found.is_foreign || file.is_private || is_secret(context, name, &file.bytes);
        let mut made = TreeFile {
            path: Some(file.path).filter(|path| !path.is_empty()),
            mode: mode(file.mode, file.is_private && !file.keeps_mode),
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
