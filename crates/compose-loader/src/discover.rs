//! Search for the files and variables of a project, by the rules of the command line of Docker Compose.

use crate::diagnostic::Diagnostic;
use crate::dotenv::{self, EnvText};
use crate::environment::{Budget, Environment};
use crate::files::{FileKind, Files};
use crate::paths;
use crate::request::{Input, Request};
use crate::rules;
use crate::source::{Place, Sources};
use crate::text::{Decoded, Encoding, decode};

/// The options of a command line that select a project.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The Compose files, relative to `folder`.
    pub files: Vec<String>,
    /// The text of the file `-`, which is standard input.
    pub stdin: Option<String>,
    /// The folder that relative paths in the files start from. By default, the folder of the first file.
    pub project_directory: Option<String>,
    /// The env files, relative to `folder`. By default, `.env`.
    pub env_files: Vec<String>,
    /// The name of the project.
    pub name: Option<String>,
    /// The profiles to activate.
    pub profiles: Vec<String>,
    /// The current folder. An absolute path.
    pub folder: String,
    /// The environment of the process.
    pub environment: Environment,
}

/// The names of a Compose file, in the order of their precedence.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// The names of an override file, in the order of their precedence.
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// A project that was found.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// The project to load.
    pub request: Request,
    /// The env files, to which places of variables refer. Pass them to [`load_with`](crate::load_with).
    pub sources: Sources,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Finds the files and the variables of a project.
///
/// ```
/// use compose_loader::{MemoryFiles, discover::{Options, discover}, load_with};
///
/// let mut files = MemoryFiles::default();
/// files.add("/shop/compose.yaml", "services: {web: {image: 'nginx:${TAG}'}}");
/// files.add("/shop/.env", "TAG=1.29");
/// let found = discover(&Options { folder: "/shop".to_owned(), ..Options::default() }, &files).unwrap();
/// let project = load_with(&found.request, &files, found.sources).project.unwrap();
/// assert_eq!(project.name, "shop");
/// assert_eq!(project.service("web").unwrap().str_at("image"), Some("nginx:1.29"));
/// ```
///
/// # Errors
/// Returns an error, with the files that were read before it, where a named file is missing or cannot be read.
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

    /// Reads the named env files, or else the default one. Returns true in the latter case.
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
                return Err(Diagnostic::new(
                    &rules::MISSING_ENV_FILE,
                    Place::NONE,
                    format!("couldn't find env file: {path}"),
                )
                .remedy("create the file, or check the path of `--env-file`"));
            }
            self.read_env_file(&path, &mut read)?;
        }
        self.environment.add_missing(&read);
        Ok(false)
    }

    fn default_env_file(&mut self, folder: &str) -> Result<(), Diagnostic> {
        let path = paths::join(folder, ".env");
        if matches!(self.files.kind(&path), None | Some(FileKind::Folder)) {
            return Ok(());
        }
        let mut read = Environment::default();
        self.read_env_file(&path, &mut read)?;
        self.environment.add_missing(&read);
        Ok(())
    }

    fn read_env_file(&mut self, path: &str, into: &mut Environment) -> Result<(), Diagnostic> {
        let wrong = |reason: String| {
            Diagnostic::new(
                &rules::MISSING_ENV_FILE,
                Place::NONE,
                format!("cannot read env file {path}: {reason}"),
            )
            .remedy("write an env file of `NAME=value` lines in UTF-8")
        };
        if self.files.kind(path) == Some(FileKind::Outside) {
            return Err(Diagnostic::outside(path, Place::NONE));
        }
        let Decoded { text, encoding } = self.files.read(path).and_then(decode).map_err(wrong)?;
        let file = self.found.sources.add(path, text.as_str());
        match encoding {
            Encoding::Utf8 => {}
            Encoding::Utf16 => return Err(wrong(dotenv::UTF16.to_owned())),
            Encoding::Broken(at) => self.found.warnings.push(dotenv::not_utf8(file, at)),
        }
        let outer = |name: &str| self.environment.get(name).cloned();
        let warnings = dotenv::read(EnvText { text: &text, file }, into, &outer, &Budget::default())?;
        self.found.warnings.extend(warnings);
        Ok(())
    }

    /// Returns the files that `COMPOSE_FILE` names, or those with the default names in this folder or a parent folder.
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
        if self.files.kind(&at) == Some(FileKind::Outside) {
            return Err(Diagnostic::outside(folder, Place::NONE));
        }
        loop {
            if let Some(main) = self.first_of(&NAMES, &at) {
                return Ok(std::iter::once(main).chain(self.first_of(&OVERRIDES, &at)).collect());
            }
            let above = paths::clean(&format!("{at}/.."));
            if above == at || self.files.kind(&above) == Some(FileKind::Outside) {
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
            Some(FileKind::File) => return Ok(full),
            Some(FileKind::Folder) => "it is a directory",
            Some(FileKind::Other) => "it is not a regular file",
            Some(FileKind::Outside) => return Err(Diagnostic::outside(path, Place::NONE)),
            None => "no such file or directory",
        };
        Err(Diagnostic::new(
            &rules::UNREADABLE_FILE,
            Place::NONE,
            format!("compose file {path:?} set by COMPOSE_FILE environment variable is invalid: {why}"),
        )
        .remedy("correct COMPOSE_FILE in the environment or in `.env`"))
    }

    fn first_of(&mut self, names: &[&str], folder: &str) -> Option<String> {
        let mut there =
            names.iter().map(|name| paths::join(folder, name)).filter(|path| self.files.kind(path).is_some());
        let first = there.next()?;
        let others: Vec<String> = there.collect();
        if !others.is_empty() {
            let message =
                format!("Found multiple config files with supported names: {first}, {}", others.join(", "));
            let warning = Diagnostic::new(&rules::SEVERAL_FILES, Place::NONE, message);
            self.found.warnings.push(
                warning.remedy(format!("keep only {first}, which is used, or name the files with `-f`")),
            );
        }
        Some(first)
    }
}
