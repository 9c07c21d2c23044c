//! What is to be loaded.

use crate::environment::Environment;

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
