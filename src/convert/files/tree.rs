//! Files beside the compose file as keys of ConfigMaps and Secrets.

use crate::api::{KeyRef, TreeFile};
use crate::compose::source::Kind;
use crate::convert::context::Context;
use crate::convert::names::{key, label};
use crate::convert::output::MARK;
use crate::translate::names::object_name;
use crate::translate::short_hash;

/// The most bytes of an object, and so of a file. The API server takes 1 MiB of data, counted without Base64;
/// what remains is for keys and the object around them.
pub const LARGEST: usize = 900 << 10;
/// The most bytes and files of a mount.
const LARGEST_TREE: usize = 8 << 20;
const MOST_FILES: usize = 1000;
/// How deep folders may lie in each other: a link that leads upwards has no end.
const DEEPEST: usize = 32;

/// Names of files that hold keys or passwords.
const SECRET_FILES: [&str; 8] =
    [".htpasswd", ".netrc", ".npmrc", ".pgpass", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa"];

/// A file that was found.
pub struct Found {
    /// Its path below the mount's source; empty for the source itself.
    path: String,
    bytes: Vec<u8>,
    /// How many bytes it has: those beyond the limit are counted and not kept.
    size: usize,
    executable: bool,
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

/// All files at a path.
pub fn find(context: &Context<'_>, source: &str) -> Result<Vec<Found>, Failure> {
    let root = context.files.real(source).unwrap_or_else(|| source.to_owned());
    let mut walk = Walk { context, source, root, total: 0, found: Vec::new() };
    walk.at("", 0)?;
    let Walk { total, mut found, .. } = walk;
    if total <= LARGEST_TREE && found.iter().all(|file| file.size <= LARGEST) {
        return Ok(found);
    }
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
    total: usize,
    found: Vec<Found>,
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
        match files.kind(&full) {
            Some(Kind::File) => {
                if self.found.len() >= MOST_FILES {
                    return Err(Failure::TooLarge(format!("more than {MOST_FILES} files")));
                }
                let mut bytes = files.read(&full).map_err(unreadable)?;
                let size = bytes.len();
                self.total += size;
                if self.total > LARGEST_TREE {
                    bytes = Vec::new();
                }
                let executable = files.is_executable(&full);
                self.found.push(Found { path: below.to_owned(), bytes, size, executable });
            }
            // What an earlier conversion wrote is no part of the project.
            Some(Kind::Folder) if self.is_output(&full) => {}
            Some(Kind::Folder) if depth < DEEPEST => {
                for name in files.list(&full).map_err(unreadable)? {
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
pub fn store(context: &mut Context<'_>, shown: &str, found: Vec<Found>) -> Vec<TreeFile> {
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
        let secret = is_secret(context, name, &file.bytes);
        let mut made = TreeFile {
            path: Some(file.path).filter(|path| !path.is_empty()),
            mode: file.executable.then(|| "0755".to_owned()),
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

/// A part of an object's name for a path: readable, and another one for each path.
pub fn part(family: &str, shown: &str) -> String {
    let plain = label(&format!("{family}-{}", shown.replace('/', "-")), family);
    let told_apart = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
    if shown.chars().all(told_apart) && !shown.ends_with('.') && plain.len() < 50 {
        return plain;
    }
    let cut: String = plain.chars().take(40).collect();
    format!("{}-{}", cut.trim_end_matches('-'), short_hash(shown))
}

/// Whether a file is secret: a key or a certificate by its content or its name, a file of variables, or one
/// with a secret of the project in it.
pub fn is_secret(context: &Context<'_>, path: &str, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let armoured = text.contains("-----BEGIN ")
        && ["PRIVATE KEY-----", "CERTIFICATE-----"].iter().any(|end| text.contains(end));
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let named = ["key", "pem", "p8", "p12", "pfx", "crt", "cer", "der", "jks", "keystore", "env"]
        .contains(&extension);
    armoured
        || named
        || name.starts_with(".env")
        || SECRET_FILES.contains(&name)
        || context.secrecy.is_in(&text)
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn each_path_has_a_name_of_its_own() {
        let paths = ["a.b", "a-b", "a/b", "a_b", "A.b", "a--b", ".a.b"];
        let names: std::collections::BTreeSet<_> = paths.map(|path| part("files", path)).into();
        assert_eq!(names.len(), paths.len(), "{names:?}");
        assert_eq!(part("files", "nginx.conf"), "files-nginx-conf");
    }
}
