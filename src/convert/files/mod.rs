//! Files and folders of the host: bind mounts and the contents of secrets and configs.
//!
//! | what | where |
//! |---|---|
//! | what a bind mount means, by the use of all services | [`uses`] |
//! | folders that an image has anyhow | `source`, with `dockerfile` and `ignore` |
//! | whether anything in a folder is the project's own | `content` |
//! | files as keys of objects | `tree` |
//! | what is the project's own, and what of the machine | `bounds` |
//! | what a repository does not hold | `repository` |
//! | who may see a file | `private` |

mod bounds;
mod content;
mod dockerfile;
mod ignore;
mod names;
mod private;
mod repository;
mod socket;
mod source;
mod tree;
mod uses;

use compose_loader::{FileKind, paths::is_windows_absolute};
use serde::Deserialize;

use super::catalogue::{self, Rule};
use super::context::Context;
use super::reader::Value;
use crate::api::{FileTree, Propagation, Volume, VolumeMount};
pub use bounds::Bounds;
use bounds::Lies;
pub use private::is_secret;
pub use uses::Uses;
use uses::{Use, beside};

/// What the author of a project says that a bind mount means.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum Wish {
    /// Files as they are now.
    Files,
    /// A volume.
    Volume,
    /// A folder that begins empty with each pod.
    EmptyDir,
}

impl Wish {
    /// Its word in a compose file.
    fn of(word: &str) -> Option<Self> {
        match word {
            "files" => Some(Self::Files),
            "volume" => Some(Self::Volume),
            "emptyDir" => Some(Self::EmptyDir),
            _ => None,
        }
    }
}

/// A bind mount of a service.
pub struct Bind<'a> {
    /// Its source: an absolute path of the host, whose verdict is stated here.
    pub source: Value<'a>,
    /// Where it appears in the container; absolute.
    pub target: String,
    /// Whether it is mounted read-only.
    pub read_only: bool,
    /// How mounts below it are passed on.
    pub propagation: Option<Propagation>,
    /// What its author says that it means.
    pub wish: Option<Wish>,
    /// Whether the user of its service is a name, whose number only the image knows.
    pub is_user_named: bool,
}

/// What becomes of a bind mount.
pub enum Bound {
    /// Files from ConfigMaps and Secrets, and the volumes that lie in them.
    Files(FileTree, Vec<VolumeMount>),
    /// A volume (added to [`Context::volumes`] where it is a named one) or a path of the node.
    Mount(VolumeMount),
    /// Nothing is mounted.
    Nothing,
}

/// Decides on a bind mount, states the verdict on its source, and adds what it needs to the context.
pub fn bind(context: &mut Context<'_>, bind: Bind<'_>) -> Bound {
    let path = bind.source.peek_text().unwrap_or_default().to_owned();
    if bind.wish.is_none()
        && let Some(rule) = of_the_host(&path)
    {
        let detail = if path.ends_with(".sock") { socket::instead(context, &bind.source) } else { "" };
        bind.source.judged_with(rule, detail);
        return Bound::Nothing;
    }
    let read_only = bind.read_only.then_some(true);
    let mount = VolumeMount { target: bind.target.clone(), read_only, ..VolumeMount::default() };
    let pointer = bind.source.pointer();
    let meaning = context.uses.get(pointer.strip_suffix("/source").unwrap_or(pointer)).cloned();
    // An engine on Windows has drives, and reads a backslash between the parts of a path.
    let is_foreign = is_windows_absolute(&path) || path.contains('\\') && context.files.kind(&path).is_none();
    if is_foreign && (bind.wish.is_none() || meaning.is_none()) {
        bind.source.judged(&catalogue::WINDOWS_PATH);
        return Bound::Nothing;
    }
    match meaning {
        None => match bind.source.text_judged(&catalogue::HOST_PATH) {
            Some(folder) => {
                Bound::Mount(VolumeMount { host_path: Some(folder), propagation: bind.propagation, ..mount })
            }
            None => Bound::Nothing,
        },
        Some(Use::Source) => {
            bind.source.judged(&catalogue::SOURCE_TREE);
            Bound::Nothing
        }
        Some(Use::EmptyDir) => match bind.source.text_judged(&catalogue::SCRATCH) {
            Some(_) => Bound::Mount(VolumeMount { empty_dir: Some(true), ..mount }),
            None => Bound::Nothing,
        },
        Some(Use::Data(at)) => data(context, bind, &path, at, mount),
        Some(Use::Files(within)) => files(context, bind, &path, &within),
    }
}

