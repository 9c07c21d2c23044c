//! The commands of the pages run, if they need no cluster.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::pages::{Block, Page, page, pages, root};

/// A command of a page, with the output that the page shows.
struct Shown {
    command: String,
    output: Option<String>,
}

impl Shown {
    /// Returns a command that needs a cluster as one that only reads its arguments and prints the help.
    fn without_cluster(self, folder: &Folder) -> Self {
        let verb = self.command.split(' ').take(2).collect::<Vec<_>>().join(" ");
        if folder.run(&format!("{verb} --help")).1.contains("--kubeconfig") {
            let command = self.command.split('#').next().unwrap_or_default().trim_end();
            return Self { command: format!("{command} --help"), output: None };
        }
        self
    }
}

#[test]
fn the_commands_of_the_pages_succeed_with_the_output_that_the_pages_show() {
    let mut ran = 0;
    // The stage e2e runs the commands of the examples.
    for page in pages().into_iter().filter(|page| !page.path.starts_with("examples")) {
        let folder = Folder::of(&page);
        for shown in page.blocks().iter().flat_map(commands) {
            let Shown { command, output } = shown.without_cluster(&folder);
            let (succeeded, text) = folder.run(&command);
            let place = format!("{}: {command}", page.path.display());
            assert!(succeeded, "{place}\n{text}");
            assert!(output.is_none_or(|output| output == text), "{place} prints:\n{text}");
            ran += 1;
        }
    }
    assert!(ran > 10, "only {ran} commands were found");
}

#[test]
fn the_quick_start_shows_the_stack_that_convert_writes() {
    let page = page(Path::new("docs/quick-start.md"));
    let folder = Folder::of(&page);
    assert!(folder.run("stackwright convert -o stack").0);
    let written = fs::read_to_string(folder.path.join("stack/stack.yaml")).unwrap();
    let (comment, stack) = written.split_once('\n').unwrap();
    assert!(comment.starts_with('#'), "{comment}");
    assert_eq!(yaml(&page, 1), stack);
}

/// Returns the commands of a block that start with the program. A block with a prompt shows their output, too.
fn commands(block: &Block) -> Vec<Shown> {
    let text = block.text.replace("\\\n", "");
    let own = |command: &str| command.starts_with("stackwright ");
    if block.language != "console" {
        let lines = text.lines().filter(|line| own(line));
        return lines.map(|line| Shown { command: line.to_owned(), output: None }).collect();
    }
    let after_prompts = text.strip_prefix("$ ").into_iter().flat_map(|text| text.split("\n$ "));
    let shown = after_prompts.map(|text| text.split_once('\n').unwrap_or((text, "")));
    let shown = shown.filter(|(command, _)| own(command));
    shown
        .map(|(command, output)| Shown { command: command.to_owned(), output: Some(output.to_owned()) })
        .collect()
}

fn yaml(page: &Page, index: usize) -> String {
    page.blocks().into_iter().filter(|block| block.language == "yaml").nth(index).unwrap().text
}

/// A folder with the project that the commands of a page read.
struct Folder {
    path: PathBuf,
    programs: PathBuf,
    _temporary: TempDir,
}

impl Folder {
    /// Creates the folder: with the project in `projects`, or that of the quick start.
    fn of(page: &Page) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("project");
        let programs = path.join("bin");
        fs::create_dir_all(&programs).unwrap();
        symlink(env!("CARGO_BIN_EXE_stackwright"), programs.join("stackwright")).unwrap();
        // For commands that send objects to a cluster.
        fs::write(programs.join("kubectl"), "#!/bin/sh\nexec cat\n").unwrap();
        fs::set_permissions(programs.join("kubectl"), fs::Permissions::from_mode(0o755)).unwrap();
        let quick_start = yaml(&super::pages::page(Path::new("docs/quick-start.md")), 0);
        let own = root().join("tests/generated/projects").join(page.path.with_extension("yaml"));
        fs::write(path.join("compose.yaml"), fs::read_to_string(own).unwrap_or(quick_start)).unwrap();
        fs::write(path.join("compose.prod.yaml"), "services: {web: {restart: always}}\n").unwrap();
        Self { path, programs, _temporary: temporary }
    }

    /// Runs a command in a shell. Returns whether all its programs succeed, and what they print.
    fn run(&self, command: &str) -> (bool, String) {
        let output = Command::new("bash")
            .args(["-o", "pipefail", "-c", &format!("exec 2>&1; {command}")])
            .current_dir(&self.path)
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.programs.display()))
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }
}
