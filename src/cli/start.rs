//! `stackwright start`: starts stopped services. The operator starts them in the order of their dependencies.

use kube::ResourceExt;
use serde_json::{Value, json};

use super::edit::edit;
use super::ownership::{Owner, Write};
use super::progress::{FollowArgs, Goal, until};
use super::selection::{StackArgs, services};
use crate::api::Stack;

/// The services to start.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Start only these services [default: all]
    services: Vec<String>,
    /// Change the Stack although another program owns it
    #[arg(long)]
    force_conflicts: bool,
    #[command(flatten)]
    follow: FollowArgs,
    #[command(flatten)]
    stack: StackArgs,
}

/// Starts the services, and waits until they are up.
///
/// # Errors
/// When the Stack cannot be changed, or the services do not start.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let (connection, stack) = args.stack.find().await?;
    Owner::check(&stack, Write::Fields, args.force_conflicts)?;
    let named = services(&stack, &args.services)?;
    let name = stack.name_any();
    let changed = edit(&connection, &name, |spec, live| {
        for service in &named {
            start(spec, live, service);
        }
    })
    .await?;
    until(&connection, &changed, Goal::Up(named), &args.follow).await
}

/// Removes `stopped` of a service, or sets it to false if another program has set it.
pub(super) fn start(spec: &mut Value, live: &Stack, service: &str) {
    let own = spec
        .get_mut("services")
        .and_then(|services| services.get_mut(service))
        .and_then(Value::as_object_mut);
    let is_own = own.as_ref().is_some_and(|fields| fields.contains_key("stopped"));
    if let Some(fields) = own.filter(|_| is_own) {
        fields.remove("stopped");
        let is_empty = fields.is_empty();
        if let Some(services) = spec["services"].as_object_mut().filter(|_| is_empty) {
            services.remove(service);
        }
    } else if live.spec.services.get(service).is_some_and(|it| it.stopped == Some(true)) {
        spec["services"][service]["stopped"] = json!(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_started_whoever_has_stopped_it() {
        let live = json!({"metadata": {"name": "s"}, "spec": {"services": {"web": {"image": "i", "stopped": true}}}});
        let live: Stack = serde_json::from_value(live).unwrap();
        let table = [
            (
                json!({"services": {"web": {"image": "i", "stopped": true}}}),
                json!({"services": {"web": {"image": "i"}}}),
            ),
            (json!({"services": {"web": {"stopped": true}}}), json!({"services": {}})),
            (
                json!({"services": {"web": {"image": "i"}}}),
                json!({"services": {"web": {"image": "i", "stopped": false}}}),
            ),
            (json!({}), json!({"services": {"web": {"stopped": false}}})),
        ];
        for (mut own, expected) in table {
            let before = own.clone();
            start(&mut own, &live, "web");
            assert_eq!(own, expected, "{before}");
        }
    }

    #[test]
    fn a_service_that_runs_is_not_changed() {
        let live = json!({"metadata": {"name": "s"}, "spec": {"services": {"web": {"image": "i"}}}});
        let mut own = json!({"services": {"web": {"image": "i"}}});
        start(&mut own, &serde_json::from_value(live).unwrap(), "web");
        assert_eq!(own, json!({"services": {"web": {"image": "i"}}}));
    }
}