/// The rule for what only a host has: the sockets of its engine, and its time zone.
fn of_the_host(path: &str) -> Option<&'static Rule> {
    if path.ends_with(".sock") {
        return ["docker", "podman", "containerd"]
            .iter()
            .any(|engine| path.contains(engine))
            .then_some(&catalogue::ENGINE_SOCKET);
    }
    (path == "/etc/localtime" || path == "/etc/timezone").then_some(&catalogue::TIME_ZONE)
}

/// What services write becomes a volume, into which the project's own files are laid.
fn data(context: &mut Context<'_>, bind: Bind<'_>, path: &str, at: usize, mount: VolumeMount) -> Bound {
    let Bind { source, is_user_named, .. } = bind;
    let (volume, is_file) = match context.uses.data(at) {
        Some(data) => (data.volume.clone(), data.is_file),
        None => return Bound::Nothing,
    };
    if let Err(failure) = fill(context, at, &source, is_user_named) {
        failure.judge(source);
        return Bound::Nothing;
    }
    let (rule, detail) = rule_of_data(context, &volume, is_file);
    if source.text_judged_with(rule, detail).is_none() {
        return Bound::Nothing;
    }
    Bound::Mount(part_of(context, at, path, mount))
}

/// The rule for what services write, and what of it is not taken along into its volume.
fn rule_of_data<'c>(context: &'c Context<'_>, volume: &str, is_file: bool) -> (&'static Rule, &'c str) {
    const LAID: &str =
        "they are laid into a named volume: copy what the running project has made there as well";
    let has_files = context.volumes.get(volume).is_some_and(|volume| !volume.files.is_empty());
    match (context.left.get(volume), is_file, has_files) {
        (Some(left), ..) => (&catalogue::LEFT_DATA, left),
        _ if context.foreign.contains(volume) => (&catalogue::FOREIGN_FILES, LAID),
        (_, true, _) => (&catalogue::DATA_FILE, ""),
        (_, false, true) => (&catalogue::LAID_FOLDER, ""),
        (_, false, false) => (&catalogue::DATA_FOLDER, ""),
    }
}

/// The mount of a volume for what services write: the part of it at a path. What the image has there is hidden,
/// so nothing of it gets into the volume.
pub fn part_of(context: &Context<'_>, at: usize, path: &str, mount: VolumeMount) -> VolumeMount {
    let Some(data) = context.uses.data(at) else { return mount };
    let subpath = data.below(&uses::real(context.files, path));
    VolumeMount { source: Some(data.volume.clone()), subpath, nocopy: Some(true), ..mount }
}

/// Makes the volume for what services write, with the project's own files, where it is not there yet.
fn fill(
    context: &mut Context<'_>,
    at: usize,
    source: &Value<'_>,
    is_user_named: bool,
) -> Result<(), tree::Failure> {
    let Some(data) = context.uses.data(at) else { return Ok(()) };
    if context.volumes.contains_key(&data.volume) {
        return Ok(());
    }
    let (volume, shown, path) = (data.volume.clone(), data.shown.clone(), data.path.clone());
    let (is_file, name) = (data.is_file, data.below(&data.real));
    let is_there = beside(context.project, &path).is_some() && context.files.kind(&path).is_some();
    let mut found = if is_there { tree::find_data(context, &path)? } else { tree::Found::default() };
    keep_modes(context, &mut found, source, is_user_named);
    if let Some(left) = found.left() {
        context.left.insert(volume.clone(), left);
    }
    if found.is_foreign {
        context.foreign.insert(volume.clone());
    }
    let folders = found.folders.clone();
    let mut files = tree::store(context, &shown, found);
    if is_file {
        files.iter_mut().for_each(|file| file.path.clone_from(&name));
    }
    context.volumes.insert(volume, Volume { files, folders, ..Volume::default() });
    Ok(())
}

/// Leaves private keys their permission bits where nobody knows whose they would be, and says so.
fn keep_modes(context: &Context<'_>, found: &mut tree::Found, source: &Value<'_>, is_user_named: bool) {
    if is_user_named && let Some(key) = found.keep_modes() {
        let (rule, pointer) = (&catalogue::KEY_OF_NAMED_USER, source.pointer());
        context.log.remark(rule, pointer, source.peek().place, key);
    }
}

/// Whether a path of the host is one that the project brings.
pub fn is_of_project(context: &Context<'_>, path: &str) -> bool {
    beside(context.project, path).is_some()
}

/// Lays the project's files into a named volume that the engine keeps in a folder of the project, and states the
/// verdict on the options that say so. False where the folder lies in another volume, which has the files.
pub fn fill_named(
    context: &mut Context<'_>,
    (new, made): (&str, &mut Volume),
    options: Value<'_>,
    path: &str,
) -> bool {
    let Some(at) = context.uses.holding(&uses::real(context.files, path)) else { return true };
    let Some(volume) = context.uses.data(at).map(|data| data.volume.clone()) else { return true };
    if let Err(failure) = fill(context, at, &options, false) {
        failure.judge(options);
        return true;
    }
    let (rule, detail) = rule_of_data(context, &volume, false);
    options.judged_with(rule, detail);
    if volume != new {
        context.parts.insert(new.to_owned(), (at, path.to_owned()));
        return false;
    }
    if let Some(laid) = context.volumes.remove(new) {
        (made.files, made.folders) = (laid.files, laid.folders);
    }
    true
}

