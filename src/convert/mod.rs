//! Converts a project into a Stack with its ConfigMaps and Secrets, and states a verdict on each value.
//!
//! | topic | module |
//! |---|---|
//! | a reader that requires a verdict for each value | [`reader`] |
//! | detection of secrets | [`secrecy`] |
//! | valid object names | [`names`] |
//! | aliases, container names, host names and links | `answers` |
//! | the attributes of a service | `services` |
//! | jobs and their triggers | `jobs` |
//! | the files of the host, and the uses of bind mounts | `host` |
//! | copies of files in objects and volumes | `files` |
//! | checks for common mistakes | `lint` |
//! | the verdicts of the API server and the operator | `agreement` |
//!
//! The module does no I/O, except through [`Folders`].

mod agreement;
mod answers;
mod containers;
mod context;
mod converted;
mod driver_options;
mod files;
mod folders;
mod host;
mod jobs;
mod lint;
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
mod sizes;
pub mod verdict;
mod volumes;

use compose_loader::Project;

use crate::api::{Stack, StackSpec};
use crate::rules;

use self::agreement::Draft;
use self::context::Context;
pub use self::context::Options;
pub use self::converted::Converted;
pub use self::folders::Folders;
pub use self::objects::Objects;
use self::reader::{Log, Value};
use self::verdict::Entry;

/// Converts a project that was loaded with all of its profiles, and with the stage `jobs`.
///
/// ```
/// use compose_loader::{Input, MemoryFiles, Request, load};
/// use stackwright::convert::{Options, convert};
/// use stackwright::rules::Verdict;
///
/// let text = "name: shop\nservices: {web: {image: 'nginx:1.29', ports: ['8080:80'], logging: {driver: syslog}}}\n";
/// let request = Request {
///     files: vec![Input { path: "/shop/compose.yaml".to_owned(), text: Some(text.to_owned()) }],
///     working_dir: "/shop".to_owned(),
///     profiles: vec!["*".to_owned()],
///     ..Request::default()
/// };
/// let files = MemoryFiles::default();
/// let project = load(&request, &files).project.unwrap();
///
/// let converted = convert(&project, &files, &Options::default());
/// assert_eq!(converted.stack.spec.services["web"].image, "nginx:1.29");
/// let ignored = converted.entries.iter().find(|entry| entry.is(Verdict::Ignored)).unwrap();
/// assert_eq!(ignored.pointer, "/services/web/logging");
/// ```
#[must_use]
pub fn convert(project: &Project, files: &dyn Folders, options: &Options) -> Converted {
    let all_jobs = jobs::Jobs::of(project);
    let mut converted = convert_services(&jobs::joined(project), files, options);
    all_jobs.rename(&mut converted.entries);
    reader::sort(&mut converted.entries);
    converted
}

/// Converts a project whose jobs are among its services.
fn convert_services(project: &Project, files: &dyn Folders, options: &Options) -> Converted {
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
        model.section().rest_judged(&rules::MODELS);
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
    jobs::divide(&mut spec);
    let Context { objects, names, .. } = context;
    let mut stack = Stack::new(&names.stack, spec);
    stack.metadata.namespace.clone_from(&options.namespace);
    let mut entries = log.into_entries();
    for (pointer, place) in reader::unread(&project.tree, &entries) {
        let rule = &rules::NO_VERDICT;
        let detail = format!("at {pointer}");
        entries.push(Entry { pointer, place, kind: rule.kind, rule: Some(rule), detail });
    }
    Draft { stack, objects, entries }.judged(project, &names)
}

/// Returns the active profiles by their names in the Stack. The profile with an empty name is included only if a service
/// has it.
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

/// States the verdict on the project's name, which can be missing in the tree.
fn project_name(context: &Context<'_>) {
    let place = context.project.tree.get("name").map_or(context.project.tree.place, |node| node.place);
    if context.names.stack == context.project.name {
        context.log.mapped("/name", place);
    } else {
        let detail = format!("the Stack is named '{}'", context.names.stack);
        context.log.remark(&rules::RENAMED_PROJECT, "/name", place, detail);
    }
}
