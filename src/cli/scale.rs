//! `stackwright scale`: sets the number of containers of services.

use std::str::FromStr;

use kube::ResourceExt;
use serde_json::json;

use super::edit::edit;
use super::ownership::{Owner, Write};
use super::progress::{FollowArgs, Goal, until};
use super::selection::{StackArgs, services};

/// The services and their numbers of containers.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The services with their numbers of containers
    #[arg(required = true, value_name = "SERVICE=NUMBER")]
    scales: Vec<Scale>,
    /// Accept the flag of docker compose, which has no effect: dependencies are never scaled
    #[arg(long)]
    no_deps: bool,
    /// Change the Stack although another program owns it
    #[arg(long)]
    force_conflicts: bool,
    #[command(flatten)]
    follow: FollowArgs,
    #[command(flatten)]
    stack: StackArgs,
}

/// A service and its number of containers, such as `web=3`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    /// The service.
    pub service: String,
    /// The number of containers.
    pub replicas: u16,
}

impl FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("write SERVICE=NUMBER, such as web=3, instead of {text}");
        let (service, replicas) =
            text.split_once('=').filter(|(service, _)| !service.is_empty()).ok_or_else(wrong)?;
        let replicas = replicas.parse().ok().filter(|it| *it <= MAX_REPLICAS).ok_or_else(|| {
            format!("the number of containers is between 0 and {MAX_REPLICAS}, instead of {replicas}")
        })?;
        Ok(Self { service: service.to_owned(), replicas })
    }
}

/// The maximum of `deploy.replicas`.
const MAX_REPLICAS: u16 = 10_000;

/// Scales the services, and waits until they have that many containers.
///
/// # Errors
/// When the Stack cannot be changed, or the containers do not start.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let (connection, stack) = args.stack.find().await?;
    Owner::check(&stack, Write::Fields, args.force_conflicts)?;
    let mut scales = Vec::new();
    for scale in &args.scales {
        for service in services(&stack, std::slice::from_ref(&scale.service))? {
            scales.push(Scale { service, replicas: scale.replicas });
        }
    }
    let name = stack.name_any();
    let changed = edit(&connection, &name, |spec, _| {
        for Scale { service, replicas } in &scales {
            spec["services"][service]["deploy"]["replicas"] = json!(replicas);
        }
    })
    .await?;
    until(
        &connection,
        &changed,
        Goal::Up(scales.into_iter().map(|scale| scale.service).collect()),
        &args.follow,
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_a_service_and_a_number() {
        assert_eq!("web=3".parse(), Ok(Scale { service: "web".to_owned(), replicas: 3 }));
        assert_eq!(
            "web".parse::<Scale>(),
            Err("write SERVICE=NUMBER, such as web=3, instead of web".to_owned())
        );
        for wrong in ["=1", "web=-1", "web=many", "web=10001"] {
            assert!(wrong.parse::<Scale>().is_err(), "{wrong}");
        }
    }
}
