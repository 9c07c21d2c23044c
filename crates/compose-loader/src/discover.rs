//! Which files make a project, and which variables it has: the rules of the command line.

use super::diagnostic::Diagnostic;
use super::dotenv::{self, EnvText};
use super::environment::{Budget, Environment};
use super::files::{Files, Kind, outside};
use super::source::{Place, Sources};
use super::text::{Decoded, Form, decode};
use super::{Input, Request, paths};

/// What a command line says about a project.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The files, as given.
    pub files: Vec<String>,
    /// The text of the file `-`.
    pub stdin: Option<String>,
    /// The folder that relative paths are relative to.
    pub project_directory: Option<String>,
    /// The env files, as given.
    pub env_files: Vec<String>,
    /// The project's name.
    pub name: Option<String>,
    /// The profiles.
    pub profiles: Vec<String>,
    /// The folder that the command runs in; absolute.
    pub folder: String,
    /// The environment of the process.
    pub environment: Environment,
}

/// The names that are looked for, the first before the next.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// The names of the file that is put over it.
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// A request, the texts that were read for it, and what is to be said about it.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// What is to be loaded.
    pub request: Request,
    /// The env files that were read.
    pub sources: Sources,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Finds the files and variables of a project.
///
/// # Errors
/// Where a file that was named is not there or cannot be read; with the texts that were read until then.
pub fn discover(options: &Options, files: &dyn Files) -> Result<Discovered, Box<(Diagnostic, Sources)>> {
    let mut search =
        Search { options, files, found: Discovered::default(), environment: options.environment.clone() };
    match search.run() {
        Ok(()) => Ok(search.found),
        Err(error) => Err(Box::new((error, search.found.sources))),
    }
}

struct Search<'a> {
    options: &'a Options,
    files: &'a dyn Files,
    found: Discovered,
    environment: Environment,
}

