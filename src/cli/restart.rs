//! `stackwright restart`: replaces the containers of services. The operator waits for the dependencies of each service.

use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::{Value, json};

use super::edit::edit;
use super::ownership::{Owner, Write};
use super::progress::{FollowArgs, Goal, until};
use super::selection::{StackArgs, services};
use super::start::start;
use super::terminal::message;

/// The annotation of a Pod template that `kubectl rollout restart` sets. A new value makes new Pods.
pub(super) const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// The services to restart.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Restart only these services [default: all]
    services: Vec<String>,
    /// Accept the flag of docker compose, which has no effect: the operator restarts dependents with 'restart: true'
    #[arg(long)]
    no_deps: bool,
    /// Accept the flag of docker compose, which has no effect: containers end within their stop grace period
    #[arg(short, long, value_name = "DURATION", value_parser = super::progress::duration)]
    timeout: Option<Duration>,
    /// Change the Stack although another program owns it
    #[arg(long)]
    force_conflicts: bool,
    #[command(flatten)]
    follow: FollowArgs,
    #[command(flatten)]
    stack: StackArgs,
}

/// Restarts the services, and waits until they are up. Stopped services start.
///
/// # Errors
/// When the Stack cannot be changed, or the services do not start.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let (connection, stack) = args.stack.find().await?;
    Owner::check(&stack, Write::Fields, args.force_conflicts)?;
    let named = services(&stack, &args.services)?;
    note(args);
    let name = stack.name_any();
    let now = Timestamp::now().to_string();
    let changed = edit(&connection, &name, |spec, live| {
        for service in &named {
            start(spec, live, service);
            mark(spec, service, &now);
        }
    })
    .await?;
    until(&connection, &changed, Goal::Up(named), &args.follow).await
}

/// Sets the annotation that makes new Pods.
pub(super) fn mark(spec: &mut Value, service: &str, now: &str) {
    spec["services"][service]["annotations"][RESTARTED_AT] = json!(now);
}

fn note(args: &Args) {
    if args.no_deps {
        message!(
            "note: services that depend on these with 'restart: true' restart as well: remove it from the project to avoid this"
        );
    }
    if args.timeout.is_some() {
        message!(
            "note: containers end within stop_grace_period of the project: set it there, or use stop --timeout"
        );
    }
}
