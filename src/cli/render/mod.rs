//! `stackwright render`: the objects that the operator would apply, without a cluster.

mod manifest;

use std::io::Write;

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use super::conversion::ConversionArgs;
use crate::api::Stack;
use crate::convert::Converted;
use crate::translate::{Approximation, Facts, Privilege, Privileges, ServerVersion, translate};

use self::manifest::{Manifests, read};

/// What `render` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    conversion: ConversionArgs,
    /// The version of Kubernetes that the objects are for
    #[arg(long, value_name = "1.34|…|1.37", default_value_t = ServerVersion::NEWEST, value_parser = version)]
    kubernetes_version: ServerVersion,
    /// A privilege that the namespace allows; `all` for each
    #[arg(long, value_name = "POWER", value_parser = privileges)]
    allow: Vec<Privileges>,
    /// The operator's helper image, which fills new volumes and copies files [default: that of the variable
    /// STACKWRIGHT_HELPER_IMAGE]
    #[arg(long, value_name = "IMAGE")]
    helper_image: Option<String>,
    /// How the objects are written
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
    /// The file that they are written to; `-` for standard output
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
        .ok_or_else(|| format!("write a version from {oldest} to {newest}"))
}

fn privileges(text: &str) -> Result<Privileges, String> {
    let meant = |privilege: &Privilege| text == "all" || text == privilege.as_str();
    let privileges: std::collections::BTreeSet<_> = Privilege::ALL.into_iter().filter(meant).collect();
    if privileges.is_empty() {
        let known = Privilege::ALL.map(Privilege::as_str).join(", ");
        return Err(format!("write all or one of {known}"));
    }
    Ok(Privileges(privileges))
}

/// Renders the Stacks of the manifests, or the Stack that the compose project becomes.
///
/// # Errors
/// When the input cannot be read, a Stack is not valid, or the output cannot be written; all messages are
/// printed before that.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut told = Vec::new();
    let Manifests { stacks, objects } = match read(&args.conversion.project)? {
        Some(manifests) => manifests,
        None => {
            let conversion = args.conversion.convert()?;
            conversion.accepted()?;
            tell_needed(&conversion.converted);
            told = conversion.converted.approximations().to_vec();
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
        match rendered(stack, &facts, args.conversion.namespace.as_deref(), &told) {
            Ok(objects) => all.extend(objects),
            Err(()) => invalid = true,
        }
    }
    if invalid {
        bail!("nothing is rendered: mend what is named above");
    }
    write(args, &all)
}

/// The helper image that a variable names.
fn helper_image(conversion: &ConversionArgs) -> Option<String> {
    let named = std::env::var("STACKWRIGHT_HELPER_IMAGE").ok().filter(|image| !image.is_empty());
    named.filter(|_| !conversion.project.no_environment)
}

/// The objects of one Stack in the order in which they are applied; what is wrong or only approximated is
/// told, but for what the conversion has told.
fn rendered(
    stack: &Stack,
    facts: &Facts,
    namespace: Option<&str>,
    told: &[Approximation],
) -> Result<Vec<Value>, ()> {
    let name = stack.metadata.name.as_deref().unwrap_or_default();
    let desired = translate(stack, facts).map_err(|error| {
        let (told, more) = error.told();
        for problem in told {
            anstream::eprintln!("error[{}]: Stack {name}: {problem}", problem.reason.as_str());
        }
        if more > 0 {
            anstream::eprintln!("error: Stack {name}: {more} more problems are not shown: mend these first");
        }
    })?;
    for approximation in desired.approximations.iter().filter(|it| !told.contains(it)) {
        anstream::eprintln!("warning: Stack {name}: {}: {}", approximation.path, approximation.message);
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

/// Says which objects the Stack reads and that are not the operator's to apply.
fn tell_needed(converted: &Converted) {
    let maps = converted.objects.config_maps.keys().map(|name| format!("ConfigMap {name}"));
    let secrets = converted.objects.secrets.keys().map(|name| format!("Secret {name}"));
    for claim in converted.objects.nfs_volumes.keys() {
        anstream::eprintln!(
            "the containers mount the PersistentVolumeClaim {claim}, which stackwright convert writes"
        );
    }
    for name in maps.chain(secrets) {
        anstream::eprintln!("the containers read the {name}, which stackwright convert writes");
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
        return std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output");
    }
    args.conversion.project.may_write(&args.output)?;
    super::convert::folder::write_file(&args.output, &text)
}
