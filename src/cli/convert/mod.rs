//! `stackwright convert`: a compose project as a Stack, with the ConfigMaps and Secrets that it needs.

pub(super) mod folder;

use std::io::Write;

use anyhow::{Context, bail};
use clap::ValueEnum;

use super::conversion::{Conversion, ConversionArgs};
use crate::convert::Converted;
use crate::convert::output::{self, kustomization, manifests, needed_secrets, stream};
use crate::convert::verdict::{Verdict, report as lines};

/// What `convert` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    conversion: ConversionArgs,
    /// A folder, with a file for each object and a kustomization.yaml; `-` for standard output
    #[arg(short, long, value_name = "FOLDER", default_value = "-")]
    output: String,
    /// Write the verdict on every value to a file, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<String>,
    /// End with exit code 1 where something is only approximated
    #[arg(long)]
    strict: bool,
    /// What is written for Secrets
    #[arg(long, value_enum, default_value_t = Secrets::Skip)]
    secrets: Secrets,
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
    let conversion = args.conversion.convert()?;
    let Conversion { converted, sources, folder, .. } = &conversion;
    if let Some(path) = &args.report {
        args.conversion.project.may_write(path)?;
        let text = serde_json::to_string_pretty(&lines(&converted.entries, sources, folder))?;
        folder::write_file(path, &(text + "\n"))?;
    }
    conversion.accepted()?;
    let approximated =
        converted.entries.iter().filter(|entry| entry.verdict == Verdict::Approximated).count();
    if args.strict && approximated > 0 {
        bail!(
            "{approximated} values are only approximated, which --strict does not accept: nothing is written"
        );
    }
    write(args, converted)?;
    tell_volumes(converted);
    tell_secrets(args, converted);
    tell_privileges(args, converted);
    Ok(())
}

fn write(args: &Args, converted: &Converted) -> anyhow::Result<()> {
    let secrets = match args.secrets {
        Secrets::Skip => output::Secrets::Skip,
        Secrets::SealedPlaceholder => output::Secrets::Placeholder,
        Secrets::Plain => output::Secrets::Plain,
    };
    let mut files = manifests(converted, secrets)?;
    tell_large(&files);
    if args.output == "-" {
        let text = stream(&files);
        return std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output");
    }
    args.conversion.project.may_write(&args.output)?;
    let list = kustomization(&files, args.conversion.namespace.as_deref());
    files.push((folder::LIST.to_owned(), list));
    folder::write(&args.output, &files)
}

fn tell_volumes(converted: &Converted) {
    for (claim, made) in &converted.objects.nfs_volumes {
        anstream::eprintln!(
            "the Stack mounts the PersistentVolumeClaim {claim} of the PersistentVolume {}, which needs a right for the whole cluster to be applied",
            made.volume
        );
    }
}

/// The most bytes of an object's annotations; `kubectl apply` keeps the whole object in one of them.
const MOST_ANNOTATIONS: usize = 256 << 10;

/// Says which objects `kubectl apply` can apply on the server's side only.
fn tell_large(files: &[(String, String)]) {
    for (name, _) in files.iter().filter(|(_, text)| text.len() > MOST_ANNOTATIONS) {
        anstream::eprintln!(
            "{name} is larger than the 256 KiB that kubectl apply keeps in an annotation: apply it with kubectl apply --server-side"
        );
    }
}

/// Says which privileges the namespace has to allow, with the command by which its administrator does so.
fn tell_privileges(args: &Args, converted: &Converted) {
    let labels: Vec<_> =
        converted.privileges().0.iter().map(|privilege| format!("{}=true", privilege.label())).collect();
    if !labels.is_empty() {
        let namespace = args.conversion.namespace.as_deref().unwrap_or("NAMESPACE");
        anstream::eprintln!(
            "the operator runs the Stack where the namespace allows it: kubectl label namespace {namespace} {}",
            labels.join(" ")
        );
    }
}

fn tell_secrets(args: &Args, converted: &Converted) {
    if args.secrets == Secrets::Plain {
        return;
    }
    for (name, keys) in needed_secrets(converted) {
        anstream::eprintln!("the Stack reads the Secret {name} with the keys {}", keys.join(", "));
    }
}
