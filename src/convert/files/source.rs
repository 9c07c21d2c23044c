//! Source trees: folders that a developer mounts over what the service's image has anyhow.

use super::{content, dockerfile::Dockerfile, ignore::Ignored, uses::real};
use crate::compose::paths::join;
use crate::compose::source::Kind;
use crate::compose::tree::Node;
use crate::convert::Folders;

/// Whether the image of a service is built from a folder and so has it where it is mounted. `folder` is a real
/// path, `root` the project's folder.
pub fn is_in_image(files: &dyn Folders, root: &str, service: &Node, folder: &str, target: &str) -> bool {
    let Some(build) = service.get("build") else { return false };
    let Some(context) = build.str_at("context").filter(|context| context.starts_with('/')) else {
        return false;
    };
    let context = real(files, context);
    let rest = folder.strip_prefix(&context);
    let Some(path) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) else { return false };
    let path = path.trim_start_matches('/');
    if files.kind(&context).is_none() {
        // The folder is elsewhere, but nothing is built from an empty one.
        return path.is_empty();
    }
    if !content::has_content(files, folder) || is_ignored(files, &context, build, path) {
        return false;
    }
    let is_folder = |path: &str| files.kind(&join(&context, path)) == Some(Kind::Folder);
    let dockerfile = dockerfile(files, &context, build);
    let told = dockerfile.and_then(|it| it.has(build.str_at("target"), path, target, is_folder));
    // The project's own folder holds configuration and data too, so only what is built from lower down is source.
    told.unwrap_or_else(|| path.is_empty() || context != real(files, root))
}

fn dockerfile(files: &dyn Folders, context: &str, build: &Node) -> Option<Dockerfile> {
    if let Some(text) = build.str_at("dockerfile_inline") {
        return Some(Dockerfile::read(text));
    }
    let path = join(context, build.str_at("dockerfile").unwrap_or("Dockerfile"));
    Some(Dockerfile::read(&text(files, &path)?))
}

/// Whether the builder does not see a folder of the context, or nothing of what is in it.
fn is_ignored(files: &dyn Folders, context: &str, build: &Node, path: &str) -> bool {
    let dockerfile = join(context, build.str_at("dockerfile").unwrap_or("Dockerfile"));
    let own = text(files, &format!("{dockerfile}.dockerignore"));
    let Some(list) = own.or_else(|| text(files, &join(context, ".dockerignore"))) else { return false };
    let ignored = Ignored::read(&list);
    let names = files.list(&join(context, path)).unwrap_or_default();
    let of_name = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
    !names.iter().map(of_name).any(|name| !ignored.excludes(&name))
}

fn text(files: &dyn Folders, path: &str) -> Option<String> {
    let is_file = files.kind(path) == Some(Kind::File);
    let bytes = is_file.then(|| files.read(path).ok()).flatten()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
