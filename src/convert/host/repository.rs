//! The files that `.gitignore` files exclude from a repository. Such files belong to one machine.

use compose_loader::FileKind;

use super::ignore::Ignored;
use crate::convert::folders::Folders;

/// The `.gitignore` files for a folder, outermost first, each with its folder.
#[derive(Debug, Default)]
pub struct Repository(Vec<(String, Ignored)>);

impl Repository {
    /// Reads the files from the project's folder down to a path, and reports whether they exclude the path or a
    /// folder above.
    pub fn above(files: &dyn Folders, project: &str, path: &str) -> (Self, bool) {
        let mut made = Self::default();
        let Some(way) =
            path.strip_prefix(project.trim_end_matches('/')).and_then(|way| way.strip_prefix('/'))
        else {
            return (made, false);
        };
        let mut at = project.trim_end_matches('/').to_owned();
        let mut is_excluded = false;
        for part in way.split('/').filter(|part| !part.is_empty()) {
            made.enter(files, &at);
            at = format!("{at}/{part}");
            is_excluded |= made.excludes(&at, files.kind(&at) == Some(FileKind::Folder));
        }
        (made, is_excluded)
    }

    /// Reads the `.gitignore` of a folder.
    pub fn enter(&mut self, files: &dyn Folders, folder: &str) {
        let path = format!("{folder}/.gitignore");
        let text = (files.kind(&path) == Some(FileKind::File)).then(|| files.read(&path).ok()).flatten();
        let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        self.0.push((format!("{folder}/"), Ignored::read_git(&text)));
    }

    /// Leaves the last folder.
    pub fn leave(&mut self) {
        self.0.pop();
    }

    /// Reports whether the innermost matching file excludes a path.
    pub fn excludes(&self, path: &str, is_folder: bool) -> bool {
        let mut says = self
            .0
            .iter()
            .rev()
            .filter_map(|(folder, ignored)| ignored.says(path.strip_prefix(folder.as_str())?, is_folder));
        says.next().unwrap_or_default()
    }
}
