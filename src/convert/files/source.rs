//! Source trees: folders that a developer mounts over what the service's image has anyhow.

use compose_loader::{FileKind, Node, paths::join};

use super::{content, dockerfile::Dockerfile, ignore::Ignored, repository::Repository, uses::real};
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
    let children = children(files, &context, build, path);
    let dockerfile = dockerfile(files, &context, build);
    let told = dockerfile.and_then(|it| it.has(build.str_at("target"), path, target, &children));
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

/// What is in a folder of the context for the image: the builder sees it, the repository holds it, and it is more
/// than what describes the project, such as the Dockerfile. With each name, whether it is a folder.
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

/// Whether a file only describes the project.
fn describes(name: &str) -> bool {
    let lower = name.to_lowercase();
    let is_compose = lower.contains("compose") && [".yaml", ".yml"].iter().any(|end| lower.ends_with(end));
    let is_text = ["readme", "license", "changelog", "makefile"].iter().any(|word| lower.starts_with(word));
    lower.starts_with('.') || lower.contains("dockerfile") || is_compose || is_text || lower.ends_with(".md")
}

/// What of the context the builder does not see.
fn unseen(files: &dyn Folders, context: &str, build: &Node) -> Ignored {
    let dockerfile = join(context, build.str_at("dockerfile").unwrap_or("Dockerfile"));
    let own = text(files, &format!("{dockerfile}.dockerignore"));
    let list = own.or_else(|| text(files, &join(context, ".dockerignore")));
    list.map(|list| Ignored::read(&list)).unwrap_or_default()
}

/// Whether the builder does not see a folder of the context, or nothing of what is in it.
fn is_ignored(files: &dyn Folders, context: &str, build: &Node, path: &str) -> bool {
    !sees(files, context, &unseen(files, context, build), path, 0)
}

/// Whether the builder sees anything in a folder. A pattern may take back what lies deeper in an excluded folder.
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
