//! Volumes of the project and the storage of their data.

mod memory;

use super::context::Context;
use super::driver_options::{Meaning, is_local, is_none, meaning};
use super::files::{fill_named, is_of_project};
use super::names::label;
use super::objects::NfsVolume;
use super::reader::{Section, Value};
use super::settings;
use crate::api::{AccessMode, Nfs, Volume};
use crate::rules::{self, Rule};
use crate::text::names::object_name;

/// Converts a volume.
pub fn volume(context: &mut Context<'_>, name: &str, mut section: Section<'_>) {
    let mut made = Volume::default();
    let external = section.bool("external") == Some(true);
    if let Some(value) = section.take("name") {
        if external {
            made.claim_name = value.text_judged(&rules::EXTERNAL_VOLUME).map(|name| label(&name, "volume"));
        } else if value.peek_text() == Some(&format!("{}_{name}", context.project.name)) {
            value.mapped();
        } else {
            value.judged(&rules::VOLUME_NAME);
        }
    }
    settings::volume(&mut section, &mut made);
    let new = context.names.volume(name);
    let is_claim = data(context, (name, &new), &mut section, &mut made);
    if new != name {
        section.remark("name", &rules::RENAMED_VOLUME, format!("'{new}' in the Stack"));
    }
    labels(&mut section, &mut made);
    section.rest();
    if is_claim {
        context.volumes.insert(new, made);
    }
}

/// Converts the driver and its options. Returns false if the volume becomes a tmpfs or a folder in another volume, and so
/// no volume of the Stack.
fn data(
    context: &mut Context<'_>,
    (name, new): (&str, &str),
    section: &mut Section<'_>,
    made: &mut Volume,
) -> bool {
    let elsewhere = made.claim_name.is_some() || made.nfs.is_some() || made.host_path.is_some();
    let is_placed = elsewhere || made.storage_class_name.is_some();
    let driver = section.take("driver");
    let word = driver.as_ref().and_then(Value::peek_text).unwrap_or_default().to_owned();
    let is_local = is_local(&word);
    let rule: &'static Rule = if is_placed { &rules::VOLUME_DRIVER } else { &rules::DATA_ELSEWHERE };
    match driver {
        Some(driver) if is_local => drop(driver.mapped()),
        Some(driver) if driver.holds_secret() => drop(driver.judged(rule)),
        Some(driver) => drop(driver.judged_with(rule, format!("driver '{word}'"))),
        None => {}
    }
    let Some(options) = section.take("driver_opts") else { return true };
    if is_none(options.peek()) {
        options.mapped();
        return true;
    }
    if is_placed || !is_local {
        options.judged_with(rule, if is_local { "" } else { "options of this driver" });
        return true;
    }
    match meaning(options.peek()) {
        Meaning::Disk(size) => {
            made.size = made.size.take().or(size);
            each(options, Some(&rules::VOLUME_DRIVER_OPTIONS));
        }
        Meaning::Folder { path, read_only } if is_of_project(context, &path) && !options.holds_secret() => {
            if read_only {
                context.read_only_volumes.insert(new.to_owned());
            }
            return fill_named(context, (new, made), options, &path);
        }
        Meaning::Folder { path, read_only } => {
            if each(options, Some(&rules::VOLUME_IN_HOST_FOLDER)) {
                made.host_path = Some(path);
            }
            if read_only {
                context.read_only_volumes.insert(new.to_owned());
            }
        }
        Meaning::Nfs { export, options: mount } if mount.is_empty() => {
            if each(options, None) {
                made.nfs = Some(export);
            }
        }
        Meaning::Nfs { export, options: mount } => nfs_claim(context, new, options, (export, mount), made),
        Meaning::Memory { tmpfs, other } => {
            return !memory::memory(context, (name, new), options, (tmpfs, &other));
        }
        Meaning::Incomplete(what) => drop(options.judged_with(&rules::INCOMPLETE_NFS, what)),
        Meaning::Elsewhere(what) => drop(options.judged_with(&rules::DATA_ELSEWHERE, what)),
    }
    true
}

/// States the verdict on each option. Returns false if an option contains a secret, which is refused.
fn each(options: Value<'_>, rule: Option<&'static Rule>) -> bool {
    let mut plain = true;
    for (_, option) in options.entries() {
        let text = match rule {
            Some(rule) => option.text_judged(rule),
            None => option.text(),
        };
        plain &= text.is_some();
    }
    plain
}

/// Converts an NFS export with mount options into a PersistentVolume and a claim. A Pod cannot set NFS mount options, and
/// `spec.mountOptions` of a PersistentVolume can.
fn nfs_claim(
    context: &mut Context<'_>,
    new: &str,
    options: Value<'_>,
    (export, mount): (Nfs, Vec<String>),
    made: &mut Volume,
) {
    if options.holds_secret() {
        options.judged(&rules::SECRET_IN_PLAIN_TEXT);
        return;
    }
    let stack = &context.names.stack;
    let claim = object_name(stack, new);
    // PersistentVolumes are cluster-scoped, so the name contains the namespace. No part of the name has a dot, so two
    // names differ if one of their parts does.
    let parts = [context.options.namespace.as_deref(), Some(stack.as_str()), Some(new)];
    let volume = parts.into_iter().flatten().collect::<Vec<_>>().join(".");
    let detail = format!("{}: PersistentVolume {volume} and PersistentVolumeClaim {claim}", mount.join(","));
    let (pointer, place) = (options.pointer().to_owned(), options.place());
    options.judged_with(&rules::NFS_MOUNT_OPTIONS, detail);
    if context.options.namespace.is_none() {
        context.log.remark(
            &rules::PERSISTENT_VOLUME_WITHOUT_NAMESPACE,
            &pointer,
            place,
            format!("'{volume}'"),
        );
    }
    if export.read_only == Some(true) {
        context.read_only_volumes.insert(new.to_owned());
    }
    made.claim_name = Some(claim.clone());
    made.access_mode = Some(AccessMode::ReadWriteMany);
    let size = made.size.take();
    context.objects.nfs_volumes.insert(claim, NfsVolume { volume, export, options: mount, size });
}

/// Copies the labels of a volume to its claim, if the Stack creates one.
fn labels(section: &mut Section<'_>, made: &mut Volume) {
    if made.claim_name.is_none() && made.nfs.is_none() && made.host_path.is_none() {
        made.labels = super::services::labels(section, "labels");
    } else if let Some(labels) = section.take("labels") {
        labels.judged(&rules::VOLUME_LABELS);
    }
}
