//! Files and folders of the host: bind mounts and the contents of secrets and configs.

use super::catalogue;
use super::context::Context;
use super::reader::Value;
use crate::api::{FileTree, Propagation, VolumeMount};
use crate::compose::source::Kind;

/// A bind mount of a service.
pub struct Bind<'a> {
    /// The service's name in the project.
    pub service: &'a str,
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
pub fn bind(_context: &mut Context<'_>, bind: Bind<'_>) -> Bound {
    let Some(path) = bind.source.text_judged(&catalogue::HOST_PATH) else { return Bound::Nothing };
    Bound::Mount(VolumeMount {
        host_path: Some(path),
        target: bind.target,
        read_only: bind.read_only.then_some(true),
        propagation: bind.propagation,
        ..VolumeMount::default()
    })
}

/// The content of a secret's or config's `file`, whose verdict is stated here; nothing where it cannot be read.
pub fn content(context: &Context<'_>, file: Value<'_>) -> Option<Vec<u8>> {
    let Some(path) = file.peek_text() else {
        file.judged(&catalogue::UNREADABLE);
        return None;
    };
    let read = match context.files.kind(path) {
        Some(Kind::File) => context.files.read(path),
        Some(_) => Err("is not a regular file".to_owned()),
        None => Err("no such file".to_owned()),
    };
    match read {
        Ok(bytes) if bytes.len() > 1 << 20 => {
            file.judged_with(&catalogue::TOO_LARGE, format!("{} bytes", bytes.len()));
            None
        }
        Ok(bytes) => {
            file.mapped();
            Some(bytes)
        }
        Err(error) => {
            file.judged_with(&catalogue::UNREADABLE, error);
            None
        }
    }
}
