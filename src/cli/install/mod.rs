//! `stackwright install`: the CustomResourceDefinition, the rights and the operator of this version on a cluster.

mod found;
mod manifests;
mod serving;
mod uninstall;

use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::runtime::wait::{await_condition, conditions::is_crd_established};
use kube::{Api, CustomResourceExt};
use serde_json::Value;

pub(super) use self::found::{Installed, installed};
use self::manifests::{Choices, NAMESPACE, image, manifests};
pub(super) use self::uninstall::{Args as UninstallArgs, run as uninstall};
use super::connection::{Connection, ContextArgs};
use super::edit::params;
use super::failure::{Failure, exit};
use super::objects::{Change, Reference, apply};
use super::program;
use super::progress::duration;
use super::terminal::{message, print};
use crate::api::Stack;
use crate::text::names::is_dns_label;

/// What to install, and how long to wait.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Install the operator in this namespace
    #[arg(short, long, value_name = "NAMESPACE", default_value = NAMESPACE, value_parser = namespace)]
    namespace: String,
    /// Serve only the Stacks of this namespace; can be repeated [default: all namespaces]
    #[arg(long = "watch-namespace", value_name = "NAMESPACE", value_delimiter = ',', value_parser = namespace)]
    watched: Vec<String>,
    /// Use this image of Stackwright, under the name by which nodes pull it [default: stackwright with this version as its
    /// tag]
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Print the manifests instead of applying them
    #[arg(long)]
    dry_run: bool,
    /// Replace an installation of another program, such as Helm
    #[arg(long)]
    force_conflicts: bool,
    /// Return when the objects are applied, before the operator serves
    #[arg(long)]
    no_wait: bool,
    /// Wait at most this time until the operator serves
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    wait_timeout: Duration,
    /// Print only errors
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    context: ContextArgs,
}

fn namespace(text: &str) -> Result<String, String> {
    let fits = is_dns_label(text);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "a name has at most 63 lower-case letters, digits and hyphens".to_owned())
}

/// How long the API server may take to serve a new CustomResourceDefinition.
const ESTABLISHED: Duration = Duration::from_secs(30);

/// Installs or upgrades the operator, and waits until it serves.
///
/// # Errors
/// When another installation is in the way, the API server refuses an object, or the operator does not serve in time.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let choices = Choices {
        namespace: args.namespace.clone(),
        watched: args.watched.clone(),
        image: args.image.clone(),
    };
    let objects = manifests(&choices)?;
    if args.dry_run {
        let documents: Result<Vec<_>, _> = objects.iter().map(serde_saphyr::to_string).collect();
        return print(&documents?.join("---\n"));
    }
    let connection = args.context.connect(Some(&args.namespace)).await?;
    say(args, &format!("Installing Stackwright {} in {connection}", env!("CARGO_PKG_VERSION")));
    let before = installed(&connection).await?;
    check(&connection, before.as_ref(), args)?;
    for object in &objects {
        let change = apply(&connection, object, &params(true)).await?;
        if change != Change::Unchanged {
            say(args, &format!("{change:10}  {}", Reference::of(object)));
        }
        if object["kind"] == "CustomResourceDefinition" {
            established(&connection).await?;
        }
    }
    prune(&connection, &objects, args).await?;
    let image = image(&objects).unwrap_or_default();
    if !args.no_wait {
        serving::wait(&connection, image, args.wait_timeout, args.quiet).await?;
    }
    say(args, &summary(before.as_ref(), &connection, args.no_wait));
    Ok(())
}

fn say(args: &Args, text: &str) {
    if !args.quiet {
        message!("{text}");
    }
}

/// Says what the verb did: a new installation, an upgrade, or nothing.
fn summary(before: Option<&Installed>, connection: &Connection, applied_only: bool) -> String {
    let new = env!("CARGO_PKG_VERSION");
    let state = if applied_only { "is applied" } else { "serves" };
    let from = match before.and_then(|before| before.version.as_deref()) {
        Some(old) if old != new => format!(", upgraded from {old}"),
        _ => String::new(),
    };
    format!("Stackwright {new} {state} in {connection}{from}")
}

/// Refuses a second installation, and one in place of another program's.
fn check(connection: &Connection, before: Option<&Installed>, args: &Args) -> Result<(), Failure> {
    let Some(before) = before else { return Ok(()) };
    let program = program::name();
    if before.namespace != connection.namespace {
        let cause = format!(
            "Stackwright is installed in namespace {}, and two operators would serve the same Stacks",
            before.namespace
        );
        let remedy =
            format!("run {program} install --namespace {}, or {program} uninstall first", before.namespace);
        return Err(Failure::new(cause).remedy(remedy));
    }
    match &before.release {
        Some(release) if !args.force_conflicts => {
            let cause =
                format!("Stackwright was installed by Helm (release {release}), so nothing was changed");
            Err(Failure::new(cause)
                .remedy("run helm upgrade, or pass --force-conflicts to take the installation over"))
        }
        _ => Ok(()),
    }
}

/// Waits until the API server serves Stacks.
async fn established(connection: &Connection) -> anyhow::Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(connection.client.clone());
    let wait = await_condition(definitions, Stack::crd_name(), is_crd_established());
    match tokio::time::timeout(ESTABLISHED, wait).await {
        Ok(result) => result.map(|_| ()).map_err(Into::into),
        Err(_) => Err(Failure::new(format!(
            "the API server does not serve the CustomResourceDefinition {} after {} seconds",
            Stack::crd_name(),
            ESTABLISHED.as_secs()
        ))
        .remedy(format!("run kubectl describe crd {}", Stack::crd_name()))
        .code(exit::TIMEOUT)
        .into()),
    }
}

/// Deletes objects of an earlier installation that this one does not have, such as the rights of the cluster after a change to
/// `--watch-namespace`.
async fn prune(connection: &Connection, objects: &[Value], args: &Args) -> anyhow::Result<()> {
    let wanted: Vec<Reference> = objects.iter().map(Reference::of).collect();
    for found in found::objects(connection).await? {
        if !wanted.contains(&found) && found.delete(connection).await? {
            say(args, &format!("{:10}  {found}", "deleted"));
        }
    }
    Ok(())
}
