//! The compose project that a verb is about.

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

/// Which compose project.
#[derive(Debug, clap::Args)]
pub struct ProjectArgs {
    /// Compose files, the later over the earlier; `-` for standard input
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub files: Vec<String>,
    /// The project's name
    #[arg(short = 'p', long, value_name = "NAME")]
    pub project_name: Option<String>,
    /// The folder that relative paths are relative to [default: the first file's]
    #[arg(long, value_name = "FOLDER")]
    pub project_directory: Option<String>,
    /// Files of variables, instead of `.env`
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<String>,
    /// A profile to activate; `*` for all
    #[arg(long, value_name = "PROFILE")]
    pub profile: Vec<String>,
    /// Read no file outside of this folder, whatever a path or a link says: for compose files of others
    #[arg(long, value_name = "FOLDER")]
    pub confine: Option<String>,
    /// Use no variable of this process
    #[arg(long)]
    pub no_environment: bool,
    /// What standard input has said, which can be read once only.
    #[arg(skip)]
    standard_input: OnceLock<String>,
}

impl ProjectArgs {
    /// Finds the files and variables of the project.
    ///
    /// # Errors
    /// Where one that was named is not there, after the message is printed.
    pub fn discover(&self, folder: &str, files: &dyn Files) -> anyhow::Result<Discovered> {
        match discover(&self.options(folder)?, files) {
            Ok(found) => Ok(found),
            Err(error) => {
                let (error, sources) = *error;
                report::print(&[error], &sources, folder, &Quiet::of(&sources, &Environment::default()));
                bail!("the project cannot be loaded");
            }
        }
    }

    /// The files that the project may have.
    ///
    /// # Errors
    /// Where the folder that they are confined to is none.
    pub fn files(&self, folder: &str) -> anyhow::Result<Box<dyn Folders>> {
        Ok(match &self.confine {
            Some(confine) => Box::new(Confined::to(confine, folder)?),
            None => Box::new(Disk),
        })
    }

    /// Whether output may go to a path: where the project is confined to a folder, no link of that folder may
    /// lead it out.
    ///
    /// # Errors
    /// Where one does.
    pub fn may_write(&self, path: &str) -> anyhow::Result<()> {
        let Some(confine) = &self.confine else { return Ok(()) };
        let here = current_folder()?;
        let confined = Confined::to(confine, &here)?;
        if confined.is_led_out(&join(&here, path)) {
            bail!("{path} leads out of {confine} by a link, and nothing is written there: name another path");
        }
        Ok(())
    }

    /// The text of standard input.
    ///
    /// # Errors
    /// Where it is too large, or no text.
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

/// Reads standard input, in the forms that a file may have.
fn standard_input() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_FILE + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    if bytes.len() as u64 > MAX_FILE {
        bail!("standard input is larger than {} MiB, which no compose file may be", MAX_FILE >> 20);
    }
    match decode(bytes) {
        Ok(Decoded { text, encoding: Encoding::Utf8 | Encoding::Utf16 }) => Ok(text),
        Ok(Decoded { text, encoding: Encoding::Broken(at) }) => Err(not_utf8(text.as_bytes(), at)),
        Err(reason) => Err(reason),
    }
    .map_err(|reason| anyhow!("standard input: {reason}: write it in UTF-8"))
}

/// The folder that the command runs in.
///
/// # Errors
/// Where there is none, or its path is not UTF-8.
pub fn current_folder() -> anyhow::Result<String> {
    let folder = std::env::current_dir().context("the current folder is gone")?;
    folder
        .into_os_string()
        .into_string()
        .ok()
        .context("the current folder's path is not UTF-8; name files with `-f`")
}
