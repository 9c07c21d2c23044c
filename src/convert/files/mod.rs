//! Files and folders of the host: bind mounts and the contents of secrets and configs.

mod socket;
mod tree;

use super::catalogue;
use super::context::Context;
use super::names::label;
use super::reader::Value;
use crate::api::{FileTree, Propagation, VolumeMount};
use crate::compose::paths::relative;
use crate::compose::source::Kind;
pub use tree::is_secret;

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
}

/// What becomes of a bind mount.
pub enum Bound {
    /// Files from ConfigMaps and Secrets.
    Files(FileTree),
    /// A volume (added to [`Context::volumes`] where it is a named one) or a path of the node.
    Mount(VolumeMount),
    /// Nothing is mounted.
    Nothing,
}

/// Decides on a bind mount, states the verdict on its source, and adds what it needs to the context.
pub fn bind(context: &mut Context<'_>, bind: Bind<'_>) -> Bound {
    let path = bind.source.peek_text().unwrap_or_default().to_owned();
    let read_only = bind.read_only.then_some(true);
    let mount = VolumeMount { target: bind.target, read_only, ..VolumeMount::default() };
    let special = if path.ends_with(".sock") {
        Some(&catalogue::ENGINE_SOCKET)
            .filter(|_| ["docker", "podman", "containerd"].iter().any(|e| path.contains(e)))
    } else {
        Some(&catalogue::TIME_ZONE).filter(|_| path == "/etc/localtime" || path == "/etc/timezone")
    };
    if let Some(rule) = special {
        let detail = if path.ends_with(".sock") { socket::instead(context, &bind.source) } else { "" };
        bind.source.judged_with(rule, detail);
        return Bound::Nothing;
    }
    let Some(shown) = beside(context, &path) else {
        let host_path = bind.source.text_judged(&catalogue::HOST_PATH);
        let Some(host_path) = host_path else { return Bound::Nothing };
        return Bound::Mount(VolumeMount {
            host_path: Some(host_path),
            propagation: bind.propagation,
            ..mount
        });
    };
    if is_source_tree(context, &path) && context.files.kind(&path) != Some(Kind::File) {
        bind.source.judged(&catalogue::SOURCE_TREE);
        return Bound::Nothing;
    }
    let found = match context.files.kind(&path) {
        None => Ok(Vec::new()),
        Some(_) => tree::find(context, &path),
    };
    match found {
        Ok(files) if files.is_empty() => {
            if bind.source.text_judged(&catalogue::DATA_FOLDER).is_none() {
                return Bound::Nothing;
            }
            // Services that share the folder share the volume.
            let mut name = tree::part("data", &shown);
            if context.project.section("volumes").any(|(own, _)| label(own, "volume") == name) {
                name = format!("{name}-folder");
            }
            context.volumes.entry(name.clone()).or_default();
            Bound::Mount(VolumeMount { source: Some(name), ..mount })
        }
        Ok(files) => {
            bind.source.judged(&catalogue::COPIED);
            let files = tree::store(context, &shown, files);
            let read_only = (!bind.read_only).then_some(false);
            Bound::Files(FileTree { target: mount.target, read_only, files })
        }
        Err(tree::Failure::TooLarge(why)) => {
            bind.source.judged_with(&catalogue::FILES_TOO_LARGE, why);
            Bound::Nothing
        }
        Err(tree::Failure::Outside(below)) => {
            let detail = if below.is_empty() { below } else { format!("'{below}'") };
            bind.source.judged_with(&catalogue::OUTSIDE, detail);
            Bound::Nothing
        }
        Err(tree::Failure::Unreadable(why)) => {
            bind.source.judged_with(&catalogue::FILES_UNREADABLE, why);
            Bound::Nothing
        }
    }
}

/// The path as seen from the project, where it lies within it or beside it: at most two folders up, which
/// are not those that every host has.
fn beside(context: &Context<'_>, path: &str) -> Option<String> {
    let folder = &context.project.working_dir;
    let way = relative(folder, path);
    let up = way.split('/').take_while(|part| *part == "..").count();
    let depth = folder.split('/').filter(|part| !part.is_empty()).count();
    let within = up == 0 || up <= 2 && depth >= up + 2;
    // The way up is no part of a name.
    within.then(|| way.replace("../", "up/"))
}

/// Whether an image is built from a folder or one above it.
fn is_source_tree(context: &Context<'_>, path: &str) -> bool {
    let contexts =
        context.project.services().filter_map(|(_, service)| service.get("build")?.str_at("context"));
    let is_below = |context: &str| {
        path == context || path.strip_prefix(context).is_some_and(|rest| rest.starts_with('/'))
    };
    // The project's own folder holds configuration too, so only what is built from lower down is source.
    let root = context.project.working_dir.as_str();
    contexts.into_iter().any(|context| path == context || context != root && is_below(context))
}

/// The content of a secret's or config's `file`, whose verdict is stated here; nothing where it cannot be read.
pub fn content(context: &Context<'_>, file: Value<'_>) -> Option<Vec<u8>> {
    let path = file.peek().as_str().unwrap_or_default();
    let read = match context.files.kind(path) {
        Some(Kind::File) => context.files.read(path),
        Some(Kind::Outside) => {
            file.judged(&catalogue::OUTSIDE);
            return None;
        }
        Some(_) => Err("it is no regular file".to_owned()),
        None => Err("there is none".to_owned()),
    };
    match read {
        Ok(bytes) if bytes.len() <= tree::LARGEST => {
            file.mapped();
            return Some(bytes);
        }
        Ok(bytes) => file.judged_with(&catalogue::TOO_LARGE, format!("{} bytes", bytes.len())),
        Err(why) => file.judged_with(&catalogue::UNREADABLE, why),
    };
    None
}
