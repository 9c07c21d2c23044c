//! `stackwright config`: a Compose project in canonical form, or a list of its parts.

use std::collections::BTreeMap;

use anyhow::bail;
use clap::ValueEnum;
use compose_loader::discover::Discovered;
use compose_loader::paths::shorten;
use compose_loader::print::{Style, json, yaml};
use compose_loader::{Map, Node, Origin, Project, Sources, Value, load_with};

use super::convert::folder::write_file;
use super::project::{ProjectArgs, current_folder};
use super::report;
use super::terminal::print;
use crate::convert::secrecy::mask::{mask, shown};
use crate::convert::secrecy::quiet::Quiet;

/// The project and the form of the output.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub struct Args {
    #[command(flatten)]
    project: ProjectArgs,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
    /// Do not substitute variables
    #[arg(long)]
    no_interpolate: bool,
    /// Do not add derived values
    #[arg(long)]
    no_normalize: bool,
    /// Do not make relative paths absolute
    #[arg(long)]
    no_path_resolution: bool,
    /// Mask values that look like secrets
    #[arg(long)]
    mask: bool,
    /// Print only errors and warnings
    #[arg(short, long)]
    quiet: bool,
    /// Write to FILE [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    #[command(flatten)]
    what: What,
    /// Print only these services and their dependencies [default: all]
    services: Vec<String>,
}

/// A list to print instead of the project.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
struct What {
    /// List the services
    #[arg(long = "services")]
    list_services: bool,
    /// List the images
    #[arg(long)]
    images: bool,
    /// List the volumes
    #[arg(long)]
    volumes: bool,
    /// List the networks
    #[arg(long)]
    networks: bool,
    /// List the profiles
    #[arg(long)]
    profiles: bool,
    /// List the variables that the files use
    #[arg(long)]
    variables: bool,
    /// List the variables of the project with the origin of each value
    #[arg(long)]
    environment: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// Loads the project and prints it, or the list that the arguments ask for.
///
/// # Errors
/// When the project cannot be loaded, after the diagnostics are printed, or when the output cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let text = text(args)?;
    if args.quiet {
        return Ok(());
    }
    match &args.output {
        Some(path) => {
            args.project.check_output(path)?;
            write_file(path, &text)
        }
        None => print(&text),
    }
}

fn text(args: &Args) -> anyhow::Result<String> {
    let folder = current_folder()?;
    let files = args.project.files(&folder)?;
    let Discovered { mut request, sources, warnings } = args.project.discover(&folder, &*files)?;
    let raw = args.no_interpolate || args.what.variables;
    request.services.clone_from(&args.services);
    request.stages.interpolate = !raw;
    // A value with a variable has no type yet, so its long form is unknown.
    request.stages.bind = !raw;
    request.stages.normalize = !args.no_normalize;
    request.stages.resolve_paths = !args.no_path_resolution;
    let loaded = load_with(&request, &*files, sources);
    let diagnostics = [warnings, loaded.diagnostics].concat();
    if !diagnostics.is_empty() {
        let quiet = Quiet::of(&loaded.sources, &request.environment);
        let quiet = loaded.project.iter().fold(quiet, Quiet::with);
        report::print(&diagnostics, &loaded.sources, &folder, &quiet);
    }
    let Some(mut project) = loaded.project else { bail!("cannot load the project") };
    if let Some(list) = list(args, &project, &loaded.sources, &folder) {
        return Ok(list.into_iter().map(|line| line + "\n").collect());
    }
    if args.mask {
        mask(&mut project);
    }
    let style = Style { escape: !raw };
    let text = match args.format {
        _ if args.quiet => String::new(),
        Format::Yaml => yaml(&project, style),
        Format::Json => json(&project, style),
    };
    // The process ends now. To free a large project value by value would take a tenth of the run time.
    std::mem::forget(project);
    Ok(text)
}

fn list(args: &Args, project: &Project, sources: &Sources, folder: &str) -> Option<Vec<String>> {
    let what = &args.what;
    let shown = |name: &str, value: &str| shown(name, value, args.mask);
    let names = |section: &str| project.section(section).map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    if what.list_services {
        Some(names("services"))
    } else if what.volumes {
        Some(names("volumes"))
    } else if what.networks {
        Some(names("networks"))
    } else if what.images {
        let image = |name: &str, service: &Node| match service.str_at("image") {
            Some(image) => image.to_owned(),
            None => format!("{}-{name}", project.name),
        };
        let services = project.services().filter(|(_, service)| service.get("provider").is_none());
        Some(services.map(|(name, service)| image(name, service)).collect())
    } else if what.profiles {
        let all = project.services().chain(project.disabled.iter().map(|(name, node)| (&**name, node)));
        let lists = all.filter_map(|(_, service)| service.get("profiles").and_then(Node::as_list));
        let mut profiles: Vec<String> = lists.flatten().filter_map(Node::as_str).map(str::to_owned).collect();
        profiles.sort();
        profiles.dedup();
        Some(profiles)
    } else if what.variables {
        Some(variables(project, &shown))
    } else if what.environment {
        let line = |origin: &Origin| match origin {
            Origin::Process => "the environment".to_owned(),
            Origin::Loader => "the project's name".to_owned(),
            Origin::Nowhere => "not set".to_owned(),
            Origin::File(place) => sources
                .locate(*place)
                .map_or("an env file".to_owned(), |at| format!("{}:{}", shorten(&at.file, folder), at.line)),
        };
        Some(
            project
                .environment
                .iter()
                .map(|(name, variable)| {
                    format!("{name}={}\t# {}", shown(name, &variable.value), line(&variable.origin))
                })
                .collect(),
        )
    } else {
        None
    }
}

/// Returns a table with one line per variable: its default, its alternative, and whether it is required.
fn variables(project: &Project, shown: &dyn Fn(&str, &str) -> String) -> Vec<String> {
    let mut found: BTreeMap<String, (bool, String, String)> = BTreeMap::new();
    let mut open: Vec<&Node> = vec![&project.tree];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Map(map) => open.extend(map_values(map)),
            Value::List(items) => open.extend(items),
            Value::Str(text) => {
                for (name, operator) in compose_loader::variables(text) {
                    let entry = found.entry(name).or_default();
                    match operator {
                        Some((operator, _)) if operator.ends_with('?') => entry.0 = true,
                        Some((operator, text)) if operator.ends_with('-') => entry.1 = text,
                        Some((_, text)) => entry.2 = text,
                        None => {}
                    }
                }
            }
            _ => {}
        }
    }
    let header = format!("{:<24} {:<10} {:<24} {}", "NAME", "REQUIRED", "DEFAULT", "ALTERNATE");
    let rows = found.into_iter().map(|(name, (required, default, alternate))| {
        let (default, alternate) = (shown(&name, &default), shown(&name, &alternate));
        format!("{name:<24} {required:<10} {default:<24} {alternate}").trim_end().to_owned()
    });
    std::iter::once(header).chain(rows).collect()
}

fn map_values(map: &Map) -> impl Iterator<Item = &Node> {
    map.iter().map(|(_, node)| node)
}
