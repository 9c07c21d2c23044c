//! Volumes in memory: `driver_opts: {type: tmpfs}`.

use compose_loader::Node;

use crate::api::Tmpfs;
use crate::convert::context::Context;
use crate::convert::reader::Value;
use crate::rules;

/// Converts a volume of the local driver that is a tmpfs. Docker shares the tmpfs among all mounts, and Pods cannot share
/// memory. So several mounts are refused, and the function returns false: the volume stays a volume on disk.
pub fn memory(
    context: &mut Context<'_>,
    (name, new): (&str, &str),
    options: Value<'_>,
    (tmpfs, other): (Tmpfs, &[String]),
) -> bool {
    let mounts = mounts(context, name);
    if let Some(why) = shared(context, &mounts) {
        options.judged_with(&rules::SHARED_MEMORY_VOLUME, why);
        return false;
    }
    let mut detail = Vec::new();
    if let Some(count) = mounts.first().and_then(|(service, _)| containers(context, service)) {
        detail.push(format!("each of the {count} containers has its own tmpfs"));
    }
    if !other.is_empty() && !options.holds_secret() {
        detail.push(format!("without the options {}", other.join(",")));
    }
    options.judged_with(&rules::MEMORY_VOLUME, detail.join("; "));
    context.memory.insert(new.to_owned(), tmpfs);
    true
}

/// Returns the mounts of a volume with their services.
fn mounts<'a>(context: &Context<'a>, name: &str) -> Vec<(&'a str, &'a Node)> {
    let mut found = Vec::new();
    for (service, node) in context.project.services() {
        let mounts = node.get("volumes").and_then(Node::as_list).unwrap_or_default().iter();
        let of_it = mounts
            .filter(|mount| mount.str_at("type") == Some("volume") && mount.str_at("source") == Some(name));
        found.extend(of_it.map(|mount| (service, mount)));
    }
    found
}

/// Returns why several mounts would share the tmpfs.
fn shared(context: &Context<'_>, mounts: &[(&str, &Node)]) -> Option<String> {
    let (first, mount) = mounts.first()?;
    if mounts.len() > 1 {
        let mut services: Vec<&str> = mounts.iter().map(|(service, _)| *service).collect();
        services.dedup();
        return Some(match services.as_slice() {
            [service] => format!("{service} mounts the volume at {} paths", mounts.len()),
            _ => format!("{} mount the volume", services.join(", ")),
        });
    }
    if mount.get("volume").and_then(|volume| volume.str_at("subpath")).is_some_and(|path| !path.is_empty()) {
        return Some(format!("{first} mounts a subfolder of the volume"));
    }
    let reads = |node: &Node| {
        let from = node.get("volumes_from").and_then(Node::as_list).unwrap_or_default();
        from.iter().filter_map(Node::as_str).any(|text| text.split(':').next() == Some(first))
    };
    let other = context.project.services().find(|(_, node)| reads(node));
    other.map(|(service, _)| format!("{service} gets the mounts of {first} by volumes_from"))
}

/// Returns the number of containers of a service that has several.
fn containers(context: &Context<'_>, service: &str) -> Option<String> {
    let node = context.project.service(service)?;
    let deploy = node.get("deploy");
    if deploy.and_then(|deploy| deploy.str_at("mode")).is_some_and(|mode| mode.starts_with("global")) {
        return Some("nodes'".to_owned());
    }
    let count = deploy.and_then(|deploy| deploy.get("replicas")).or(node.get("scale"))?;
    let count = crate::convert::reader::int(count)?;
    (count > 1).then(|| count.to_string())
}
