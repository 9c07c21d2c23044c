//! Files and folders of the host: bind mounts and the contents of secrets and configs.
//!
//! | topic | module |
//! |---|---|
//! | files as keys of objects | `tree` |
//! | private files and permission bits | `private` |
//! | counterparts of programs that use the socket of an engine | `socket` |

mod private;
mod socket;
mod tree;

use compose_loader::{FileKind, paths::is_windows_absolute};

pub use self::private::is_secret;
use super::context::Context;
use super::folders::real;
use super::host::{Location, Use, beside};
use super::reader::Value;
use super::settings::BindMode;
use crate::api::{FileTree, Propagation, Volume, VolumeMount};
use crate::rules::{self, Rule};

/// A bind mount of a service.
pub struct Bind<'a> {
    /// The source: an absolute path of the host. Its verdict is stated here.
    pub source: Value<'a>,
    /// The absolute path in the container.
    pub target: String,
    /// Whether the mount is read-only.
    pub read_only: bool,
    /// The mount propagation.
    pub propagation: Option<Propagation>,
    /// The `bind` setting of the mount.
    pub bind_mode: Option<BindMode>,
    /// Whether the service has a user by name, whose number only the image knows.
    pub is_user_named: bool,
}

/// The result for a bind mount.
pub enum Bound {
    /// Files from ConfigMaps and Secrets, and the volumes inside these files.
    Files(FileTree, Vec<VolumeMount>),
    /// A volume (a named one is added to [`Context::volumes`]) or a path of the node.
    Mount(VolumeMount),
    /// Nothing is mounted.
    Nothing,
}

/// Converts a bind mount, states the verdict on its source, and adds volumes and objects to the context.
pub fn bind(context: &mut Context<'_>, bind: Bind<'_>) -> Bound {
    let path = bind.source.peek_text().unwrap_or_default().to_owned();
    if bind.bind_mode.is_none()
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
    // A Docker engine on Windows has drives, and accepts a backslash as separator.
    let is_foreign = is_windows_absolute(&path) || path.contains('\\') && context.files.kind(&path).is_none();
    if is_foreign && (bind.bind_mode.is_none() || meaning.is_none()) {
        bind.source.judged(&rules::WINDOWS_PATH);
        return Bound::Nothing;
    }
    match meaning {
        None => match bind.source.text_judged(&rules::HOST_PATH) {
            Some(folder) => {
                Bound::Mount(VolumeMount { host_path: Some(folder), propagation: bind.propagation, ..mount })
            }
            None => Bound::Nothing,
        },
        Some(Use::Source) => {
            bind.source.judged(&rules::SOURCE_TREE);
            Bound::Nothing
        }
        Some(Use::EmptyDir) => match bind.source.text_judged(&rules::EMPTY_FOLDER) {
            Some(_) => Bound::Mount(VolumeMount { empty_dir: Some(true), ..mount }),
            None => Bound::Nothing,
        },
        Some(Use::Data(at)) => data(context, bind, &path, at, mount),
        Some(Use::Files(within)) => files(context, bind, &path, &within),
    }
}

/// Returns the rule for files of the host: the socket of a container engine, and the time zone.
fn of_the_host(path: &str) -> Option<&'static Rule> {
    if path.ends_with(".sock") {
        return ["docker", "podman", "containerd"]
            .iter()
            .any(|engine| path.contains(engine))
            .then_some(&rules::DOCKER_SOCKET);
    }
    (path == "/etc/localtime" || path == "/etc/timezone").then_some(&rules::HOST_TIME_ZONE)
}

/// Converts a folder that services write into a volume, with the files of the project.
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

/// Returns the rule for a folder that services write, and the data that is not copied.
fn rule_of_data<'c>(context: &'c Context<'_>, volume: &str, is_file: bool) -> (&'static Rule, &'c str) {
    const LAID: &str =
        "the files are copied into a named volume: also copy the files that the running project has created";
    let has_files = context.volumes.get(volume).is_some_and(|volume| !volume.files.is_empty());
    match (context.left.get(volume), is_file, has_files) {
        (Some(left), ..) => (&rules::DATA_NOT_COPIED, left),
        _ if context.foreign.contains(volume) => (&rules::FILES_OUTSIDE_PROJECT, LAID),
        (_, true, _) => (&rules::DATA_FILE, ""),
        (_, false, true) => (&rules::WRITTEN_FOLDER, ""),
        (_, false, false) => (&rules::DATA_FOLDER, ""),
    }
}

