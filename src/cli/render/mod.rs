//! `stackwright render`: the objects that the operator would apply, without a cluster.

pub(super) mod manifest;

use anyhow::bail;
use clap::ValueEnum;
use serde_json::{Value, json};

use super::conversion::ConversionArgs;
use super::terminal::{message, print};
use crate::api::Stack;
use crate::convert::Converted;
use crate::translate::{Approximation, Facts, Privilege, Privileges, ServerVersion, translate};

use self::manifest::{Manifests, read};

/// The input, the assumptions about the cluster, and the form of the output.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    conversion: ConversionArgs,
    /// Render for this version of Kubernetes
    #[arg(long, value_name = "1.34|…|1.37", default_value_t = ServerVersion::NEWEST, value_parser = version)]
    kubernetes_version: ServerVersion,
    /// Assume that the namespace grants this privilege; 'all' for every privilege
    #[arg(long, value_name = "PRIVILEGE", value_parser = privileges)]
    allow: Vec<Privileges>,
    /// Use this image for init containers that seed volumes and set file owners [default: the value of
    /// STACKWRIGHT_HELPER_IMAGE]
    #[arg(long, value_name = "IMAGE")]
    helper_image: Option<String>,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
    /// Write to FILE; '-' for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One document for each object
    Yaml,
    /// One List
    Json,
}

fn version(text: &str) -> Result<ServerVersion, String> {
    let minor = text.strip_prefix("1.").and_then(|minor| minor.parse().ok());
    let version = minor.map(|minor| ServerVersion { minor });
    let (oldest, newest) = (ServerVersion::OLDEST, ServerVersion::NEWEST);
    version
        .filter(|version| (oldest..=newest).contains(version))
        .ok_or_else(|| format!("the version must be between {oldest} and {newest}"))
}

fn privileges(text: &str) -> Result<Privileges, String> {
    let meant = |privilege: &Privilege| text == "all" || text == privilege.as_str();
    let privileges: std::collections::BTreeSet<_> = Privilege::ALL.into_iter().filter(meant).collect();
    if privileges.is_empty() {
        let known = Privilege::ALL.map(Privilege::as_str).join(", ");
        return Err(format!("the privilege must be all or one of {known}"));
    }
    Ok(Privileges(privileges))
}

/// Renders the Stacks of the manifests, or the Stack of the Compose project.
///
/// # Errors
/// When the input cannot be read, a Stack is invalid, or the output cannot be written. All diagnostics are printed
/// before.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut known = Vec::new();
    let Manifests { stacks, objects, .. } = match read(&args.conversion.project)? {
        Some(manifests) => manifests,
        None => {
            let conversion = args.conversion.convert()?;
            conversion.check_refused()?;
            note_objects(&conversion.converted);
            known = conversion.converted.approximations().to_vec();
            Manifests::of(conversion.converted)
        }
    };
    let facts = Facts {
        version: args.kubernetes_version,
        privileges: Privileges(
            args.allow.iter().flat_map(|privileges| privileges.0.iter().copied()).collect(),
        ),
        helper_image: args.helper_image.clone().or_else(|| helper_image(&args.conversion)),
        objects,
        ..Facts::default()
    };
    let mut all = Vec::new();
    let mut invalid = false;
    for stack in &stacks {
        match rendered(stack, &facts, args.conversion.namespace.as_deref(), &known) {
            Ok(objects) => all.extend(objects),
            Err(()) => invalid = true,
        }
    }
    if invalid {
        bail!("nothing was rendered: fix the errors above");
    }
    write(args, &all)
}

/// Returns the helper image of the environment variable.
fn helper_image(conversion: &ConversionArgs) -> Option<String> {
    let named = std::env::var("STACKWRIGHT_HELPER_IMAGE").ok().filter(|image| !image.is_empty());
    named.filter(|_| !conversion.project.no_environment)
}

/// Returns the objects of one Stack in the order in which the operator applies them. Prints problems and approximations,
/// except for those in `known`, which the conversion has printed.
fn rendered(
    stack: &Stack,
    facts: &Facts,
    namespace: Option<&str>,
    known: &[Approximation],
) -> Result<Vec<Value>, ()> {
    let name = stack.metadata.name.as_deref().unwrap_or_default();
    let desired = translate(stack, facts).map_err(|error| {
        let (problems, more) = error.shown();
        for problem in problems {
            message!("error[{}]: Stack {name}: {problem}", problem.reason.as_str());
        }
        if more > 0 {
            message!("error: Stack {name}: {more} more problems are not shown: fix these first");
        }
    })?;
    for approximation in desired.approximations.iter().filter(|it| !known.contains(it)) {
        message!("warning: Stack {name}: {}: {}", approximation.path, approximation.message);
    }
    let namespace = stack.metadata.namespace.as_deref().or(namespace);
    let body = |object: crate::translate::Object| {
        let mut body = object.body;
        if let Some(namespace) = namespace {
            body["metadata"]["namespace"] = json!(namespace);
        }
        body
    };
    Ok(desired.objects().into_iter().map(body).collect())
}

/// Names the objects that containers read and that the operator does not apply.
fn note_objects(converted: &Converted) {
    let maps = converted.objects.config_maps.keys().map(|name| format!("ConfigMap {name}"));
    let secrets = converted.objects.secrets.keys().map(|name| format!("Secret {name}"));
    for claim in converted.objects.nfs_volumes.keys() {
        message!(
            "note: the containers mount PersistentVolumeClaim {claim}, which stackwright convert writes"
        );
    }
    for name in maps.chain(secrets) {
        message!("note: the containers read {name}, which stackwright convert writes");
    }
}

fn write(args: &Args, objects: &[Value]) -> anyhow::Result<()> {
    let text = match args.format {
        Format::Json => {
            let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
            serde_json::to_string_pretty(&list)? + "\n"
        }
        Format::Yaml => {
            let documents: Result<Vec<_>, _> = objects.iter().map(serde_saphyr::to_string).collect();
            documents?.join("---\n")
        }
    };
    if args.output == "-" {
        return print(&text);
    }
    args.conversion.project.check_output(&args.output)?;
    super::convert::folder::write_file(&args.output, &text)
}
