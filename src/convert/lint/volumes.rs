//! Volumes that several containers mount.

use std::collections::BTreeMap;

use compose_loader::{Node, Place};

use crate::api::{AccessMode, StackSpec};
use crate::convert::context::Context;
use crate::convert::names::label;
use crate::convert::reader::pointer;
use crate::rules::{self, Rule};

/// A service with a mount of a volume.
struct Mounted<'a> {
    service: &'a str,
    target: &'a str,
    read_only: bool,
    replicas: i32,
}

pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    for (volume, mounts) in mounts(context, spec) {
        let settings = spec.volumes.get(volume);
        let Some(last) = mounts.last() else { continue };
        let containers: i32 = mounts.iter().map(|mount| mount.replicas).sum();
        let writers: i32 = mounts.iter().filter(|mount| !mount.read_only).map(|mount| mount.replicas).sum();
        let anywhere = settings.is_some_and(|volume| {
            volume.access_mode == Some(AccessMode::ReadWriteMany)
                || volume.nfs.is_some()
                || volume.claim_name.is_some()
        });
        let services: Vec<&str> = mounts.iter().map(|mount| mount.service).collect();
        let detail = format!("'{volume}', mounted by {}", services.join(", "));
        let of_the_project = context
            .project
            .section("volumes")
            .any(|(name, _)| context.names.volume(name) == volume || label(name, "volume") == volume);
        let has_files = settings.is_some_and(|volume| !volume.files.is_empty());
        if writers == 0 && !of_the_project && !has_files {
            remark(context, last, &rules::MISSING_FOLDER, &detail);
            continue;
        }
        if containers > 1 && !anywhere {
            remark(context, last, &rules::SHARED_VOLUME, &detail);
        }
        if writers > 1 {
            remark(context, last, &rules::SEVERAL_WRITERS, &detail);
        }
    }
}

/// Returns the mounts of each volume.
fn mounts<'a>(context: &Context<'a>, spec: &'a StackSpec) -> BTreeMap<&'a str, Vec<Mounted<'a>>> {
    let mut found: BTreeMap<&str, Vec<Mounted<'_>>> = BTreeMap::new();
    for (service, _) in context.project.services() {
        let Some(made) = spec.services.get(&context.names.service(service)) else { continue };
        let replicas = made.deploy.as_ref().and_then(|deploy| deploy.replicas).unwrap_or(1);
        for mount in &made.volumes {
            let Some(volume) = mount.source.as_deref() else { continue };
            let read_only = mount.read_only == Some(true);
            let mounts = found.entry(volume).or_default();
            // A container with two mounts of a volume counts once, as a writer if one of the mounts is writable.
            match mounts.last_mut().filter(|last| last.service == service) {
                Some(last) => last.read_only &= read_only,
                None => mounts.push(Mounted { service, target: &mount.target, read_only, replicas }),
            }
        }
    }
    found
}

/// Adds an entry for a mount at its place in the project.
fn remark(context: &Context<'_>, mount: &Mounted<'_>, rule: &'static Rule, detail: &str) {
    let service = context.project.service(mount.service);
    let own = service.and_then(|node| node.get("volumes")).and_then(Node::as_list).unwrap_or_default();
    let own = own.iter().enumerate().find(|(_, node)| node.str_at("target") == Some(mount.target));
    let (at, place) = match own {
        Some((index, node)) => {
            (pointer(["services", mount.service, "volumes", &index.to_string(), "source"]), node.place)
        }
        // The mount comes from another service by `volumes_from`.
        None => (
            pointer(["services", mount.service, "volumes_from"]),
            service.map_or(Place::NONE, |node| node.place),
        ),
    };
    context.log.remark(rule, &at, place, detail);
}