impl Search<'_> {
    fn run(&mut self) -> Result<(), Diagnostic> {
        let options = self.options;
        let absolute =
            |path: &str| if path == "-" { path.to_owned() } else { paths::join(&options.folder, path) };
        let directory =
            options.project_directory.as_deref().filter(|folder| !folder.is_empty()).map(absolute);
        let mut files: Vec<String> = options.files.iter().map(|path| absolute(path)).collect();
        let folder_of =
            |files: &[String]| files.iter().find(|path| *path != "-").map(|path| paths::parent(path));
        let folder =
            directory.clone().or_else(|| folder_of(&files)).unwrap_or_else(|| options.folder.clone());
        let by_default = self.env_files(&folder)?;
        if files.is_empty() {
            files = self.compose_files(&folder)?;
        }
        let working_dir = directory.or_else(|| folder_of(&files)).unwrap_or_else(|| options.folder.clone());
        if by_default && working_dir != folder {
            self.default_env_file(&working_dir)?;
        }
        let named =
            self.environment.text("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty()).map(str::to_owned);
        let profiles = if options.profiles.is_empty() {
            let profiles = self.environment.text("COMPOSE_PROFILES").unwrap_or_default();
            profiles.split(',').map(|profile| profile.trim().to_owned()).collect()
        } else {
            options.profiles.clone()
        };
        self.found.request = Request {
            files: files
                .into_iter()
                .map(|path| Input { text: options.stdin.clone().filter(|_| path == "-"), path })
                .collect(),
            default_name: working_dir.rsplit('/').next().unwrap_or_default().to_owned(),
            working_dir,
            name: options.name.clone().filter(|name| !name.is_empty()).or(named),
            profiles,
            home: self.environment.text("HOME").filter(|home| !home.is_empty()).map(str::to_owned),
            environment: std::mem::take(&mut self.environment),
            ..Request::default()
        };
        Ok(())
    }

    /// Reads the env files that were named; true where none was, and the default one counts.
    fn env_files(&mut self, folder: &str) -> Result<bool, Diagnostic> {
        let mut named = self.options.env_files.clone();
        if named.is_empty() {
            let listed = self.options.environment.text("COMPOSE_ENV_FILES").unwrap_or_default();
            named = listed.split(',').filter(|path| !path.is_empty()).map(str::to_owned).collect();
        }
        if named.is_empty() {
            let disabled = self.options.environment.text("COMPOSE_DISABLE_ENV_FILE").unwrap_or_default();
            if matches!(disabled, "1" | "t" | "T" | "true" | "TRUE" | "True") {
                return Ok(false);
            }
            self.default_env_file(folder)?;
            return Ok(true);
        }
        let mut read = Environment::default();
        for path in named {
            let path = paths::join(&self.options.folder, &path);
            if self.files.kind(&path).is_none() {
                return Err(Diagnostic::error(
                    "missing-env-file",
                    Place::NONE,
                    format!("couldn't find env file: {path}"),
                )
                .remedy("create it, or check the path given with `--env-file`"));
            }
            self.read_env_file(&path, &mut read)?;
        }
        self.environment.add_missing(&read);
        Ok(false)
    }

    fn default_env_file(&mut self, folder: &str) -> Result<(), Diagnostic> {
        let path = paths::join(folder, ".env");
        if matches!(self.files.kind(&path), None | Some(Kind::Folder)) {
            return Ok(());
        }
        let mut read = Environment::default();
        self.read_env_file(&path, &mut read)?;
        self.environment.add_missing(&read);
        Ok(())
    }

    fn read_env_file(&mut self, path: &str, into: &mut Environment) -> Result<(), Diagnostic> {
        let wrong = |reason: String| {
            Diagnostic::error(
                "missing-env-file",
                Place::NONE,
                format!("cannot read env file {path}: {reason}"),
            )
            .remedy("an env file is a file of `NAME=value` lines in UTF-8")
        };
        if self.files.kind(path) == Some(Kind::Outside) {
            return Err(outside(path, Place::NONE));
        }
        let Decoded { text, form } = self.files.read(path).and_then(decode).map_err(wrong)?;
        let file = self.found.sources.add(path, text.as_str());
        match form {
            Form::Utf8 => {}
            Form::Utf16 => return Err(wrong(dotenv::UTF16.to_owned())),
            Form::Broken(at) => self.found.warnings.push(dotenv::not_utf8(file, at)),
        }
        let outer = |name: &str| self.environment.get(name).cloned();
        let warnings = dotenv::read(EnvText { text: &text, file }, into, &outer, &Budget::default())?;
        self.found.warnings.extend(warnings);
        Ok(())
    }

    /// The files that `COMPOSE_FILE` names, or those with the usual names in this folder or one above it.
    fn compose_files(&mut self, folder: &str) -> Result<Vec<String>, Diagnostic> {
        if let Some(listed) = self.environment.text("COMPOSE_FILE") {
            let separator = self
                .environment
                .text("COMPOSE_PATH_SEPARATOR")
                .filter(|text| !text.is_empty())
                .unwrap_or(":");
            return listed.split(separator).map(|path| self.listed_file(path)).collect();
        }
        let mut at = folder.to_owned();
        if self.files.kind(&at) == Some(Kind::Outside) {
            return Err(outside(folder, Place::NONE));
        }
        loop {
            if let Some(main) = self.first_of(&NAMES, &at) {
                return Ok(std::iter::once(main).chain(self.first_of(&OVERRIDES, &at)).collect());
            }
            let above = paths::clean(&format!("{at}/.."));
            if above == at || self.files.kind(&above) == Some(Kind::Outside) {
                return Ok(Vec::new());
            }
            at = above;
        }
    }

    fn listed_file(&self, path: &str) -> Result<String, Diagnostic> {
        if path == "-" {
            return Ok(path.to_owned());
        }
        let full = paths::join(&self.options.folder, path);
        let why = match self.files.kind(&full) {
            Some(Kind::File) => return Ok(full),
            Some(Kind::Folder) => "it is a directory",
            Some(Kind::Other) => "it is not a regular file",
            Some(Kind::Outside) => return Err(outside(path, Place::NONE)),
            None => "no such file or directory",
        };
        Err(Diagnostic::error(
            "unreadable-file",
            Place::NONE,
            format!("compose file {path:?} set by COMPOSE_FILE environment variable is invalid: {why}"),
        )
        .remedy("mend COMPOSE_FILE in the environment or in `.env`"))
    }

    fn first_of(&mut self, names: &[&str], folder: &str) -> Option<String> {
        let mut there =
            names.iter().map(|name| paths::join(folder, name)).filter(|path| self.files.kind(path).is_some());
        let first = there.next()?;
        let others: Vec<String> = there.collect();
        if !others.is_empty() {
            let message =
                format!("Found multiple config files with supported names: {first}, {}", others.join(", "));
            let warning = Diagnostic::warning("several-files", Place::NONE, message);
            self.found.warnings.push(
                warning.remedy(format!("{first} is used; remove the others or name the files with `-f`")),
            );
        }
        Some(first)
    }
}
