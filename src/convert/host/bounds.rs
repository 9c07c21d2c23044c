//! The files of a project: those in its folder, and those in the Git repository that contains the folder or in the
//! folder of `--confine`. Other files belong to one machine, such as credentials, and a Compose file can name them
//! too.

use compose_loader::{FileKind, Project, paths::relative};

use crate::convert::folders::{Folders, real};

/// The location of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Location {
    /// In the project.
    Within,
    /// Outside the project by its path.
    Outside,
    /// Outside the project, through a link inside it.
    Linked,
}

/// The folders of a project.
#[derive(Debug, Default)]
pub struct Bounds {
    /// The folder of the project.
    folder: String,
    /// The folder of the project with all links resolved.
    real_folder: String,
    /// The folder above with the files of the project, with all links resolved. The project folder if there is none.
    root: String,
}

impl Bounds {
    /// Finds the folders of a project.
    pub fn of(project: &Project, files: &dyn Folders) -> Self {
        let folder = project.working_dir.clone();
        let real_folder = files.real(&folder).unwrap_or_else(|| folder.clone());
        // `.git` is a file in a worktree and in a submodule.
        let holds_git = |above: &&str| {
            matches!(files.kind(&format!("{above}/.git")), Some(FileKind::Folder | FileKind::File))
        };
        let all = std::iter::successors(Some(real_folder.as_str()), |folder| {
            folder.rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty())
        });
        // The folder of `--confine` also contains only files of the project.
        let holds_all = |above: &&str| {
            let further = above.rsplit_once('/').map_or("", |(further, _)| further);
            files.kind(further) == Some(FileKind::Outside)
        };
        let mut root = all.filter(|above| holds_git(above) || holds_all(above));
        let root = root.next().unwrap_or(&real_folder).to_owned();
        Self { folder, real_folder, root }
    }

    /// Returns the location of the file or folder at an absolute path.
    pub fn location(&self, files: &dyn Folders, path: &str) -> Location {
        let real = real(files, path);
        if is_below(&self.real_folder, &real) || is_below(&self.root, &real) && !self.is_hidden(&real) {
            Location::Within
        } else if is_below(&self.folder, path) || is_below(&self.real_folder, path) {
            Location::Linked
        } else {
            Location::Outside
        }
    }

    /// Reports whether a path outside the project folder contains a hidden folder or file. If a home folder is a
    /// repository, these contain credentials.
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
    fn the_folder_and_its_repository_belong_to_the_project() {
        let mut files = MemoryFiles::default();
        for path in
            ["/r/deploy/app/compose.yaml", "/r/.git/HEAD", "/home/me/p/compose.yaml", "/home/me/p/.git"]
        {
            files.add(path, "");
        }
        for (folder, path, location) in [
            ("/r/deploy/app", "/r/deploy/app/conf", Location::Within),
            ("/r/deploy/app", "/r/deploy/app/.docker/conf", Location::Within),
            ("/r/deploy/app", "/r/deploy/app", Location::Within),
            ("/r/deploy/app", "/r/conf/nginx.conf", Location::Within),
            ("/r/deploy/app", "/r", Location::Within),
            ("/r/deploy/app", "/r/.kube/config", Location::Outside),
            ("/r/deploy/app", "/rest/conf", Location::Outside),
            ("/r/deploy/app", "/etc/hosts", Location::Outside),
            ("/home/me/p", "/home/me/p/conf", Location::Within),
            ("/home/me/p", "/home/me/other", Location::Outside),
            ("/none/p", "/none/p/conf", Location::Within),
            ("/none/p", "/none/conf", Location::Outside),
        ] {
            let project = Project { working_dir: folder.to_owned(), ..Project::default() };
            assert_eq!(Bounds::of(&project, &files).location(&files, path), location, "{folder} {path}");
        }
    }
}
