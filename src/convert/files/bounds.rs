//! Which files are a project's own: those in its folder, and those in the Git repository that the folder lies in, or
//! in the folder that the conversion is confined to.
//! Others are files of one machine, such as its credentials, which a compose file may name as well.

use compose_loader::{FileKind, Project, paths::relative};

use crate::convert::Folders;

use super::uses::real;

/// Where a file lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lies {
    /// In the project.
    Within,
    /// Outside of the project, as its path says.
    Outside,
    /// Outside of the project, behind a path that lies within.
    Linked,
}

/// What is a project's own.
#[derive(Debug, Default)]
pub struct Bounds {
    /// The project's folder.
    folder: String,
    /// The project's folder with all links resolved.
    real_folder: String,
    /// The folder above it that holds the project's own files, with all links resolved; itself where there is none.
    root: String,
}

impl Bounds {
    /// Those of a project.
    pub fn of(project: &Project, files: &dyn Folders) -> Self {
        let folder = project.working_dir.clone();
        let real_folder = files.real(&folder).unwrap_or_else(|| folder.clone());
        // It is a file in a worktree and in a submodule.
        let holds_git = |above: &&str| {
            matches!(files.kind(&format!("{above}/.git")), Some(FileKind::Folder | FileKind::File))
        };
        let all = std::iter::successors(Some(real_folder.as_str()), |folder| {
            folder.rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty())
        });
        // A folder that the conversion is confined to holds the project's own files, too.
        let holds_all = |above: &&str| {
            let further = above.rsplit_once('/').map_or("", |(further, _)| further);
            files.kind(further) == Some(FileKind::Outside)
        };
        let mut root = all.filter(|above| holds_git(above) || holds_all(above));
        let root = root.next().unwrap_or(&real_folder).to_owned();
        Self { folder, real_folder, root }
    }

    /// Where the file or folder at an absolute path lies.
    pub fn lies(&self, files: &dyn Folders, path: &str) -> Lies {
        let real = real(files, path);
        if is_below(&self.real_folder, &real) || is_below(&self.root, &real) && !self.is_hidden(&real) {
            Lies::Within
        } else if is_below(&self.folder, path) || is_below(&self.real_folder, path) {
            Lies::Linked
        } else {
            Lies::Outside
        }
    }

    /// Whether a path beside the project's folder leads through a hidden folder, or to a hidden file. Where a home
    /// folder is a repository, such hold credentials.
    fn is_hidden(&self, path: &str) -> bool {
        relative(&self.real_folder, path).split('/').any(|part| part.starts_with('.') && part != "..")
    }
}

fn is_below(folder: &str, path: &str) -> bool {
    let way = relative(folder, path);
    way != ".." && !way.starts_with("../")
}

#[cfg(test)]
mod tests {
    use super::*;
    use compose_loader::MemoryFiles;

    #[test]
    fn the_folder_and_its_repository_are_the_projects_own() {
        let mut files = MemoryFiles::default();
        for path in
            ["/r/deploy/app/compose.yaml", "/r/.git/HEAD", "/home/me/p/compose.yaml", "/home/me/p/.git"]
        {
            files.add(path, "");
        }
        for (folder, path, lies) in [
            ("/r/deploy/app", "/r/deploy/app/conf", Lies::Within),
            ("/r/deploy/app", "/r/deploy/app/.docker/conf", Lies::Within),
            ("/r/deploy/app", "/r/deploy/app", Lies::Within),
            ("/r/deploy/app", "/r/conf/nginx.conf", Lies::Within),
            ("/r/deploy/app", "/r", Lies::Within),
            ("/r/deploy/app", "/r/.kube/config", Lies::Outside),
            ("/r/deploy/app", "/rest/conf", Lies::Outside),
            ("/r/deploy/app", "/etc/hosts", Lies::Outside),
            ("/home/me/p", "/home/me/p/conf", Lies::Within),
            ("/home/me/p", "/home/me/other", Lies::Outside),
            ("/none/p", "/none/p/conf", Lies::Within),
            ("/none/p", "/none/conf", Lies::Outside),
        ] {
            let project = Project { working_dir: folder.to_owned(), ..Project::default() };
            assert_eq!(Bounds::of(&project, &files).lies(&files, path), lies, "{folder} {path}");
        }
    }
}