/// Files of the project, as they are now. `within` is what services write below them.
fn files(context: &mut Context<'_>, bind: Bind<'_>, path: &str, within: &[usize]) -> Bound {
    let Some(shown) = beside(context.project, path) else {
        bind.source.judged(&catalogue::FILES_OUTSIDE);
        return Bound::Nothing;
    };
    let parts: Vec<(usize, String)> =
        within.iter().filter_map(|at| Some((*at, context.uses.data(*at)?.real.clone()))).collect();
    let without: Vec<&str> = parts.iter().map(|(_, real)| real.as_str()).collect();
    let found = match context.files.kind(path) {
        None => Ok(tree::Found::default()),
        Some(_) => tree::find(context, path, &without),
    };
    let named = bind.is_user_named;
    let filled =
        |found| parts.iter().try_for_each(|(at, _)| fill(context, *at, &bind.source, named)).map(|()| found);
    let mut found = match found.and_then(filled) {
        Ok(found) => found,
        Err(failure) => {
            failure.judge(bind.source);
            return Bound::Nothing;
        }
    };
    keep_modes(context, &mut found, &bind.source, named);
    let (rule, detail) = match (bind.read_only, found.is_foreign) {
        (true, true) => (&catalogue::FOREIGN_FILES, ""),
        (false, true) => (&catalogue::FOREIGN_FILES, "each pod writes to a copy of its own"),
        (true, false) => (&catalogue::COPIED, ""),
        (false, false) => (&catalogue::WRITABLE_COPY, ""),
    };
    bind.source.judged_with(rule, detail);
    let root = uses::real(context.files, path);
    let volumes = parts.iter().filter_map(|(at, real)| {
        let place = real.strip_prefix(&root)?;
        let target = format!("{}{place}", bind.target.trim_end_matches('/'));
        let read_only = bind.read_only.then_some(true);
        let mount = VolumeMount { target, read_only, ..VolumeMount::default() };
        Some(part_of(context, *at, real, mount))
    });
    let volumes = volumes.collect();
    let files = tree::store(context, &shown, found);
    let read_only = (!bind.read_only).then_some(false);
    Bound::Files(FileTree { target: bind.target, read_only, files }, volumes)
}

/// The content of a secret's or config's file.
pub struct Content {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it lies outside of the project, so that it belongs into a Secret.
    pub is_foreign: bool,
}

/// The content of a config's `file`, whose verdict is stated here; nothing where it cannot be taken.
pub fn config_file(context: &Context<'_>, file: Value<'_>) -> Option<Content> {
    let path = file.peek().as_str().unwrap_or_default();
    match (context.files.kind(path), context.bounds.lies(context.files, path)) {
        (Some(FileKind::File), Lies::Linked) => {
            file.judged(&catalogue::LINK_OUT);
            None
        }
        (Some(FileKind::File), Lies::Outside) => {
            let bytes = content(context, file, Some(&catalogue::FOREIGN_FILES))?;
            Some(Content { bytes, is_foreign: true })
        }
        _ => Some(Content { bytes: secret_file(context, file)?, is_foreign: false }),
    }
}

/// The content of a secret's `file`, whose verdict is stated here; nothing where it cannot be taken.
pub fn secret_file(context: &Context<'_>, file: Value<'_>) -> Option<Vec<u8>> {
    content(context, file, None)
}

fn content(context: &Context<'_>, file: Value<'_>, rule: Option<&'static Rule>) -> Option<Vec<u8>> {
    let path = file.peek().as_str().unwrap_or_default();
    let read = match context.files.kind(path) {
        Some(FileKind::File) => context.files.read(path),
        Some(FileKind::Outside) => {
            file.judged(&catalogue::OUTSIDE);
            return None;
        }
        Some(_) => Err("it is no regular file".to_owned()),
        None => Err("there is none".to_owned()),
    };
    match read {
        Ok(bytes) if bytes.len() <= tree::LARGEST => {
            match rule {
                Some(rule) => file.judged(rule),
                None => file.mapped(),
            };
            return Some(bytes);
        }
        Ok(bytes) => file.judged_with(&catalogue::TOO_LARGE, format!("{} bytes", bytes.len())),
        Err(why) => file.judged_with(&catalogue::UNREADABLE, why),
    };
    None
}
