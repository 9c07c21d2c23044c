//! Mounts of a service.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::{Node, paths::is_windows_absolute};

use super::process::numbers;
use crate::api::{FileMount, Propagation, Service, Tmpfs, VolumeMount};
use crate::convert::context::Context;
use crate::convert::driver_options::tmpfs_options;
use crate::convert::files::{Bind, Bound, bind, part_of};
use crate::convert::names::label;
use crate::convert::reader::{Section, Value};
use crate::convert::settings;
use crate::convert::sizes::quantity;
use crate::rules::{self, Rule};

/// Converts `volumes` and `tmpfs`. `volumes_from` is resolved after all services.
pub fn volumes(context: &mut Context<'_>, name: &str, section: &mut Section<'_>, service: &mut Service) {
    let mut within = Vec::new();
    let user = context.project.service(name).and_then(|node| node.str_at("user"));
    let is_user_named = user.is_some_and(|user| user != ":" && numbers(user).is_none());
    for mount in section.take("volumes").map(Value::items).unwrap_or_default() {
        volume(context, mount, is_user_named, service, &mut within);
    }
    for value in section.take("tmpfs").map(Value::items).unwrap_or_default() {
        service.tmpfs.extend(short_tmpfs(value));
    }
    // Mounts of the service itself have precedence.
    let taken = targets(service);
    within.retain(|mount| !taken.contains(mount.target.trim_end_matches('/')));
    service.volumes.extend(within);
    from_others(context, name, section);
}

/// Returns the mount paths of a service, without trailing slashes.
fn targets(service: &Service) -> BTreeSet<String> {
    let volumes = service.volumes.iter().map(|mount| mount.target.clone());
    let files = service.files.iter().map(|tree| tree.target.clone());
    let memory = service.tmpfs.iter().map(|tmpfs| tmpfs.target.clone());
    let configs = service.configs.iter().map(|mount| place(mount, ""));
    let secrets = service.secrets.iter().map(|mount| place(mount, "/run/secrets"));
    let all = volumes.chain(files).chain(memory).chain(configs).chain(secrets);
    all.map(|target| target.trim_end_matches('/').to_owned()).collect()
}

/// Returns the mount path of a config or secret. `folder` is the default folder.
fn place(mount: &FileMount, folder: &str) -> String {
    let target = mount.target.as_ref().unwrap_or(&mount.source);
    if target.starts_with('/') { target.clone() } else { format!("{folder}/{target}") }
}

/// Converts a mount. `within` receives the volumes inside mounted files.
fn volume(
    context: &mut Context<'_>,
    mount: Value<'_>,
    is_user_named: bool,
    service: &mut Service,
    within: &mut Vec<VolumeMount>,
) {
    let mut mount = mount.section();
    let Some(kind) = mount.take("type") else { return mount.rest() };
    let word = kind.peek_text().unwrap_or_default();
    if !matches!(word, "volume" | "bind" | "tmpfs" | "image") {
        kind.judged_with(&rules::MOUNT_TYPE, word);
        return refuse(mount, &rules::MOUNT_TYPE);
    }
    kind.mapped();
    let bind_mode = settings::mount(&mut mount, word == "bind");
    if mount.peek("target").and_then(Node::as_str).is_some_and(is_no_place) {
        return refuse(mount, &rules::INVALID_MOUNT_PATH);
    }
    let Some(target) = mount.take("target").and_then(target) else {
        return refuse(mount, &rules::SECRET_IN_PLAIN_TEXT);
    };
    let read_only = mount.bool("read_only").filter(|read_only| *read_only);
    let mut made = VolumeMount { target, read_only, ..VolumeMount::default() };
    let mut of_bind = mount.take("bind").map(Value::section);
    if let Some(section) = &mut of_bind {
        made.propagation = section.take("propagation").and_then(propagation);
        if let Some(value) = section.take("create_host_path") {
            value.mapped();
        }
    }
    if let Some(mut section) = mount.take("volume").map(Value::section) {
        made.nocopy = section.bool("nocopy").filter(|nocopy| *nocopy);
        made.subpath = section.text("subpath");
        section.rest();
    }
    if let Some(mut section) = mount.take("image").map(Value::section) {
        made.subpath = made.subpath.or(section.text("subpath"));
        section.rest();
    }
    let mut tmpfs = Tmpfs { target: made.target.clone(), size: None, mode: None };
    if let Some(mut section) = mount.take("tmpfs").map(Value::section) {
        tmpfs.size = section.take("size").and_then(|size| quantity(size.mapped()));
        tmpfs.mode = section.int("mode").map(|mode| format!("{mode:04o}"));
        section.rest();
    }
    match word {
        "tmpfs" => {
            if let Some(source) = mount.take("source") {
                source.judged(&rules::MOUNT_HINTS);
            }
            service.tmpfs.push(tmpfs);
        }
        "bind" => {
            if let Some(source) = mount.take("source") {
                let (read_only, propagation) = (made.read_only.is_some(), made.propagation);
                match bind(
                    context,
                    Bind { source, target: made.target, read_only, propagation, bind_mode, is_user_named },
                ) {
                    Bound::Files(tree, volumes) => {
                        service.files.push(tree);
                        within.extend(volumes);
                    }
                    Bound::Mount(mount) => service.volumes.push(mount),
                    Bound::Nothing => {}
                }
            }
        }
        "image" => {
            made.image = mount.text("source");
            made.read_only = None;
            service.volumes.push(made);
        }
        _ => {
            let source = mount.text("source").filter(|source| !source.is_empty());
            let source = source.map(|source| context.names.volume(&source));
            if let Some(memory) = source.as_ref().and_then(|source| context.memory.get(source)) {
                service.tmpfs.push(Tmpfs { target: made.target, ..memory.clone() });
            } else {
                if source.as_ref().is_some_and(|source| context.read_only_volumes.contains(source)) {
                    // Nothing can be copied into such a mount either.
                    (made.read_only, made.nocopy) = (Some(true), Some(true));
                }
                let is_filled =
                    |name: &String| context.volumes.get(name).is_some_and(|it| !it.files.is_empty());
                if source.as_ref().is_some_and(is_filled) {
                    // Docker copies no files of the image into a folder that has files.
                    made.nocopy = Some(true);
                }
                made = match source.as_ref().and_then(|source| context.parts.get(source)) {
                    Some((at, path)) => {
                        let below =
                            made.subpath.as_ref().map(|below| format!("/{below}")).unwrap_or_default();
                        part_of(context, *at, &format!("{path}{below}"), made)
                    }
                    None => VolumeMount { source, ..made },
                };
                service.volumes.push(made);
            }
        }
    }
    if let Some(section) = of_bind {
        section.rest();
    }
    mount.rest();
}

