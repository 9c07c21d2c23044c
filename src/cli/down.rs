//! `stackwright down`: removes a Stack. Volumes stay unless the user says otherwise.

use std::time::Duration;

use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, Preconditions};

use super::connection::Connection;
use super::failure::{Failure, exit};
use super::ownership::{Owner, Write};
use super::progress::{Follow, Goal, View, duration, follow, settle};
use super::prompt::confirm;
use super::selection::StackArgs;
use super::stop::stop;
use super::terminal::message;
use super::up::made_for;
use crate::api::Stack;
use crate::api::labels::STACK;

/// The Stack to remove.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Delete the volumes as well, with their data
    #[arg(short, long)]
    volumes: bool,
    /// End containers after this time instead of the stop grace period, such as 5 or 5s
    #[arg(short, long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// Accept the flag of docker compose, which has no effect: a Stack has no orphans
    #[arg(long)]
    remove_orphans: bool,
    /// Do not ask before volumes are deleted
    #[arg(short, long)]
    yes: bool,
    /// Remove a Stack that another program or project has made
    #[arg(long)]
    force_conflicts: bool,
    /// Print only errors
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    stack: StackArgs,
}

/// How long the operator may take to stop a service without a `--timeout`: it may not run at all.
const UNANSWERED: Duration = Duration::from_secs(30);

/// Stops the services in the order of their dependencies, and deletes the Stack with all that `up` has made for it.
///
/// # Errors
/// When the Stack has another owner, or the API server refuses a deletion.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let selection = args.stack.selection()?;
    let connection = args.stack.connect(&selection).await?;
    let name = &selection.name;
    say(args, &format!("Stack {name} in {connection}"));
    let live = connection.find_stack(name).await?;
    if let Some(live) = &live {
        Owner::check(live, Write::Whole(selection.source.as_deref()), args.force_conflicts)?;
    }
    let claims = claims(&connection, name).await?;
    if args.volumes && !claims.is_empty() {
        let names = claims.iter().map(described).collect::<Vec<_>>().join(", ");
        confirm(&format!("Delete the data of {names}?"), args.yes)?;
    }
    if let Some(live) = &live {
        remove(&connection, live, args).await?;
    }
    let mut is_nothing = live.is_none();
    let mut has_kept = false;
    for object in made_for(&connection, name).await? {
        is_nothing &= !object.delete(&connection).await?;
        say(args, &format!("{:10}  {object}", "deleted"));
    }
    // Kubernetes deletes a claim with its Stack if volumePolicy is Delete.
    for claim in &self::claims(&connection, name).await? {
        if args.volumes {
            delete(&connection, claim).await?;
            say(args, &format!("{:10}  PersistentVolumeClaim {}", "deleted", claim.name_any()));
            is_nothing = false;
        } else {
            has_kept = true;
            say(args, &format!("{:10}  PersistentVolumeClaim {}", "kept", described(claim)));
        }
    }
    if is_nothing {
        say(args, &format!("Stack {name} does not exist, so nothing was removed"));
    } else if has_kept {
        say(args, "The data stays. To delete it, run the command again with --volumes");
    }
    Ok(())
}

fn say(args: &Args, text: &str) {
    if !args.quiet {
        message!("{text}");
    }
}

/// Stops the services and deletes the Stack.
async fn remove(connection: &Connection, live: &Stack, args: &Args) -> anyhow::Result<()> {
    let mut view = View::new(args.quiet);
    if is_served(live) {
        in_order(connection, live, args, &mut view).await?;
    }
    let name = live.name_any();
    let params = DeleteParams {
        // Another Stack of this name is not the one that the user has confirmed.
        preconditions: Some(Preconditions { uid: live.uid(), resource_version: None }),
        ..DeleteParams::background()
    };
    match connection.stacks().delete(&name, &params).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.is_not_found() => {}
        Err(error) => return Err(connection.failed(&format!("delete Stack {name}"), error).into()),
    }
    let what = Follow { name: &name, generation: None, goal: Goal::Gone, timeout: None };
    let outcome = follow(connection, &what, &mut view).await;
    view.finish();
    settle(connection, &name, outcome?).map(|_| ())
}