/// Returns the mount of a path in the volume for a folder that services write. As with a bind mount in Docker, the
/// files of the image are hidden, so none is copied into the volume.
pub fn part_of(context: &Context<'_>, at: usize, path: &str, mount: VolumeMount) -> VolumeMount {
    let Some(data) = context.uses.data(at) else { return mount };
    let subpath = data.below(&real(context.files, path));
    VolumeMount { source: Some(data.volume.clone()), subpath, nocopy: Some(true), ..mount }
}

/// Adds the volume for a folder that services write, with the files of the project, if it is missing.
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

/// Keeps the permission bits of private keys if the number of their user is unknown, and reports this.
fn keep_modes(context: &Context<'_>, found: &mut tree::Found, source: &Value<'_>, is_user_named: bool) {
    if is_user_named && let Some(key) = found.keep_modes() {
        let (rule, pointer) = (&rules::KEY_OF_NAMED_USER, source.pointer());
        context.log.remark(rule, pointer, source.peek().place, key);
    }
}

/// Reports whether a path of the host belongs to the project.
pub fn is_of_project(context: &Context<'_>, path: &str) -> bool {
    beside(context.project, path).is_some()
}

/// Adds the files of the project to a named volume in a folder of the project, and states the verdict on its options.
/// Returns false if the folder is in another volume, which has the files.
pub fn fill_named(
    context: &mut Context<'_>,
    (new, made): (&str, &mut Volume),
    options: Value<'_>,
    path: &str,
) -> bool {
    let Some(at) = context.uses.holding(&real(context.files, path)) else { return true };
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

/// Converts files of the project into copies. `within` has the folders below that services write.
fn files(context: &mut Context<'_>, bind: Bind<'_>, path: &str, within: &[usize]) -> Bound {
    let Some(shown) = beside(context.project, path) else {
        bind.source.judged(&rules::BIND_MOUNT_OUTSIDE_PROJECT);
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
        (true, true) => (&rules::FILES_OUTSIDE_PROJECT, ""),
        (false, true) => (&rules::FILES_OUTSIDE_PROJECT, "each Pod writes to its own copy"),
        (true, false) => (&rules::COPIED_FILES, ""),
        (false, false) => (&rules::WRITABLE_COPY, ""),
    };
    bind.source.judged_with(rule, detail);
    let root = real(context.files, path);
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

/// The content of the file of a secret or config.
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the file is outside the project and must be stored in a Secret.
    pub is_foreign: bool,
}

/// Reads the `file` of a config, and states the verdict. Returns none if the file cannot be used.
pub fn config_file(context: &Context<'_>, file: Value<'_>) -> Option<Content> {
    let path = file.peek().as_str().unwrap_or_default();
    match (context.files.kind(path), context.bounds.location(context.files, path)) {
        (Some(FileKind::File), Location::Linked) => {
            file.judged(&rules::LINK_OUTSIDE_PROJECT);
            None
        }
        (Some(FileKind::File), Location::Outside) => {
            let bytes = content(context, file, Some(&rules::FILES_OUTSIDE_PROJECT))?;
            Some(Content { bytes, is_foreign: true })
        }
        _ => Some(Content { bytes: secret_file(context, file)?, is_foreign: false }),
    }
}

/// Reads the `file` of a secret, and states the verdict. Returns none if the file cannot be used.
pub fn secret_file(context: &Context<'_>, file: Value<'_>) -> Option<Vec<u8>> {
    content(context, file, None)
}

fn content(context: &Context<'_>, file: Value<'_>, rule: Option<&'static Rule>) -> Option<Vec<u8>> {
    let path = file.peek().as_str().unwrap_or_default();
    let read = match context.files.kind(path) {
        Some(FileKind::File) => context.files.read(path),
        Some(FileKind::Outside) => {
            file.judged(&rules::OUTSIDE_CONFINED_FOLDER);
            return None;
        }
        Some(_) => Err("the path is not a regular file".to_owned()),
        None => Err("the file does not exist".to_owned()),
    };
    match read {
        Ok(bytes) if bytes.len() <= tree::LARGEST => {
            match rule {
                Some(rule) => file.judged(rule),
                None => file.mapped(),
            };
            return Some(bytes);
        }
        Ok(bytes) => file.judged_with(&rules::SECRET_TOO_LARGE, format!("{} bytes", bytes.len())),
        Err(why) => file.judged_with(&rules::MISSING_SECRET_FILE, why),
    };
    None
}