/// Leaves a mount out.
fn refuse(mut mount: Section<'_>, rule: &'static Rule) {
    for key in ["source", "target", "read_only", "bind", "volume", "tmpfs", "image"] {
        if let Some(value) = mount.take(key) {
            value.judged(rule);
        }
    }
    mount.rest();
}

/// Reports whether nothing can be mounted at a path: the root itself, or a path with a colon, after which Docker
/// reads options.
pub fn is_no_place(path: &str) -> bool {
    path.trim_end_matches('/').is_empty() || path.contains(':')
}

/// Returns an absolute path in the container.
pub fn target(value: Value<'_>) -> Option<String> {
    let relative = value.peek_text().is_some_and(|path| !path.starts_with('/'));
    if relative {
        value.text_judged(&rules::RELATIVE_MOUNT_PATH).map(|path| format!("/{path}"))
    } else {
        value.text()
    }
}

fn propagation(value: Value<'_>) -> Option<Propagation> {
    let (nearest, same) = match value.peek_text()? {
        "" | "private" | "rprivate" => (None, true),
        "rslave" => (Some(Propagation::Rslave), true),
        "rshared" => (Some(Propagation::Rshared), true),
        "slave" => (Some(Propagation::Rslave), false),
        "shared" => (Some(Propagation::Rshared), false),
        _ => (None, false),
    };
    if same {
        value.mapped()
    } else {
        value.judged(&rules::MOUNT_PROPAGATION)
    };
    nearest
}

/// Converts `PATH[:OPTION,…]`.
fn short_tmpfs(value: Value<'_>) -> Option<Tmpfs> {
    let text = value.peek_text().unwrap_or_default();
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    if is_no_place(path) || is_windows_absolute(text) {
        let rule = if is_no_place(path) { &rules::INVALID_MOUNT_PATH } else { &rules::WINDOWS_PATH };
        value.judged(rule);
        return None;
    }
    let mut tmpfs = Tmpfs { target: path.to_owned(), size: None, mode: None };
    let other = tmpfs_options(options, &mut tmpfs);
    if other.is_empty() {
        value.text()?;
    } else {
        value.text_judged(&rules::TMPFS_OPTION)?;
    }
    tmpfs.target = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Some(tmpfs)
}

/// Converts `volumes_from`.
fn from_others(context: &mut Context<'_>, name: &str, section: &mut Section<'_>) {
    for value in section.take("volumes_from").map(Value::items).unwrap_or_default() {
        let text = value.peek_text().unwrap_or_default().to_owned();
        if text.starts_with("container:") {
            value.judged(&rules::CONTAINER_OUTSIDE_PROJECT);
            continue;
        }
        let (other, mode) = text.split_once(':').unwrap_or((&text, "rw"));
        value.judged(&rules::VOLUMES_FROM);
        context.volumes_from.push((context.names.service(name), context.names.service(other), mode == "ro"));
    }
}

/// Adds the mounts of other services by `volumes_from`. A shared anonymous volume becomes a named volume.
pub fn volumes_from(context: &mut Context<'_>, services: &mut BTreeMap<String, Service>) {
    let wanted = std::mem::take(&mut context.volumes_from);
    for (_, other, _) in &wanted {
        for mount in services.get_mut(other).into_iter().flat_map(|service| &mut service.volumes) {
            if mount.source.is_none() && mount.host_path.is_none() && mount.image.is_none() {
                let name = label(&format!("{other}{}", mount.target.replace('/', "-")), "volume");
                context.volumes.entry(name.clone()).or_default();
                mount.source = Some(name);
            }
        }
    }
    // A service can get mounts that the other service gets from a third one.
    for _ in 0..wanted.len().min(16) {
        for (service, other, read_only) in &wanted {
            let Some(from) = services.get(other).cloned() else { continue };
            let Some(service) = services.get_mut(service) else { continue };
            for mut mount in from.volumes {
                if !service.volumes.iter().any(|own| own.target == mount.target) {
                    mount.read_only = mount.read_only.or(read_only.then_some(true));
                    service.volumes.push(mount);
                }
            }
            for tree in from.files {
                if !service.files.iter().any(|own| own.target == tree.target) {
                    service.files.push(tree);
                }
            }
        }
    }
}
