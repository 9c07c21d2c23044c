//! Compose text -> canonical tree, exactly as Docker Compose reads it. Nothing here knows of Kubernetes.
//!
//! The steps, in the order of the reference. For each file, and in it for each document:
//!
//! | step | where |
//! |---|---|
//! | text to tree: types, anchors, merge keys, `!reset` and `!override` | [`yaml`] |
//! | variables into values, and types that are fixed | `interpolate`, [`substitute`] |
//! | extensions that became keys | `promote` |
//! | other projects taken in | `include` |
//! | what this document resets is taken out of what was read before | [`yaml::apply`] |
//! | services that begin as others | `extends` |
//! | over what was read before | [`merge`], [`unicity`] |
//! | the form of a compose file | [`schema`] |
//! | long forms | [`canonical`], [`grammar`] |
//!
//! Then for all files together: [`defaults`] and their checks, [`paths`], [`normalize`], the canonical
//! shape ([`bind`], [`shape`]), profiles ([`project`]), [`consistency`] and warnings of ports (`published`), selection, pruning, `env_file` and
//! `label_file` ([`dotenv`]).
//!
//! Every [`Node`](tree::Node) of the result says where it was written, and every text which of its parts
//! came from which variable. All file access goes through [`source::Files`]. Steps that follow each other and look
//! at each service by itself are taken together for a few services at a time (`parts`).

pub mod bind;
pub mod canonical;
pub mod consistency;
pub mod defaults;
pub mod diagnostic;
pub mod discover;
pub mod disk;
pub mod dotenv;
pub mod environment;
mod extends;
pub mod grammar;
mod include;
mod interpolate;
mod load;
mod map;
pub mod merge;
mod names;
pub mod normalize;
pub mod number;
mod pairs;
mod parts;
pub mod paths;
pub mod print;
pub mod project;
mod promote;
mod published;
mod rules;
pub mod schema;
mod service_files;
pub mod shape;
pub mod source;
pub mod substitute;
mod trail;
pub mod tree;
pub mod unicity;
pub mod yaml;

use self::diagnostic::Diagnostic;
use self::environment::Environment;
use self::load::{Load, Scope};
use self::project::Project;
use self::source::{Files, Sources};

/// What is to be loaded, and with what.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The files, the later over the earlier.
    pub files: Vec<Input>,
    /// The folder that relative paths are relative to; absolute.
    pub working_dir: String,
    /// The variables that may be used.
    pub environment: Environment,
    /// The name that was given for the project.
    pub name: Option<String>,
    /// The name that it has otherwise, where no file has one: the folder's.
    pub default_name: String,
    /// The active profiles; `*` for all.
    pub profiles: Vec<String>,
    /// The services that are wanted, with all that they need; none for all.
    pub services: Vec<String>,
    /// The user's home, which `~` stands for.
    pub home: Option<String>,
    /// The steps that are taken.
    pub stages: Stages,
}

/// A file of a project.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Its path, as it is shown.
    pub path: String,
    /// Its text, where it is not to be read from the path.
    pub text: Option<String>,
}

/// Which steps are taken.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a step of its own
pub struct Stages {
    /// Variables into values.
    pub interpolate: bool,
    /// `include`.
    pub include: bool,
    /// `extends`.
    pub extends: bool,
    /// The schema and the checks of single values.
    pub validate: bool,
    /// Default values.
    pub defaults: bool,
    /// Absolute paths.
    pub resolve_paths: bool,
    /// What follows from other values.
    pub normalize: bool,
    /// The canonical shape and all that follows it.
    pub bind: bool,
    /// Whether everything fits together.
    pub consistency: bool,
    /// Only resources that are used.
    pub prune: bool,
    /// `env_file`.
    pub environment: bool,
    /// Whether `env_file` is gone once it is read; `label_file` stays, as in the reference.
    pub discard_files: bool,
}

impl Default for Stages {
    fn default() -> Self {
        Self {
            interpolate: true,
            include: true,
            extends: true,
            validate: true,
            defaults: true,
            resolve_paths: true,
            normalize: true,
            bind: true,
            consistency: true,
            prune: true,
            environment: true,
            discard_files: true,
        }
    }
}

/// What came of a load.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The project; nothing where there is an error among the messages.
    pub project: Option<Project>,
    /// All errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that places stand in.
    pub sources: Sources,
}

/// Loads a project.
#[must_use]
pub fn load(request: &Request, files: &dyn Files) -> Loaded {
    load_with(request, files, Sources::default())
}

/// Loads a project; places of its variables may stand in texts that were read before.
#[must_use]
pub fn load_with(request: &Request, files: &dyn Files, sources: Sources) -> Loaded {
    let mut load = Load::new(request, files, sources);
    let result = load.run(request);
    let (project, diagnostics, sources) = load.done(result);
    Loaded { project, diagnostics, sources }
}
