//! `stackwright up`: a Compose project, or the Stack of a manifest, on a cluster.

mod attached;
mod body;
mod plan;
mod wanted;

use std::io::IsTerminal;
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use kube::ResourceExt;
use kube::api::PatchParams;
use serde_json::Value;

pub(super) use self::plan::Plan;
pub(super) use self::wanted::{Digests, MADE_FOR, Wanted};
use super::connection::{ClusterArgs, Connection};
use super::conversion;
use super::edit;
use super::objects::{Change, Reference, apply};
use super::ownership::{Owner, Write};
use super::progress::{Follow, Goal, View, duration, follow, settle};
use super::project::ProjectArgs;
use super::prompt::confirm;
use super::scale::Scale;
use super::selection::services;
use super::terminal::message;
use crate::api::Stack;

/// The project, and what to do with its services.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(super) struct Args {
    /// Start only these services and their dependencies [default: all]
    services: Vec<String>,
    /// Return when each service has started or failed
    #[arg(short, long)]
    detach: bool,
    /// Return when the Stack is ready
    #[arg(long, conflicts_with = "detach")]
    wait: bool,
    /// Wait at most this time, such as 90s or 5m [default: no limit]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    wait_timeout: Option<Duration>,
    /// Create services without starting them
    #[arg(long, conflicts_with_all = ["wait", "force_recreate"])]
    no_start: bool,
    /// Do not start the dependencies of the named services
    #[arg(long, requires = "services")]
    no_deps: bool,
    /// Set the number of containers of a service; can be repeated
    #[arg(long = "scale", value_name = "SERVICE=NUMBER")]
    scales: Vec<Scale>,
    /// Replace the containers even if nothing has changed
    #[arg(long)]
    force_recreate: bool,
    /// Set when nodes pull the images
    #[arg(long, value_enum, value_name = "POLICY")]
    pull: Option<Pull>,
    /// Accept the flag of docker compose, which has no effect: services that the project no longer has are always removed
    #[arg(long)]
    remove_orphans: bool,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before services are removed
    #[arg(short, long)]
    yes: bool,
    /// Print only errors and warnings
    #[arg(short, long)]
    quiet: bool,
    /// Replace a Stack that another program or project has made
    #[arg(long)]
    force_conflicts: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    choices: conversion::Choices,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Pull {
    /// Each time a container starts
    Always,
    /// If the node does not have the image
    Missing,
    /// Never
    Never,
}

impl Pull {
    fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Missing => "missing",
            Self::Never => "never",
        }
    }
}

/// Applies the Stack with the objects that it names, and follows it.
///
/// # Errors
/// When the project cannot be converted, the Stack has another owner, the API server refuses it, or it does not become ready.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let mut wanted = Wanted::read(&args.project, &args.choices)?;
    let mut cluster = args.cluster.clone();
    cluster.namespace = cluster.namespace.or_else(|| wanted.selection.namespace.clone());
    let connection = cluster.connect().await?;
    let name = wanted.selection.name.clone();
    // The first line comes before the first request.
    say(args, &format!("Stack {name} in {connection}"));
    wanted.place(&connection.namespace);
    let live = connection.find_stack(&name).await?;
    if let Some(live) = &live {
        Owner::check(live, Write::Whole(wanted.selection.source.as_deref()), args.force_conflicts)?;
    }
    let body = body::body(&wanted, live.as_ref(), &connection.namespace, &chosen(args, &wanted)?)?;
    let plan = Plan::of(&connection, live, &body, &wanted).await?;
    plan.lines().iter().for_each(|line| say(args, line));
    note_privileges(&connection, &wanted);
    if args.dry_run {
        let params = PatchParams { dry_run: true, ..edit::params(args.force_conflicts) };
        edit::apply(&connection, &body, &params).await?;
        say(args, "Nothing was changed, because of --dry-run");
        return Ok(());
    }
    ask(args, &plan)?;
    let stack = write(&connection, &wanted, &body, args).await?;
    finish(&connection, &wanted, &stack, args).await
}

/// Returns the body that `up` without options applies.
pub(super) fn plain_body(wanted: &Wanted, live: Option<&Stack>, namespace: &str) -> anyhow::Result<Value> {
    body::body(wanted, live, namespace, &body::Choices::default())
}

fn say(args: &Args, text: &str) {
    if !args.quiet {
        message!("{text}");
    }
}

