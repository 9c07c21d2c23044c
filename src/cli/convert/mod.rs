//! `stackwright convert`: a compose project as a Stack, with the ConfigMaps and Secrets that it needs.

mod folder;

use std::io::Write;

use anyhow::{Context, bail};
use clap::ValueEnum;

use super::project::{ProjectArgs, current_folder};
use super::report;
use crate::compose::diagnostic::{Diagnostic, Severity};
use crate::compose::discover::Discovered;
use crate::compose::disk::Disk;
use crate::compose::load_with;
use crate::compose::source::{Place, Sources};
use crate::convert::catalogue::Rule;
use crate::convert::output::{self, kustomization, manifests, needed_secrets, stream};
use crate::convert::verdict::{Entry, Verdict, report as lines};
use crate::convert::{Converted, Options, convert};

/// What `convert` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    project: ProjectArgs,
    /// The namespace that the objects name [default: none, for the one they are applied in]
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// A folder, with a file for each object and a kustomization.yaml; `-` for standard output
    #[arg(short, long, value_name = "FOLDER", default_value = "-")]
    output: String,
    /// The registry, with a path if it has one, that images which the project builds are pushed to
    #[arg(long, value_name = "REGISTRY")]
    registry: Option<String>,
    /// Write the verdict on every value to a file, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<String>,
    /// End with exit code 1 where something is only approximated
    #[arg(long)]
    strict: bool,
    /// What is written for Secrets
    #[arg(long, value_enum, default_value_t = Secrets::Skip)]
    secrets: Secrets,
    /// Accept what is refused by this rule, and leave it out; `all` for all rules
    #[arg(long, value_name = "ID")]
    allow_refused: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Secrets {
    /// Nothing: you create them by other means
    Skip,
    /// Secrets with empty values to fill in or to seal
    SealedPlaceholder,
    /// Secrets with their values: keep the output out of repositories
    Plain,
}

/// Converts the project and writes what it became.
///
/// # Errors
/// When the project cannot be loaded, something is refused, or the output cannot be written; all messages
/// are printed before that.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let folder = current_folder()?;
    let Discovered { mut request, sources, warnings } = args.project.discover(&folder)?;
    // A Stack keeps all services and says which profiles are active.
    let mut profiles = std::mem::replace(&mut request.profiles, vec!["*".to_owned()]);
    profiles.retain(|profile| !profile.is_empty());
    let loaded = load_with(&request, &Disk, sources);
    report::print(&[warnings, loaded.diagnostics].concat(), &loaded.sources, &folder);
    let Some(project) = loaded.project else { bail!("the project cannot be loaded") };
    let (namespace, registry) = (args.namespace.clone(), args.registry.clone());
    let converted = convert(&project, &Disk, &Options { namespace, registry, profiles });
    let messages = messages(&converted, &args.allow_refused, &loaded.sources);
    report::print(&messages, &loaded.sources, &folder);
    let refused = converted.refused(&args.allow_refused).count();
    if let Some(path) = &args.report {
        let below = if project.working_dir.is_empty() { &folder } else { &project.working_dir };
        let text = serde_json::to_string_pretty(&lines(&converted.entries, &loaded.sources, below))?;
        folder::write_file(path, &(text + "\n"))?;
    }
    if refused > 0 {
        bail!(
            "{refused} {} refused and nothing is written: mend what is named above, or accept it with --allow-refused ID",
            if refused == 1 { "value is" } else { "values are" }
        );
    }
    let approximated =
        converted.entries.iter().filter(|entry| entry.verdict == Verdict::Approximated).count();
    if args.strict && approximated > 0 {
        bail!(
            "{approximated} values are only approximated, which --strict does not accept: nothing is written"
        );
    }
    write(args, &converted)?;
    tell_secrets(args, &converted);
    Ok(())
}

fn write(args: &Args, converted: &Converted) -> anyhow::Result<()> {
    let secrets = match args.secrets {
        Secrets::Skip => output::Secrets::Skip,
        Secrets::SealedPlaceholder => output::Secrets::Placeholder,
        Secrets::Plain => output::Secrets::Plain,
    };
    let mut files = manifests(converted, secrets)?;
    if args.output == "-" {
        let text = stream(&files);
        return std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output");
    }
    let list = kustomization(&files, args.namespace.as_deref());
    files.push((folder::LIST.to_owned(), list));
    folder::write(&args.output, &files)
}

/// One message for each rule and place that is not mapped or ignored; what is accepted is a warning.
fn messages(converted: &Converted, allowed: &[String], sources: &Sources) -> Vec<Diagnostic> {
    let refused: Vec<*const Entry> = converted.refused(allowed).map(std::ptr::from_ref).collect();
    let told = converted.entries.iter().filter(|entry| {
        matches!(entry.verdict, Verdict::Refused | Verdict::Approximated)
            || entry.rule.is_some_and(Rule::is_advice)
    });
    told.map(|entry| {
        let error = refused.contains(&std::ptr::from_ref(entry));
        let state = if entry.verdict == Verdict::Refused && !error { " is left out" } else { "" };
        // A message quotes the line that it is about, unless that shows a secret.
        let hidden = line(sources, entry.place).is_some_and(|line| converted.gives_away(line));
        let at = sources.locate(entry.place).filter(|_| hidden);
        let at = at.map_or(String::new(), |at| format!("{}:{}: ", at.file, at.line));
        Diagnostic {
            id: entry.rule.map_or("", |rule| rule.id),
            severity: if error { Severity::Error } else { Severity::Warning },
            place: if hidden { Place::NONE } else { entry.place },
            message: format!("{at}{}{state}: {}", attribute(&entry.pointer), entry.reason()),
            remedy: entry.remedy().to_owned(),
            notes: Vec::new(),
        }
    })
    .collect()
}

/// The whole line that a place begins in.
fn line(sources: &Sources, place: Place) -> Option<&str> {
    let text = &*sources.get(place)?.text;
    let (before, after) = text.split_at_checked(place.start as usize)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = after.find('\n').map_or(text.len(), |newline| before.len() + newline);
    text.get(start..end)
}

/// `services.web.ports.0` for `/services/web/ports/0`.
fn attribute(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

fn tell_secrets(args: &Args, converted: &Converted) {
    if args.secrets == Secrets::Plain {
        return;
    }
    for (name, keys) in needed_secrets(converted) {
        anstream::eprintln!("the Stack reads the Secret {name} with the keys {}", keys.join(", "));
    }
}
