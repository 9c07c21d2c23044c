//! The input of a load.

use crate::environment::Environment;

/// A project to load.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The files. A later file overrides the earlier ones.
    pub files: Vec<Input>,
    /// The folder that relative paths start from. An absolute path.
    pub working_dir: String,
    /// The variables for interpolation.
    pub environment: Environment,
    /// The name of the project, which overrides `name` in the files.
    pub name: Option<String>,
    /// The name of the project where neither `name` nor a file has one. Docker Compose uses the name of the folder.
    pub default_name: String,
    /// The active profiles. `*` activates all.
    pub profiles: Vec<String>,
    /// The services to load together with their dependencies. Empty for all services.
    pub services: Vec<String>,
    /// The home folder of the user, for `~`.
    pub home: Option<String>,
    /// The steps of the load.
    pub stages: Stages,
}

/// A file of a project.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The path, which messages show.
    pub path: String,
    /// The text. `None` to read it from the path.
    pub text: Option<String>,
}

/// The steps of a load. All but `jobs` are on by default.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a step of its own
pub struct Stages {
    /// Replaces variables by their values.
    pub interpolate: bool,
    /// Loads the projects that `include` names.
    pub include: bool,
    /// Resolves `extends`.
    pub extends: bool,
    /// Checks the files against the schema, and single values.
    pub validate: bool,
    /// Sets default values.
    pub defaults: bool,
    /// Makes paths absolute.
    pub resolve_paths: bool,
    /// Adds values that follow from other values, such as the default network.
    pub normalize: bool,
    /// Converts values to their canonical types. Later steps need this one.
    pub bind: bool,
    /// Checks that references between resources resolve.
    pub consistency: bool,
    /// Removes resources that no service uses.
    pub prune: bool,
    /// Reads `env_file` and `label_file`.
    pub environment: bool,
    /// Reads the `env_file` and `label_file` of jobs, and keeps resources that only jobs use. Docker Compose does so when a job
    /// runs, and not for `config`. Off by default.
    pub jobs: bool,
    /// Removes `env_file` after reading it. `label_file` stays, as in compose-go.
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
            jobs: false,
            discard_files: true,
        }
    }
}