/// Returns the user's choices with the names that services have in the Stack.
fn chosen(args: &Args, wanted: &Wanted) -> anyhow::Result<body::Choices> {
    let find = |named: &[String]| services(&wanted.stack, named);
    let mut scales = Vec::new();
    for scale in &args.scales {
        for service in find(std::slice::from_ref(&scale.service))? {
            scales.push(Scale { service, replicas: scale.replicas });
        }
    }
    Ok(body::Choices {
        services: if args.services.is_empty() { Vec::new() } else { find(&args.services)? },
        no_deps: args.no_deps,
        no_start: args.no_start,
        scales,
        restart: args.force_recreate.then(|| Timestamp::now().to_string()),
        pull: args.pull.map(|pull| pull.as_str().to_owned()),
    })
}

/// Asks before services are removed. A script is not asked, because volumes stay and another `up` brings the services back.
fn ask(args: &Args, plan: &Plan) -> anyhow::Result<()> {
    let removed = plan.removed();
    let is_interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if removed.is_empty() || !is_interactive {
        return Ok(());
    }
    confirm(&format!("Remove {}?", removed.join(", ")), args.yes)
}

/// Prints the command with which an administrator grants the privileges that the Stack needs.
fn note_privileges(connection: &Connection, wanted: &Wanted) {
    let labels: Vec<_> =
        wanted.privileges.0.iter().map(|privilege| format!("{}=true", privilege.label())).collect();
    if !labels.is_empty() {
        message!(
            "note: the namespace must grant privileges to the Stack: kubectl label namespace {} {}",
            connection.namespace,
            labels.join(" ")
        );
    }
}

/// Applies the objects before the Stack that names them, so that no service waits for an object.
async fn write(connection: &Connection, wanted: &Wanted, body: &Value, args: &Args) -> anyhow::Result<Stack> {
    let params = edit::params(args.force_conflicts);
    for object in &wanted.objects {
        let change = apply(connection, object, &params).await?;
        if change != Change::Unchanged {
            say(args, &format!("{change:10}  {}", Reference::of(object)));
        }
    }
    edit::apply(connection, body, &params).await
}

/// Follows the Stack as far as the user wants, and then deletes the objects that it no longer names.
async fn finish(connection: &Connection, wanted: &Wanted, stack: &Stack, args: &Args) -> anyhow::Result<()> {
    let name = stack.name_any();
    // Containers of the earlier Stack have written their lines before.
    let since = Timestamp::now();
    let goal = match (args.no_start, args.detach) {
        (true, _) => return Ok(()),
        (false, true) => Goal::Settled,
        (false, false) => Goal::Ready,
    };
    let mut view = View::new(args.quiet);
    let what =
        Follow { name: &name, generation: stack.metadata.generation, goal, timeout: args.wait_timeout };
    let outcome = follow(connection, &what, &mut view).await;
    view.finish();
    settle(connection, &name, outcome?)?;
    for object in left_over(connection, wanted).await? {
        if object.delete(connection).await? {
            say(args, &format!("{:10}  {object}", "deleted"));
        }
    }
    if args.detach || args.wait || args.quiet {
        return Ok(());
    }
    attached::attach(connection, &name, since).await
}

/// Returns the ConfigMaps and Secrets of an earlier project that the Stack no longer names.
async fn left_over(connection: &Connection, wanted: &Wanted) -> anyhow::Result<Vec<Reference>> {
    let kept = wanted.references();
    let made = made_for(connection, &wanted.selection.name).await?;
    Ok(made.into_iter().filter(|object| !kept.contains(object)).collect())
}

/// Returns the ConfigMaps and Secrets that `up` has made for a Stack.
pub(super) async fn made_for(connection: &Connection, name: &str) -> anyhow::Result<Vec<Reference>> {
    use k8s_openapi::api::core::v1::{ConfigMap, Secret};
    use kube::core::ApiResource;
    let mut made = Vec::new();
    for resource in [ApiResource::erase::<ConfigMap>(&()), ApiResource::erase::<Secret>(&())] {
        let labels = format!("{MADE_FOR}={name}");
        let found =
            super::objects::labelled(connection, &resource, Some(&connection.namespace), &labels).await?;
        made.extend(found.into_iter().map(|object| Reference {
            resource: resource.clone(),
            namespace: Some(connection.namespace.clone()),
            name: object.name_any(),
        }));
    }
    Ok(made)
}
