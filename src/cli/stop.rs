//! `stackwright stop`: stops services, those that depend on others first.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams};
use serde_json::json;

use super::connection::Connection;
use super::edit::edit;
use super::order::waves;
use super::ownership::{Owner, Write};
use super::progress::{Follow, FollowArgs, Goal, View, duration, follow, settle};
use super::selection::{StackArgs, services};
use crate::api::Stack;
use crate::api::labels::{SERVICE, STACK};

/// The services to stop.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Stop only these services [default: all]
    services: Vec<String>,
    /// End containers after this time instead of the stop grace period, such as 5 or 5s
    #[arg(short, long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// Change the Stack although another program owns it
    #[arg(long)]
    force_conflicts: bool,
    #[command(flatten)]
    follow: FollowArgs,
    #[command(flatten)]
    stack: StackArgs,
}

/// Stops the services, and waits until their containers have ended.
///
/// # Errors
/// When the Stack cannot be changed, or the containers do not end in time.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let (connection, stack) = args.stack.find().await?;
    Owner::check(&stack, Write::Fields, args.force_conflicts)?;
    let named = services(&stack, &args.services)?;
    if args.follow.no_wait {
        mark(&connection, &stack.name_any(), &named).await?;
        return Ok(());
    }
    let mut view = View::new(args.follow.quiet);
    let result = stop(&connection, &stack, &named, args.timeout, args.follow.wait_timeout, &mut view).await;
    view.finish();
    result
}

/// Stops services wave by wave. Services that are stopped already take no time.
pub(super) async fn stop(
    connection: &Connection,
    stack: &Stack,
    named: &[String],
    grace: Option<Duration>,
    timeout: Option<Duration>,
    view: &mut View,
) -> anyhow::Result<()> {
    let name = stack.name_any();
    let mut stopped = Vec::new();
    for wave in waves(stack, named) {
        let changed = mark(connection, &name, &wave).await?;
        let shortened = shorten(connection, &name, &wave, grace);
        stopped.extend(wave.iter().cloned());
        let what = Follow {
            name: &name,
            generation: changed.metadata.generation,
            goal: Goal::Stopped(stopped.clone()),
            timeout,
        };
        // The other future never ends, and is dropped with the wait.
        let outcome = tokio::select! {
            outcome = follow(connection, &what, view) => outcome?,
            error = shortened => return Err(error),
        };
        settle(connection, &name, outcome)?;
    }
    Ok(())
}

/// Marks services as stopped.
async fn mark(connection: &Connection, name: &str, named: &[String]) -> anyhow::Result<Stack> {
    edit(connection, name, |spec, _| {
        for service in named {
            spec["services"][service]["stopped"] = json!(true);
        }
    })
    .await
}

/// The grace period of Pods whose time is over. Zero would delete a Pod from the API while its containers still run.
const AT_ONCE: u32 = 1;

/// Ends the containers of services after a time. Returns only an error.
async fn shorten(
    connection: &Connection,
    stack: &str,
    named: &[String],
    grace: Option<Duration>,
) -> anyhow::Error {
    let Some(grace) = grace else { return std::future::pending().await };
    let labels = ListParams::default().labels(&format!("{STACK}={stack}"));
    loop {
        tokio::time::sleep(grace.max(Duration::from_secs(1))).await;
        let pods = match connection.api::<Pod>().list(&labels).await {
            Ok(pods) => pods,
            Err(error) => return connection.failed("list Pods", error).into(),
        };
        let of_service = |pod: &&Pod| {
            pod.labels().get(SERVICE).is_some_and(|service| named.iter().any(|name| name == service))
        };
        for pod in pods.iter().filter(of_service).filter(|pod| pod.metadata.deletion_timestamp.is_some()) {
            let params = DeleteParams { grace_period_seconds: Some(AT_ONCE), ..DeleteParams::default() };
            match connection.api::<Pod>().delete(&pod.name_any(), &params).await {
                Ok(_) => {}
                Err(kube::Error::Api(status)) if status.is_not_found() => {}
                Err(error) => {
                    return connection.failed(&format!("delete Pod {}", pod.name_any()), error).into();
                }
            }
        }
    }
}
