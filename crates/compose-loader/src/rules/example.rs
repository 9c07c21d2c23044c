//! Projects that show a rule.

use crate::files::MemoryFiles;
use crate::paths::join;

/// A project that shows a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// The files of the project in one text, which is indented as a whole. A line `-- NAME --` starts a file, and the
    /// text before the first such line is `compose.yaml`. The first line can be a command after `$ `.
    Files(&'static str),
    /// No small text shows the rule, for this reason.
    None(&'static str),
}

impl Example {
    /// The folder of the project in [`Example::in_memory`].
    pub const FOLDER: &'static str = "/home/user/example";

    /// Returns the text without its indentation. Returns `None` if there is no example.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let Self::Files(text) = self else { return None };
        let lines = || text.lines().skip(1);
        let indent = lines().next().map_or(0, |line| line.len() - line.trim_start().len());
        let text: String =
            lines().map(|line| line.get(indent..).unwrap_or_default().to_owned() + "\n").collect();
        Some(text.trim_end().to_owned() + "\n")
    }

    /// Returns the command with its options. Returns `None` if the example needs no options.
    #[must_use]
    pub fn command(&self) -> Option<String> {
        self.text()?.lines().next()?.strip_prefix("$ ").map(str::to_owned)
    }

    /// Returns the names and texts of the files. Returns `None` if there is no example.
    #[must_use]
    pub fn files(&self) -> Option<Vec<(String, String)>> {
        let mut files = vec![("compose.yaml".to_owned(), String::new())];
        for line in self.text()?.lines().skip_while(|line| line.starts_with("$ ")) {
            match line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
                Some(name) => files.push((name.to_owned(), String::new())),
                None => files.last_mut()?.1.push_str(&(line.to_owned() + "\n")),
            }
        }
        files.retain(|(_, text)| !text.is_empty());
        Some(files)
    }

    /// Returns the files in [`Example::FOLDER`]. Returns `None` if there is no example.
    #[must_use]
    pub fn in_memory(&self) -> Option<MemoryFiles> {
        let mut files = MemoryFiles::default();
        for (name, text) in self.files()? {
            files.add(join(Self::FOLDER, &name), text);
        }
        Some(files)
    }
}
