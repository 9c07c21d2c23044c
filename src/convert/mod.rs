//! Canonical tree -> Stack + ConfigMaps + Secrets, with a verdict on each value.
//!
//! | what | where |
//! |---|---|
//! | a value only in exchange for a verdict | [`reader`] |
//! | all rules, with reason and remedy | [`catalogue`] |
//! | what is secret | [`secrecy`] |
//! | names that objects may bear | [`names`] |
//! | who answers to a further name | `answers` |
//! | each area of a service | `services` |
//! | files of the host | `files` |
//! | advice | `lint` |
//! | what the API server and the operator say of the result | `agreement` |
//!
//! Pure: files are reached through [`Folders`] alone.

mod agreement;
mod answers;
pub mod catalogue;
mod containers;
mod context;
mod files;
mod lint;
mod memory;
pub mod names;
mod nfs;
mod objects;
pub mod output;
pub mod reader;
mod renames;
mod resources;
pub mod secrecy;
mod services;
mod settings;
mod shell;
mod sizes;
pub mod verdict;
mod volumes;

use compose_loader::{Files, Project};

use crate::api::{Stack, StackSpec};
use crate::translate::{Approximation, Privileges};

use self::agreement::Draft;
use self::context::Context;
pub use self::objects::Objects;
use self::reader::{Log, Value};
use self::verdict::{Entry, Verdict};

/// What the conversion asks of a file system, beyond reading. Paths are absolute.
pub trait Folders: Files {
    /// The names of what is in a folder, sorted.
    ///
    /// # Errors
    /// Why it cannot be read, in words that follow the folder's name.
    fn list(&self, path: &str) -> Result<Vec<String>, String>;

    /// The permission bits of a file.
    fn mode(&self, path: &str) -> u32;

    /// The path with all symbolic links resolved; nothing where it leads nowhere.
    fn real(&self, path: &str) -> Option<String> {
        Some(path.to_owned())
    }
}

/// What is to be made of a project.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The namespace that the objects name; none for the one that they are applied in.
    pub namespace: Option<String>,
    /// The registry, with a path if it has one, under which built images are pushed.
    pub registry: Option<String>,
    /// The active profiles. The one with an empty name is active where the user names none.
    pub profiles: Vec<String>,
}

/// What became of a project. The API server and the operator have been asked: what they say of it stands among the
/// verdicts, so that nobody else makes one.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The Stack. What was refused is left out.
    pub stack: Stack,
    /// The objects that it names.
    pub objects: Objects,
    /// The verdict on every value, by pointer.
    pub entries: Vec<Entry>,
    /// What the operator carries out with a difference.
    approximations: Vec<Approximation>,
    /// The privileges that the namespace has to allow.
    privileges: Privileges,
}

impl Converted {
    /// What the operator carries out with a difference; the verdicts say each.
    #[must_use]
    pub fn approximations(&self) -> &[Approximation] {
        &self.approximations
    }

    /// The privileges that the namespace has to allow.
    #[must_use]
    pub fn privileges(&self) -> &Privileges {
        &self.privileges
    }

    /// What was refused and is not among the ids that the user accepts (`all` for all). What the API server would
    /// refuse cannot be accepted.
    pub fn refused<'a>(&'a self, allowed: &'a [String]) -> impl Iterator<Item = &'a Entry> {
        let is_allowed = move |id: &str| allowed.iter().any(|a| a == "all" || a.eq_ignore_ascii_case(id));
        self.entries
            .iter()
            .filter(|entry| entry.verdict == Verdict::Refused)
            .filter(move |entry| !entry.rule.is_some_and(|rule| !rule.is_final() && is_allowed(rule.id)))
    }
}

/// Converts a project that was loaded with all its profiles.
#[must_use]
pub fn convert(project: &Project, files: &dyn Folders, options: &Options) -> Converted {
    let log = Log::default();
    let secrecy = secrecy::Secrecy::of(project);
    let mut context = Context::new(project, files, options, &log, &secrecy);
    let mut spec = StackSpec::default();
    let mut root = Value::project(&project.tree, &log, &secrecy).section();
    let mut section = |name: &str| root.take(name).map(Value::entries).unwrap_or_default();
    let (networks, volumes, configs) = (section("networks"), section("volumes"), section("configs"));
    let (secrets, services, models) = (section("secrets"), section("services"), section("models"));
    project_name(&context);
    for (name, value) in networks {
        resources::network(&context, name, value.section(), &mut spec);
    }
    for (name, value) in volumes {
        volumes::volume(&mut context, name, value.section());
    }
    for (name, value) in secrets {
        resources::secret(&mut context, name, value.section());
    }
    for (name, value) in configs {
        resources::config(&mut context, name, value.section());
    }
    for (name, value) in services {
        let service = services::service(&mut context, name, value.section());
        spec.services.insert(context.names.service(name), service);
    }
    for (_, model) in models {
        model.section().rest_judged(&catalogue::MODELS);
    }
    spec.profiles = profiles(&context, &spec);
    services::without_image(&mut spec.services);
    containers::containers(&mut context);
    services::aliases(&mut context, &mut spec.services);
    services::volumes_from(&mut context, &mut spec.services);
    spec.volumes.append(&mut context.volumes);
    spec.configs.append(&mut context.configs);
    spec.secrets.append(&mut context.secrets);
    settings::project(&mut root, &mut spec);
    root.rest();
    renames::renames(&context);
    lint::lint(&context, &spec);
    let Context { objects, names, .. } = context;
    let mut stack = Stack::new(&names.stack, spec);
    stack.metadata.namespace.clone_from(&options.namespace);
    let mut entries = log.into_entries();
    for (pointer, place) in reader::unread(&project.tree, &entries) {
        let rule = &catalogue::INTERNAL;
        let detail = format!("at {pointer}");
        entries.push(Entry { pointer, place, verdict: rule.verdict, rule: Some(rule), detail });
    }
    Draft { stack, objects, entries }.judged(project, &names)
}

/// The active profiles by their names in the Stack. The empty one is among them only where it is a service's.
fn profiles(context: &Context<'_>, spec: &StackSpec) -> Vec<String> {
    let empty = &context.names.empty_profile;
    let used = spec.services.values().any(|service| service.profiles.contains(empty));
    let names = context.options.profiles.iter().map(|name| if name.is_empty() { empty } else { name });
    let mut active: Vec<String> = Vec::new();
    for name in names.filter(|name| used || *name != empty) {
        if !active.contains(name) {
            active.push(name.clone());
        }
    }
    active
}

/// The project's name, which the tree does not hold.
fn project_name(context: &Context<'_>) {
    let place = context.project.tree.get("name").map_or(context.project.tree.place, |node| node.place);
    if context.names.stack == context.project.name {
        context.log.mapped("/name", place);
    } else {
        let detail = format!("the Stack is '{}'", context.names.stack);
        context.log.remark(&catalogue::PROJECT_NAME, "/name", place, detail);
    }
}
