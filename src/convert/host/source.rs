//! Source trees: mounts of folders that the image of the service already contains.

use compose_loader::{FileKind, Node, paths::join};

use super::{content, dockerfile::Dockerfile, ignore::Ignored, repository::Repository};
use crate::convert::folders::{Folders, real};

/// Reports whether the image of a service contains a folder at its mount path. `folder` is a real path, `root` the
/// folder of the project.
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
        // No image is built from an empty context.
        return path.is_empty();
    }
    if !content::has_content(files, folder) || is_ignored(files, &context, build, path) {
        return false;
    }
    let children = children(files, &context, build, path);
    let dockerfile = dockerfile(files, &context, build);
    let copied = dockerfile.and_then(|it| it.has(build.str_at("target"), path, target, &children));
    // The folder of the project also contains configuration and data, so only a build context below it is source.
    copied.unwrap_or_else(|| path.is_empty() || context != real(files, root))
}

fn dockerfile(files: &dyn Folders, context: &str, build: &Node) -> Option<Dockerfile> {
    if let Some(text) = build.str_at("dockerfile_inline") {
        return Some(Dockerfile::read(text));
    }
    let path = join(context, build.str_at("dockerfile").unwrap_or("Dockerfile"));
    Some(Dockerfile::read(&text(files, &path)?))
}

/// Returns the names in a folder of the context, and whether each is a folder. Leaves out names that the builder
/// ignores, that the repository excludes, or that only describe the project, such as the Dockerfile.
fn children(files: &dyn Folders, context: &str, build: &Node, path: &str) -> Vec<(String, bool)> {
    let folder = join(context, path);
    let (mut repository, _) = Repository::above(files, context, &folder);
    repository.enter(files, &folder);
    let unseen = unseen(files, context, build);
    let names = files.list(&folder).unwrap_or_default().into_iter();
    let kinds = names.map(|name| {
        let is_folder = files.kind(&join(&folder, &name)) == Some(FileKind::Folder);
        (name, is_folder)
    });
    let of_image = kinds.filter(|(name, is_folder)| {
        let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let full = join(&folder, name);
        !(describes(name) || unseen.excludes(&below) || repository.excludes(&full, *is_folder))
            && (!is_folder || content::has_content(files, &full))
    });
    of_image.collect()
}

/// Reports whether a file only describes the project.
fn describes(name: &str) -> bool {
    let lower = name.to_lowercase();
    let is_compose = lower.contains("compose") && [".yaml", ".yml"].iter().any(|end| lower.ends_with(end));
    let is_text = ["readme", "license", "changelog", "makefile"].iter().any(|word| lower.starts_with(word));
    lower.starts_with('.') || lower.contains("dockerfile") || is_compose || is_text || lower.ends_with(".md")
}

/// Reads the patterns of files that the builder ignores.
fn unseen(files: &dyn Folders, context: &str, build: &Node) -> Ignored {
    let dockerfile = join(context, build.str_at("dockerfile").unwrap_or("Dockerfile"));
    let own = text(files, &format!("{dockerfile}.dockerignore"));
    let list = own.or_else(|| text(files, &join(context, ".dockerignore")));
    list.map(|list| Ignored::read(&list)).unwrap_or_default()
}

/// Reports whether the builder ignores a folder of the context or everything inside.
fn is_ignored(files: &dyn Folders, context: &str, build: &Node, path: &str) -> bool {
    !sees(files, context, &unseen(files, context, build), path, 0)
}

/// Reports whether the builder uses a file in a folder. A pattern can include a deeper path of an excluded folder
/// again.
fn sees(files: &dyn Folders, context: &str, unseen: &Ignored, path: &str, depth: usize) -> bool {
    let names = files.list(&join(context, path)).unwrap_or_default();
    names.iter().any(|name| {
        let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let is_folder = || files.kind(&join(context, &below)) == Some(FileKind::Folder);
        !unseen.excludes(&below)
            || unseen.takes_back()
                && depth < content::DEEPEST
                && is_folder()
                && sees(files, context, unseen, &below, depth + 1)
    })
}

fn text(files: &dyn Folders, path: &str) -> Option<String> {
    let is_file = files.kind(path) == Some(FileKind::File);
    let bytes = is_file.then(|| files.read(path).ok()).flatten()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
