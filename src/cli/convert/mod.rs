//! `stackwright convert`: a Compose project as a Stack, with the ConfigMaps and Secrets that the Stack needs.

pub(super) mod folder;

use anyhow::bail;
use clap::ValueEnum;

use super::conversion::{Conversion, ConversionArgs};
use super::terminal::{message, print};
use crate::convert::Converted;
use crate::convert::output::{self, kustomization, manifests, needed_secrets, stream};
use crate::convert::verdict::report as lines;
use crate::rules::Verdict;

/// The project, and the form of the output.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    conversion: ConversionArgs,
    /// Write a file per object and a kustomization.yaml to FOLDER; '-' for one stream on standard output
    #[arg(short, long, value_name = "FOLDER", default_value = "-")]
    output: String,
    /// Write the verdict on every value to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<String>,
    /// Fail if a value can only be approximated
    #[arg(long)]
    strict: bool,
    /// Choose what to write for Secrets
    #[arg(long, value_enum, default_value_t = Secrets::Skip)]
    secrets: Secrets,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Secrets {
    /// Nothing: create the Secrets by other means
    Skip,
    /// Secrets with empty values, to fill in or to seal
    SealedPlaceholder,
    /// Secrets with their values: do not commit the output to a repository
    Plain,
}

/// Converts the project and writes the Stack with its objects.
///
/// # Errors
/// When the project cannot be loaded, a value is refused, or the output cannot be written. All diagnostics are printed
/// before.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let conversion = args.conversion.convert()?;
    let Conversion { converted, sources, folder, .. } = &conversion;
    if let Some(path) = &args.report {
        args.conversion.project.check_output(path)?;
        let text = serde_json::to_string_pretty(&lines(&converted.entries, sources, folder))?;
        folder::write_file(path, &(text + "\n"))?;
    }
    conversion.check_refused()?;
    let approximated = converted.entries.iter().filter(|entry| entry.is(Verdict::Approximated)).count();
    if args.strict && approximated > 0 {
        bail!(
            "{approximated} {} approximated, so nothing was written: change the project, or omit --strict",
            if approximated == 1 { "value is" } else { "values are" }
        );
    }
    write(args, converted)?;
    note_volumes(converted);
    note_secrets(args, converted);
    note_privileges(args, converted);
    Ok(())
}

fn write(args: &Args, converted: &Converted) -> anyhow::Result<()> {
    let secrets = match args.secrets {
        Secrets::Skip => output::Secrets::Skip,
        Secrets::SealedPlaceholder => output::Secrets::Placeholder,
        Secrets::Plain => output::Secrets::Plain,
    };
    let mut files = manifests(converted, secrets)?;
    note_large(&files);
    if args.output == "-" {
        return print(&stream(&files));
    }
    args.conversion.project.check_output(&args.output)?;
    let list = kustomization(&files, args.conversion.namespace.as_deref());
    files.push((folder::LIST.to_owned(), list));
    folder::write(&args.output, &files)
}

fn note_volumes(converted: &Converted) {
    for (claim, made) in &converted.objects.nfs_volumes {
        message!(
            "note: the Stack mounts PersistentVolumeClaim {claim}; applying its PersistentVolume {} requires cluster-wide rights",
            made.volume
        );
    }
}

/// The API server limits the annotations of an object to this number of bytes (`TotalAnnotationSizeLimitB`).
/// `kubectl apply` stores the whole object in the annotation `kubectl.kubernetes.io/last-applied-configuration`.
const MAX_ANNOTATIONS: usize = 256 << 10;

/// Names the objects that only a server-side apply can create.
fn note_large(files: &[(String, String)]) {
    for (name, _) in files.iter().filter(|(_, text)| text.len() > MAX_ANNOTATIONS) {
        message!(
            "note: {name} is larger than 256 KiB, the limit for annotations: apply the object with kubectl apply --server-side"
        );
    }
}

/// Prints the command with which an administrator grants the privileges that the Stack needs.
fn note_privileges(args: &Args, converted: &Converted) {
    let labels: Vec<_> =
        converted.privileges().0.iter().map(|privilege| format!("{}=true", privilege.label())).collect();
    if !labels.is_empty() {
        let namespace = args.conversion.namespace.as_deref().unwrap_or("NAMESPACE");
        message!(
            "note: the namespace must grant privileges to the Stack: kubectl label namespace {namespace} {}",
            labels.join(" ")
        );
    }
}

fn note_secrets(args: &Args, converted: &Converted) {
    if args.secrets == Secrets::Plain {
        return;
    }
    for (name, keys) in needed_secrets(converted) {
        message!(
            "note: create Secret {name} with {} {} before you apply the Stack",
            if keys.len() == 1 { "key" } else { "keys" },
            keys.join(", ")
        );
    }
}
