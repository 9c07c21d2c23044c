//! The Compose project that a verb reads.

use std::io::Read;
use std::sync::OnceLock;

use anyhow::{Context, anyhow, bail};
use compose_loader::{
    Environment, Files, MAX_FILE, Origin,
    discover::{Discovered, Options, discover},
    disk::Disk,
    paths::join,
    text::{Decoded, Encoding, decode, not_utf8},
};

use super::confined::Confined;
use super::report;
use crate::convert::Folders;
use crate::convert::secrecy::quiet::Quiet;

/// The arguments that select a Compose project.
#[derive(Debug, clap::Args)]
pub struct ProjectArgs {
    /// Read this Compose file ('-' for standard input); a later file overrides an earlier one
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub files: Vec<String>,
    /// Set the name of the project
    #[arg(short = 'p', long, value_name = "NAME")]
    pub project_name: Option<String>,
    /// Resolve relative paths against FOLDER [default: the folder of the first file]
    #[arg(long, value_name = "FOLDER")]
    pub project_directory: Option<String>,
    /// Read variables from FILE [default: .env]
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<String>,
    /// Activate this profile; '*' for all profiles
    #[arg(long, value_name = "PROFILE")]
    pub profile: Vec<String>,
    /// Read no file outside FOLDER, not even through a link
    ///
    /// Use this option for Compose files that you do not trust.
    #[arg(long, value_name = "FOLDER")]
    pub confine: Option<String>,
    /// Ignore the environment variables of this process
    #[arg(long)]
    pub no_environment: bool,
    /// The text of standard input, which can be read only once.
    #[arg(skip)]
    standard_input: OnceLock<String>,
}

impl ProjectArgs {
    /// Finds the files and variables of the project.
    ///
    /// # Errors
    /// When a named file does not exist, after the diagnostic is printed.
    pub fn discover(&self, folder: &str, files: &dyn Files) -> anyhow::Result<Discovered> {
        match discover(&self.options(folder)?, files) {
            Ok(found) => Ok(found),
            Err(error) => {
                let (error, sources) = *error;
                report::print(&[error], &sources, folder, &Quiet::of(&sources, &Environment::default()));
                bail!("cannot load the project");
            }
        }
    }

    /// Returns the files that the project may read.
    ///
    /// # Errors
    /// When the argument of `--confine` is not a folder.
    pub fn files(&self, folder: &str) -> anyhow::Result<Box<dyn Folders>> {
        Ok(match &self.confine {
            Some(confine) => Box::new(Confined::to(confine, folder)?),
            None => Box::new(Disk),
        })
    }

    /// Checks that no link inside the folder of `--confine` leads output to a place outside of it.
    ///
    /// # Errors
    /// When a link does.
    pub fn check_output(&self, path: &str) -> anyhow::Result<()> {
        let Some(confine) = &self.confine else { return Ok(()) };
        let here = current_folder()?;
        let confined = Confined::to(confine, &here)?;
        if confined.leads_outside(&join(&here, path)) {
            bail!("cannot write {path}: a link leads outside {confine}; choose another path");
        }
        Ok(())
    }

    /// Returns the text of standard input.
    ///
    /// # Errors
    /// When the input is too large or is not text.
    pub fn standard_input(&self) -> anyhow::Result<&str> {
        if let Some(text) = self.standard_input.get() {
            return Ok(text);
        }
        let text = standard_input()?;
        Ok(self.standard_input.get_or_init(|| text))
    }

    fn options(&self, folder: &str) -> anyhow::Result<Options> {
        let mut environment = Environment::default();
        for (name, value) in std::env::vars_os().filter(|_| !self.no_environment) {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                environment.set(name, value, Origin::Process);
            }
        }
        let is_asked = self.files.iter().any(|file| file == "-");
        let stdin = if is_asked { Some(self.standard_input()?.to_owned()) } else { None };
        Ok(Options {
            files: self.files.clone(),
            stdin,
            project_directory: self.project_directory.clone(),
            env_files: self.env_file.clone(),
            name: self.project_name.clone(),
            profiles: self.profile.clone(),
            folder: folder.to_owned(),
            environment,
        })
    }
}

/// Reads standard input, in the encodings that a file may have.
fn standard_input() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_FILE + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    if bytes.len() as u64 > MAX_FILE {
        bail!("standard input is larger than {} MiB, the limit for a Compose file", MAX_FILE >> 20);
    }
    match decode(bytes) {
        Ok(Decoded { text, encoding: Encoding::Utf8 | Encoding::Utf16 }) => Ok(text),
        Ok(Decoded { text, encoding: Encoding::Broken(at) }) => Err(not_utf8(text.as_bytes(), at)),
        Err(reason) => Err(reason),
    }
    .map_err(|reason| anyhow!("cannot read standard input: {reason}; use UTF-8"))
}

/// Returns the path of the current folder.
///
/// # Errors
/// When the folder is deleted, or when its path is not UTF-8.
pub fn current_folder() -> anyhow::Result<String> {
    let folder = std::env::current_dir().context("the current folder does not exist")?;
    folder
        .into_os_string()
        .into_string()
        .ok()
        .context("the path of the current folder is not UTF-8: run the command in another folder")
}