/// Reports whether an operator has ever seen the Stack. Without an operator, no service stops.
fn is_served(live: &Stack) -> bool {
    live.status.as_ref().and_then(|status| status.observed_generation).is_some_and(|observed| observed >= 0)
}

/// Stops the services in the order of their dependencies. If they do not stop in time, they are deleted with the Stack.
async fn in_order(connection: &Connection, live: &Stack, args: &Args, view: &mut View) -> anyhow::Result<()> {
    let services: Vec<String> = live.spec.services.keys().cloned().collect();
    let patience = grace(live, args.timeout) + UNANSWERED;
    match stop(connection, live, &services, args.timeout, Some(patience), view).await {
        Ok(()) => Ok(()),
        Err(error) => match error.downcast_ref::<Failure>() {
            Some(failure) if failure.exit_code() == exit::TIMEOUT => {
                view.say(&format!("note: {failure}. The services are deleted in no order"));
                Ok(())
            }
            _ => Err(error),
        },
    }
}

/// Returns the longest time that a service has to stop.
fn grace(stack: &Stack, timeout: Option<Duration>) -> Duration {
    const DEFAULT: Duration = Duration::from_secs(10);
    let of_service =
        stack.spec.services.values().filter_map(|it| it.stop_grace_period.clone()).map(Duration::from);
    timeout.unwrap_or_else(|| of_service.max().unwrap_or(DEFAULT).max(DEFAULT))
}

/// Returns the claims of a Stack, also those of an earlier Stack of this name.
async fn claims(connection: &Connection, name: &str) -> anyhow::Result<Vec<PersistentVolumeClaim>> {
    let labels = ListParams::default().labels(&format!("{STACK}={name}"));
    let claims = connection.api::<PersistentVolumeClaim>().list(&labels).await;
    let claims = claims.map_err(|error| connection.failed("list PersistentVolumeClaims", error))?;
    Ok(claims.items.into_iter().filter(|claim| claim.metadata.deletion_timestamp.is_none()).collect())
}

/// Returns the name of a claim with its size.
fn described(claim: &PersistentVolumeClaim) -> String {
    let capacity = claim.status.as_ref().and_then(|status| status.capacity.as_ref()?.get("storage"));
    let requested =
        claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()?.requests.as_ref()?.get("storage"));
    match capacity.or(requested) {
        Some(size) => format!("{} ({})", claim.name_any(), size.0),
        None => claim.name_any(),
    }
}

async fn delete(connection: &Connection, claim: &PersistentVolumeClaim) -> anyhow::Result<()> {
    let name = claim.name_any();
    match connection.api::<PersistentVolumeClaim>().delete(&name, &DeleteParams::background()).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(connection.failed(&format!("delete PersistentVolumeClaim {name}"), error).into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_is_named_with_its_size() {
        let claim = |status: serde_json::Value| {
            let spec = json!({"resources": {"requests": {"storage": "1Gi"}}});
            serde_json::from_value(json!({"metadata": {"name": "shop-data"}, "spec": spec, "status": status}))
                .unwrap()
        };
        assert_eq!(described(&claim(json!({}))), "shop-data (1Gi)");
        assert_eq!(described(&claim(json!({"capacity": {"storage": "2Gi"}}))), "shop-data (2Gi)");
    }

    #[test]
    fn the_patience_is_that_of_the_slowest_service() {
        let services = json!({"a": {"image": "i"}, "b": {"image": "i", "stopGracePeriod": "1m"}});
        let stack =
            serde_json::from_value(json!({"metadata": {"name": "s"}, "spec": {"services": services}}))
                .unwrap();
        assert_eq!(grace(&stack, None), Duration::from_secs(60));
        assert_eq!(grace(&stack, Some(Duration::from_secs(5))), Duration::from_secs(5));
    }
}
